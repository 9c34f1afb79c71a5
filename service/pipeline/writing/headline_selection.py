"""Headline selection: the first printed sentences → one verified line above the brief."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.compression import LINK, MIN_WORDS
from service.pipeline.decontextualization.standalone import is_standalone
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.linguistics.quotations import mostly_quoted
from service.pipeline.types import Headline
from service.pipeline.writing.generation import CandidateGenerator, Written
from service.pipeline.writing.headlines import headlines
from service.pipeline.writing.layout import bounded, without_full_stop
from service.pipeline.writing.sentence_form import is_whole_sentence

PREFERRED_HEADLINE_WORDS, MAX_HEADLINE_WORDS = 16, 24
"""A headline is one line, about 90 characters; a longer one of the first sentence is better than
a short one of another, or than one that is cut before its point ("a man who took a cab | to rob a bank")."""

MIN_HEADLINE_SUPPORT = 0.5
"""Least probability that the first sentence says it, of a written headline that is printed: of eight made with
a fault the likeliest has .48. Of nine written for clusters of the tuning half all were right, and five have it."""

HEADLINE_SOURCES = 3
"""Printed sentences, the first ones, that a short line is looked for in."""


class HeadlineSelector:
    """Verifies lines for the headline of one brief, and chooses."""

    def __init__(self, context: ClusterContext, attributor: Attributor, max_citations: int) -> None:
        self._context = context
        self._attributor = attributor
        self._max_citations = max_citations

    def headline(
        self,
        groups: Sequence[FactGroup],
        generator: CandidateGenerator | None,
        printed: Sequence[PlannedSentence],
    ) -> Headline | None:
        """A supported line for the first printed sentence that gives one, else the first itself.

        The articles' own titles are not among them: an outlet's headline is its own.
        """
        if not printed:
            return None
        lead = printed[0]
        written = generator.headline(lead.text) if generator else None
        found = self._first_line(groups, written, printed) or lead
        text = without_full_stop(found.text)
        quoted = any(text in citation.quote for citation in found.citations)
        return Headline(
            text=text,
            mode="extractive" if quoted else found.mode,
            status=found.status,
            checks=found.checks,
            origins=found.origins,
            citations=bounded(found.citations, self._max_citations),
        )

    def _first_line(
        self,
        groups: Sequence[FactGroup],
        written: Written | None,
        printed: Sequence[PlannedSentence],
    ) -> PlannedSentence | None:
        """The writer's line where its check finds it right, else the best one by rules of the first
        sentence that gives one: short of the lead, long of the lead, short of the lead's other
        sources, short of the next printed sentences. What another report denies is no headline."""
        printed = [each for each in printed if each.dispute != "status"]
        if not printed:
            return None
        lead = printed[0]
        if written and (line := self._checked(groups[lead.rank], written, lead)) is not None:
            return self._attributor.planned(groups[lead.rank], line, lead.rank, "abstractive")
        others = range(1, len(groups[lead.rank].members))
        tries = [(lead, 0, PREFERRED_HEADLINE_WORDS), (lead, 0, MAX_HEADLINE_WORDS)]
        tries += [(lead, member, PREFERRED_HEADLINE_WORDS) for member in others]
        tries += [
            (each, 0, PREFERRED_HEADLINE_WORDS)
            for each in printed[1:HEADLINE_SOURCES]
            if each.follows_rank is None
        ]
        for each, member, most_words in tries:
            group = groups[each.rank]
            source = group.members[member]
            as_printed = not member and each.status == "supported"
            read = self._context.reader.decontextualized(source)
            made = headlines(each.parsed if as_printed else read.parsed)
            line = self._best(made, source, [*group.members, *each.support], most_words)
            if line is not None:
                return self._attributor.planned(group, line, each.rank, "edited")
        return None

    def _checked(
        self, group: FactGroup, written: Written, lead: PlannedSentence
    ) -> VerifiedCandidate | None:
        """The writer's line where its check finds it right, no exact rule refuses it, and it is short and
        presupposes nothing."""
        line = without_full_stop(written.text)
        text = line if line.endswith(".") else f"{line}."
        if written.support < MIN_HEADLINE_SUPPORT or len(text.split()) > PREFERRED_HEADLINE_WORDS:
            return None
        evidence = list(dict.fromkeys([*lead.support, *group.members]))
        found = self._attributor.written_text(text, evidence)
        readable = (
            found.verdict.status == "supported"
            and is_standalone(found.parsed)
            and not self._context.reader.leaves_open_who(text)
            and not self._context.reader.presupposed_nouns(group.members[0], found.parsed)
        )
        return found if readable else None

    def _best(
        self, lines: Mapping[str, int], source: int, evidence: Sequence[int], most_words: int
    ) -> VerifiedCandidate | None:
        """Of the lines, each with how many words it tells: the one that tells most, the longest of
        those, among those that are short enough, supported and presuppose nothing."""
        short = {
            line if line.endswith(".") else f"{line}.": tells
            for line, tells in ((without_full_stop(line), tells) for line, tells in lines.items())
            if len(line.split()) <= most_words
            and not 0 < tells < MIN_WORDS
            and not mostly_quoted(line)
            and not LINK.match(line)
        }
        found = [
            each
            for each in self._attributor.verified_texts(list(short), list(dict.fromkeys(evidence)))
            if each.verdict.status == "supported"
            and is_whole_sentence(each.parsed)
            and is_standalone(each.parsed)
            and not self._context.reader.presupposed_nouns(source, each.parsed)
        ]

        def worth(each: VerifiedCandidate) -> tuple[int, int]:
            words = len(each.parsed.text.split())
            return short[each.parsed.text] or words, words

        return max(found, key=worth, default=None)
