"""Cache: what was fetched is kept for a while, and asked after instead of fetched again.

A smaller thing than RFC 9111, and stricter: nothing that is `private`, `no-store` or varies
with everything is kept, and what is kept is fresh for a minute or so at most, however long a
site allows, because news moves. After that it is asked after by its ETag or Last-Modified.

One cache serves all callers: a page is fetched without cookies or credentials, so it is the
same page whoever asked for its URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

LONGEST_VALIDATOR = 500
"""An ETag is sent back as a header; a longer one, or one that isn't ASCII, is not kept."""


class Page(msgspec.Struct, frozen=True):
    """`url` is where redirects ended, `markup` its HTML, XML or JSON, `rights` what its headers say of
    its use. `repr` never shows the page."""

    url: str
    markup: str
    rights: str | None = None

    def __repr__(self) -> str:
        return f"Page(characters={len(self.markup)})"


class Kept(msgspec.Struct, frozen=True):
    """A page with its validators; until `fresh_until` (Unix seconds) the site is not asked."""

    page: Page
    fresh_until: float = 0.0
    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """The headers of a conditional request; empty without a validator."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value is not None}


class PageCache(Protocol):
    """Where pages are kept, by name; None forgets one. Losing one costs a request: a cache
    never raises."""

    async def get(self, name: str) -> Kept | None: ...

    async def put(self, name: str, kept: Kept | None) -> None: ...


class NoCache:
    """Keeps nothing: for the command line."""

    async def get(self, name: str) -> Kept | None:
        return None

    async def put(self, name: str, kept: Kept | None) -> None:
        pass


def keep(kept: Kept, headers: Mapping[str, str], now: float, fresh_s: float) -> Kept | None:
    """What may be kept of a page that came at `now`, or was confirmed, with these headers; None
    where it may not be, or would be of no use. A validator that is not said again still holds.

    >>> page = Kept(Page("https://a.example/", ""))
    >>> keep(page, {"cache-control": "max-age=10", "etag": "v1"}, 100.0, 60)
    Kept(page=Page(characters=0), fresh_until=110.0, etag='v1', last_modified=None)
    """
    said = _directives(headers.get("cache-control", ""))
    if {"no-store", "private"} & said.keys() or headers.get("vary", "").strip() == "*":
        return None
    if "no-cache" in said:
        fresh_s = 0
    elif (longest := said.get("s-maxage", said.get("max-age"))) is not None:
        fresh_s = min(fresh_s, int(longest)) if longest.isdecimal() else 0
    kept = Kept(
        kept.page,
        now + fresh_s,
        _validator(headers.get("etag")) or kept.etag,
        _validator(headers.get("last-modified")) or kept.last_modified,
    )
    return kept if fresh_s > 0 or kept.conditions() else None


def _validator(value: str | None) -> str | None:
    fit = value is not None and value.isascii() and len(value) <= LONGEST_VALIDATOR
    return value if fit else None


def _directives(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.split(","))
    return {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
