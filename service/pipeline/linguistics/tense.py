"""Tense: whether a sentence tells what was or what is to come."""

from __future__ import annotations

from service.pipeline.linguistics.parse import ParsedSentence, inside, quotations

COMING = frozenset({"will", "shall", "'ll", "\u2019ll"})
PLANNED = frozenset({"plan", "expect", "intend", "schedule", "due", "set", "hope", "aim", "go"})
"""Lemmas that with "to" tell what is to come: "is due to open", "expects to sell"."""

SAYING = frozenset({"say", "tell", "announce", "add"})
"""Verbs of saying are past whatever is said: "will open on Friday, he said"."""


def looks_ahead(clause: ParsedSentence) -> bool | None:
    """Whether a sentence tells, outside quotation marks, what is to come; False where it tells what was, None
    where both or neither."""
    quoted = inside(quotations(clause.text, unclosed=True))
    tokens = [token for token in clause.tokens if not quoted(token.start)]
    ahead = any(token.text.lower() in COMING for token in tokens)
    past = any(token.tag == "VBD" and token.lemma.lower() not in SAYING for token in tokens)
    present = any(
        token.tag in {"VBZ", "VBP", "VBN", "JJ"} and token.lemma.lower() in PLANNED
        for token in tokens
    ) and any(token.tag in {"VBZ", "VBP"} for token in tokens)
    if ahead or present:
        return None if past else True
    return False if past or any(token.tag == "VBD" for token in tokens) else None


def weekdays_ahead(clause: ParsedSentence) -> bool | None:
    """Whether a weekday in the sentence is to come, False where it is past; None where it may be the day on
    which somebody said what is to come."""
    ahead = looks_ahead(clause)
    return None if ahead and any(token.tag == "VBD" for token in clause.tokens) else ahead
