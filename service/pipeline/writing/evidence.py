"""Evidence: the sentence that the writer is given for a fact, as its article has it."""

from __future__ import annotations

import msgspec

from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.standalone import is_standalone
from service.pipeline.linguistics.quotations import marks, mostly_quoted

FEWEST_WORDS = 12
"""Words of a sentence that is worth telling in other words: a shorter one has nothing to leave out."""

MOST_WORDS_BEFORE = 40
"""Words of the sentence before a report; a longer one is left out."""


class Report(msgspec.Struct, frozen=True):
    """A sentence as its article has it, and the one before it, which says who "he" is; "" where the
    sentence reads alone, or where the one before stands far off or is long."""

    text: str
    before: str


def can_be_rewritten(fact: int, context: ClusterContext) -> bool:
    """Whether a sentence is worth telling in other words: it leans on the one before it, or is not short.
    What is mostly quotation is told as it stands: in other words it loses who speaks."""
    leans = preceding(fact, context) is not None
    worth = leans or _size(fact, context) >= FEWEST_WORDS
    return worth and not mostly_quoted(context.reader.text(fact))


def report(index: int, context: ClusterContext) -> Report:
    """The sentence as the writer reads it: a piece of a quotation with its marks and speaker."""
    before, own = preceding(index, context), context.sentences[index]
    inside = any(marks(own.text, own.quoted))
    text = context.reader.text(index) if inside else own.text
    return Report(text, "" if before is None else context.sentences[before].text)


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
