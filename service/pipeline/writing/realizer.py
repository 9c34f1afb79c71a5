"""Realizer: planned facts → the sentences of the brief, in reading order, each final when emitted.

What is printed and in which order is settled on the source sentences before anything is written:
so a reader can be given the first sentence while the writer works on the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence
from service.pipeline.selection.ordering import falls_short, fits, select_and_order
from service.pipeline.types import BriefSentence, Emit, Request, SentenceReady, Withheld
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.carry_over import carry_over
from service.pipeline.writing.evidence import evidence
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.layout import lay_out
from service.pipeline.writing.referring_expressions import ReferringExpressions

FIRST_BATCH, BATCH = 2, 8
"""Sentences written together: few at first, for whoever waits, then as many as the writer takes
at once. In float32 it fills every batch up to eight rows, so small ones cost as much."""


MOST_FUSED = 3
"""Facts of one brief that the writer is asked to fuse, in reading order: on two cores each takes four
to five seconds, and of what the default writer fuses few sentences pass the check."""


class Realized(msgspec.Struct, frozen=True):
    """The sentences of a brief, as planned and as laid out; what was withheld for want of a
    sentence that introduces what it speaks of."""

    sentences: tuple[PlannedSentence, ...]
    printed: tuple[BriefSentence, ...]
    withheld: tuple[Withheld, ...]


class Realizer:
    """Words the sentences of one brief; without a `generator` they stay the sources' own, without
    `referring` their persons are named as the source names them."""

    def __init__(
        self,
        context: ClusterContext,
        groups: Sequence[FactGroup],
        generator: CandidateGenerator | None,
        selector: CandidateSelector,
        referring: ReferringExpressions | None,
    ) -> None:
        self._context = context
        self._groups = groups
        self._generator = generator
        self._selector = selector
        self._referring = referring
        self._fused = 0

    def realize(
        self,
        sources: Sequence[PlannedSentence],
        vocabulary: frozenset[str],
        request: Request,
        emit: Emit,
    ) -> Realized:
        """The source sentences of the facts, most salient first → those that are printed.

        Nouns of `vocabulary` need no introduction. Every sentence is emitted as soon as it is
        final. Where the written ones are too short for the length asked for, further ones follow.
        """
        options = request.options
        final: list[PlannedSentence] = []
        printed: list[BriefSentence] = []
        withheld: list[Withheld] = []
        while falls_short(final, options):
            ranks = {each.rank for each in final}
            left = [each for each in sources if each.rank not in ranks]
            planned, withheld = select_and_order(left, options, vocabulary, final)
            if not planned:
                break
            planned = carry_over(request.previous, self._groups, self._context, options, planned)
            bounds = [0, *range(0 if final else FIRST_BATCH, len(planned), BATCH), len(planned)]
            for begin, end in pairwise(dict.fromkeys(bounds)):
                candidates = self._candidates(planned[begin:end])
                for k, source in enumerate(planned[begin:end], begin + 1):
                    following = planned[k:]
                    each = self._written(
                        source, candidates.get(source.rank, ()), following, sources
                    )
                    if self._referring is not None:
                        others = [*final, *following]
                        each = self._referring.with_names(
                            each, final, lambda made, others=others: fits([*others, made], options)
                        )
                    final.append(each)
                    printed.append(lay_out(each, printed, options))
                    emit(SentenceReady(printed[-1]))
        return Realized(tuple(final), tuple(printed), tuple(withheld))

    def _candidates(self, batch: Sequence[PlannedSentence]) -> dict[int, Sequence[str]]:
        """Per rank of those that may be put in other words: what the writer gives."""
        free = [each for each in batch if not each.fixed_wording and each.status == "supported"]
        given = {each.rank: evidence(self._groups[each.rank], self._context) for each in free}
        given = {rank: own for rank, own in given.items() if own}
        given = dict(list(given.items())[: max(0, MOST_FUSED - self._fused)])
        if self._generator is None or not given:
            return {}
        self._fused += len(given)
        found = self._generator.sentences(list(given.values()))
        return dict(zip(given, found, strict=True))

    def _written(
        self,
        source: PlannedSentence,
        texts: Sequence[str],
        following: Sequence[PlannedSentence],
        sources: Sequence[PlannedSentence],
    ) -> PlannedSentence:
        """The best of the texts, unless it loses a noun that a following sentence presupposes."""
        if not texts:
            return source
        others = [each.vector for each in sources if each.rank != source.rank]
        made = self._selector.best(source, self._groups[source.rank], texts, others)
        presupposed = frozenset[str]().union(*(each.presupposed_nouns for each in following))
        lost = (presupposed & source.introduced_nouns) - made.introduced_nouns
        return source if lost else made
