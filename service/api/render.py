"""A brief as text, Markdown with footnotes, or a standalone HTML page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from service.pipeline.types import Article, Brief, Citation, DraftReport

STYLE = """
:root { color-scheme: light dark; }
body { font: 18px/1.6 Georgia, serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.25; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.meta, li, sup, .withheld { font-family: system-ui, sans-serif; }
.meta { font-size: .85rem; opacity: .75; } li { font-size: .85rem; margin: .5rem 0; }
q { quotes: none; font-style: italic; } a { color: inherit; }
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


def to_markdown(brief: Brief, articles: Sequence[Article]) -> str:
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
    return f"{headline}{body}\n\n{notes}\n"


def to_html(brief: Brief, articles: Sequence[Article]) -> str:
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
        f"<p>{' '.join(sentences)}</p><p class=meta>{escape(_tally(brief))}</p>"
        f"<h2>Sources</h2><ol>{notes}</ol>{conflicts}"
        + (
            f"<details class=withheld><summary>Withheld</summary><ul>{withheld}</ul></details>"
            if withheld
            else ""
        )
        + "</html>\n"
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
