"""ninjs: an IPTC ninjs 3.1 item → the article that it holds.

Property names are read without regard to case: ninjs 2 spells the same ones in lower case,
and a `pubstatus` that was passed over would brief what its agency has withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from service.schemas.conversion import Asked, Violations
from service.schemas.wire import LONGEST_ID, ArticleIn, ProblemError

PLAIN, MARKED_UP = ("text/plain",), ("text/html", "application/xhtml+xml")


class Text(msgspec.Struct, frozen=True):
    """A headline or a body; its media type is the provider's secret where it is left out."""

    value: str
    role: str = "main"
    contenttype: str = ""

    def media_type(self) -> str:
        """
        >>> Text("<p>Talks resumed.</p>").media_type()
        'text/html'
        """
        said = self.contenttype.split(";")[0].strip().lower()
        return said or ("text/html" if self.value.lstrip().startswith("<") else "text/plain")


class Party(msgspec.Struct, frozen=True):
    name: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The properties that an article has a place for; those beside them are passed over."""

    uri: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    pubstatus: Literal["usable", "withheld", "canceled"] = "usable"
    versioncreated: datetime | None = None
    firstcreated: datetime | None = None
    language: str | None = None
    headlines: tuple[Text, ...] = ()
    bodies: tuple[Text, ...] = ()
    title: str | None = None
    by: str | None = None
    infosources: tuple[Party, ...] = ()
    copyrightholder: str | None = None


def read_ninjs(request: Asked) -> Asked:
    """The request with a plain article instead of each ninjs item; what the caller says beside an
    item goes before what the item says. Raises `Violations`."""
    errors: list[ProblemError] = []
    articles: list[ArticleIn] = []
    for k, wire in enumerate(request.articles):
        try:
            articles.append(wire if wire.ninjs is None else _article(wire, wire.ninjs))
        except (msgspec.ValidationError, Unusable) as error:
            errors.append(ProblemError(f"articles[{k}].ninjs", str(error)))
    if errors:
        raise Violations(errors)
    return msgspec.structs.replace(request, articles=articles)


class Unusable(ValueError):
    """An item that can't be an article; says why."""


def _article(wire: ArticleIn, given: dict[str, Any]) -> ArticleIn:
    if any(each is not None for each in (wire.text, wire.html, wire.url, wire.feed)):
        raise Unusable("An item stands alone: leave text, html, url and feed out.")
    item = msgspec.convert(_lower(given), Item)
    if item.pubstatus != "usable":
        raise Unusable(f"Its pubStatus is {item.pubstatus!r}: it must not be used. Leave it out.")
    body = _first(item.bodies, PLAIN) or _first(item.bodies, MARKED_UP)
    if body is None:
        allowed = ", ".join(PLAIN + MARKED_UP)
        raise Unusable(f"None of its bodies is {allowed}; send its text as an article.")
    plain = body.media_type() in PLAIN
    headline = _first(item.headlines, PLAIN)
    return ArticleIn(
        id=wire.id or item.uri[:LONGEST_ID],
        text=body.value if plain else None,
        html=None if plain else body.value,
        title=wire.title or (headline.value if headline else item.title),
        publisher=wire.publisher or _publisher(item),
        author=wire.author or item.by,
        published_at=wire.published_at or item.versioncreated or item.firstcreated,
        language=wire.language or item.language,
    )


def _first(texts: Iterable[Text], media_types: tuple[str, ...]) -> Text | None:
    """The main text of these media types that is not empty, else the first one."""
    fit = [each for each in texts if each.media_type() in media_types and each.value.strip()]
    return next((each for each in fit if each.role == "main"), fit[0] if fit else None)


def _publisher(item: Item) -> str | None:
    return next((each.name for each in item.infosources if each.name), item.copyrightholder)


def _lower(item: dict[str, Any]) -> dict[str, Any]:
    """An item, and the objects in its lists, with the names of properties in lower case."""
    return {
        name.lower(): [_named(each) for each in value] if isinstance(value, list) else value
        for name, value in item.items()
    }


def _named(value: Any) -> Any:
    return {k.lower(): v for k, v in value.items()} if isinstance(value, dict) else value
