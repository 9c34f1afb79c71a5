"""Form: whether a text is a sentence that may be printed, whatever it says."""

from __future__ import annotations

import re

from service.pipeline.decontextualization.compression import MIN_WORDS
from service.pipeline.linguistics.parse import ParsedSentence, balanced


def presentable(text: str) -> bool:
    """A finished sentence without repetition: the writer stops early and loops."""
    words = text.lower().split()
    trigrams = [tuple(words[k : k + 3]) for k in range(len(words) - 2)]
    return (
        len(words) >= MIN_WORDS
        and bool(re.search(r"[.!?][\"\u201d]?$", text))
        and len(set(trigrams)) == len(trigrams)
        and text[0] not in "-*\u2022#"
        and balanced(text)
    )


def is_whole_sentence(clause: ParsedSentence) -> bool:
    """Whether it has one main clause and ends in a word that may end one."""
    last = [token for token in clause.tokens if token.pos not in {"PUNCT", "SPACE"}][-1:]
    whole = all(
        token.pos not in {"AUX", "ADP", "PART", "DET", "CCONJ", "SCONJ"}
        and token.lemma != "have"
        and not (token.dep == "acl" and token.pos == "VERB")
        for token in last
    )
    return whole and len(clause.roots) == 1
