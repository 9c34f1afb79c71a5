"""Introduce: persons are named in full and described where a brief first names them."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from service.pipeline.assembly.response import PlannedSentence
from service.pipeline.decontextualization.standalone import introduced_nouns
from service.pipeline.linguistics.person_mentions import (
    again,
    alone,
    descriptions,
    fitting,
    full_names,
    introduced,
    people,
    splits,
)
from service.pipeline.verification.verifier import ClusterContext, VerifiedCandidate, Verifier

MOST_MENTIONS = 30
"""Sentences that name a person in which who that is is looked for."""

MOST_TRIED = 4
"""Descriptions of a person that are tried: the checker may not find the best one supported."""


class ReferringExpressions:
    """Introduces the persons of one brief, sentence by sentence in reading order."""

    def __init__(self, story: ClusterContext, judge: Verifier, max_citations: int) -> None:
        self._story = story
        self._judge = judge
        self._max_citations = max_citations
        self._told: set[str] = set()
        self._first: dict[str, str] = {}
        self._words: set[str] = set()

    def introduce(
        self, each: PlannedSentence, fits: Callable[[PlannedSentence], bool]
    ) -> PlannedSentence:
        """The sentence with the full names and descriptions of the persons whom no earlier sentence
        named, where a source has them, and the last names of those whom one did."""
        new = [one.surname for one in people(each.parsed) if one.surname not in self._told]
        if each.status == "supported" and each.follows is None and not each.carried_over:
            each = self._again(each)
            for surname in dict.fromkeys(new):
                made = self._introduce(each, surname)
                each = made if made is not None and fits(made) else each
        for first, last in full_names(each.parsed):
            self._first.setdefault(last, first)
        self._told |= {one.surname for one in people(each.parsed)}
        self._words |= {token.text.lower() for token in each.parsed.tokens}
        return each

    def _again(self, each: PlannedSentence) -> PlannedSentence:
        """The sentence with the persons that were introduced by their last name."""
        told = {
            last: first
            for last, first in self._first.items()
            if last in each.text and self._goes_alone(first, last)
        }
        text = again(each.parsed, told, self._words)
        if text == each.text:
            return each
        (draft,) = self._judge.written([text], each.support)
        sure = draft.verdict.status == "supported" and draft.support == each.support
        return self._put(each, draft) if sure else each

    def _introduce(self, each: PlannedSentence, surname: str) -> PlannedSentence | None:
        """The sentence with the person of that name introduced, cited and judged, or None."""
        sentences, reader = self._story.sentences, self._story.reader
        named = re.compile(rf"\b{re.escape(surname)}\b")
        where = [i for i, one in enumerate(sentences) if named.search(one.text)][:MOST_MENTIONS]
        reader.prefetch(where)
        known = [
            (i, one)
            for i in where
            for one in descriptions(reader.parsed(i))
            if one.name.split()[-1] == surname
        ]
        own = sentences[each.support[0]].article
        person = next(one for one in people(each.parsed) if one.surname == surname)
        texts: dict[str, int] = {}
        for i, description in fitting(person, known, lambda i: sentences[i].article, own):
            if text := introduced(each.parsed, person, description):
                texts.setdefault(text, i)
        for text, i in list(texts.items())[:MOST_TRIED]:
            if made := self._named(each, text, i):
                return made
        return None

    def _named(self, each: PlannedSentence, text: str, naming: int) -> PlannedSentence | None:
        """`text`, which is the sentence with a name that sentence `naming` gives in full, if it is
        supported."""
        (draft,) = self._judge.written([text], [*each.support, naming])
        sure = draft.verdict.status == "supported" and all(
            check.passed for check in draft.verdict.checks
        )
        # Where the naming sentence has the person say something, it might stand for the one in
        # which that person says what is quoted here.
        if not sure or not {*each.support, naming} <= set(draft.support):
            return None
        return self._put(each, draft)

    def _goes_alone(self, first: str, last: str) -> bool:
        """Whether a source itself calls somebody by the last name, or knows no other form of the two."""
        texts = [each.text for each in self._story.sentences]
        return any(alone(last, text) for text in texts) or not any(
            splits(first, last, text) for text in texts
        )

    def _put(self, each: PlannedSentence, draft: VerifiedCandidate) -> PlannedSentence:
        """The sentence in the words of the draft, with its citations."""
        supports = self._judge.supports(draft, draft.support)
        others = [one for one in each.citations if one.role == "corroborates"]
        room = max(0, self._max_citations - len(supports))
        return msgspec.structs.replace(
            each,
            text=draft.clause.text,
            mode="abstractive",
            checks=draft.verdict.checks,
            citations=(*supports, *others[:room]),
            parsed=draft.clause,
            support=draft.support,
            introduced_nouns=introduced_nouns(draft.clause),
        )
