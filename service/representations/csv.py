"""The agreement table of a brief as CSV: a line a sentence and origin."""

from __future__ import annotations

import csv
import io

from service.schemas.wire import AgreementOut

COLUMNS = (
    "sentence", "text", "origin", "outlet", "published_at", "stance", "dispute", "article_id", "start", "end",
    "quote", "also_carried_by",
)  # fmt: skip

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell: an apostrophe goes before it."""


def to_csv(table: AgreementOut) -> str:
    """RFC 4180, a heading line first; a silent origin has a line without characters, a passage of several
    pieces a line each."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for row in table.rows:
        said = {cell.origin: cell for cell in row.cells}
        for origin in table.origins:
            first = origin.articles[0]
            cell = said.get(origin.id)
            stance, dispute = (cell.stance, cell.dispute) if cell else ("silent", None)
            carried = "; ".join(each.publisher or each.id for each in origin.articles[1:])
            by_id = {each.id: each for each in origin.articles}
            for cited in cell.citations if cell else (None,):
                article = by_id.get(cited.article_id, first) if cited else first
                moment = article.published_at
                lines.writerow(
                    _plain(each)
                    for each in (
                        row.sentence, row.text, origin.id, article.publisher or article.id,
                        moment and moment.isoformat(), stance, dispute, article.id if cited else None,
                        cited and cited.start, cited and cited.end, cited and cited.quote, carried,
                    )
                )  # fmt: skip
    return written.getvalue()


def _plain(value: str | int | None) -> str:
    """A cell that no spreadsheet runs."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
