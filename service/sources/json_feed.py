"""JSON Feed: versions 1 and 1.1 (jsonfeed.org) → its items."""

from __future__ import annotations

import re

import msgspec

from service.errors import FetchFailed

VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.\d+)?/?")


class Author(msgspec.Struct, frozen=True):
    name: str | None = None


class Item(msgspec.Struct, frozen=True):
    """The members that an entry has a place for. Ids should be strings, and are numbers too."""

    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    authors: tuple[Author, ...] | None = None
    author: Author | None = None

    def by(self) -> str | None:
        """Its authors; `author` is what version 1 has."""
        names = [each.name for each in self.authors or (self.author or Author(),) if each.name]
        return ", ".join(names) or None


class Feed(msgspec.Struct, frozen=True):
    version: str = ""
    items: tuple[Item, ...] = ()


def read_json_feed(markup: str) -> tuple[Item, ...]:
    """Its items in its order. Raises `FetchFailed` for JSON that is no feed of these versions."""
    try:
        found = msgspec.json.decode(markup.encode(errors="replace"), type=Feed)
    except msgspec.ValidationError as error:
        raise FetchFailed("not-a-feed", f"It is JSON, but no JSON Feed: {error}.") from None
    except (msgspec.DecodeError, RecursionError):
        raise FetchFailed("not-a-feed", "It begins like JSON, and is none.") from None
    if not VERSION.fullmatch(found.version):
        detail = f"It is JSON, but no JSON Feed 1 or 1.1: its version is {found.version[:60]!r}."
        raise FetchFailed("not-a-feed", detail)
    return found.items
