"""A brief as an IPTC ninjs 3.1 item."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from service.pipeline.types import Article, Brief
from service.representations.markdown import to_markdown

NINJS = "application/vnd.iptc.ninjs+json"
"""The IPTC names no media type for ninjs; this is spelled as those that it registered for G2."""

NINJS_SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""What an editor's system must know of a brief: models chose and worded it."""


class _Text(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    role: str
    value: str
    content_type: str | None = None


class _Named(msgspec.Struct, frozen=True):
    name: str
    uri: str


class _Standard(msgspec.Struct, frozen=True):
    name: str
    version: str
    schema: str


class _Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A ninjs 3.1 object, as far as a brief or a cited article fills it."""

    uri: str
    standard: _Standard | None = None
    type: str
    name: str | None = None
    version: str | None = None
    version_created: datetime | None = None
    pub_status: str | None = None
    ed_note: str | None = None
    language: str | None = None
    headlines: tuple[_Text, ...] = ()
    bodies: tuple[_Text, ...] = ()
    by: str | None = None
    rel: str | None = None
    usage_terms: str | None = None
    digital_source_type: _Named | None = None
    associations: tuple[_Item, ...] = ()


def to_ninjs(
    brief: Brief,
    articles: Sequence[Article],
    made_at: datetime,
    notices: Sequence[str] = (),
    *,
    withheld: bool = False,
) -> bytes:
    """IPTC ninjs 3.1: the text, the same with footnotes, and the cited articles as associations.

    What became of the brief is in `edNote`; one that rests on a retracted text is `withheld`.
    """
    cited = {each.article_id for sentence in brief.sentences for each in sentence.citations}
    headline = brief.headline.text if brief.headline is not None else None
    item = _Item(
        uri=f"urn:newsbrief:brief:{brief.id}",
        standard=_Standard("ninjs", "3.1", NINJS_SCHEMA),
        type="text",
        version=str(brief.version),
        version_created=made_at,
        pub_status="withheld" if withheld else "usable",
        ed_note="\n".join(notices) or None,
        language="en",
        headlines=(_Text("main", headline, "text/plain"),) if headline else (),
        bodies=(
            _Text("main", brief.text, "text/plain"),
            _Text("footnotes", to_markdown(brief, articles), "text/markdown"),
        ),
        digital_source_type=_Named("Created using generative AI", SOURCE_TYPE),
        associations=tuple(_association(each) for each in articles if each.id in cited),
    )
    return msgspec.json.encode(item)


def _association(article: Article) -> _Item:
    """A cited article, without its text."""
    address = article.url or ""
    linked = urlsplit(address).scheme in {"http", "https"}
    sha = hashlib.sha256(article.text.encode()).hexdigest()
    return _Item(
        name=article.id,
        rel="source",
        uri=address if linked else f"urn:newsbrief:article:{sha}",
        type="text",
        version_created=article.published_at,
        language=article.language,
        headlines=(_Text("main", article.title, "text/plain"),) if article.title else (),
        by=article.author,
        usage_terms=article.rights,
    )
