"""Candidates: what the writer gives for a fact → the sentence that replaces the source's, or nothing.

The writer's own check decides whether the report says it; exact rules veto it; it must tell the
source's fact, with its figures and dates.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.alignment.confirmation import UNLIKELY, confirmed
from service.pipeline.alignment.conflicts import Dispute
from service.pipeline.alignment.fact_table import REPEATED
from service.pipeline.alignment.same_fact import Pair, SameFactReader
from service.pipeline.attribution.attributor import REPORTS_WHOLE, WHOLE, Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.types import Check, Conflict, Verdict
from service.pipeline.writing.carry_over import figures
from service.pipeline.writing.disputes import disputed
from service.pipeline.writing.evidence import preceding
from service.pipeline.writing.generation import CandidateGenerator, Written
from service.pipeline.writing.sentence_form import is_whole_sentence, presentable
from service.pipeline.writing.source_sentences import REPEATS

MAX_WORDS = 40
"""A longer sentence is not read under deadline."""

MIN_SUPPORT = 0.75
"""Least probability that the report says it, of a written sentence that is printed. Of 24 right and 48 wrong
sentences that an earlier adapter was not trained on 15 and 3 have it; of 16 told of one report in eight clusters of
the tuning half 13 of the 15 right ones and the wrong one (`training/WRITER.md`)."""


class CandidateSelector:
    """Verifies what the writer wrote for the facts of one brief."""

    def __init__(
        self,
        context: ClusterContext,
        attributor: Attributor,
        same_fact: SameFactReader,
    ) -> None:
        self._context = context
        self._attributor = attributor
        self._same_fact = same_fact

    def confirmed(self, generator: CandidateGenerator, group: FactGroup) -> FactGroup:
        """The group with the reports that the writer's model finds as well."""
        return confirmed(group, self._context, self._same_fact, generator.same_fact)

    def corroborated(self, source: PlannedSentence, group: FactGroup) -> PlannedSentence:
        """A source sentence with the reports of the group as what corroborates it."""
        return self._attributor.corroborated(source, group)

    def disputed(
        self, source: PlannedSentence, against: Sequence[int]
    ) -> tuple[PlannedSentence, Conflict]:
        """The source sentence with what the first report `against` it says instead; all of them dispute it."""
        read = VerifiedCandidate(
            source.parsed,
            Verdict(source.status, 0.0, source.checks),
            source.support,
            source.vector,
            None,
        )
        found = Dispute("status", against[0], "", "whether it is so")
        made, conflict = disputed(source, read, found, self._context, self._attributor)
        further = [self._attributor.citation(i, read, "corroborates", "part") for i in against[1:]]
        return msgspec.structs.replace(made, disputing=(*made.disputing, *further)), conflict

    def judged(
        self, written: Written, source: PlannedSentence, group: FactGroup
    ) -> PlannedSentence | None:
        """What was written of a fact as it would be printed in the place of its source; None where it
        may not stand there, is the source's own sentence, or leaves out what that tells."""
        text, fact = written.text, group.members[0]
        if (
            written.support < MIN_SUPPORT
            or text in (source.text, self._context.sentences[fact].text)
            or not presentable(text)
            or self._context.reader.leaves_open_who(text)
            or (";" in text and ";" not in source.text)
            or len(text.split()) > MAX_WORDS
        ):
            return None
        before = preceding(fact, self._context)
        found = self._attributor.written_text(text, [fact] if before is None else [fact, before])
        if (
            found.verdict.status != "supported"
            or not is_whole_sentence(found.parsed)
            or fact not in found.support
            or not self._may_tell(found, source)
        ):
            return None
        checks = (*found.verdict.checks, Check("support", True))
        found = msgspec.structs.replace(
            found, verdict=Verdict("supported", written.support, checks)
        )
        made = self._attributor.planned(group, found, source.rank, "abstractive")
        return made if _told(source) <= _told(made) else None

    def repeated(self, made: PlannedSentence, others: Sequence[PlannedSentence]) -> frozenset[int]:
        """The ranks of those that `made` tells, so that they can go."""
        pairs = [Pair(each.text, made.text, float(made.vector @ each.vector)) for each in others]
        likely = self._same_fact.probabilities(pairs)
        near = [
            each
            for each, p, own in zip(others, likely, pairs, strict=True)
            if p >= REPEATED or own.cosine >= REPEATS
        ]
        read = self._same_fact.reads([(made.text, each.text) for each in near])
        return frozenset(
            each.rank
            for each, said in zip(near, read, strict=True)
            if said[WHOLE] >= REPORTS_WHOLE
            and each.status == "supported"
            and not each.carried_over
            and figures(each) <= figures(made)
        )

    def _may_tell(self, candidate: VerifiedCandidate, fact: PlannedSentence) -> bool:
        """Whether the small reader does not find that the fact is left out: that it is told is part of
        what the writer checks."""
        pair = Pair(fact.text, candidate.parsed.text, float(candidate.vector @ fact.vector))
        return self._same_fact.probabilities([pair])[0] >= UNLIKELY


def _told(each: PlannedSentence) -> set[str]:
    """The words that may not be left out: numbers, and those that say when."""
    when = {
        token.text.lower()
        for token in each.parsed.tokens
        if token.entity == "DATE" and token.pos in {"NOUN", "PROPN", "ADJ"}
    }
    return figures(each) | when
