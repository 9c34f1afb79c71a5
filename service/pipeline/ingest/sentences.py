"""Segment: blocks → sentence spans, by a kept splitter, with its habits on news mended."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from service.pipeline.ingest.boilerplate import Source
from service.pipeline.linguistics.parse import balanced, opens, quotation_marks
from service.pipeline.types import Sentence

MIN_WORDS = 3
"""Shorter pieces ("Not so.") state no fact that could be cited alone."""

INITIAL = re.compile(
    r"(?:^|[\s(])(?:[A-Z]\.)+$|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Rev|St|Mt|No|Nos|vs|Jr|Sr|Inc|Ltd|Corp|Co)\.$"
)
"""A piece that ends so was cut inside a name ("Vladimir V.", "Gen.")."""

GLUED = re.compile(r"(?<=[a-z]{3}[.!?])(?=(?:[A-Z][a-z]+|[AI]) )")
"""Where a page lost the space between two sentences: "entered the world.Oakleigh came"."""

UNREAD = re.compile(r"[^\t\n\r -~\u00a0-\ufdcf\ufdf0-\ufffc]")
"""Characters that the splitter counts in another way than Python does, or not at all."""


def split_sentences(sources: Sequence[Source]) -> tuple[Sentence, ...]:
    """All sentences of all sources, by article, then by position."""
    return tuple(
        sentence for index, source in enumerate(sources) for sentence in _sentences(index, source)
    )


def _sentences(article: int, source: Source) -> Iterator[Sentence]:
    position = 0
    for paragraph, (block_start, block_end) in enumerate(source.blocks):
        block = source.article.text[block_start:block_end]
        marks = quotation_marks(block)
        for start, end in split(block):
            text = block[start:end]
            if len(text.split()) < MIN_WORDS:
                continue
            quoted = _inside(block, marks, start)
            span = (block_start + start, block_start + end)
            yield Sentence(article, *span, text, position, paragraph, quoted)
            position += 1


def _inside(block: str, marks: Sequence[int], start: int) -> str:
    """The last quotation mark before `start` if it opens, and the next one, if any, closes; or ""."""
    k = bisect_left(marks, start)
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
    import blingfire

    merged: list[tuple[int, int]] = []
    if not block.strip():
        return merged
    _, offsets = blingfire.text_to_sentences_and_offsets(UNREAD.sub("_", block))
    for start, end in _unglued(block, offsets):
        if merged and _goes_on(block, merged[-1], start):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _unglued(block: str, offsets: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pieces, cut again where a page lost the space between two sentences."""
    for start, end in offsets:
        borders = [start, *(match.start() for match in GLUED.finditer(block, start, end)), end]
        yield from pairwise(borders)


def _goes_on(block: str, piece: tuple[int, int], following: int) -> bool:
    """Whether a piece was cut off inside a name, or before what goes on in lower case.

    The sentences of a longer quotation stay apart: joining them was tried, and cost five
    points of F1 on news.
    """
    text = block[slice(*piece)]
    if INITIAL.search(text):
        return True
    begins = block[following : following + 1]
    return begins.islower() and not balanced(text) and balanced(block[piece[0] :])
