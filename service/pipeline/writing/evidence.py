"""Evidence: the sentences of one report or two that the writer is given for a fact."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.pipeline.alignment.same_fact import MIN_COSINE
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.standalone import is_standalone
from service.pipeline.linguistics.quotations import marks, mostly_quoted

NEW_WORDS = 2
"""Words that carry facts that a further report must add to be read."""

MOST_WORDS = 80
"""Words of both sentences together: of more, one that is read under deadline cannot tell the main points."""

LONG = 25
"""Words of a sentence that is worth telling in fewer."""

MOST_WORDS_BEFORE = 40
"""Words of the sentence before a report; a longer one is left out."""


class Report(msgspec.Struct, frozen=True):
    """A sentence as its article has it, and the one before it, which says who "he" is; "" where the
    sentence reads alone, or where the one before stands far off or is long."""

    text: str
    before: str


def adding(members: Sequence[int], context: ClusterContext) -> int | None:
    """Of the sentences that report a fact, itself first, the best one of another origin that adds to it;
    None where none does: the source's own sentence says it all then."""
    fact = members[0]
    known = _words(fact, context)
    for i in members[1:]:
        new = len(_words(i, context) - known)
        if new >= NEW_WORDS and _fit_one_sentence(fact, i, context):
            return i
    return None


def can_be_joined(fact: int, other: int, context: ClusterContext) -> bool:
    """Whether two facts are near enough to be told in one sentence."""
    near = float(context.vectors[fact] @ context.vectors[other])
    return near >= MIN_COSINE and _fit_one_sentence(fact, other, context)


def can_be_rewritten(fact: int, context: ClusterContext) -> bool:
    """Whether a sentence is worth telling in other words by itself: it leans on the one before it, or is long."""
    leans = preceding(fact, context) is not None
    return (leans or _size(fact, context) > LONG) and not mostly_quoted(context.reader.text(fact))


def _fit_one_sentence(fact: int, other: int, context: ClusterContext) -> bool:
    """What is mostly quotation is told as it stands: in other words it loses who speaks."""
    size = _size(fact, context) + _size(other, context)
    texts = (context.reader.text(i) for i in (fact, other))
    return (
        context.origin(fact) != context.origin(other)
        and size <= MOST_WORDS
        and not any(map(mostly_quoted, texts))
    )


def reports(indices: Sequence[int], context: ClusterContext) -> list[Report]:
    """The sentences as the writer reads them: a piece of a quotation with its marks and speaker."""
    made: list[Report] = []
    for i in indices:
        before, own = preceding(i, context), context.sentences[i]
        inside = any(marks(own.text, own.quoted))
        text = context.reader.text(i) if inside else own.text
        made.append(Report(text, "" if before is None else context.sentences[before].text))
    return made


def preceding(index: int, context: ClusterContext) -> int | None:
    """The sentence right before it in its article, where that is needed to read it; a long one is
    left out."""
    if index == 0 or is_standalone(context.reader.parsed(index)):
        return None
    own, before = context.sentences[index], context.sentences[index - 1]
    adjoins = (before.article, before.position) == (own.article, own.position - 1)
    return index - 1 if adjoins and _size(index - 1, context) <= MOST_WORDS_BEFORE else None


def _size(index: int, context: ClusterContext) -> int:
    return len(context.sentences[index].text.split())


def _words(index: int, context: ClusterContext) -> set[str]:
    clause = context.reader.parsed(index)
    return {clause.keys[i] for i in clause.content}
