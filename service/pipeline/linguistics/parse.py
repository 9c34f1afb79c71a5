"""Questions that several stages ask of a parsed sentence: who does what, and how surely.

A `Clause` is a parse with an index over it. Dependency labels are ClearNLP's, as
`models.base.Token` says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from service.models.base import Parse, Token
from service.pipeline.linguistics import normalisation

CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"})
"""Universal part-of-speech tags that carry facts; auxiliaries and particles do not."""

SUBJECT = frozenset({"nsubj", "csubj", "agent", "expl"})
OBJECT = frozenset({"dobj", "nsubjpass", "csubjpass", "oprd"})
REPORTED = frozenset({"ccomp", "xcomp", "parataxis", "pcomp"})
"""Edges by which a clause hangs on the verb that reports, wants, expects or denies it."""

NEGATIONS = frozenset(
    {
        "not",
        "n't",
        "n\u2019t",
        "no",
        "never",
        "none",
        "neither",
        "nor",
        "without",
        "nobody",
        "nothing",
        "cannot",
        "hardly",
        "barely",
        "scarcely",
    }
)
REFUSALS = frozenset({"deny", "refuse", "fail", "lack", "reject", "prevent", "avoid", "decline", "unable",
                      "stop", "cancel", "halt", "block", "ban", "absent", "missing", "scrap"})  # fmt: skip
"""Lemmas that deny without a negation."""

CONDITIONS = frozenset(
    {"if", "unless", "whether", "until", "once", "should", "assuming", "provided"}
)

LIMITERS = frozenset({
    # hedges
    "reportedly", "allegedly", "apparently", "purportedly", "supposedly", "possibly", "perhaps",
    "probably", "likely", "unlikely", "presumably", "potentially", "seemingly", "maybe",
    # extent
    "only", "nearly", "almost", "about", "around", "roughly", "approximately", "partly", "partially",
    "entirely", "fully", "largely", "mostly", "mainly", "yet", "longer", "merely", "virtually",
    "temporarily", "least", "most", "under", "over", "few", "fewer", "half", "rarely",
    "initially", "previously", "originally", "formerly", "sometimes",
    # adjectives that unmake their noun
    "former", "alleged", "suspected", "potential", "possible", "proposed", "so-called", "would-be",
    "acting", "fake", "supposed", "ex", "purported", "failed", "attempted", "prospective", "future",
    "deputy", "draft", "planned", "false", "unconfirmed", "disputed", "next",
})  # fmt: skip
"""Words that narrow or unmake what they stand with: dropping one changes the truth."""

ATTITUDES = frozenset({"see", "view", "describe", "consider", "regard", "call", "perceive", "accuse",
                       "criticize", "criticise", "deem", "label", "brand", "praise", "hail", "dub",
                       "condemn", "accept", "reject", "believe", "know", "think"})  # fmt: skip
"""Lemmas whose subject holds the view: "seen by Ukraine as" is not "seen as"."""

SOURCES = frozenset({"accord", "per", "cite", "quote"})
"""Lemmas that name a source without a reporting clause: "according to the ministry"."""


class ParsedSentence:
    """A parsed text with children, subtrees and keys at hand. `text` is what was parsed."""

    def __init__(self, text: str, parse: Parse) -> None:
        self.text = text
        self.tokens = parse

    @cached_property
    def keys(self) -> tuple[str, ...]:
        return tuple(key(token) for token in self.tokens)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        below: list[list[int]] = [[] for _ in self.tokens]
        for index, token in enumerate(self.tokens):
            if token.head != index:
                below[token.head].append(index)
        return tuple(tuple(indices) for indices in below)

    @cached_property
    def roots(self) -> tuple[int, ...]:
        return tuple(index for index, token in enumerate(self.tokens) if token.head == index)

    @cached_property
    def content(self) -> tuple[int, ...]:
        """Indices of the tokens that carry facts, predicates "be" and "have" included."""
        return tuple(
            index
            for index, token in enumerate(self.tokens)
            if token.pos in CONTENT or self.is_predicate(index)
        )

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Key → indices of the tokens that have it."""
        found: dict[str, list[int]] = {}
        for index, each in enumerate(self.keys):
            found.setdefault(each, []).append(index)
        return found

    def is_predicate(self, index: int) -> bool:
        """A verb, or a copula that heads its clause; never an auxiliary of another verb."""
        token = self.tokens[index]
        return token.pos in {"VERB", "AUX"} and token.dep not in {
            "aux",
            "auxpass",
            "amod",
            "compound",
        }

    def ancestors(self, index: int) -> Iterator[int]:
        """Heads from the nearest up to the root."""
        while self.tokens[index].head != index:
            index = self.tokens[index].head
            yield index

    def subtree(self, index: int) -> list[int]:
        """The token and all below it, in text order."""
        found, frontier = [index], list(self.children[index])
        while frontier:
            each = frontier.pop()
            found.append(each)
            frontier.extend(self.children[each])
        return sorted(found)

    def span(self, indices: Iterable[int]) -> tuple[int, int] | None:
        """From the first to the last of the tokens that are words, as offsets in the text."""
        held = [self.tokens[i] for i in indices if self.tokens[i].pos not in {"PUNCT", "SPACE"}]
        return (held[0].start, held[-1].end) if held else None

    def head_word(self, index: int) -> int | None:
        """The nearest ancestor that carries facts, or None at the top."""
        return next((each for each in self.ancestors(index) if each in self._content_set), None)

    @cached_property
    def _content_set(self) -> frozenset[int]:
        return frozenset(self.content)

    def role(self, index: int, head: int) -> str:
        """ "subject", "object" or "other": how `index` hangs, at any depth, on `head`."""
        below = index
        for each in self.ancestors(index):
            if each == head:
                dep = self.tokens[below].dep
                return "subject" if dep in SUBJECT else "object" if dep in OBJECT else "other"
            below = each
        raise ValueError(f"token {index} does not hang on token {head}")


def predications(clause: ParsedSentence) -> list[tuple[int, int]]:
    """Each predicate with the one it is said of: its own subject, the first verb's where two
    share it, the noun that a relative clause explains."""
    found: list[tuple[int, int]] = []
    for index in range(len(clause.tokens)):
        if not clause.is_predicate(index):
            continue
        subject = next((i for i in _subjects(clause, index)), None)
        if subject is not None:
            found.append((index, subject))
    return found


def _subjects(clause: ParsedSentence, verb: int) -> Iterator[int]:
    own = [i for i in clause.children[verb] if clause.tokens[i].dep in {"nsubj", "nsubjpass"}]
    token = clause.tokens[verb]
    for i in own:
        relative = clause.tokens[i].tag in {"WP", "WDT"} and token.dep == "relcl"
        yield token.head if relative else i
    if not own and token.dep in {"conj", "xcomp"} and token.head != verb:
        yield from _subjects(clause, token.head)
    elif not own and token.dep in {"relcl", "acl"}:
        yield token.head


def predicate_above(clause: ParsedSentence, index: int) -> int | None:
    """The nearest predicate that the token stands under."""
    return next((each for each in clause.ancestors(index) if clause.is_predicate(each)), None)


def verb_above(clause: ParsedSentence, index: int) -> str:
    """Key of the nearest predicate that the token stands under, or ""."""
    own = predicate_above(clause, index)
    return clause.keys[own] if own is not None else ""


def key(token: Token) -> str:
    """What two mentions of one thing share: the lemma, or a name's or number's one spelling.

    >>> key(Token("U.S.", 0, 4, "U.S.", "PROPN", "NNP", "", 0, "GPE", True))
    'us'
    """
    surface = token.pos in {"PROPN", "NUM"} or bool(token.entity)
    return normalisation.canonical(token.text if surface else token.lemma)


def quotation_marks(text: str) -> list[int]:
    """Offsets of the double quotation marks; the inches of a height (4'8") are none.

    >>> quotation_marks('\u201cTall\u201d, 4\u20198"')
    [0, 5]
    """
    return [
        k
        for k, letter in enumerate(text)
        if letter in '"\u201c\u201d' and not INCHES.search(text, max(0, k - 5), k)
    ]


INCHES = re.compile(r"\d['\u2019] ?\d{1,2}$")


def opens(text: str, mark: int) -> bool:
    """Whether the quotation mark at this offset opens a quotation."""
    return text[mark] == "\u201c" or (text[mark] == '"' and (not mark or text[mark - 1] in " (["))


QUOTED = re.compile(r"\u201c([^\u201c\u201d]*)\u201d|\"([^\"]*)\"")


def quotations(text: str, *, unclosed: bool = False) -> list[tuple[int, int]]:
    """Spans of what stands between double quotation marks, marks excluded; with `unclosed`
    also what one mark alone opens, up to the end, or closes, from the beginning.

    >>> [("He said \u201cno\u201d.")[start:end] for start, end in quotations("He said \u201cno\u201d.")]
    ['no']
    >>> quotations('It is late," he said, "and', unclosed=True)
    [(0, 11), (23, 26)]
    """
    if not unclosed:
        return [
            match.span(1 if match.group(1) is not None else 2) for match in QUOTED.finditer(text)
        ]
    found: list[tuple[int, int]] = []
    begin: int | None = None
    marks = quotation_marks(text)
    for k in marks:
        if begin is None and opens(text, k):
            begin = k + 1
        elif begin is not None or k == marks[0]:
            found.append((begin or 0, k))
            begin = None
    if begin is not None:
        found.append((begin, len(text)))
    return found


def balanced(text: str) -> bool:
    """Whether every double quotation mark and bracket that opens also closes."""
    return (
        text.count("\u201c") == text.count("\u201d")
        and text.count('"') % 2 == 0
        and text.count("(") == text.count(")")
        and text.count("[") == text.count("]")
        and QUOTED.sub("", text).count("\u201c") == 0
    )
