"""Candidates: what the writer gives for a fact → the sentence that replaces the source's, or nothing.

Support comes first. What is supported is preferred where it is a whole sentence that says what the
source's own says and draws on several articles.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.pipeline.alignment.fact_table import REPEATED
from service.pipeline.alignment.same_fact import Pair, SameFactReader
from service.pipeline.attribution.attributor import REPORTS_WHOLE, WHOLE, Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.writing.carry_over import figures
from service.pipeline.writing.evidence import preceding
from service.pipeline.writing.fidelity import (
    is_whole_sentence,
    keeps_facts,
    keeps_subjects,
    presentable,
)
from service.pipeline.writing.source_sentences import REPEATS

MAX_WORDS = 40
"""A longer sentence is not read under deadline."""

MIN_PRINTED_SCORE = 0.85
"""Least score of a written sentence that replaces the source's own; from a half on a draft counts as
supported, but a writer of this size joins true sentences into false ones."""


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

    def judged(
        self,
        text: str,
        evidence: Sequence[int],
        source: PlannedSentence,
        group: FactGroup,
        printed: Sequence[PlannedSentence],
    ) -> PlannedSentence | None:
        """What was written from these sentences as it would be printed in the source's place; None
        where it may not stand there, or repeats what is printed."""
        if not presentable(text):
            return None
        before = [preceding(i, self._context) for i in evidence]
        read = [*evidence, *(i for i in before if i is not None)]
        (found,) = self._attributor.verified_texts([text], read)
        if not self._is_printable(found) or not self._improves(found, source):
            return None
        made = self._attributor.planned(
            group, found, source.rank, self._max_citations, "abstractive"
        )
        whole, partly = self.repeated(made, printed)
        return None if whole | partly else made

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

    def _is_printable(self, candidate: VerifiedCandidate) -> bool:
        """Whether it may be printed at all: supported, sure, whole, with its sources' subjects."""
        reader = self._context.reader
        cited = [reader.evidence(i, candidate.support).parsed for i in candidate.support]
        return (
            candidate.verdict.status == "supported"
            and candidate.verdict.score >= MIN_PRINTED_SCORE
            and all(check.passed for check in candidate.verdict.checks)
            and is_whole_sentence(candidate.parsed)
            and keeps_subjects(candidate.parsed, cited)
        )

    def _improves(self, candidate: VerifiedCandidate, source: PlannedSentence) -> bool:
        """Whether it says what the source sentence says, and draws on several articles."""
        return (
            keeps_facts(candidate.parsed, source.parsed)
            and self._articles(candidate) > 1
            and len(candidate.parsed.text.split()) <= MAX_WORDS
        )

    def _articles(self, candidate: VerifiedCandidate) -> int:
        return len({self._context.sentences[i].article for i in candidate.support})
