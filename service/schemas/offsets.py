"""Offsets in the caller's unit: code points, UTF-16 code units or UTF-8 bytes."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Literal

OffsetUnit = Literal["codepoint", "utf16", "utf8"]


class Offsets:
    """Code point offsets into one text → offsets in another unit, in O(log n) each.

    >>> Offsets("a\U0001f600b", "utf16")(2), Offsets("a\U0001f600b", "utf8")(2)
    (3, 5)
    """

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        extra = [] if unit == "codepoint" or text.isascii() else _extra(text, unit)
        self._places = [place for place, _ in extra]
        self._before = [0, *accumulate(size for _, size in extra)]

    def __call__(self, offset: int) -> int:
        return offset + self._before[bisect_left(self._places, offset)]


def _extra(text: str, unit: OffsetUnit) -> list[tuple[int, int]]:
    """(index, units beyond one) of every character that takes more than one unit."""
    if unit == "utf16":
        return [(i, 1) for i, character in enumerate(text) if ord(character) > 0xFFFF]
    return [
        (i, len(character.encode()) - 1)
        for i, character in enumerate(text)
        if ord(character) > 0x7F
    ]
