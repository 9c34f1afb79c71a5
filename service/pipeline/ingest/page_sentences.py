"""Page sentences: what speaks about the page or to its reader, by its nearness to what pages say.

The sentences of `page_phrases` stand for all like them, in the vectors of whatever encoder is loaded: those of pages,
and those of reports that look like them. A story about cookies stays a story: its sentences are nearer to one another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence

import msgspec
import numpy as np

from service.models.base import Encoder, Vectors, no_step
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.page_phrases import NEWS, PAGE
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Masked, Memo, Sentence

NEAR, MARGIN = 0.5, 0.1
"""Cosine with the nearest phrase of pages, and by how much more than with the nearest of reports. On the plain text of
51 web pages, one half of the set, 25 sentences were found so, one of them wrongly; from 0.45 on every third is wrong."""

SHARED_NEAR = 0.35
"""The same for a sentence that stands word for word in several articles, without a margin."""

STORY = 3
"""Sentences of the set, the nearest, with which a sentence is compared as a part of the story."""


def page_sentences(
    sentences: Sequence[Sentence],
    vectors: Vectors,
    encoder: Encoder,
    memo: Memo,
    *,
    on_step: Callable[[], None] = no_step,
) -> frozenset[int]:
    """Sentences with their vectors `(n, d)` \u2192 the indices of those that are the page's."""
    if not len(sentences):
        return frozenset()
    page, report = (embed(each, encoder, memo, on_step=on_step) for each in (PAGE, NEWS))
    near = (vectors @ page.T).max(axis=1)
    lead = near - (vectors @ report.T).max(axis=1)
    shared = _shared(sentences)
    may_be = np.where(
        shared, (near >= SHARED_NEAR) & (lead >= 0), (near >= NEAR) & (lead >= MARGIN)
    )
    story = vectors[~may_be]
    found: list[int] = []
    for k in map(int, np.flatnonzero(may_be)):
        on_step()
        closest = np.sort(story @ vectors[k])[-STORY:]
        if not len(closest) or near[k] >= closest.mean():
            found.append(k)
    return frozenset(found)


def with_masked(
    sources: Sequence[Source], sentences: Sequence[Sentence], page: Collection[int]
) -> tuple[Source, ...]:
    """The sources, with these sentences among what is masked."""
    masked: dict[int, list[Masked]] = defaultdict(list)
    for k in sorted(page):
        each = sentences[k]
        masked[each.article].append(Masked(each.start, each.end, "page"))
    return tuple(
        msgspec.structs.replace(source, masked=(*source.masked, *masked[i]))
        if i in masked
        else source
        for i, source in enumerate(sources)
    )


def _shared(sentences: Sequence[Sentence]) -> np.ndarray:
    """Per sentence whether another article has it word for word."""
    holders: dict[str, set[int]] = defaultdict(set)
    for each in sentences:
        holders[each.text.casefold()].add(each.article)
    return np.array([len(holders[each.text.casefold()]) > 1 for each in sentences])
