"""Pages: the newsroom page and the `<news-brief>` component, as files that ship with the package."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from service.api.platform.compression import takes_gzip
from service.errors import NotFound

FOLDER = Path(__file__).parents[2] / "dashboard"
SAMPLE = (FOLDER / "sample.json", FOLDER.parent.parent / "seeds" / "request.json")
"""The sample request: in the wheel, and in a checkout."""

MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}

COMMON = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}

ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""The component is public code: any page may load it. What it reads is guarded by the API."""


class Asset(msgspec.Struct, frozen=True):
    """A file, plain and compressed by gzip; `tag` is a hash of its content."""

    plain: bytes
    packed: bytes
    media_type: str
    tag: str


class Assets:
    """Every file of the dashboard by its path, read once."""

    def __init__(self, frame_ancestors: tuple[str, ...] = ()) -> None:
        self._policy = policy(frame_ancestors)
        paths = {str(each.relative_to(FOLDER)): each for each in FOLDER.rglob("*.*")}
        paths["page/sample.json"] = next(each for each in SAMPLE if each.is_file())
        self._held = {name: _asset(path) for name, path in paths.items()}

    def document(self, if_none_match: str, accept_encoding: str) -> Response[bytes]:
        """The newsroom page with its policy."""
        headers = {"Content-Security-Policy": self._policy, "Referrer-Policy": "no-referrer"}
        return self.file("index.html", if_none_match, accept_encoding, headers)

    def file(
        self, name: str, if_none_match: str, accept_encoding: str, headers: Mapping[str, str]
    ) -> Response[bytes]:
        """One file, or 304 if `if_none_match` has its tag. Raises `NotFound`."""
        if (asset := self._held.get(name)) is None:
            raise NotFound(f"There is no page {name[:80]!r}.")
        packed = takes_gzip(accept_encoding)
        tag = f'"{asset.tag}{"-gz" if packed else ""}"'
        sent = {**COMMON, **headers, "ETag": tag}
        if tag in if_none_match:
            return Response(b"", status_code=304, headers=sent)
        if packed:
            sent["Content-Encoding"] = "gzip"
        body = asset.packed if packed else asset.plain
        return Response(body, media_type=asset.media_type, headers=sent)


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(
        content,
        gzip.compress(content, mtime=0),
        MEDIA_TYPES[path.suffix],
        hashlib.sha256(content).hexdigest()[:32],
    )


def policy(frame_ancestors: tuple[str, ...]) -> str:
    """The page's Content-Security-Policy: its own files, its own service, no markup from strings.

    >>> policy(("https://desk.example",)).rsplit("; ", 1)[1]
    'frame-ancestors https://desk.example'
    """
    return "; ".join((
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
        "frame-ancestors " + (" ".join(frame_ancestors) or "'none'"),
    ))  # fmt: skip


IfNoneMatch = Annotated[str, HeaderParameter(name="If-None-Match")]
AcceptEncoding = Annotated[str, HeaderParameter(name="Accept-Encoding")]


class PageController(Controller):
    """Open to all: the page holds no data; what it asks for is guarded as every call is."""

    include_in_schema = False

    @get("/")
    async def page(
        self,
        assets: NamedDependency[Assets],
        if_none_match: IfNoneMatch = "",
        accept_encoding: AcceptEncoding = "",
    ) -> Response[bytes]:
        return assets.document(if_none_match, accept_encoding)

    @get("/page/{name:str}")
    async def part(
        self,
        name: FromPath[str],
        assets: NamedDependency[Assets],
        if_none_match: IfNoneMatch = "",
        accept_encoding: AcceptEncoding = "",
    ) -> Response[bytes]:
        return assets.file(f"page/{name}", if_none_match, accept_encoding, {})

    @get("/embed/{name:str}")
    async def component(
        self,
        name: FromPath[str],
        assets: NamedDependency[Assets],
        if_none_match: IfNoneMatch = "",
        accept_encoding: AcceptEncoding = "",
    ) -> Response[bytes]:
        return assets.file(f"embed/{name}", if_none_match, accept_encoding, ANYWHERE)
