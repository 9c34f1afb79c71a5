"""Choose: for each fact group the sentence that stands, on the fewest spans that bear it.

Candidates of the writer and the trims of the source's own sentence (the floor) are judged
by one checker. Support comes first; among what is supported, the written sentence is
preferred where it is a whole sentence that says as much in fewer words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from service.models.base import Models, Vectors
from service.pipeline.brief import Written
from service.pipeline.check import judge
from service.pipeline.cite import corroborates, minimal
from service.pipeline.conflict import Dispute, find
from service.pipeline.dedupe import Origins
from service.pipeline.embed import embed
from service.pipeline.floor import MIN_WORDS, Trim, can_stand, given, headlines, mentions, trims
from service.pipeline.intake import Source
from service.pipeline.plan import FactGroup
from service.pipeline.read import Reader
from service.pipeline.syntax import Clause
from service.pipeline.types import (
    Check,
    Citation,
    Conflict,
    Headline,
    Memo,
    Options,
    Position,
    Role,
    Sentence,
    Verdict,
    Withheld,
)

READABLE_WORDS = 32
"""A floor sentence longer than this is trimmed where a trim is supported."""

MAX_HEADLINE_WORDS = 16
"""A headline is one line: about 90 characters."""

MIN_KEPT = 0.5
"""Share of the representative's names and figures that a written sentence must keep."""

MAX_LENGTH = 0.9
"""A written sentence must be at most this long, in words of the floor, to replace it,
unless it draws on several articles."""


REPEATS = 0.85
"""Cosine from which a reader takes two printed sentences for one. Different facts of one
story, as planned, lie below 0.62; trimming and fusing brings them nearer."""


class Story(msgspec.Struct, frozen=True):
    """What the stages after ranking read: vectors `(n, d)` are those of `sentences`."""

    sources: Sequence[Source]
    sentences: Sequence[Sentence]
    vectors: Vectors
    origins: Origins
    reader: Reader

    def origin(self, sentence: int) -> int:
        return self.origins.origin[self.sentences[sentence].article]


class Draft(msgspec.Struct, frozen=True):
    """A judged candidate with the evidence that supports it. `trim` is None if written."""

    clause: Clause
    verdict: Verdict
    support: tuple[int, ...]
    vector: Vectors
    trim: Trim | None


class Chooser:
    """Judges, chooses and cites for the groups of one brief."""

    def __init__(self, story: Story, models: Models, memo: Memo, options: Options) -> None:
        self._story = story
        self._models = models
        self._memo = memo
        self._options = options
        self._clauses: dict[str, tuple[Clause, Vectors]] = {}

    def sentences(
        self, groups: Sequence[FactGroup], candidates: Sequence[Sequence[str]]
    ) -> tuple[list[Written], list[Withheld], list[Conflict]]:
        """Groups, most salient first, with their candidates → what stands and what doesn't."""
        written: list[Written] = []
        withheld: list[Withheld] = []
        conflicts: list[Conflict] = []
        told: list[Draft] = []
        self._prepare(groups, candidates)
        for rank, (group, texts) in enumerate(zip(groups, candidates, strict=True)):
            draft = self._best(group, texts, told)
            if draft.verdict.status != "supported":
                withheld.append(_withheld(draft))
                continue
            if _repeats(draft, told):
                continue
            told.append(draft)
            dispute = self._dispute(group) if draft.trim is not None else None
            if dispute is not None:
                sentence, conflict = self._disputed(group, draft, dispute, rank)
                conflicts.append(conflict)
                written.append(sentence)
            else:
                written.append(self._finish(group, draft, rank))
        return written, withheld, conflicts

    def headline(
        self, groups: Sequence[FactGroup], candidates: Sequence[str], printed: Sequence[Written]
    ) -> Headline | None:
        """The best supported line for the first printed sentence's group, else that sentence.

        Candidates are the writer's and those made from the source sentence. The articles'
        own titles are not among them: an outlet's headline is its own.
        """
        if not printed:
            return None
        lead, group = printed[0], groups[printed[0].rank]
        source = self._story.reader.clause(group.members[0])
        lines = dict.fromkeys(map(_bare, [*candidates, *headlines(source)]))
        drafts = [
            draft
            for draft in self._drafts(group, [f"{line}." for line in lines], [])
            if draft.verdict.status == "supported" and _is_sentence(draft.clause)
        ]
        short = [draft for draft in drafts if _length(draft.clause.text) <= MAX_HEADLINE_WORDS]
        best = max(short, key=lambda draft: draft.verdict.score, default=None) or min(
            drafts, key=lambda draft: _length(draft.clause.text), default=None
        )
        made = lead if best is None else self._finish(group, best, lead.rank)
        return Headline(
            text=_bare(made.text),
            mode="extractive" if _bare(made.text) in source.text else "abstractive",
            status=made.status,
            checks=made.checks,
            origins=made.origins,
            citations=made.citations,
        )

    # --- judging ------------------------------------------------------------------------

    def _prepare(self, groups: Sequence[FactGroup], candidates: Sequence[Sequence[str]]) -> None:
        """Parse and embed all that will be judged in one call each, not group by group."""
        reader = self._story.reader
        reader.prefetch([i for group in groups for i in group.members])
        texts = [text for own in candidates for text in own if _presentable(text)]
        for group in groups:
            texts.extend(trim.text for trim in trims(reader.clause(group.members[0])))
        self._read(texts)

    def _read(self, texts: Sequence[str]) -> None:
        missing = [text for text in dict.fromkeys(texts) if text not in self._clauses]
        vectors = embed(missing, self._models.encoder, self._memo)
        clauses = self._story.reader.clauses(missing)
        self._clauses.update(
            (text, (clause, vector))
            for text, clause, vector in zip(missing, clauses, vectors, strict=True)
        )

    def _best(self, group: FactGroup, texts: Sequence[str], told: Sequence[Draft]) -> Draft:
        """The best supported draft that says something new, else the floor, whatever its verdict."""
        floor = self._floor(group)
        clause = self._story.reader.clause(group.members[0])
        drafts = [
            draft
            for draft in self._drafts(group, [t for t in texts if _presentable(t)], [])
            if draft.verdict.status == "supported"
            and self._earns(draft, floor, clause)
            and not _repeats(draft, told)
        ]
        return max(
            drafts, key=lambda draft: (self._articles(draft), draft.verdict.score), default=floor
        )

    def _floor(self, group: FactGroup) -> Draft:
        """The representative, trimmed only as far as it must be to be read easily."""
        sentence = self._story.reader.clause(group.members[0])
        drafts = self._drafts(group, [], trims(sentence))
        stands = [draft for draft in drafts if draft.verdict.status == "supported"]
        short = [draft for draft in stands if _length(draft.clause.text) <= READABLE_WORDS]
        return (short or stands[-1:] or drafts)[0]

    def _earns(self, draft: Draft, floor: Draft, source: Clause) -> bool:
        """Whether a written sentence is worth replacing the floor with."""
        if not _is_sentence(draft.clause) or self._adds_article(draft):
            return False
        specific = [token for token in source.tokens if token.pos in {"PROPN", "NUM"}]
        kept = {token.text for token in draft.clause.tokens}
        share = sum(token.text in kept for token in specific) / max(1, len(specific))
        length = _length(draft.clause.text)
        shorter = length <= MAX_LENGTH * _length(floor.clause.text)
        return share >= MIN_KEPT and (shorter or self._articles(draft) > 1)

    def _adds_article(self, draft: Draft) -> bool:
        """Whether "the" or "a" stands before a name where no source puts it ("a Pao")."""
        texts = [self._story.sentences[i].text.lower() for i in draft.support]
        tokens = draft.clause.tokens
        return any(
            first.dep == "det"
            and name.pos == "PROPN"
            and not any(f"{first.text} {name.text}".lower() in text for text in texts)
            for first, name in pairwise(tokens)
        )

    def _articles(self, draft: Draft) -> int:
        return len({self._story.sentences[i].article for i in draft.support})

    def _drafts(
        self, group: FactGroup, texts: Sequence[str], pieces: Sequence[Trim]
    ) -> list[Draft]:
        """Texts (against the whole group) or trims (against their own sentence), judged."""
        self._read([*texts, *(piece.text for piece in pieces)])
        against_group = [self._draft(text, group.members, None) for text in texts]
        return against_group + [self._draft(p.text, group.members[:1], p) for p in pieces]

    def _draft(self, text: str, evidence: Sequence[int], trim: Trim | None) -> Draft:
        clause, vector = self._clauses[text]
        agreement = {i: float(vector @ self._story.vectors[i]) for i in evidence}

        def verdict(indices: Sequence[int]) -> Verdict:
            closest = max(agreement[i] for i in indices)
            read = [self._story.reader.evidence(i) for i in indices]
            return judge(clause, read, closest, self._models.checker)

        whole = verdict(evidence)
        if whole.status != "supported":
            return Draft(clause, whole, tuple(evidence), vector, trim)
        support = minimal(evidence, [agreement[i] for i in evidence], verdict)
        return Draft(clause, verdict(support), support, vector, trim)

    # --- citing -------------------------------------------------------------------------

    def _finish(self, group: FactGroup, draft: Draft, rank: int) -> Written:
        supports = [self._citation(i, draft, "supports") for i in draft.support]
        others = self._corroboration(group, draft)
        room = max(0, self._options.max_citations - len(supports))
        citations = (*supports, *(self._citation(i, draft, "corroborates") for i in others[:room]))
        origins = {self._story.origin(i) for i in (*draft.support, *others)}
        return _placed(draft.clause, draft, rank, group, citations, len(origins))

    def _corroboration(self, group: FactGroup, draft: Draft) -> list[int]:
        """One sentence of each further independent origin that reports the same."""
        seen = {self._story.origin(i) for i in draft.support}
        found: list[int] = []
        for i in group.members:
            if self._story.origin(i) in seen:
                continue
            agreement = float(draft.vector @ self._story.vectors[i])
            if corroborates(draft.clause, self._story.reader.evidence(i), agreement):
                found.append(i)
                seen.add(self._story.origin(i))
        return found

    def _citation(self, index: int, draft: Draft, role: Role) -> Citation:
        sentence = self._story.sentences[index]
        start, end = sentence.start, sentence.end
        if role == "supports" and draft.trim is not None and index == draft.support[0]:
            start, end = start + draft.trim.start, start + draft.trim.end
        article = self._story.sources[sentence.article].article
        score = float(draft.vector @ self._story.vectors[index])
        return Citation(
            article_id=article.id,
            start=start,
            end=end,
            quote=article.text[start:end],
            role=role,
            score=round(min(1.0, max(0.0, score)), 3),
        )

    # --- disagreement -------------------------------------------------------------------

    def _dispute(self, group: FactGroup) -> Dispute | None:
        first, *rest = group.members
        story = self._story
        others = [
            (i, float(story.vectors[first] @ story.vectors[i]), story.reader.evidence(i))
            for i in rest
            if story.origin(i) != story.origin(first)
        ]
        return find(story.reader.evidence(first), others)

    def _disputed(
        self, group: FactGroup, draft: Draft, dispute: Dispute, rank: int
    ) -> tuple[Written, Conflict]:
        """The floor with the other figure in its own words; both sides are cited."""
        mine = self._citation(draft.support[0], draft, "supports")
        theirs = self._citation(dispute.other, draft, "supports")
        text = f"{_bare(draft.clause.text)}; {self._says(dispute, group)} {dispute.phrase}."
        (clause,) = self._story.reader.clauses([text])
        origins = {self._story.origin(i) for i in (draft.support[0], dispute.other)}
        written = _placed(clause, draft, rank, group, (mine, theirs), len(origins))
        written = msgspec.structs.replace(written, status="conflicted", mode="abstractive")
        conflict = Conflict(
            type=dispute.type,
            topic=dispute.topic,
            positions=(
                Position(draft.clause.text, (mine,)),
                Position(theirs.quote, (msgspec.structs.replace(theirs, role="contradicts"),)),
            ),
        )
        return written, conflict

    def _says(self, dispute: Dispute, group: FactGroup) -> str:
        """How the other figure is introduced, by when it was published."""
        mine = self._story.reader.evidence(group.members[0]).published_at
        theirs = self._story.reader.evidence(dispute.other).published_at
        if dispute.type != "superseded" or mine is None or theirs is None:
            return "another report says"
        return "an earlier report said" if theirs < mine else "a later report says"


def _placed(
    clause: Clause, draft: Draft, rank: int, group: FactGroup,
    citations: tuple[Citation, ...], origins: int,
) -> Written:  # fmt: skip
    return Written(
        text=clause.text,
        mode="extractive" if draft.trim is not None else "abstractive",
        status=draft.verdict.status,
        checks=draft.verdict.checks,
        origins=origins,
        citations=citations,
        rank=rank,
        place=group.place,
        needs=given(clause),
        mentions=mentions(clause),
    )


def _repeats(draft: Draft, told: Sequence[Draft]) -> bool:
    return any(float(draft.vector @ earlier.vector) >= REPEATS for earlier in told)


def _length(text: str) -> int:
    return len(text.split())


def _bare(text: str) -> str:
    return text.rstrip(" .")


def _presentable(text: str) -> bool:
    """A finished sentence without repetition: the writer stops early and loops."""
    words = text.lower().split()
    trigrams = [tuple(words[k : k + 3]) for k in range(len(words) - 2)]
    return (
        len(words) >= MIN_WORDS
        and bool(re.search(r"[.!?][\"\u201d]?$", text))
        and len(set(trigrams)) == len(trigrams)
        and text[0] not in "-*\u2022#"
    )


def _is_sentence(clause: Clause) -> bool:
    return can_stand(clause) and len(clause.roots) == 1


def _withheld(draft: Draft) -> Withheld:
    failed: tuple[Check, ...] = tuple(c for c in draft.verdict.checks if not c.passed)
    plain = "; ".join(f"{c.name}: {', '.join(c.failed) or 'failed'}" for c in failed)
    return Withheld(text=draft.clause.text, reason="not-supported", detail=plain)
