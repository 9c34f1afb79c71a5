"""Referring expressions: persons are named in full and described where a brief first names them,
and by the last name afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.standalone import introduced_nouns
from service.pipeline.intermediate import PlannedSentence, VerifiedCandidate
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

MOST_MENTIONS = 30
"""Sentences that name a person in which who that is is looked for."""

MOST_TRIED = 4
"""Descriptions of a person that are tried: the checker may not find the best one supported."""


class ReferringExpressions:
    """Words how the persons of one brief are referred to."""

    def __init__(self, context: ClusterContext, attributor: Attributor) -> None:
        self._context = context
        self._attributor = attributor

    def with_names(
        self,
        each: PlannedSentence,
        before: Sequence[PlannedSentence],
        fits: Callable[[PlannedSentence], bool],
    ) -> PlannedSentence:
        """The sentence with the full names and descriptions of the persons whom none of those
        `before` it in the brief named, where a source has them and the result `fits`, and the
        last names alone of those whom one did. What may not be reworded comes back as it is."""
        if each.status != "supported" or each.follows_rank is not None or each.carried_over:
            return each
        named = {one.surname for other in before for one in people(other.parsed)}
        new = [one.surname for one in people(each.parsed) if one.surname not in named]
        each = self._by_last_name(each, before)
        for surname in dict.fromkeys(new):
            made = self._introduced(each, surname)
            each = made if made is not None and fits(made) else each
        return each

    def _by_last_name(
        self, each: PlannedSentence, before: Sequence[PlannedSentence]
    ) -> PlannedSentence:
        """The sentence with the persons that were named in full before by their last name."""
        first_names: dict[str, str] = {}
        for first, last in (name for other in before for name in full_names(other.parsed)):
            first_names.setdefault(last, first)
        known = {
            last: first
            for last, first in first_names.items()
            if last in each.text and self._goes_alone(first, last)
        }
        words = {token.text.lower() for other in before for token in other.parsed.tokens}
        text = again(each.parsed, known, words)
        if text == each.text:
            return each
        (found,) = self._attributor.verified_texts([text], each.support)
        sure = found.verdict.status == "supported" and found.support == each.support
        return self._in_words_of(found, each) if sure else each

    def _introduced(self, each: PlannedSentence, surname: str) -> PlannedSentence | None:
        """The sentence with the person of that name introduced, cited and verified, or None."""
        sentences, reader = self._context.sentences, self._context.reader
        naming = re.compile(rf"\b{re.escape(surname)}\b")
        where = [i for i, one in enumerate(sentences) if naming.search(one.text)][:MOST_MENTIONS]
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
        (found,) = self._attributor.verified_texts([text], [*each.support, naming])
        checks = found.verdict.checks
        sure = found.verdict.status == "supported" and all(check.passed for check in checks)
        # Where the naming sentence has the person say something, it might be cited instead of the
        # one in which that person says what is quoted here.
        if not sure or not {*each.support, naming} <= set(found.support):
            return None
        return self._in_words_of(found, each)

    def _goes_alone(self, first: str, last: str) -> bool:
        """Whether a source itself calls somebody by the last name, or knows no other form of the two."""
        if self._context.reader.has_namesake(last):
            return False
        texts = [each.text for each in self._context.sentences]
        return any(alone(last, text) for text in texts) or not any(
            splits(first, last, text) for text in texts
        )

    def _in_words_of(self, found: VerifiedCandidate, each: PlannedSentence) -> PlannedSentence:
        """The sentence in the words of the candidate, with its citations. What the writer wrote
        stays the writer's; what it did not write is edited."""
        supports = self._attributor.supports(found, found.support)
        others = [one for one in each.citations if one.role == "corroborates"]
        citations = (*supports, *others)
        return msgspec.structs.replace(
            each,
            text=found.parsed.text,
            mode="abstractive" if each.mode == "abstractive" else "edited",
            checks=found.verdict.checks,
            citations=citations,
            origins=self._context.reporting_origins(citations),
            parsed=found.parsed,
            support=found.support,
            introduced_nouns=introduced_nouns(found.parsed),
        )
