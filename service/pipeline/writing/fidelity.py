"""Fidelity: what a written sentence keeps of its sources, beyond what the checker asks.

The checker tells whether a sentence is supported. These rules tell whether it still says what
its source was printed for, in words that the source would use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from service.pipeline.decontextualization.compression import MIN_WORDS
from service.pipeline.decontextualization.standalone import is_standalone
from service.pipeline.linguistics.normalisation import FUNCTION
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


def keeps_wording(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
    """Whether its words, articles, order and subjects are those of the sources, as the checker read
    them."""
    return (
        not _changes_article(written, sources)
        and not _drops_article(written, sources)
        and _keeps_words(written, sources)
        and (
            _keeps_order(written, sources[0])
            if len(sources) == 1
            else _keeps_subjects(written, sources)
        )
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


def _keeps_words(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
    """Whether every word but function words has the form that a source gives it: "has hung
    … and wrote" is what becomes of "has hung … and written" when it is shortened, "the camp
    fire" is none where "the Camp Fire" burnt."""
    there = {token.text for clause in sources for token in clause.tokens}
    there |= {clause.tokens[0].text.lower() for clause in sources}
    first, *rest = (each.text for each in written.tokens if each.text.isalpha())
    opens = {first, first[:1].lower() + first[1:]} & there or first.lower() in FUNCTION
    return bool(opens) and all(text in there or text.lower() in FUNCTION for text in rest)


def _keeps_order(written: ParsedSentence, source: ParsedSentence) -> bool:
    """Whether the names and figures of a sentence on one other come as they do there: in
    another's place they are said of something else."""
    rest = iter([token.text for token in source.tokens])
    return all(each.text in rest for each in written.tokens if each.pos in {"PROPN", "NUM"})


def _keeps_subjects(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
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


def _changes_article(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
    """Whether "the" or "a" stands before a name where no source puts it ("a Pao"), or the
    first noun has lost its own ("Preservationist says …")."""
    texts = [clause.text.lower() for clause in sources]
    first = written.tokens[0]
    if first.tag == "NN" and first.dep.startswith("nsubj"):
        return not any(text.startswith(first.text.lower()) for text in texts)
    return any(
        one.dep == "det"
        and name.pos == "PROPN"
        and not any(f"{one.text} {name.text}".lower() in text for text in texts)
        for one, name in pairwise(written.tokens)
    )


def _drops_article(written: ParsedSentence, sources: Sequence[ParsedSentence]) -> bool:
    """Whether a noun stands bare that no source leaves so: "that army had seized the town"."""
    held = {bare: set[str]() for bare in (False, True)}
    for clause in sources:
        for i in _nouns(clause):
            held[_bare_noun(clause, i)].add(clause.keys[i])
    bare = {written.keys[i] for i in _nouns(written) if _bare_noun(written, i)}
    return bool(bare & held[False] - held[True])


def _nouns(clause: ParsedSentence) -> list[int]:
    return [i for i, token in enumerate(clause.tokens) if token.pos == "NOUN"]


def _bare_noun(clause: ParsedSentence, noun: int) -> bool:
    return not any(clause.tokens[i].dep in {"det", "poss"} for i in clause.children[noun])
