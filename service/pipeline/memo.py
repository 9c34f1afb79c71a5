"""Memo: what a model answered once is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from service.pipeline.types import Memo

T = TypeVar("T")


def remembered(
    memo: Memo, asked: Mapping[str, T], answer: Callable[[list[T]], Sequence[bytes]]
) -> dict[str, bytes | None]:
    """Key → what was answered to what is asked under it: what the memo holds, and for the rest what `answer`
    gives, one for each or none at all, which is then held."""
    keys = list(asked)
    held = dict(zip(keys, memo.get(keys), strict=True))
    missing = [key for key in keys if held[key] is None]
    if missing and (found := answer([asked[key] for key in missing])):
        made = dict(zip(missing, found, strict=True))
        memo.put(made)
        held.update(made)
    return held
