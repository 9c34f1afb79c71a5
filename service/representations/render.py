"""A brief as text, Markdown with footnotes, a standalone HTML page, or an IPTC ninjs item."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import urlsplit

import msgspec

from service.pipeline.types import Article, Brief, Citation, DraftReport

NINJS = "application/vnd.iptc.ninjs+json"
"""The IPTC names no media type for ninjs; this is spelled as those that it registered for G2."""

NINJS_SCHEMA = "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""What an editor's system must know of a brief: models chose and worded it."""

STYLE = """
:root { color-scheme: light dark; }
body { font: 18px/1.6 Georgia, serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.25; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.meta, li, sup, .withheld { font-family: system-ui, sans-serif; }
.meta { font-size: .85rem; opacity: .75; } li { font-size: .85rem; margin: .5rem 0; }
.notice { border: 2px solid; padding: .5rem .75rem; font-family: system-ui, sans-serif; }
q { quotes: none; font-style: italic; } a { color: inherit; }
@media print { body { max-width: none; margin: 0; font-size: 11pt; } li { break-inside: avoid; } }
"""


def to_text(brief: Brief, articles: Sequence[Article]) -> str:
    """What a terminal shows: the brief with [n] marks, then the cited spans, then the rest."""
    marks = _marks(brief)
    lines: list[str] = []
    if brief.headline is not None:
        lines += [brief.headline.text, "=" * len(brief.headline.text), ""]
    for sentence in brief.sentences:
        signs = "".join(f"[{marks[_key(each)]}]" for each in sentence.citations)
        note = f" ({sentence.origins} origins)" if sentence.origins > 1 else ""
        lines.append(f"{sentence.text} {signs}{note}")
    lines += ["", "Sources"]
    for citation, mark in _cited(brief, marks):
        lines.append(
            f"[{mark}] {_outlet(citation, articles)} {citation.start}-{citation.end}"
            f" {'' if citation.role == 'supports' else citation.role + ' '}\u201c{citation.quote}\u201d"
        )
    for conflict in brief.conflicts:
        lines += ["", f"Sources disagree ({conflict.type}): {conflict.topic}"]
        lines += [f"  - {position.text}" for position in conflict.positions]
    if brief.withheld:
        lines += ["", "Withheld"]
        lines += [f"  - {each.text} ({each.reason}: {each.detail})" for each in brief.withheld]
    lines += ["", _tally(brief)]
    return "\n".join(lines) + "\n"


def report_to_text(report: DraftReport, articles: Sequence[Article]) -> str:
    """What a terminal shows of a checked draft: each sentence, its status, what it rests on."""
    lines: list[str] = []
    for sentence in report.sentences:
        lines.append(f"{sentence.status.upper():12} {sentence.text}")
        lines += [f"    ! {problem}" for problem in sentence.problems]
        for mark, cited in [("=", c) for c in sentence.citations] + [
            ("~", c) for c in sentence.nearest
        ]:
            role = "" if cited.role == "supports" else f"{cited.role} "
            lines.append(
                f"    {mark} {_outlet(cited, articles)} {cited.start}-{cited.end}"
                f" {role}\u201c{cited.quote}\u201d"
            )
    counts = ", ".join(f"{count} {status}" for status, count in sorted(report.statuses.items()))
    return "\n".join([*lines, "", f"{len(report.sentences)} sentences: {counts or 'none'}."]) + "\n"


def to_markdown(brief: Brief, articles: Sequence[Article], notices: Sequence[str] = ()) -> str:
    """Markdown with a footnote a citation; source text can't form Markdown of its own."""
    marks = _marks(brief)
    headline = f"# {_plain(brief.headline.text)}\n\n" if brief.headline is not None else ""
    bullets = brief.text.startswith("\u2022 ")
    sentences = [
        _plain(sentence.text) + "".join(f"[^{marks[_key(each)]}]" for each in sentence.citations)
        for sentence in brief.sentences
    ]
    body = "\n".join(f"- {each}" for each in sentences) if bullets else " ".join(sentences)
    notes = "\n".join(
        f"[^{mark}]: {_plain(_outlet(citation, articles))}, {citation.start}\u2013{citation.end}:"
        f" \u201c{_plain(citation.quote)}\u201d"
        for citation, mark in _cited(brief, marks)
    )
    told = "".join(f"> **{_plain(each)}**\n\n" for each in notices)
    disputes = "".join(
        f"\n## Sources disagree: {_plain(conflict.topic)}\n\n"
        + "".join(f"- {_plain(position.text)}\n" for position in conflict.positions)
        for conflict in brief.conflicts
    )
    withheld = "".join(
        f"- {_plain(each.text)} ({_plain(each.detail)})\n" for each in brief.withheld
    )
    left_out = f"\n## Withheld\n\n{withheld}" if withheld else ""
    return f"{told}{headline}{body}\n\n{notes}\n{disputes}{left_out}"


def to_html(brief: Brief, articles: Sequence[Article], notices: Sequence[str] = ()) -> str:
    """One page without script or outside address; all text is escaped."""
    marks = _marks(brief)
    title = escape(brief.headline.text if brief.headline is not None else "Brief")
    sentences = [
        f"<span id='{sentence.id}'>{escape(sentence.text)}"
        + "".join(
            f"<sup><a href='#c{marks[_key(c)]}'>{marks[_key(c)]}</a></sup>"
            for c in sentence.citations
        )
        + "</span>"
        for sentence in brief.sentences
    ]
    notes = "".join(
        f"<li id='c{mark}'>{escape(_outlet(citation, articles))}: <q>{escape(citation.quote)}</q></li>"
        for citation, mark in _cited(brief, marks)
    )
    conflicts = "".join(
        f"<h2>Sources disagree: {escape(conflict.topic)}</h2><ul>"
        + "".join(f"<li>{escape(position.text)}</li>" for position in conflict.positions)
        + "</ul>"
        for conflict in brief.conflicts
    )
    withheld = "".join(
        f"<li>{escape(each.text)} ({escape(each.detail)})</li>" for each in brief.withheld
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>"
        + "".join(f"<p class=notice role=alert>{escape(each)}</p>" for each in notices)
        + f"<p>{' '.join(sentences)}</p><p class=meta>{escape(_tally(brief))}</p>"
        f"<h2>Sources</h2><ol>{notes}</ol>{conflicts}"
        + (
            f"<details class=withheld><summary>Withheld</summary><ul>{withheld}</ul></details>"
            if withheld
            else ""
        )
        + "</html>\n"
    )


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
    )


def _key(citation: Citation) -> tuple[str, int, int]:
    return citation.article_id, citation.start, citation.end


def _marks(brief: Brief) -> dict[tuple[str, int, int], int]:
    """Every cited span once, numbered in reading order."""
    marks: dict[tuple[str, int, int], int] = {}
    for sentence in brief.sentences:
        for citation in sentence.citations:
            marks.setdefault(_key(citation), len(marks) + 1)
    return marks


def _cited(brief: Brief, marks: dict[tuple[str, int, int], int]) -> list[tuple[Citation, int]]:
    first: dict[int, Citation] = {}
    for sentence in brief.sentences:
        for citation in sentence.citations:
            first.setdefault(marks[_key(citation)], citation)
    return [(first[mark], mark) for mark in sorted(first)]


def _outlet(citation: Citation, articles: Sequence[Article]) -> str:
    for article in articles:
        if article.id == citation.article_id:
            return f"{article.publisher} ({article.id})" if article.publisher else article.id
    return citation.article_id


def _plain(text: str) -> str:
    """Text with Markdown's and HTML's own characters escaped, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))


def _tally(brief: Brief) -> str:
    found = brief.coverage
    return (
        f"{found.printed} sentences from {found.used} of {found.articles} articles,"
        f" {found.origins} independent origins; {found.withheld} sentences withheld."
    )
