"""Realizer: planned facts → the sentences of the brief, in reading order, each final when emitted.

What is printed and in which order is settled on the source sentences before anything is written, but
for later facts that turn out to be the same: so a reader can be given the first sentence while the writer
works on the next ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from service.pipeline.attribution.agreement import of_sentence
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence
from service.pipeline.selection.ordering import falls_short, fits, select_and_order
from service.pipeline.types import (
    AgreementReady,
    AgreementRow,
    BriefSentence,
    Conflict,
    ConflictReady,
    Emit,
    Options,
    Request,
    SentenceReady,
    Withheld,
)
from service.pipeline.verification.support import SupportReader
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.carry_over import carry_over
from service.pipeline.writing.disputes import without_opposed
from service.pipeline.writing.evidence import can_be_rewritten, report
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.layout import lay_out
from service.pipeline.writing.referring_expressions import ReferringExpressions

FIRST_BATCH = 2
"""Most sentences written together at first, for whoever waits; then as many as the writer takes."""


class Realized(msgspec.Struct, frozen=True):
    """The sentences of a brief, as planned and as laid out, and who reports each; what was withheld for want
    of a sentence that introduces what it speaks of; the disputes that printed sentences tell."""

    sentences: tuple[PlannedSentence, ...]
    printed: tuple[BriefSentence, ...]
    agreement: tuple[AgreementRow, ...]
    withheld: tuple[Withheld, ...]
    conflicts: tuple[Conflict, ...]


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
        support: SupportReader | None = None,
    ) -> None:
        self._context = context
        self._groups = list(groups)
        self._generator = generator
        self._selector = selector
        self._referring = referring
        self._support = support
        self._conflicts: dict[int, Conflict] = {}

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
        rows: list[AgreementRow] = []
        conflicts: list[Conflict] = []
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
                self._prefetch(batch)
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
                    if source.rank in self._conflicts:
                        conflicts.append(self._conflicts[source.rank])
                        emit(ConflictReady(conflicts[-1]))
                    printed.append(lay_out(each, printed, options))
                    emit(SentenceReady(printed[-1]))
                    rows.append(of_sentence(printed[-1].id, each, self._context))
                    emit(AgreementReady(rows[-1]))
        return Realized(
            tuple(final), tuple(printed), tuple(rows), tuple(withheld), tuple(conflicts)
        )

    def _confirmed(self, source: PlannedSentence) -> PlannedSentence:
        """The source sentence with the reports of its fact that the writer's model finds as well, and without
        those that it finds to say otherwise: the sentence then tells both sides."""
        group = self._groups[source.rank]
        follows = group.follows_sentence is not None
        if (
            self._generator is None
            or follows
            or source.carried_over
            or source.status != "supported"
        ):
            return source
        found, against = self._selector.confirmed(self._generator, group), list[int]()
        if self._support is not None:
            found, against = without_opposed(found, self._context, self._support)
        self._groups[source.rank] = found
        if found != group:
            source = self._selector.corroborated(source, found)
        if against:
            source, self._conflicts[source.rank] = self._selector.disputed(source, against)
        return source

    def _prefetch(self, batch: Sequence[PlannedSentence]) -> None:
        """Have the facts told together."""
        if self._generator is not None:
            facts = [self._fact(each) for each in batch if self._can_be_written(each)]
            self._generator.prefetch([report(fact, self._context) for fact in facts])

    def _can_be_written(self, source: PlannedSentence) -> bool:
        return _free(source) and can_be_rewritten(self._fact(source), self._context)

    def _fact(self, each: PlannedSentence) -> int:
        return self._groups[each.rank].members[0]

    def _written(
        self,
        source: PlannedSentence,
        printed: Sequence[PlannedSentence],
        following: Sequence[PlannedSentence],
        left: Sequence[PlannedSentence],
        vocabulary: frozenset[str],
        options: Options,
    ) -> tuple[PlannedSentence, frozenset[int]]:
        """What the writer makes of the fact, and the ranks of those `left` that report the same one and
        need not be told then. The source itself is the floor."""
        if source.carried_over:
            return source, self._selector.repeated(source, left)
        members = {*self._groups[source.rank].members}
        again = frozenset(each.rank for each in left if self._fact(each) in members)
        kept = [each for each in following if each.rank not in again]
        made = self._made(source)
        if (
            made is not None
            and _leaves_readable(made, source, printed, kept, following, vocabulary)
            and fits([*printed, made, *kept], options)
        ):
            return made, again
        readable = _leaves_readable(source, source, printed, kept, following, vocabulary)
        return source, again if readable else frozenset()

    def _made(self, source: PlannedSentence) -> PlannedSentence | None:
        """What the writer gives, where it may be printed."""
        if self._generator is None or not self._can_be_written(source):
            return None
        written = self._generator.sentence(report(self._fact(source), self._context))
        if written is None:
            return None
        return self._selector.judged(written, source, self._groups[source.rank])


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
