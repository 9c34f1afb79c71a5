"""ninjs: an IPTC ninjs item, of version 1, 2 or 3 → the article that it holds.

Property names are read without regard to case: ninjs 2 spells the same ones in lower case,
and a `pubstatus` that was passed over would brief what its agency has withdrawn. Which body is the
article its role decides; how it is read, what it looks like: media types are given in many
spellings (`text/html5`, `text/vnd.IPTC.NITF`), or not at all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, cast

import msgspec

from service.pipeline.rights import joined
from service.schemas.conversion import Asked, Violations
from service.schemas.wire import LONGEST_ID, LONGEST_TITLE, ArticleIn, ProblemError

ELEMENTS = (
    "p|div|br|hr|span|a|b|i|u|em|strong|small|sub|sup|h[1-6]|hl[12]|ul|ol|li|dl|dt|dd|img|pre|code|cite"
    "|blockquote|q|figure|figcaption|section|article|header|footer|main|aside|table|tbody|tr|td|th|html"
    "|head|body|nitf|block|media|iframe|script|style|byline|dateline|person|org|location"
)
"""Of HTML, XHTML and NITF; any other word after "<" is text."""

TAG = re.compile(rf"</?(?:{ELEMENTS})(?=[\s/>.])[^<>]*>", re.IGNORECASE)
CLOSED = re.compile(rf"</(?:{ELEMENTS})\s*>|<br\s*/?>|\A\s*<p>", re.IGNORECASE)
"""What makes markup of a body that is said to be plain; such a text may name a tag."""

BLOCK = re.compile(r"<(?:p|div|br|li|blockquote|h[1-6]|table|pre|article|section)\b", re.IGNORECASE)

ESCAPED_TAG = re.compile(
    r"&(?:amp;){0,3}lt;/?(?:p|div|br|span|a|b|i|em|strong|h[1-6]|li|ul)(?:&(?:amp;){0,3}gt;|[\s/])",
    re.IGNORECASE,
)
"""A tag that is no longer one, because the markup was escaped once more than it is read."""

ESCAPED_AT_MOST = 3

REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")

BLANK_LINE = re.compile(r"\n\s*\n")

NO_ARTICLE = re.compile(
    r"caption|summary|abstract|social|teaser|tweet|twitter|facebook|push|alert|headline|title|kicker"
    r"|slug|standfirst|byline|credit|description|extract|promo|seo|note|keyword",
    re.IGNORECASE,
)
"""Roles of texts about an article, or of its parts. IPTC names no list; these are in its examples
and in what agencies send."""

LIKELY = re.compile(r"main|body|article|story|full|text|content", re.IGNORECASE)
"""Roles of the article where none is called main."""

CAPTIONED = frozenset({"picture", "photo", "graphic"})
"""Types of items whose text tells what is seen."""

NO_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf")

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}:\S+", re.IGNORECASE)

BINARY = re.compile(r"[A-Za-z0-9+/=_-]{200,}\s*")
"""Base64: no text has a word of 200 letters."""


class Text(msgspec.Struct, frozen=True):
    """A headline or a body; `role` and media type are the provider's secret where left out."""

    value: str = ""
    role: str | None = None
    contenttype: str | None = None

    @property
    def named(self) -> str:
        """Its role without the vocabulary: "main" of "bodyrole:Main"."""
        return re.split(r"[:/#]", (self.role or "main").strip().lower())[-1]

    @property
    def plain(self) -> bool:
        """
        >>> Text("<p>Talks resumed.</p>").plain, Text("Is 3 < 4?", "main", "text/vnd.x").plain
        (False, True)
        """
        said_plain = "plain" in (self.contenttype or "").lower()
        found = CLOSED if said_plain else TAG
        return found.search(self.value) is None and not ESCAPED_TAG.search(self.value)

    @property
    def rank(self) -> int:
        """0 for what is said to be the main text, then by how likely it is."""
        if self.role is None:
            return 1
        return 0 if self.named == "main" else 2 if LIKELY.search(self.named) else 3

    def refusal(self) -> str | None:
        """Why it is no text that can be read; None where it is."""
        if not self.value.strip():
            return "is empty"
        if (said := (self.contenttype or "").strip().lower()).startswith(NO_TEXT):
            return f"is {said[:60]!r}"
        value = self.value.strip()
        if ADDRESS.fullmatch(value):
            return "is an address, not prose"
        if BINARY.fullmatch(value) or (value[0] in "{[" and _is_json(value)):
            return "is data, not prose"
        if NO_ARTICLE.search(self.named):
            return f"has the role {self.named[:60]!r}"
        return None


class Party(msgspec.Struct, frozen=True):
    name: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The properties that an article has a place for; those beside them are passed over."""

    uri: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    guid: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    pubstatus: Literal["usable", "withheld", "canceled"] = "usable"
    versioncreated: datetime | None = None
    firstcreated: datetime | None = None
    language: str | None = None
    type: str = "text"
    headlines: tuple[Text, ...] = ()
    bodies: tuple[Text, ...] = ()
    headline: str | None = None
    body_text: str | None = None
    body_html: str | None = None
    body_xhtml: str | None = None
    title: str | None = None
    by: str | None = None
    byline: str | None = None
    infosources: tuple[Party, ...] = ()
    infosource: tuple[Party, ...] = ()
    copyrightholder: str | None = None
    copyrightnotice: Any = None
    usageterms: Any = None
    rightsinfo: Any = None
    datamining: Any = None

    def texts(self) -> tuple[Text, ...]:
        """Its bodies, those of ninjs 1 (`body_text`, …) among them, in the order of preference."""
        old = (("text/plain", self.body_text), ("text/html", self.body_html))
        old = (*old, ("application/xhtml+xml", self.body_xhtml))
        own = (Text(value, "main", media_type) for media_type, value in old if value)
        return (*self.bodies, *own)


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
    if item.type.lower() in CAPTIONED:
        raise Unusable(f"It is a {item.type.lower()}: its text is a caption. Leave it out.")
    body = _article_body(item.texts())
    headlines = (each for each in item.headlines if each.value.strip())
    headline = min(headlines, key=lambda each: each.rank > 1, default=None)
    title = wire.title or (headline.value if headline else item.headline or item.title)
    name = item.uri or item.guid
    return ArticleIn(
        id=wire.id or name[:LONGEST_ID] or None,
        text=_prose(body) if body.plain else None,
        html=None if body.plain else _markup(body.value),
        title=title and _line(title)[:LONGEST_TITLE],
        publisher=wire.publisher or _publisher(item),
        author=wire.author or item.by or item.byline,
        published_at=wire.published_at or item.versioncreated or item.firstcreated,
        language=wire.language or item.language,
        rights=wire.rights or _rights(item),
    )


def _article_body(texts: Sequence[Text]) -> Text:
    """The body that is the article: the main one, as plain text rather than as markup; without a
    main one the likeliest that is no caption, summary or the like. Raises `Unusable`."""
    fit = [each for each in texts if each.refusal() is None]
    body = min(fit, key=lambda each: (each.rank, not each.plain), default=None)
    if body is None:
        why = "; ".join(f"bodies[{k}] {each.refusal()}" for k, each in enumerate(texts[:5]))
        detail = f" ({why})" if why else ", nor a body_text or body_html"
        raise Unusable(
            f"None of its bodies holds the article{detail}; send its text as an article."
        )
    return body


def _prose(body: Text) -> str:
    """A body without markup; if it isn't said to be plain, references in it are characters."""
    if "plain" in (body.contenttype or "").lower():
        return body.value
    return REFERENCE.sub(lambda each: html.unescape(each[0]), body.value)


def _line(value: str) -> str:
    """A headline or a statement without markup; systems take them out of editors for HTML."""
    bare = REFERENCE.sub(lambda each: html.unescape(each[0]), TAG.sub(" ", value))
    return " ".join(bare.split())


def _markup(value: str) -> str:
    """A body as HTML; paragraphs that only blank lines part are put into elements.

    >>> _markup("Talks <b>resumed</b>.\\n\\nThe envoy left.")
    '<p>Talks <b>resumed</b>.</p><p>The envoy left.</p>'
    """
    for _ in range(ESCAPED_AT_MOST):
        if not ESCAPED_TAG.search(value):
            break
        value = html.unescape(value)
    if BLOCK.search(value):
        return value
    return "".join(f"<p>{each.strip()}</p>" for each in BLANK_LINE.split(value) if each.strip())


def _is_json(value: str) -> bool:
    try:
        msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _rights(item: Item) -> str | None:
    """What the item says of its use, its terms first."""
    stated = {
        "usageterms": item.usageterms,
        "copyrightnotice": item.copyrightnotice,
        "datamining": item.datamining,
        "rightsinfo": item.rightsinfo,
    }
    return joined(map(_line, _strings(stated)))


def _strings(value: Any) -> Iterable[str]:
    """The strings in a value of whatever depth, in order, but what is written in a language of
    rights; that one is of data mining is told before it."""
    if isinstance(value, str):
        if value.lstrip()[:1] not in {"{", "["}:
            yield value
    elif isinstance(value, bool):
        yield str(value).lower()
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _strings(each)
    elif isinstance(value, dict):
        for name, each in cast("dict[str, Any]", value).items():
            if name.lower() not in {"langid", "encodedrights"}:
                told = "data mining: " if name.lower() == "datamining" else ""
                yield from (f"{told}{found}" for found in _strings(each))


def _publisher(item: Item) -> str | None:
    sources = (*item.infosources, *item.infosource)
    return next((each.name for each in sources if each.name), item.copyrightholder)


def _lower(item: dict[str, Any]) -> dict[str, Any]:
    """An item, and the objects in its lists, with the names of properties in lower case and without
    what is null."""
    return {
        name.lower(): [_named(each) for each in value] if isinstance(value, list) else value
        for name, value in item.items()
        if value is not None
    }


def _named(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {k.lower(): v for k, v in value.items() if v is not None}
