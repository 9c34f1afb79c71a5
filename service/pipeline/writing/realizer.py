"""Realizer: planned facts → the sentences of the brief, in reading order, each final when emitted.

What is printed and in which order is settled on the source sentences before anything is written, but
for later facts that a written sentence tells too, or that turn out to be the same: so a reader can be given the first sentence while
the writer works on the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence
from service.pipeline.selection.ordering import falls_short, fits, select_and_order
from service.pipeline.types import (
    BriefSentence,
    Emit,
    Options,
    Request,
    SentenceReady,
    Withheld,
)
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.carry_over import carry_over
from service.pipeline.writing.evidence import adding, can_be_joined, can_be_rewritten, reports
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.layout import lay_out
from service.pipeline.writing.referring_expressions import ReferringExpressions

FIRST_BATCH = 2
"""Most sentences written together at first, for whoever waits; then as many as the writer takes."""


class Realized(msgspec.Struct, frozen=True):
    """The sentences of a brief, as planned and as laid out; what was withheld for want of a
    sentence that introduces what it speaks of."""

    sentences: tuple[PlannedSentence, ...]
    printed: tuple[BriefSentence, ...]
    withheld: tuple[Withheld, ...]


class Telling(msgspec.Struct, frozen=True):
    """What the writer is asked for: the sentence that it is given, or the two of two origins, and the facts
    that it has to tell, one or both; the first of each is what is told without it."""

    evidence: tuple[int, ...]
    facts: tuple[PlannedSentence, ...]


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
        self._groups = list(groups)
        self._generator = generator
        self._selector = selector
        self._referring = referring

    def realize(
        self,
        sources: Sequence[PlannedSentence],
        vocabulary: frozenset[str],
        request: Request,
        emit: Emit,
    ) -> Realized:
        """The source sentences of the facts, most salient first → those that are printed.

        Nouns of `vocabulary` need no introduction. Every sentence is emitted as soon as it is
        final. What a written sentence tells of a later fact is not told again. Where the written
        ones are too short for the length asked for, further ones follow.
        """
        options = request.options
        final: list[PlannedSentence] = []
        printed: list[BriefSentence] = []
        withheld: list[Withheld] = []
        told: set[int] = set()
        while falls_short(final, options):
            left = [each for each in sources if each.rank not in told]
            planned, withheld = select_and_order(left, options, vocabulary, final)
            if not planned:
                break
            planned = carry_over(
                request.previous, self._groups, self._context, options, planned, final
            )
            most = self._generator.concurrency if self._generator else len(planned)
            first = 0 if final else min(FIRST_BATCH, most)
            bounds = [0, *range(first, len(planned), most), len(planned)]
            for begin, end in pairwise(dict.fromkeys(bounds)):
                planned[begin:end] = [
                    each if each.rank in told else self._confirmed(each)
                    for each in planned[begin:end]
                ]
                batch = [each for each in planned[begin:end] if each.rank not in told]
                self._prefetch(batch, final, [each for each in sources if each.rank not in told])
                for k, source in enumerate(planned[begin:end], begin + 1):
                    if source.rank in told:
                        continue
                    told.add(source.rank)
                    left = [each for each in sources if each.rank not in told]
                    following = [each for each in planned[k:] if each.rank not in told]
                    each, repeated = self._written(
                        source, final, following, left, vocabulary, options
                    )
                    told |= repeated
                    following = [each for each in following if each.rank not in repeated]
                    if self._referring is not None and each.mode != "abstractive":
                        others = [*final, *following]
                        each = self._referring.with_names(
                            each, final, lambda made, others=others: fits([*others, made], options)
                        )
                    final.append(each)
                    printed.append(lay_out(each, printed, options))
                    emit(SentenceReady(printed[-1]))
        return Realized(tuple(final), tuple(printed), tuple(withheld))

    def _confirmed(self, source: PlannedSentence) -> PlannedSentence:
        """The source sentence with the reports of its fact that the writer's model finds as well."""
        group = self._groups[source.rank]
        follows = group.follows_sentence is not None
        if (
            self._generator is None
            or follows
            or source.carried_over
            or source.status != "supported"
        ):
            return source
        made, self._groups[source.rank] = self._selector.confirmed(self._generator, source, group)
        return made

    def _prefetch(
        self,
        batch: Sequence[PlannedSentence],
        printed: Sequence[PlannedSentence],
        left: Sequence[PlannedSentence],
    ) -> None:
        """Have what is asked for of each fact written together."""
        if self._generator is not None:
            asked = [self._telling(source, printed, batch, left) for source in batch]
            self._generator.prefetch(
                [reports(each.evidence, self._context) for each in asked if each is not None]
            )

    def _telling(
        self,
        source: PlannedSentence,
        printed: Sequence[PlannedSentence],
        following: Sequence[PlannedSentence],
        left: Sequence[PlannedSentence],
    ) -> Telling | None:
        """What the writer is asked for of a fact: by itself where that is worth it, else with a report of
        it that adds to it and is not told yet, else with the nearest of the other facts that are `left`, of the
        `following` ones first; nothing of what may not be put in other words, or without a writer."""
        if self._generator is None or not _free(source):
            return None
        fact = self._fact(source)
        if can_be_rewritten(fact, self._context):
            return Telling((fact,), (source,))
        if (report := adding(untold(self._members(source), printed), self._context)) is not None:
            return Telling((fact, report), (source,))
        others = [
            each
            for each in left
            if each.rank != source.rank
            and _free(each)
            and can_be_joined(fact, self._fact(each), self._context)
        ]
        if not others:
            return None
        planned = {each.rank for each in following}
        near = [(each.rank in planned, float(source.vector @ each.vector)) for each in others]
        other = others[near.index(max(near))]
        return Telling((fact, self._fact(other)), (source, other))

    def _fact(self, each: PlannedSentence) -> int:
        return self._groups[each.rank].members[0]

    def _members(self, *facts: PlannedSentence) -> tuple[int, ...]:
        """The sentences that report one of the facts."""
        members = [i for each in facts for i in self._groups[each.rank].members]
        return tuple(dict.fromkeys(members))

    def _written(
        self,
        source: PlannedSentence,
        printed: Sequence[PlannedSentence],
        following: Sequence[PlannedSentence],
        left: Sequence[PlannedSentence],
        vocabulary: frozenset[str],
        options: Options,
    ) -> tuple[PlannedSentence, frozenset[int]]:
        """What the writer makes of the fact, and the ranks of those `left` that need not be told then:
        those that it tells, and those that report the same fact.

        The source itself is the floor, also where the writer finds nothing to join and gives a
        report as it is.
        """
        if source.carried_over:
            return source, self._selector.repeated(source, left)[0]

        def again(*facts: PlannedSentence) -> frozenset[int]:
            reported = {*self._members(*facts)}
            return frozenset(each.rank for each in left if self._fact(each) in reported)

        telling = self._telling(source, printed, following, left)
        made = self._made(telling, printed) if telling else None
        if telling is not None and made is not None:
            told = again(*telling.facts)
            others = [each for each in left if each.rank not in told]
            whole, partly = self._selector.repeated(made, others)
            kept = [each for each in following if each.rank not in whole | told]
            if (
                not any(each.rank in partly for each in kept)
                and _leaves_readable(made, source, printed, kept, following, vocabulary)
                and fits([*printed, made, *kept], options)
            ):
                return made, whole | partly | told
        kept = [each for each in following if each.rank not in again(source)]
        readable = _leaves_readable(source, source, printed, kept, following, vocabulary)
        return source, again(source) if readable else frozenset()

    def _made(self, telling: Telling, printed: Sequence[PlannedSentence]) -> PlannedSentence | None:
        """What the writer gives, where it may be printed."""
        assert self._generator is not None  # noqa: S101  # it was asked for
        written = self._generator.sentence(reports(telling.evidence, self._context))
        if written is None or any(written.text == each.text for each in telling.facts):
            return None
        own = self._groups[telling.facts[0].rank]
        group = msgspec.structs.replace(own, members=self._members(*telling.facts))
        return self._selector.judged(written, telling.evidence, telling.facts, group, printed)


def untold(members: Sequence[int], printed: Sequence[PlannedSentence]) -> list[int]:
    """The sentences that report a fact, itself first, without those whose words a written sentence has
    taken up: with another fact they would be told again."""
    told = {i for each in printed if each.mode == "abstractive" for i in each.support}
    return [members[0], *(i for i in members[1:] if i not in told)]


def _free(each: PlannedSentence) -> bool:
    """Whether it may be put in other words."""
    return not each.fixed_wording and not each.carried_over and each.status == "supported"


def _leaves_readable(
    made: PlannedSentence,
    source: PlannedSentence,
    printed: Sequence[PlannedSentence],
    kept: Sequence[PlannedSentence],
    following: Sequence[PlannedSentence],
    vocabulary: frozenset[str],
) -> bool:
    """Whether `made` in the source's place can be read behind the `printed`, and the `kept` behind it,
    without those of the `following` that are not kept."""
    known = vocabulary.union(*(each.introduced_nouns for each in printed))
    ranks = {each.rank for each in kept}
    gone = [source, *(each for each in following if each.rank not in ranks)]
    introduced = frozenset[str]().union(*(each.introduced_nouns for each in gone))
    presupposed = frozenset[str]().union(*(each.presupposed_nouns for each in kept))
    led = {each.rank for each in gone[1:]}
    return (
        made.presupposed_nouns <= known | source.presupposed_nouns
        and presupposed & introduced <= known | made.introduced_nouns
        and not any(each.follows_rank in led for each in kept)
    )
