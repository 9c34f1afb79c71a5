"""A brief, or the check of a draft, as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from service.pipeline.types import Article, Brief, DraftReport
from service.representations.agreement import agreement_lines
from service.representations.citation_marks import EMPTY, CitationMarks, outlet, role, tally
from service.schemas.wire import BriefResponse, CheckResponse


def to_text(brief: Brief | BriefResponse, articles: Sequence[Article]) -> str:
    """What a terminal shows: the brief with [n] marks, then the cited spans, then the rest."""
    marks = CitationMarks(brief)
    lines: list[str] = []
    if brief.headline is not None:
        lines += [brief.headline.text, "=" * len(brief.headline.text), ""]
    for sentence in brief.sentences:
        signs = "".join(f"[{marks.of(each)}]" for each in sentence.citations)
        note = f" ({sentence.origins} origins)" if sentence.origins > 1 else ""
        lines.append(f"{sentence.text} {signs}{note}")
    lines += ["", "Sources"] if brief.sentences else [EMPTY]
    for citation, mark in marks.cited():
        lines.append(
            f"[{mark}] {outlet(citation, articles)} {citation.start}-{citation.end}"
            f" {role(citation)}\u201c{citation.quote}\u201d"
        )
    table = agreement_lines(brief, articles)
    lines += ["", "Who reports what"] if table else []
    for row in table:
        lines.append(f"  {'left out: ' if row.left_out else ''}{row.text}")
        named = (
            ("reported by", row.reports),
            ("in part by", row.part),
            ("disputed by", row.disputes),
        )
        for told, voices in named:
            if voices:
                each = (
                    one.outlet + "".join(f"[{marks.of(cited)}]" for cited in one.citations)
                    for one in voices
                )
                lines.append(f"    {told} {', '.join(each)}")
    for conflict in brief.conflicts:
        lines += ["", f"Sources disagree ({conflict.type}): {conflict.topic}"]
        lines += [f"  - {position.text}" for position in conflict.positions]
    if brief.withheld:
        lines += ["", "Withheld"]
        lines += [f"  - {each.text} ({each.reason}: {each.detail})" for each in brief.withheld]
    lines += ["", tally(brief)]
    return "\n".join(lines) + "\n"


def report_to_text(report: DraftReport | CheckResponse, articles: Sequence[Article]) -> str:
    """What a terminal shows of a checked draft: each sentence, its status, what it rests on."""
    lines: list[str] = []
    for sentence in report.sentences:
        lines.append(f"{sentence.status.upper():12} {sentence.text}")
        lines += [f"    ! {problem}" for problem in sentence.problems]
        lines += [f"    > {sentence.repair}"] if sentence.repair else []
        for mark, cited in [("=", c) for c in sentence.citations] + [
            ("~", c) for c in sentence.nearest
        ]:
            lines.append(
                f"    {mark} {outlet(cited, articles)} {cited.start}-{cited.end}"
                f" {role(cited)}\u201c{cited.quote}\u201d"
            )
    counts = ", ".join(f"{count} {status}" for status, count in sorted(report.statuses.items()))
    return "\n".join([*lines, "", f"{len(report.sentences)} sentences: {counts or 'none'}."]) + "\n"
