"""Blocks → sentence spans, by a library's splitter, with its mistakes on news corrected."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from service.models.base import no_step
from service.pipeline.ingest.abbreviations import Border, borders
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.speech import running_quotations
from service.pipeline.linguistics.parse import (
    MAX_CHARACTERS,
    balanced,
    is_parsable,
    opens,
    quotation_marks,
)
from service.pipeline.types import Sentence

MIN_CITED_WORDS = 3
"""Shorter pieces ("Not so.") state no fact that could be cited alone."""

INITIAL = re.compile(
    r"(?:^|[\s(])(?:[A-Z]\.)+$|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Rev|St|Mt|Nos|vs|Jr|Sr|Inc|Ltd|Corp|Co)\.$"
)
"""A piece that ends so was cut inside a name ("Vladimir V.", "Gen.") unless what follows tells that it was not."""

MAX_INITIALS = 40
"""Characters at the end of a piece in which they are looked for."""

FOOTNOTES = re.compile(r"(?:\[\d{1,3}\][ \t]*)+")
"""What the splitter gives to the next sentence: "They married. [2] [3] He left."."""

MARK = re.compile(r"[\u201c\u201d\"()\[\]]")

GLUED = re.compile(r"[.!?](?=(?:[A-Z][a-z]+|[AI]) )(?<=[a-z]{3}[.!?])")
"""Where a page lost the space between two sentences: "entered the world.Oakleigh came"."""

UNREAD = re.compile(r"[^\t\n\r -~\u00a0-\ufdcf\ufdf0-\ufffc]")
"""Characters that the splitter counts in another way than Python does, or not at all."""


def split_sentences(
    sources: Sequence[Source], *, on_step: Callable[[], None] = no_step
) -> tuple[Sentence, ...]:
    """All sentences of all sources, by article, then by position; none of fewer than `MIN_WORDS`
    words, nor one that is too long to be parsed (`is_parsable`).

    `on_step` is called before each source and may raise `Cancelled`.
    """
    found: list[Sentence] = []
    for index, source in enumerate(sources):
        on_step()
        found += _sentences(index, source)
    return tuple(found)


def _sentences(article: int, source: Source) -> Iterator[Sentence]:
    position = 0
    blocks = [source.text[start:end] for start, end in source.blocks]
    running = running_quotations(blocks)
    for paragraph, (block_start, _) in enumerate(source.blocks):
        block = blocks[paragraph]
        passage, begun = running[paragraph]
        marks = quotation_marks(block)
        for start, end in split(block):
            text = block[start:end]
            if not is_parsable(text) or len(text.split()) < MIN_CITED_WORDS:
                continue
            quoted = _inside(block, marks, start, begun)
            span = (block_start + start, block_start + end)
            yield Sentence(article, *span, text, position, paragraph, quoted, passage)
            position += 1


def _inside(block: str, marks: Sequence[int], start: int, begun: str) -> str:
    """The mark of the quotation that `start` lies in, or "": the last one before it if that opens and the next one,
    if any, closes; before the first, the one that an earlier paragraph left open (`begun`)."""
    k = bisect_left(marks, start)
    if not k:
        return begun
    last = marks[k - 1] if k else 0
    inside = k > 0 and opens(block, last) and (k == len(marks) or not opens(block, marks[k]))
    return block[last] if inside else ""


def spans(text: str) -> Iterator[tuple[int, int]]:
    """The sentence spans of a text without masks or layout, line by line.

    >>> list(spans("Notes\\nIt rained. It snowed."))
    [(0, 5), (6, 16), (17, 27)]
    """
    position = 0
    for line in text.split("\n"):
        for start, end in split(line):
            yield position + start, position + end
        position += len(line) + 1


def split(block: str) -> list[tuple[int, int]]:
    """One paragraph → stripped sentence spans.

    >>> split("\u201cIs it hard?\u201d she said. Talks go on.")
    [(0, 23), (24, 36)]
    """
    merged: list[tuple[int, int]] = []
    if not block.strip():
        return merged
    offsets = list(_pieces(UNREAD.sub("_", block).replace("\n", " ")))
    known = {each.following: each for each in borders(block)}
    pieces = list(_unglued(block, _cut(offsets, sorted(k for k in known if known[k].ends), known)))
    balance = Balance(block)
    for start, end in pieces:
        notes = FOOTNOTES.match(block, start, end) if merged else None
        if notes:
            merged[-1] = (merged[-1][0], start + len(notes.group().rstrip()))
            start = notes.end()
        end -= len(block[start:end]) - len(block[start:end].rstrip())
        if start >= end:
            continue
        if merged and _goes_on(block, merged[-1], start, balance, known.get(start)):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _pieces(block: str) -> Iterator[tuple[int, int]]:
    """What the splitter makes of a paragraph. Its own offsets take several times as long: it counts them byte by byte."""
    import blingfire

    end = 0
    for piece in blingfire.text_to_sentences(block).split("\n"):
        start = block.index(piece, end)
        end = start + len(piece)
        yield start, end


def _cut(
    offsets: Sequence[tuple[int, int]], begins: Sequence[int], known: Mapping[int, Border]
) -> Iterator[tuple[int, int]]:
    """The pieces, cut before what is known to begin a sentence as well."""
    k = 0
    for start, end in offsets:
        while k < len(begins) and begins[k] < end:
            stop = known[begins[k]].end
            if stop > start:
                yield start, stop
                start = begins[k]
            k += 1
        yield start, end


def _unglued(block: str, offsets: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pieces, cut again where a page lost the space between two sentences."""
    for start, end in offsets:
        borders = [start, *(match.end() for match in GLUED.finditer(block, start, end)), end]
        yield from pairwise(borders)


class Balance:
    """Whether a block, from a given offset to its end, closes every quotation mark and bracket that
    it opens: `balanced(block[start:])` for any number of offsets, after one pass over the block."""

    def __init__(self, block: str) -> None:
        self._block = block

    def holds_from(self, start: int) -> bool:
        """`balanced(block[start:])`."""
        left = {mark: len(at) - bisect_left(at, start) for mark, at in self._places.items()}
        return (
            left["\u201c"] == left["\u201d"]
            and left['"'] % 2 == 0
            and left["("] == left[")"]
            and left["["] == left["]"]
            and self._closed[bisect_left(self._marks, start)]
        )

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """Mark → its offsets."""
        found: dict[str, list[int]] = {mark: [] for mark in '\u201c\u201d"()[]'}
        for match in MARK.finditer(self._block):
            found[match.group()].append(match.start())
        return found

    @cached_property
    def _marks(self) -> list[int]:
        """Offsets of the quotation marks."""
        return sorted(at for mark in '\u201c\u201d"' for at in self._places[mark])

    @cached_property
    def _closed(self) -> list[bool]:
        """Per quotation mark, and for the end: whether, read from there, no “ stays open."""
        marks = self._marks
        closed = [True] * (len(marks) + 1)
        straight = curly = None
        for i in reversed(range(len(marks))):
            mark = self._block[marks[i]]
            if mark == '"':
                closed[i] = closed[i + 1 if straight is None else straight + 1]
                straight = i
                continue
            if mark == "\u201c":
                ends = curly is not None and self._block[marks[curly]] == "\u201d"
                closed[i] = curly is not None and ends and closed[curly + 1]
            else:
                closed[i] = closed[i + 1]
            curly = i
        return closed


def _goes_on(
    block: str, piece: tuple[int, int], following: int, balance: Balance, border: Border | None
) -> bool:
    """Whether a piece was cut off inside a name, or before what goes on in lower case; one that is
    too long to be parsed already is not continued. `border` is what an abbreviation at its end tells.

    The sentences of a longer quotation stay apart: joining them was tried, and cost five
    points of F1 on news.
    """
    start, end = piece
    if end - start > MAX_CHARACTERS:
        return False
    if border is not None:
        return not border.ends
    if INITIAL.search(block[max(start, end - MAX_INITIALS) : end]):
        return True
    begins = block[following : following + 1]
    return begins.islower() and not balanced(block[start:end]) and balance.holds_from(start)
