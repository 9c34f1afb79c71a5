"""Fidelity: what a written sentence keeps of its sources, beyond what the checker asks.

The checker tells whether a sentence is supported. These rules tell whether it still says what
its source was printed for, in words that the source would use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from service.pipeline.decontextualization.compression import MIN_WORDS
from service.pipeline.decontextualization.standalone import is_standalone
from service.pipeline.linguistics.parse import NEGATIONS, ParsedSentence, balanced, predications

MIN_KEPT = 0.75
"""Share of the source sentence's words that carry facts that a written sentence must keep. Under a looser rule (half
of the names and figures) a reader who did not know which was which preferred the source's sentence
to the written one in 18 of 20 pairs: what goes first from the end of a sentence is often what it is printed for."""

TURNS = NEGATIONS | {"but", "though", "although", "however", "yet", "despite", "unless", "except", "only"}  # fmt: skip
"""Words by which a sentence takes back, narrows or denies some of what it says."""


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
    """Whether it has one main clause, ends in a word that may end one, and reads alone."""
    last = [token for token in clause.tokens if token.pos not in {"PUNCT", "SPACE"}][-1:]
    whole = all(
        token.pos not in {"AUX", "ADP", "PART", "DET", "CCONJ", "SCONJ"}
        and token.lemma != "have"
        and not (token.dep == "acl" and token.pos == "VERB")
        for token in last
    )
    return whole and is_standalone(clause) and len(clause.roots) == 1


def keeps_facts(written: ParsedSentence, source: ParsedSentence) -> bool:
    """Whether most of what the source sentence says is still said, all that its main clauses say,
    and every word by which it takes something back."""
    return (
        _kept(source, written) >= MIN_KEPT
        and _keeps_verbs(source, written)
        and _turns(source) <= _turns(written)
    )


def keeps_subjects(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
    """Whether each verb has the subject that a source gives it. Joining two sentences by one
    subject is how a fusion of true sentences becomes false."""
    held = {
        (clause.keys[verb], clause.keys[subject])
        for clause in sources
        for verb, subject in predications(clause)
    }
    return all(
        (written.keys[verb], written.keys[subject]) in held
        for verb, subject in predications(written)
    )


def _kept(source: ParsedSentence, written: ParsedSentence) -> float:
    """Share of the source's fact-bearing words that the written sentence has."""
    facts = {source.keys[i] for i in source.content}
    return len(facts & set(written.keys)) / max(1, len(facts))


def _keeps_verbs(source: ParsedSentence, written: ParsedSentence) -> bool:
    """Whether what the source says in its main clauses is still said: "… are welcoming a little one"
    is not what "… but it isn't a baby" goes on from."""
    main = [
        i
        for i, token in enumerate(source.tokens)
        if source.is_predicate(i)
        and (i in source.roots or (token.dep == "conj" and token.head in source.roots))
    ]
    return all(source.keys[i] in written.keys for i in main)


def _turns(clause: ParsedSentence) -> Counter[str]:
    """The words by which a sentence takes back or denies some of what it says: without "though it was
    cleared" a ship "believed to be smuggling cars" is another ship."""
    words = (token.text.lower() for token in clause.tokens)
    return Counter(word for word in words if word in TURNS)
