"""Block quotations: what a page shows in a `<blockquote>`, as lines that begin with "> ".

Extraction gives the words of a block quotation, or of an embedded post, like the article's own. Here they are marked in
the page's tree before it, and who said them is the last line: "> \u2014 Mona Teller (@monateller) March 4, 2026". Captions
of figures are taken out; a quotation in a sentence, `<q>`, gets quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import iterwalk
from lxml.html import HtmlElement, builder

ENDS_LINE = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main ol p pre"
    " section table tr ul".split()
)
"""Elements before and behind which a new line begins."""

NOT_SHOWN = frozenset(
    "head script style noscript template svg iframe video audio button form".split()
)

NAMES = frozenset({"footer", "figcaption"})
"""Elements of a block quotation that say who is quoted; so does a `<cite>` that is a line of its own."""

DASHES = "\u2014\u2013\u2015-"
DASH = re.compile(rf"[{DASHES}]{{1,3}}\s*")

MAX_NAME_WORDS = 25
"""A longer line that begins with a dash is no name but speech."""

LAYOUT = 2
"""A block quotation that holds more than one in so many of a page's words is none: the page is indented by it."""


def mark_block_quotations(tree: HtmlElement) -> None:
    """Puts "> " before each line of a page's block quotations, in place."""
    for figure in list(tree.iter("figure")):
        _show_quotation(figure)
    for caption in list(tree.iter("figcaption")):
        if next(caption.iterancestors("blockquote"), None) is None:
            caption.drop_tree()
    for short in list(tree.iter("q")):
        _put_marks(short)
    outer = [
        each
        for each in tree.iter("blockquote")
        if next(each.iterancestors("blockquote"), None) is None
    ]
    if not outer:
        return
    words = _words(_lines(tree))
    for quotation in outer:
        lines = list(_lines(quotation))
        if lines and LAYOUT * _words(lines) <= words:
            _mark(quotation, lines)


def _show_quotation(figure: HtmlElement) -> None:
    """Makes of a figure that shows a quotation a part of the text, its caption the name of who is quoted."""
    quotation = figure.find(".//blockquote")
    if quotation is None:
        return
    for caption in list(figure.iter("figcaption")):
        if next(caption.iterancestors("blockquote"), None) is None:
            caption.drop_tree()
            caption.tail = None
            quotation.append(caption)
    figure.tag = "div"


def _put_marks(short: HtmlElement) -> None:
    text = short.text_content().strip()
    if text and text[0] not in "\"'\u201c\u2018\u00ab\u201e":
        short.text = f"\u201c{short.text or ''}"
        if len(short):
            short[-1].tail = f"{short[-1].tail or ''}\u201d"
        else:
            short.text += "\u201d"
    short.drop_tag()


def _lines(element: HtmlElement) -> Iterator[tuple[str, bool]]:
    """The lines that an element shows, each with whether it says who is quoted."""
    parts: list[str] = []
    named = 0
    walk = iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, each in walk:
        tag = each.tag if isinstance(each.tag, str) else ""
        names = tag in NAMES or (tag == "cite" and _is_own_line(each))
        if tag in ENDS_LINE or names:
            if text := " ".join("".join(parts).split()):
                yield text, named > 0
            parts.clear()
        if event == "start":
            named += names
            if tag in NOT_SHOWN:
                walk.skip_subtree()
            else:
                parts.append(each.text or "")
        else:
            named -= names
            if each is not element:
                parts.append(each.tail or "")
    if text := " ".join("".join(parts).split()):
        yield text, False


def _is_own_line(cite: HtmlElement) -> bool:
    """Whether a `<cite>` stands alone in a block quotation and is no title within its words."""
    parent = cite.getparent()
    if parent is None or next(cite.iterancestors(*NAMES), None) is not None:
        return False
    alone = len(parent) == 1 and not (parent.text or "").strip(f" \n\t{DASHES}")
    return parent.tag == "blockquote" or (alone and not (cite.tail or "").strip())


def _words(lines: Iterator[tuple[str, bool]] | list[tuple[str, bool]]) -> int:
    return sum(len(text.split()) for text, _ in lines)


def _mark(quotation: HtmlElement, lines: list[tuple[str, bool]]) -> None:
    names = [text for text, named in lines if named]
    said = [text for text, named in lines if not named]
    if not names and len(said) > 1 and DASH.match(said[-1]) and len(said[-1].split()) <= MAX_NAME_WORDS:  # fmt: skip
        names.append(said.pop())
    if names:
        said.append(f"\u2014 {' '.join(DASH.sub('', each, count=1) for each in names)}")
    quotation.clear(keep_tail=True)
    quotation.tag = "div"
    quotation.extend(builder.P(f"> {text}") for text in said)
