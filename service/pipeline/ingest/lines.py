"""Lines: which of a text's lines are one paragraph, by the shape of all of them.

A text that was wrapped, by a mail program or an editor, has a width: each of its lines ends where the first word of the
next one would not have fitted. Verse, menus, addresses, headlines and tables have lines of their own lengths, and a
text with one paragraph a line has lines of any length: they have no such width, so their lines stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec

WIDTHS = range(28, 161)
"""Columns that a text may be wrapped at. Below are menus and lists of words; above, one paragraph a line."""

SLACK, BALANCED = 20, 4
"""A line is still full if one in so many columns is left, for some programs balance their lines; the second holds for a
break inside a phrase, once the text is known to be wrapped."""

MOST = 4
"""How many breaks inside a phrase speak for a width, to each one that speaks against it."""

LONG_ENOUGH = 2 / 3
"""Part of the width above which a line that is not full speaks against it; shorter ones are a menu's or verse."""

STANZA_LINES, STANZA_CHARACTERS, VERSE_CHARACTERS = 4, 48, 70
"""So many lines in a row, none longer than that, are a stanza, a menu or an address and no prose; up to the greater
length if most of those that go on end with a comma."""

BREAK = re.compile(r"\r{1,2}\n|[\r\n\u2028\u2029]")

MARK = re.compile(
    r"(?:(?P<bullet>[\u2022\u25cf\u25aa\u25ab\u25e6\u2023\u25a0\u25ba\u25b6\u27a4\u00b7][ \t]*|\*[ \t]+)"
    r"|(?P<dash>-[ \t]+)"
    r"|(?P<dialogue>[\u2013\u2014][ \t]+)"
    r"|(?P<number>(?:\d{1,3}[.)]|\((?:\d{1,3}|[a-z]|[ivx]{2,4})\)|[a-z]\))[ \t]+))(?=\S)"
)
"""What an item of a list begins with."""

OWN_LINE = (">", "|")
"""What a line that is a paragraph of its own begins with: of a quoted mail, of a table."""

COLUMNS = re.compile(r"\t|[ ]{3}")
"""What stands between the cells of a table's row."""

NAME = r"[A-Z\u00c0-\u00de][\w.\u2019'-]*"
LABEL = re.compile(rf"{NAME}(?: {NAME}){{0,4}}:\s")
"""Who speaks, before what is said."""

TERMINAL = re.compile(r"[.!?\u2026:;][\"'\u2019\u201d)\]]*$")
LOWERCASE_START = re.compile(r"[\"'\u2018\u201c(\[]*[a-z\u00df-\u00ff]")
PUNCTUATION = frozenset(",;:.!?\u2026\u2014\u2013")

DANGLING = frozenset(
    "a an the of and or than with from by at into his her its their our my your every that which who whose while because"
    " was were is are has have had been between among including".split()
)
"""Words that no line ends with unless it goes on."""

LONG_WORD = 28
"""Characters of what is no word but an address on the web."""


class Line(msgspec.Struct, frozen=True):
    """A line of a text that has more than spaces.

    `start` to `end` is its span without spaces around it, `column` where it begins and `length` where it ends, in
    columns; `first` and `last` are how long these words are. `mark` is the kind of an item's mark, or "", `behind`
    where what follows it begins. `apart`: an empty line stands before it. `alone`: its form says that it is a
    paragraph. `solid`: no wrapping would have broken it to its width.
    """

    start: int
    end: int
    column: int
    length: int
    first: int
    last: int
    behind: int
    mark: str
    apart: bool
    alone: bool
    terminal: bool
    lowercase: bool
    dangling: bool
    punctuated: bool
    labelled: bool
    solid: bool


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the paragraphs of a text, in order, without spaces around them; an item's begins behind its mark.

    >>> list(paragraphs("Roe left.\\n\\n- Bly stayed\\n- Dahl returned"))
    [(0, 9), (13, 23), (26, 39)]
    """
    lines = list(_lines(text))
    width = _width(lines)
    held: tuple[int, int] | None = None
    item: Line | None = None
    stanzas = _stanzas(lines)
    for k, line in enumerate(lines):
        before = lines[k - 1] if k else None
        if held is not None and before is not None:
            if _goes_on(before, line, item, width, stanzas[k]):
                held = (held[0], line.end)
                continue
            yield held
        item = line if line.mark else None
        held = (line.behind, line.end)
    if held is not None:
        yield held


def begins_item(text: str, start: int) -> bool:
    """Whether the paragraph at this offset is a list's item: its mark stands before it.

    >>> begins_item("- It leaks.", 2), begins_item("It leaks.", 0)
    (True, False)
    """
    line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    return bool(text[line:start].strip())


def is_table_row(block: str) -> bool:
    """Whether a paragraph is a table's row, with its cells between bars: "| Aalen | 14 |"."""
    return len(block) > 1 and block.startswith("|") and block.endswith("|")


def is_quoted_line(block: str) -> bool:
    """Whether a paragraph is a line of a quoted mail, post or block quotation: "> It leaks."."""
    return block.startswith(">")


def _lines(text: str) -> Iterator[Line]:
    begin = 0
    apart = False
    breaks = [*(found.span() for found in BREAK.finditer(text)), (len(text), len(text))]
    for finish, following in breaks:
        raw = text[begin:finish]
        if raw.strip():
            yield _line(text, begin, finish, raw, apart)
        apart = not raw.strip() or text[finish:following] == "\u2029"
        begin = following


def _line(text: str, begin: int, finish: int, raw: str, apart: bool) -> Line:
    start = begin + len(raw) - len(raw.lstrip())
    end = finish - len(raw) + len(raw.rstrip())
    own = text[start:end]
    mark = MARK.match(own)
    words = own.split()
    return Line(
        start=start,
        end=end,
        column=start - begin,
        length=end - begin,
        first=len(words[0]),
        last=len(words[-1]),
        behind=start + mark.end() if mark and mark.lastgroup != "dialogue" else start,
        mark=str(mark.lastgroup) if mark else "",
        apart=apart,
        alone=own.startswith(OWN_LINE) or bool(COLUMNS.search(own)),
        terminal=bool(TERMINAL.search(own[-8:])),
        lowercase=bool(LOWERCASE_START.match(own)),
        dangling=words[-1].casefold() in DANGLING,
        punctuated=own[-1] in PUNCTUATION,
        labelled=bool(LABEL.match(own)),
        solid=any(len(word) >= LONG_WORD for word in words),
    )


def _continues(before: Line, line: Line) -> bool:
    """Whether two lines, one after the other, may be of one paragraph."""
    return not (line.apart or line.alone or before.alone or line.mark)


def _width(lines: Sequence[Line]) -> int:
    """The columns that the text is wrapped at, or 0.

    It is the width that most of the breaks inside a phrase agree on: not below the line's length, and below that
    with the next line's first word. The longest line that is not longer stands for it.
    """
    pairs = [each for each in pairwise(lines) if _continues(*each) and not each[0].solid]
    inside = [each for each in pairs if _is_inside_phrase(*each) and not each[0].punctuated]
    agree = [0] * (WIDTHS.stop + 1)
    for before, line in inside:
        if before.length < WIDTHS.stop and before.length + line.first >= WIDTHS.start:
            agree[max(before.length, WIDTHS.start)] += 1
            agree[min(before.length + line.first, WIDTHS.stop - 1) + 1] -= 1
    for k in range(1, len(agree)):
        agree[k] += agree[k - 1]
    best = max(agree)
    widest = max((k for k in WIDTHS if agree[k] == best and best), default=0)
    if not widest:
        return 0
    width = max(each.length for each in lines if each.length <= widest)
    return width if _is_wrapped(lines, pairs, width) else 0


def _is_wrapped(lines: Sequence[Line], pairs: Sequence[tuple[Line, Line]], width: int) -> bool:
    """Whether breaks agree on a width in such numbers that it is no chance."""
    if width not in WIDTHS:
        return False
    support = against = commas = full = 0
    was_full: Line | None = None
    for before, line in pairs:
        fits = not _is_full(before, line, width)
        phrase = _is_inside_phrase(before, line)
        if not fits:
            support += phrase and not before.punctuated
            full += not before.terminal
            commas += before.punctuated and not before.terminal
        elif (
            not before.terminal
            and before.length > LONG_ENOUGH * width
            and (phrase or was_full is before)
        ):
            against += 1
        was_full = None if fits else line
    over = sum(not each.solid and each.length > width + width // SLACK for each in lines)
    if support == 1:
        return not against and not over and full > commas
    return support > over and support >= MOST * against and 2 * commas <= full


def _is_inside_phrase(before: Line, line: Line) -> bool:
    """Whether the break between two lines cannot be the end of a paragraph."""
    return not before.terminal and (line.lowercase or before.dangling)


def _is_full(before: Line, line: Line, width: int, part: int = SLACK) -> bool:
    """Whether the next line's first word would not have fitted, or only just: one in `part` columns would be left."""
    slack = 0 if before.terminal else width // part
    return before.length <= width + slack and before.length + 1 + line.first > width - slack


def _goes_on(before: Line, line: Line, item: Line | None, width: int, stanza: bool) -> bool:
    """Whether a line is of the same paragraph as the one before it, which is the first or a later one of `item`."""
    if line.apart or line.alone or before.alone:
        return False
    full = width > 0 and _is_full(before, line, width)
    if line.mark:  # "the mayor | - who had resigned - said", "killed | 14. The mayor"
        inside = full and not before.terminal and not before.punctuated
        return inside and line.mark != "bullet" and (item is None or item.mark != line.mark)
    if line.first >= LONG_WORD:
        return not before.terminal and full
    if before.last >= LONG_WORD:
        return line.lowercase and not before.terminal
    if item is not None and line.column > item.column:
        return True
    if before.terminal and line.column > before.column:
        return False
    if full:
        return not (before.terminal and line.labelled)
    nearly = width > 0 and _is_full(before, line, width, BALANCED)
    return _is_inside_phrase(before, line) and (nearly or not stanza)


def _stanzas(lines: Sequence[Line]) -> list[bool]:
    """Per line whether it is one of a stanza, a menu or an address."""
    rows: list[list[Line]] = []
    for line in lines:
        if not rows or line.apart or max(line.length, rows[-1][-1].length) > VERSE_CHARACTERS:
            rows.append([])
        rows[-1].append(line)
    return [found for row in rows for found in [_is_stanza(row)] * len(row)]


def _is_stanza(row: Sequence[Line]) -> bool:
    going_on = [each.punctuated for each in row if not each.terminal]
    short = max(each.length for each in row) <= STANZA_CHARACTERS
    return len(row) >= STANZA_LINES and (short or 2 * sum(going_on) > len(going_on))
