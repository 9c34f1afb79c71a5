"""Batching: which rows are computed together, so that company never changes a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def padded(length: int, step: int, limit: int | None = None) -> int:
    """A length rounded up to a multiple of `step`, at most `limit`.

    >>> padded(65, 64), padded(65, 64, limit=100)
    (128, 100)
    """
    up = -(-length // step) * step
    return up if limit is None else min(up, limit)


def batches(lengths: Sequence[int], rows: int) -> Iterator[tuple[int, list[int]]]:
    """Padded lengths → (length, indices) of at most `rows` rows of one length each.

    >>> list(batches([32, 16, 32, 32], rows=2))
    [(16, [1]), (32, [0, 2]), (32, [3])]
    """
    alike: dict[int, list[int]] = {}
    for index, length in enumerate(lengths):
        alike.setdefault(length, []).append(index)
    for length in sorted(alike):
        for begin in range(0, len(alike[length]), rows):
            yield length, alike[length][begin : begin + rows]
