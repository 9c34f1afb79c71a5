"""Tell: planned sentences → the brief's, in reading order, each final when it is told.

What is printed and in which order is settled on the source's own sentences, the floors, before
anything is written: so a reader can be given the first sentence while the writer works on the
next ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from service.pipeline.assembly.response import PlannedSentence, falls_short, fits, select_and_order
from service.pipeline.selection.content_plan import FactGroup
from service.pipeline.types import Options, Withheld
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.referring_expressions import ReferringExpressions

FIRST_BATCH, BATCH = 2, 8
"""Sentences written together: few at first, for whoever waits, then as many as the writer takes
at once. In float32 it fills every batch up to eight rows, so small ones cost as much."""


class Realizer:
    """Tells the floors of one brief; `told` and `withheld` are complete once all are.

    `keep` puts what the brief before said in its place; without an `introducer` nobody is named in full."""

    def __init__(
        self,
        floors: Sequence[PlannedSentence],
        groups: Sequence[FactGroup],
        chooser: CandidateSelector,
        introducer: ReferringExpressions | None,
        keep: Callable[[Sequence[PlannedSentence]], list[PlannedSentence]],
        options: Options,
        topic: frozenset[str],
    ) -> None:
        self._floors = floors
        self._groups = groups
        self._chooser = chooser
        self._introducer = introducer
        self._keep = keep
        self._options = options
        self._topic = topic
        self.told: list[PlannedSentence] = []
        self.withheld: list[Withheld] = []

    def tell(self, scribe: CandidateGenerator | None) -> Iterator[PlannedSentence]:
        """The sentences in reading order; as they are where there is no `scribe`.

        Where the written sentences are too short for the length asked for, further ones follow.
        """
        told = self.told
        while falls_short(told, self._options):
            ranks = {each.rank for each in told}
            left = [each for each in self._floors if each.rank not in ranks]
            planned, self.withheld = select_and_order(left, self._options, self._topic, told)
            if not planned:
                return
            planned = self._keep(planned)
            bounds = [0, *range(0 if told else FIRST_BATCH, len(planned), BATCH), len(planned)]
            for begin, end in pairwise(dict.fromkeys(bounds)):
                batch = planned[begin:end]
                candidates = dict(self._candidates(batch, scribe))
                for k, floor in enumerate(batch, begin + 1):
                    each = self._written(floor, candidates.get(floor.rank, ()), planned[k:])
                    if self._introducer is not None:
                        each = self._introducer.introduce(
                            each, self._fitting([*told, *planned[k:]])
                        )
                    told.append(each)
                    yield each

    def _candidates(
        self, batch: Sequence[PlannedSentence], scribe: CandidateGenerator | None
    ) -> Iterator[tuple[int, Sequence[str]]]:
        """Per rank of those that may be put in other words: what the writer gives."""
        free = [each for each in batch if not each.verbatim and each.status == "supported"]
        if scribe is not None and free:
            found = scribe.sentences([self._groups[each.rank] for each in free])
            yield from zip((each.rank for each in free), found, strict=True)

    def _written(
        self, floor: PlannedSentence, texts: Sequence[str], following: Sequence[PlannedSentence]
    ) -> PlannedSentence:
        """The best of the texts, unless it loses a noun that a following sentence needs."""
        made = self._chooser.rewritten(floor, self._groups[floor.rank], texts) if texts else floor
        needed = (
            frozenset().union(*(each.presupposed_nouns for each in following))
            & floor.introduced_nouns
        )
        return made if needed <= made.introduced_nouns else floor

    def _fitting(self, others: Sequence[PlannedSentence]) -> Callable[[PlannedSentence], bool]:
        """Whether a sentence has room beside the others."""
        return lambda made: fits([*others, made], self._options)
