"""Candidates: what the writer gives for a fact → the sentence that replaces the source's, or nothing.

The writer's own check decides whether the reports say it; exact rules veto it; it must tell the
source's fact, with its figures, and draw on all its reports.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.alignment.confirmation import UNLIKELY, confirmed
from service.pipeline.alignment.fact_table import REPEATED
from service.pipeline.alignment.same_fact import Pair, SameFactReader
from service.pipeline.attribution.attributor import REPORTS_WHOLE, WHOLE, Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.types import Check, Verdict
from service.pipeline.writing.carry_over import figures
from service.pipeline.writing.evidence import preceding
from service.pipeline.writing.generation import CandidateGenerator, Written
from service.pipeline.writing.sentence_form import (
    is_whole_sentence,
    presentable,
    repeats_a_figure,
)
from service.pipeline.writing.source_sentences import REPEATS

MAX_WORDS = 40
"""A longer sentence is not read under deadline."""

MIN_SUPPORT = 0.75
"""Least probability that the reports say it, of a written sentence that is printed. Of 24 right and 48 wrong
sentences that it was not trained on 15 and 3 have it; of 16 written for four clusters of the tuning half
none of those that the rules let by and that have it was wrong (`training/WRITER.md`)."""


class CandidateSelector:
    """Verifies what the writer wrote for the facts of one brief, and what of it tells other facts too."""

    def __init__(
        self,
        context: ClusterContext,
        attributor: Attributor,
        same_fact: SameFactReader,
        max_citations: int,
    ) -> None:
        self._context = context
        self._attributor = attributor
        self._same_fact = same_fact
        self._max_citations = max_citations

    def confirmed(
        self, generator: CandidateGenerator, source: PlannedSentence, group: FactGroup
    ) -> tuple[PlannedSentence, FactGroup]:
        """A source sentence and its group with the reports that the writer's model finds as well."""
        found = confirmed(group, self._context, self._same_fact, generator.same_fact)
        if found == group:
            return source, group
        return self._attributor.corroborated(source, found, self._max_citations), found

    def judged(
        self,
        written: Written,
        evidence: Sequence[int],
        facts: Sequence[PlannedSentence],
        group: FactGroup,
        printed: Sequence[PlannedSentence],
    ) -> PlannedSentence | None:
        """What was written from these sentences as it would be printed in the place of the first of the
        facts; None where it may not stand there, does not tell them all, or repeats what is printed."""
        text = written.text
        reported = [self._context.sentences[i].text for i in evidence]
        if (
            written.support < MIN_SUPPORT
            or text in reported
            or not presentable(text)
            or len(text.split()) > MAX_WORDS
            or repeats_a_figure(text, reported)
        ):
            return None
        before = [preceding(i, self._context) for i in evidence]
        read = [*evidence, *(i for i in before if i is not None)]
        found = self._attributor.written_text(text, read)
        if (
            found.verdict.status != "supported"
            or not is_whole_sentence(found.parsed)
            or not set(evidence) <= set(found.support)
        ):
            return None
        if not all(self._may_tell(found, each) for each in facts):
            return None
        checks = (*found.verdict.checks, Check("support", True))
        found = msgspec.structs.replace(
            found, verdict=Verdict("supported", written.support, checks)
        )
        made = self._attributor.planned(
            group, found, facts[0].rank, self._max_citations, "abstractive"
        )
        whole, partly = self.repeated(made, printed)
        return None if whole | partly or not _amounts(facts[0]) <= _amounts(made) else made

    def repeated(
        self, made: PlannedSentence, others: Sequence[PlannedSentence]
    ) -> tuple[frozenset[int], frozenset[int]]:
        """The ranks of those that `made` tells, so that they can go, and of those that it tells in
        part, or that may not go."""
        cosines = [float(made.vector @ each.vector) for each in others]
        pairs = [Pair(each.text, made.text, c) for each, c in zip(others, cosines, strict=True)]
        likely = self._same_fact.probabilities(pairs)
        near = [
            each
            for each, p, cosine in zip(others, likely, cosines, strict=True)
            if p >= REPEATED or cosine >= REPEATS
        ]
        read = self._same_fact.reads([(made.text, each.text) for each in near])
        whole = frozenset(
            each.rank
            for each, said in zip(near, read, strict=True)
            if said[WHOLE] >= REPORTS_WHOLE
            and each.status == "supported"
            and not each.carried_over
            and figures(each) <= figures(made)
        )
        return whole, frozenset(each.rank for each in near) - whole

    def _may_tell(self, candidate: VerifiedCandidate, fact: PlannedSentence) -> bool:
        """Whether the small reader does not find that the fact is left out: that it is told is part of
        what the writer checks."""
        pair = Pair(fact.text, candidate.parsed.text, float(candidate.vector @ fact.vector))
        return self._same_fact.probabilities([pair])[0] >= UNLIKELY


def _amounts(each: PlannedSentence) -> set[str]:
    """The numbers in a sentence but those of days, years and ages."""
    dated = {token.text.lower() for token in each.parsed.tokens if token.entity == "DATE"}
    return figures(each) - dated
