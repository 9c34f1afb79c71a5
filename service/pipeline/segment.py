"""Segment: blocks → sentence spans, by a kept splitter, with its habits on news mended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from service.pipeline.intake import Source
from service.pipeline.syntax import balanced
from service.pipeline.types import Sentence

MIN_WORDS = 3
"""Shorter pieces ("Not so.") state no fact that could be cited alone."""

INITIAL = re.compile(
    r"(?:^|[\s(])(?:[A-Z]\.)+$|\b(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Sgt|Capt|Rev|St|Mt|No|Nos|vs|Jr|Sr|Inc|Ltd|Corp|Co)\.$"
)
"""A piece that ends so was cut inside a name ("Vladimir V.", "Gen.")."""


def segment(sources: Sequence[Source]) -> tuple[Sentence, ...]:
    """All sentences of all sources, by article, then by position."""
    return tuple(
        sentence for index, source in enumerate(sources) for sentence in _sentences(index, source)
    )


def _sentences(article: int, source: Source) -> Iterator[Sentence]:
    position = 0
    text = source.article.text
    for paragraph, (block_start, block_end) in enumerate(source.blocks):
        for start, end in split(text[block_start:block_end]):
            span = (block_start + start, block_start + end)
            if len(text[slice(*span)].split()) < MIN_WORDS:
                continue
            yield Sentence(article, *span, text[slice(*span)], position, paragraph)
            position += 1


def split(block: str) -> list[tuple[int, int]]:
    """One paragraph → stripped sentence spans; a quotation is not cut in the middle.

    >>> split("\u201cIt is hard. It is slow,\u201d she said. Talks go on.")
    [(0, 36), (37, 51)]
    """
    import blingfire

    _, offsets = blingfire.text_to_sentences_and_offsets(block)
    merged: list[tuple[int, int]] = []
    for start, end in offsets:
        if merged and _goes_on(block, merged[-1], start):
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def _goes_on(block: str, piece: tuple[int, int], following: int) -> bool:
    """Whether a piece was cut off inside a name, or inside a quotation that closes later."""
    text = block[slice(*piece)]
    if INITIAL.search(text):
        return True
    rest = block[piece[0] :]
    return not balanced(text) and balanced(rest) and block[following : following + 1].islower()
