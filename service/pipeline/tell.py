"""Tell: planned sentences → the brief's, in reading order, each final when it is told.

What is printed and in which order is settled on the source's own sentences, the floors, before
anything is written: so a reader can be given the first sentence while the writer works on the
next ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.pipeline.brief import Written, arrange, fits
from service.pipeline.choose import Chooser
from service.pipeline.plan import FactGroup
from service.pipeline.types import Options, Withheld
from service.pipeline.write import Scribe

BATCH = 3
"""Sentences written together: their prompts, two each at most, fill a batch of the writer."""


class Teller:
    """Tells the floors of one brief; `told` and `withheld` are complete once all are told."""

    def __init__(
        self,
        floors: Sequence[Written],
        groups: Sequence[FactGroup],
        chooser: Chooser,
        options: Options,
        topic: frozenset[str],
    ) -> None:
        self._floors = floors
        self._groups = groups
        self._chooser = chooser
        self._options = options
        self._topic = topic
        self.told: list[Written] = []
        self.withheld: list[Withheld] = []

    def tell(self, scribe: Scribe | None) -> Iterator[Written]:
        """The sentences in reading order; as they are where there is no `scribe`.

        Where the written sentences leave room, further floors follow at the end.
        """
        told = self.told
        persons: set[str] = set()
        while True:
            ranks = {each.rank for each in told}
            left = [each for each in self._floors if each.rank not in ranks]
            planned, self.withheld = arrange(left, self._options, self._topic, told)
            if not planned:
                return
            for begin in range(0, len(planned), BATCH):
                batch = planned[begin : begin + BATCH]
                candidates = dict(self._candidates(batch, scribe))
                for k, floor in enumerate(batch, begin + 1):
                    each = self._written(floor, candidates.get(floor.rank, ()), planned[k:])
                    if self._options.mode == "abstractive":
                        each = self._introduced(each, persons, [*told, *planned[k:]])
                    told.append(each)
                    yield each

    def _candidates(
        self, batch: Sequence[Written], scribe: Scribe | None
    ) -> Iterator[tuple[int, Sequence[str]]]:
        """Per rank of those that may be put in other words: what the writer gives."""
        free = [each for each in batch if not each.fixed and each.status == "supported"]
        if scribe is not None and free:
            found = scribe.sentences([self._groups[each.rank] for each in free])
            yield from zip((each.rank for each in free), found, strict=True)

    def _written(
        self, floor: Written, texts: Sequence[str], following: Sequence[Written]
    ) -> Written:
        """The best of the texts, unless it loses a noun that a following sentence needs."""
        made = self._chooser.rewritten(floor, self._groups[floor.rank], texts) if texts else floor
        needed = {each.needs for each in following} & floor.mentions
        return made if needed <= made.mentions else floor

    def _introduced(self, each: Written, persons: set[str], others: Sequence[Written]) -> Written:
        return self._chooser.introduced(
            each, persons, lambda made: fits([*others, made], self._options)
        )
