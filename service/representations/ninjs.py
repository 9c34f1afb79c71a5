"""A brief as an IPTC ninjs 3.1 item."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from service.pipeline.types import Article, Brief, BriefSentence, SentenceMode
from service.representations.csv import to_csv
from service.representations.markdown import to_markdown
from service.schemas.conversion import to_agreement

NINJS = "application/vnd.iptc.ninjs+json"
"""The IPTC names no media type for ninjs; this is spelled as those that it registered for G2."""

NINJS_SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

PARTS: dict[SentenceMode, tuple[str, str]] = {
    "extractive": ("Digital creation", "digitalCreation"),
    "edited": ("Algorithmically-altered media", "algorithmicallyEnhanced"),
    "abstractive": ("Created using Generative AI", "trainedAlgorithmicMedia"),
}
"""What an editor's system must know of a sentence: a source's own words, those words edited by rules, or words of a
model; name and code of IPTC's Digital Source Type."""

WHOLE = {
    "extractive": ("Composite of elements", "composite"),
    "abstractive": (
        "Composite including generative AI elements",
        "compositeWithTrainedAlgorithmicMedia",
    ),
}
"""The same of a brief in which no sentence is a model's, and of one in which one is."""


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
    """IPTC ninjs 3.1: the text, the same with footnotes, and who reports what; as associations the cited articles,
    and each sentence with where its words are from.

    What became of the brief is in `edNote`; one that rests on a retracted text is `withheld`.
    """
    cited = {each.article_id for sentence in brief.sentences for each in sentence.citations}
    written = any(each.mode == "abstractive" for each in (*brief.sentences, brief.headline) if each)
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
            _Text("agreement", to_csv(to_agreement(brief, articles, "codepoint")), "text/csv"),
        ),
        digital_source_type=_source_type(*WHOLE["abstractive" if written else "extractive"]),
        associations=(
            *(_association(each) for each in articles if each.id in cited),
            *(_part(brief, each) for each in brief.sentences),
        ),
    )
    return msgspec.json.encode(item)


def _source_type(name: str, code: str) -> _Named:
    return _Named(name, SOURCE_TYPES + code)


def _part(brief: Brief, sentence: BriefSentence) -> _Item:
    """A sentence of the brief, with where its words are from."""
    return _Item(
        name=sentence.id,
        rel="sentence",
        uri=f"urn:newsbrief:brief:{brief.id}:{sentence.id}",
        type="text",
        bodies=(_Text("main", sentence.text, "text/plain"),),
        digital_source_type=_source_type(*PARTS[sentence.mode]),
    )


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
