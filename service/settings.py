"""Settings: frozen, read from an environ mapping that the caller passes in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs

from service import __version__
from service.errors import InvalidSettings
from service.models.registry import server_address
from service.secret import Secret

PREFIX = "NEWSBRIEF_"

CLIENT_URL, CLIENT_KEY = f"{PREFIX}URL", f"{PREFIX}KEY"
"""Where a client finds a service, and its key; no settings of ours."""

ORIGIN = re.compile(r"https?://[^/\s?#@*]+")

SECRET_CHARACTERS = 32
"""The least length of a secret: hex digits make 128 bits of it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator may set, each as NEWSBRIEF_<NAME>.

    Times are in seconds, sizes in characters unless the name says bytes. Without
    `redis_url`, `newsbrief serve` starts a private server that keeps its data in
    `data_dir`.
    """

    redis_url: str | None = None
    data_dir: Path = msgspec.field(default_factory=lambda: platformdirs.user_data_path("newsbrief"))
    host: str = "127.0.0.1"
    port: int = 8000
    allow_anonymous: bool = False
    require_keys: bool = False
    cors_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()

    encoder: str = "all-MiniLM-L6-v2"
    parser: str = "en_core_web_sm"
    writer: str = "Qwen2.5-Coder-1.5B-Instruct"
    writer_api_key: Secret | None = None
    writer_deadline_s: int = 60
    writer_concurrency: int | None = None
    checker: str = "newsbrief-checker"
    model_dir: Path | None = None
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    threads: int | None = None

    wait_s: int = 120
    job_timeout_s: int = 600
    job_attempts: int = 3
    shutdown_grace_s: int = 30
    cache_ttl_s: int = 7 * 24 * 3600
    max_queued: int = 64
    worker_alive_file: Path | None = None
    otlp_endpoint: str | None = None

    fetch_allow: str = ""
    fetch_robots: bool = True
    fetch_user_agent: str = f"newsbrief/{__version__}"
    fetch_deadline_s: int = 20
    fetch_max_bytes: int = 5_000_000
    fetch_max_redirects: int = 5
    fetch_per_host: int = 2
    fetch_cache_ttl_s: int = 600
    fetch_fresh_s: int = 60
    fetch_page_ttl_s: int = 3600

    webhook_secret: tuple[Secret, ...] = ()
    webhook_attempts: int = 8
    webhook_retry_s: Annotated[float, msgspec.Meta(gt=0)] = 10.0
    webhook_deadline_s: int = 10

    max_articles: int = 200
    max_article_characters: int = 200_000
    max_total_characters: int = 2_000_000
    max_body_bytes: int = 16_000_000

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Settings:
        """Read every NEWSBRIEF_ variable; one `InvalidSettings` lists all that are wrong."""
        fields = {field.name: field for field in msgspec.structs.fields(cls)}
        values: dict[str, Any] = {}
        wrong: list[str] = []
        given = {name for name in environ if name.startswith(PREFIX)} - {CLIENT_URL, CLIENT_KEY}
        for variable in sorted(given):
            name = variable.removeprefix(PREFIX).lower()
            if name not in fields:
                wrong.append(f"{variable} is no setting")
                continue
            try:
                values[name] = _read(environ[variable], fields[name].type)
            except (ValueError, msgspec.ValidationError) as error:
                secret = fields[name].type in (tuple[Secret, ...], Secret | None)
                shown = "…" if secret else f"{environ[variable][:60]!r}"
                wrong.append(f"{variable}={shown}: {error}")
        for name in (
            "port",
            "job_timeout_s",
            "job_attempts",
            "max_articles",
            "writer_deadline_s",
            "writer_concurrency",
            "fetch_deadline_s",
            "fetch_per_host",
            "fetch_cache_ttl_s",
            "webhook_attempts",
            "webhook_deadline_s",
        ):
            if isinstance(value := values.get(name), int) and value < 1:
                wrong.append(f"{PREFIX}{name.upper()}={value}: must be at least 1")
        try:
            server_address(str(values.get("writer", "")))
        except ValueError as error:
            wrong.append(f"{PREFIX}WRITER: {error}")
        try:
            _places(str(values.get("fetch_allow", "")))
        except InvalidSettings as error:
            wrong.append(str(error).removesuffix("."))
        if wrong:
            raise InvalidSettings("; ".join(wrong) + ". See the settings in docs/operations.md.")
        return cls(**values)


def _places(allow: str) -> None:
    """Raise `InvalidSettings` for what can't be read, before anything starts on it."""
    if allow:
        from service.sources.guard import Policy  # brings httpx, which most commands need not load

        Policy.parse(allow)


def _origins(text: str) -> tuple[str, ...]:
    """A comma separated list of web origins.

    >>> _origins("https://desk.example, http://localhost:3000")
    ('https://desk.example', 'http://localhost:3000')
    """
    origins = tuple(each.strip() for each in text.split(",") if each.strip())
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin; give https://host or https://host:port")
    return origins


def _secrets(text: str) -> tuple[Secret, ...]:
    """Secrets separated by spaces, the newest first; an error never shows one."""
    if any(len(each) < SECRET_CHARACTERS for each in text.split()):
        raise ValueError(
            f"give {SECRET_CHARACTERS} characters or more and no spaces: openssl rand -hex 32"
        )
    return tuple(Secret(each) for each in text.split())


def _read(text: str, kind: Any) -> Any:
    """A variable's text as its field's type; an empty text means None where that is allowed."""
    readers: dict[Any, Callable[[str], Any]] = {Path: Path, str: str}
    if kind in readers:
        return readers[kind](text)
    if kind == (Path | None):
        return Path(text) if text else None
    if kind == tuple[str, ...]:
        return _origins(text)
    if kind == tuple[Secret, ...]:
        return _secrets(text)
    if kind == (Secret | None):
        return Secret(text.strip()) if text.strip() else None
    if kind is bool:
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError("give 1 or 0")
        return text.lower() in {"1", "true", "yes"}
    if text == "":
        return msgspec.convert(None, kind)
    return msgspec.convert(text, kind, strict=False)
