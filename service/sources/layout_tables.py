"""Layout tables: tables that only put the parts of a page beside one another, marked so that extraction takes them apart.

A table of an article has short cells. One that holds another table, or a cell as long as a paragraph, lays out a page.
"""

from __future__ import annotations

from lxml.etree import iterwalk
from lxml.html import HtmlElement

MAX_CELL_WORDS = 60
"""Words of a table's cell; one that lays out a page holds whole paragraphs of it."""


def mark_layout_tables(tree: HtmlElement) -> None:
    """Gives the page's layout tables the ARIA role that says so, in place."""
    tables: list[tuple[HtmlElement, list[int]]] = []
    for event, each in iterwalk(tree, events=("start", "end")):
        if event == "start" and each.tag == "table":
            for outer, _ in tables[-1:]:
                outer.set("role", "presentation")
            tables.append((each, [0]))
        elif not tables:
            continue
        elif event == "start" and each.tag in {"td", "th"}:
            tables[-1][1].append(0)
        elif event == "end" and each.tag == "table":
            tables.pop()
        elif event == "end" and each.tag in {"td", "th"} and len(tables[-1][1]) > 1:
            if tables[-1][1].pop() > MAX_CELL_WORDS:
                tables[-1][0].set("role", "presentation")
        if tables and each.tag not in {"script", "style"}:
            shown = each.text if event == "start" else each.tail
            tables[-1][1][-1] += len((shown or "").split())
