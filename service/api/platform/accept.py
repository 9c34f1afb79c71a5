"""The Accept header (RFC 9110, section 12.5.1), by the framework's parser."""

from __future__ import annotations

import re
from collections.abc import Sequence

from litestar.datastructures.headers import Accept, MediaTypeHeader

QUALITY = re.compile(r"0?\.[0-9]{1,9}|[01](\.0{0,9})?")
"""A weight from 0 to 1, in ASCII; the parser takes any of Python's numbers and fails at `inf`."""


def best_match(header: str, offered: Sequence[str]) -> str | None:
    """The offered media type that the caller likes best; None if it takes none of them.

    Weights order the ranges, then how specific they are, then their place in the header; a range
    that fits several offers gives the first of them. An offer whose most specific range has
    `q=0` is excluded. Ranges with a weight that can't be read are ignored; without any range
    every type is taken.

    >>> best_match("text/html;q=0.5, text/markdown", ["text/html", "text/markdown"])
    'text/markdown'
    >>> best_match("text/html;q=0, */*", ["text/html", "text/markdown"])
    'text/markdown'
    """
    given = [each for each in header.split(",") if each.strip()] or ["*/*"]
    ranges = [each for each in map(MediaTypeHeader, given) if QUALITY.fullmatch(_weight(each))]
    left = [each for each in offered if not _excluded(each, ranges)]
    return Accept(",".join(str(each) for each in ranges if _accepts(each))).best_match(left)


def _weight(media_range: MediaTypeHeader) -> str:
    return media_range.params.get("q", "1")


def _accepts(media_range: MediaTypeHeader) -> bool:
    return float(_weight(media_range)) > 0


def _excluded(media_type: str, ranges: Sequence[MediaTypeHeader]) -> bool:
    """Whether the most specific range that fits the media type has the weight 0."""
    fitting = [each for each in ranges if MediaTypeHeader(media_type).match(each)]
    specific = max(fitting, key=lambda each: each.priority[1], default=None)
    return specific is not None and not _accepts(specific)
