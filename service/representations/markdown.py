"""A brief as Markdown with footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.pipeline.types import Article, Brief
from service.representations.agreement import Line, Voice, agreement_lines
from service.representations.citation_marks import EMPTY, CitationMarks, outlet


def to_markdown(brief: Brief, articles: Sequence[Article], notices: Sequence[str] = ()) -> str:
    """Markdown with a footnote a citation; source text can't form Markdown of its own."""
    marks = CitationMarks(brief)
    headline = f"# {_plain(brief.headline.text)}\n\n" if brief.headline is not None else ""
    bullets = brief.text.startswith("\u2022 ")
    sentences = [
        _plain(sentence.text) + "".join(f"[^{marks.of(each)}]" for each in sentence.citations)
        for sentence in brief.sentences
    ]
    body = "\n".join(f"- {each}" for each in sentences) if bullets else " ".join(sentences)
    body = body or EMPTY
    notes = "\n".join(
        f"[^{mark}]: {_plain(outlet(citation, articles))}, {citation.start}\u2013{citation.end}:"
        f" \u201c{_plain(citation.quote)}\u201d"
        for citation, mark in marks.cited()
    )
    warnings = "".join(f"> **{_plain(each)}**\n\n" for each in notices)
    table = _table(agreement_lines(brief, articles), marks)
    disputes = "".join(
        f"\n## Sources disagree: {_plain(conflict.topic)}\n\n"
        + "".join(f"- {_plain(position.text)}\n" for position in conflict.positions)
        for conflict in brief.conflicts
    )
    withheld = "".join(
        f"- {_plain(each.text)} ({_plain(each.detail)})\n" for each in brief.withheld
    )
    left_out = f"\n## Withheld\n\n{withheld}" if withheld else ""
    return f"{warnings}{headline}{body}\n\n{notes}\n{table}{disputes}{left_out}"


def _table(lines: Sequence[Line], marks: CitationMarks) -> str:
    if not lines:
        return ""

    def outlets(voices: Sequence[Voice]) -> str:
        return ", ".join(
            _plain(each.outlet)
            + (f" +{each.reprints}" if each.reprints else "")
            + "".join(f"[^{marks.of(cited)}]" for cited in each.citations)
            for each in voices
        )

    rows = "".join(
        f"| {'*left out:* ' if line.left_out else ''}{_plain(line.text)} | {outlets(line.reports)} |"
        f" {outlets(line.part)} | {outlets(line.disputes)} |\n"
        for line in lines
    )
    head = "| Sentence | Reported by | In part by | Disputed by |\n| --- | --- | --- | --- |\n"
    return f"\n## Who reports what\n\n{head}{rows}"


def _plain(text: str) -> str:
    """Text with Markdown's and HTML's own characters escaped, on one line."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", " ".join(text.split()))
