"""Choose: for each fact group the sentence that stands, on the fewest spans that bear it.

Candidates of the writer and the trims of the source's own sentence (the floor) are judged
by one checker. Support comes first; among what is supported, the written sentence is
preferred where it is a whole sentence that says as much in fewer words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from service.models.base import Vectors
from service.pipeline.alignment.conflicts import NEAR, Dispute, find
from service.pipeline.assembly.response import PlannedSentence
from service.pipeline.decontextualization.compression import (
    LINK,
    MIN_WORDS,
    READABLE_WORDS,
    compressions,
)
from service.pipeline.decontextualization.standalone import introduced_nouns, is_standalone
from service.pipeline.linguistics.parse import ParsedSentence, quotations
from service.pipeline.selection.content_plan import FactGroup
from service.pipeline.types import (
    Check,
    Citation,
    Conflict,
    Headline,
    Options,
    Position,
    Withheld,
)
from service.pipeline.verification.verifier import ClusterContext, VerifiedCandidate, Verifier
from service.pipeline.writing.fidelity import keeps_facts, keeps_wording, presentable
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.headlines import headlines

MOST_RIVALS = 8
"""Sentences of other origins, the nearest, that a printed one is compared with."""

MAX_HEADLINE_WORDS, MOST_HEADLINE_WORDS = 16, 24
"""A headline is one line, about 90 characters; a longer one of the first sentence is better than
a short one of another, or than one that is cut before its point ("a man who took a cab | to rob a bank")."""

HEADLINE_SOURCES = 3
"""Printed sentences, the first ones, that a short line is looked for in."""

MAX_LENGTH_RATIO = 0.9
"""A written sentence must be at most this long, in words of the floor, to replace it,
unless it draws on several articles."""


MIN_PRINTED_SCORE = 0.85
"""Least score of a written sentence that replaces the source's own; the rules of wording must
agree too. Of our writer's labelled sentences (`training/labels.jsonl`) 1 of 82 false ones
passes so, by the rules of wording or by the score alone 2 and 3; at a half, from which a
draft counts as supported, 20."""

INITIALS = re.compile(r"\b[A-Z]\.[A-Z]\.$")
"""An abbreviation whose last point is its own: "the U.S."."""

REPEATS = 0.72
"""Cosine from which a reader takes two printed sentences for one. Different facts of one
story, as planned, lie below 0.68; trimming brings them nearer."""


class CandidateSelector:
    """Judges, chooses and cites for the groups of one brief."""

    def __init__(self, story: ClusterContext, judge: Verifier, options: Options) -> None:
        self._story = story
        self._judge = judge
        self._options = options
        self._told: dict[int, Vectors] = {}

    def source_sentences(
        self, groups: Sequence[FactGroup]
    ) -> tuple[list[PlannedSentence], list[Withheld], list[Conflict]]:
        """Groups, most salient first → the source's own sentence of each, where it stands, what
        is withheld, and where reports disagree."""
        written: list[PlannedSentence] = []
        withheld: list[Withheld] = []
        conflicts: list[Conflict] = []
        self._prepare(groups)
        ranks = {group.members[0]: rank for rank, group in enumerate(groups)}
        led = {group.follows for group in groups}
        for rank, group in enumerate(groups):
            bound = group.follows is not None or group.members[0] in led
            draft = self._whole(group) if bound else self._floor(group)
            if draft.verdict.status != "supported":
                withheld.append(_withheld(draft))
                continue
            if _repeats(draft.vector, self._told.values()):
                continue
            self._told[rank] = draft.vector
            dispute = None if bound else self._dispute(group)
            if dispute is not None:
                sentence, conflict = self._disputed(group, draft, dispute, rank)
                conflicts.append(conflict)
                written.append(sentence)
            else:
                made = self._finish(group, draft, rank)
                after = None if group.follows is None else ranks[group.follows]
                written.append(msgspec.structs.replace(made, follows=after, verbatim=bound))
        return written, withheld, conflicts

    def rewritten(
        self, floor: PlannedSentence, group: FactGroup, candidates: Sequence[str]
    ) -> PlannedSentence:
        """The floor, or the best supported candidate that says as much in fewer words or on
        more articles."""
        told = [vector for rank, vector in self._told.items() if rank != floor.rank]
        drafts = [
            draft
            for draft in self._judge.written(list(filter(presentable, candidates)), group.members)
            if self._stands(draft)
            and self._earns(draft, floor)
            and not _repeats(draft.vector, told)
        ]
        if not drafts:
            return floor
        best = max(drafts, key=lambda draft: (self._articles(draft), draft.verdict.score))
        return self._finish(group, best, floor.rank)

    def headline(
        self,
        groups: Sequence[FactGroup],
        scribe: CandidateGenerator | None,
        printed: Sequence[PlannedSentence],
    ) -> Headline | None:
        """A supported line for the first printed sentence that gives one, else the first itself.

        Candidates are the writer's and those made from the source sentences. The articles'
        own titles are not among them: an outlet's headline is its own.
        """
        if not printed:
            return None
        made, lead = printed[0], groups[printed[0].rank]
        candidates = scribe.headlines(lead) if scribe else ()
        short, long = MAX_HEADLINE_WORDS, MOST_HEADLINE_WORDS
        tries = [(made, 0, short), (made, 0, long)]
        tries += [(made, k, short) for k in range(1, len(lead.members))]
        tries += [(each, 0, short) for each in printed[1:HEADLINE_SOURCES] if each.follows is None]
        for each, member, words in tries:
            group = groups[each.rank]
            source = group.members[member]
            own = not member and each.status == "supported"
            clause = each.parsed if own else self._story.reader.decontextualized(source).clause
            written = candidates if each is printed[0] and not member else ()
            lines = dict.fromkeys(written, 0) | headlines(clause)
            draft = self._line(lines, source, [*group.members, *each.support], words)
            if draft is not None:
                made = self._finish(group, draft, each.rank)
                break
        quotes = {citation.quote for citation in made.citations}
        return Headline(
            text=_bare(made.text),
            mode="extractive"
            if any(_bare(made.text) in quote for quote in quotes)
            else "abstractive",
            status=made.status,
            checks=made.checks,
            origins=made.origins,
            citations=made.citations,
        )

    def _line(
        self, lines: Mapping[str, int], source: int, evidence: Sequence[int], words: int
    ) -> VerifiedCandidate | None:
        """Of the lines, made of sentence `source`, with what each tells: the one that tells most,
        in full, of those that have at most so many words, are supported and take nothing as known."""
        short = {
            line if line.endswith(".") else f"{line}.": tells
            for line, tells in ((_bare(line), tells) for line, tells in lines.items())
            if _length(line) <= words
            and not 0 < tells < MIN_WORDS
            and not _quotes(line)
            and not LINK.match(line)
        }
        drafts = [
            draft
            for draft in self._judge.written(list(short), list(dict.fromkeys(evidence)))
            if draft.verdict.status == "supported"
            and _is_sentence(draft.clause)
            and not self._story.reader.presupposed_nouns(source, draft.clause)
        ]

        def worth(draft: VerifiedCandidate) -> tuple[int, int]:
            text = draft.clause.text
            return short[text] or _length(text), _length(text)

        return max(drafts, key=worth, default=None)

    # --- judging ------------------------------------------------------------------------

    def _prepare(self, groups: Sequence[FactGroup]) -> None:
        """Parse and embed all floors in one call each, not group by group."""
        reader = self._story.reader
        reader.prefetch([i for group in groups for i in group.members])
        self._judge.read(
            [
                trim.text
                for group in groups
                for trim in compressions(reader.decontextualized(group.members[0]).clause)
            ]
        )

    def _stands(self, draft: VerifiedCandidate) -> bool:
        """Whether a written sentence may be printed, whatever else could be."""
        reader = self._story.reader
        return (
            draft.verdict.status == "supported"
            and draft.verdict.score >= MIN_PRINTED_SCORE
            and all(check.passed for check in draft.verdict.checks)
            and _is_sentence(draft.clause)
            and keeps_wording(
                draft.clause, [reader.evidence(i, draft.support).clause for i in draft.support]
            )
        )

    def _earns(self, draft: VerifiedCandidate, floor: PlannedSentence) -> bool:
        """Whether a written sentence is worth replacing the floor with."""
        shorter = _length(draft.clause.text) <= MAX_LENGTH_RATIO * _length(floor.text)
        return keeps_facts(draft.clause, floor.parsed) and (shorter or self._articles(draft) > 1)

    def _floor(self, group: FactGroup) -> VerifiedCandidate:
        """The representative, trimmed only as far as it must be to be read easily."""
        sentence = self._story.reader.decontextualized(group.members[0]).clause
        drafts = self._judge.trimmed(compressions(sentence), group.members[0])
        stands = [draft for draft in drafts if draft.verdict.status == "supported"]
        short = [draft for draft in stands if _length(draft.clause.text) <= READABLE_WORDS]
        return (short or stands[-1:] or drafts)[0]

    def _whole(self, group: FactGroup) -> VerifiedCandidate:
        """The representative as it stands: what is read with its neighbour is not cut."""
        sentence = self._story.reader.decontextualized(group.members[0]).clause
        (draft,) = self._judge.trimmed(compressions(sentence)[:1], group.members[0])
        if group.follows is None:
            return draft
        names = self._story.reader.with_antecedents([group.follows])
        support = dict.fromkeys((*draft.support, *names))
        return msgspec.structs.replace(draft, support=tuple(support))

    def _articles(self, draft: VerifiedCandidate) -> int:
        return len({self._story.sentences[i].article for i in draft.support})

    # --- citing -------------------------------------------------------------------------

    def _finish(self, group: FactGroup, draft: VerifiedCandidate, rank: int) -> PlannedSentence:
        supports = self._judge.supports(draft, draft.support)
        others = (
            [] if group.follows is not None else self._judge.corroboration(group.members, draft)
        )
        room = max(0, self._options.max_citations - len(supports))
        citations = (
            *supports,
            *(self._judge.citation(i, draft, "corroborates") for i in others[:room]),
        )
        origins = {self._story.origin(i) for i in (*draft.support, *others)}
        reading = self._story.reader.decontextualized(draft.support[0])
        verbatim = draft.trim is not None and not reading.inserted
        return self._placed(
            draft.clause, draft, rank, group, citations, len(origins), verbatim=verbatim
        )

    def _placed(
        self, clause: ParsedSentence, draft: VerifiedCandidate, rank: int, group: FactGroup,
        citations: tuple[Citation, ...], origins: int, *, verbatim: bool = False,
    ) -> PlannedSentence:  # fmt: skip
        return PlannedSentence(
            text=clause.text,
            mode="extractive" if verbatim else "abstractive",
            status=draft.verdict.status,
            checks=draft.verdict.checks,
            origins=origins,
            citations=citations,
            support=draft.support,
            rank=rank,
            article_position=group.article_position,
            lead_score=group.lead_score,
            sentence=self._story.sentences[group.members[0]],
            vector=draft.vector,
            parsed=clause,
            presupposed_nouns=self._story.reader.presupposed_nouns(draft.support[0], clause),
            introduced_nouns=introduced_nouns(clause),
        )

    # --- disagreement -------------------------------------------------------------------

    def _dispute(self, group: FactGroup) -> Dispute | None:
        first, story = group.members[0], self._story
        near = story.vectors @ story.vectors[first]
        rivals = [
            int(i)
            for i in np.argsort(-near, kind="stable")
            if near[i] >= NEAR and story.origin(int(i)) != story.origin(first)
        ][:MOST_RIVALS]
        story.reader.prefetch(rivals)
        others = [(i, float(near[i]), story.reader.evidence(i)) for i in rivals]
        return find(story.reader.evidence(first), others)

    def _disputed(
        self, group: FactGroup, draft: VerifiedCandidate, dispute: Dispute, rank: int
    ) -> tuple[PlannedSentence, Conflict]:
        """The floor with what the other side has instead; both sides are cited, and whom they
        call "he"."""
        told = [dispute.other]
        if dispute.type == "status":
            told = self._story.reader.with_antecedents(told)
        mine, theirs = (tuple(self._judge.supports(draft, side)) for side in (draft.support, told))
        side = self._other_side(dispute, group)
        text = f"{_bare(draft.clause.text)}; {side}{'' if side.endswith('.') else '.'}"
        clause = self._story.reader.parse(text)
        origins = {self._story.origin(i) for i in (draft.support[0], dispute.other)}
        written = self._placed(clause, draft, rank, group, (*mine, *theirs), len(origins))
        written = msgspec.structs.replace(written, status="conflicted")
        conflict = Conflict(
            type=dispute.type,
            topic=dispute.topic,
            positions=(
                Position(draft.clause.text, mine),
                Position(
                    theirs[0].quote,
                    tuple(msgspec.structs.replace(each, role="contradicts") for each in theirs),
                ),
            ),
        )
        return written, conflict

    def _other_side(self, dispute: Dispute, group: FactGroup) -> str:
        """What the other report has instead, in its own words, introduced by when it came out."""
        if dispute.type == "attribution":
            return f"another report attributes the words to {dispute.phrase}"
        if dispute.type == "status":
            said = compressions(self._story.reader.decontextualized(dispute.other).clause)[-1].text
            return f"another report says otherwise: {_bare(said)}"
        return f"{self._says(dispute, group)} {dispute.phrase}"

    def _says(self, dispute: Dispute, group: FactGroup) -> str:
        """How the other figure is introduced, by when it was published."""
        mine = self._story.reader.evidence(group.members[0]).published_at
        theirs = self._story.reader.evidence(dispute.other).published_at
        if dispute.type != "superseded" or mine is None or theirs is None:
            return "another report says"
        return "an earlier report said" if theirs < mine else "a later report says"


def _repeats(vector: Vectors, told: Iterable[Vectors]) -> bool:
    return any(float(vector @ earlier) >= REPEATS for earlier in told)


def _quotes(text: str) -> bool:
    """Whether half of it is quotation."""
    return 2 * sum(end - start for start, end in quotations(text)) >= len(text)


def _length(text: str) -> int:
    return len(text.split())


def _bare(text: str) -> str:
    """Without its full stop, unless that is an abbreviation's."""
    return text.rstrip() if INITIALS.search(text) else text.rstrip(" .")


def _is_sentence(clause: ParsedSentence) -> bool:
    last = [token for token in clause.tokens if token.pos not in {"PUNCT", "SPACE"}][-1:]
    whole = all(
        token.pos not in {"AUX", "ADP", "PART", "DET", "CCONJ", "SCONJ"}
        and token.lemma != "have"
        and not (token.dep == "acl" and token.pos == "VERB")
        for token in last
    )
    return whole and is_standalone(clause) and len(clause.roots) == 1


def _withheld(draft: VerifiedCandidate) -> Withheld:
    failed: tuple[Check, ...] = tuple(c for c in draft.verdict.checks if not c.passed)
    plain = "; ".join(f"{c.name}: {', '.join(c.failed) or 'failed'}" for c in failed)
    return Withheld(text=draft.clause.text, reason="not-supported", detail=plain)
