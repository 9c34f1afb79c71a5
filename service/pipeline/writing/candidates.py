"""Candidates: what the writer gives for a fact → the one that replaces the source sentence, if any.

Support comes first. What is supported is preferred where it is a whole sentence that says what the
source's own says and draws on several articles.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.models.base import Vectors
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.writing.evidence import evidence
from service.pipeline.writing.fidelity import (
    is_whole_sentence,
    keeps_facts,
    keeps_subjects,
    presentable,
)
from service.pipeline.writing.source_sentences import repeats

MAX_WORDS = 40
"""A longer sentence is not read under deadline."""

MIN_PRINTED_SCORE = 0.85
"""Least score of a written sentence that replaces the source's own; from a half on a draft counts as
supported, but a writer of this size joins true sentences into false ones."""


class CandidateSelector:
    """Verifies what the writer wrote for the facts of one brief, and chooses."""

    def __init__(self, context: ClusterContext, attributor: Attributor, max_citations: int) -> None:
        self._context = context
        self._attributor = attributor
        self._max_citations = max_citations

    def best(
        self,
        source: PlannedSentence,
        group: FactGroup,
        texts: Sequence[str],
        others: Sequence[Vectors],
    ) -> PlannedSentence:
        """The source sentence, or the best of the texts that may stand in its place.

        `others` are the vectors `(d,)` of the brief's other sentences, which none may repeat.
        """
        found = [
            each
            for each in self._attributor.verified_texts(
                list(filter(presentable, texts)), evidence(group, self._context)
            )
            if self._is_printable(each)
            and self._improves(each, source)
            and not repeats(each.vector, others)
        ]
        if not found:
            return source
        best = max(found, key=lambda each: (self._articles(each), each.verdict.score))
        return self._attributor.planned(
            group, best, source.rank, self._max_citations, "abstractive"
        )

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
