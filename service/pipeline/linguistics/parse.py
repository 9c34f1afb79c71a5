"""Questions that several stages ask of a parsed sentence: who does what, and how surely.

A `ParsedSentence` is a parse with an index over it. Dependency labels are ClearNLP's, as
`models.base.Token` says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property

from service.models.base import Parse, Token
from service.pipeline.linguistics import normalisation

MAX_CHARACTERS, MAX_PIECES = 1000, 250
"""Characters of a text that is parsed, and its words and marks: some rules compare every token of
a sentence with every other one, so the work on one text has to be bounded. Of 484 sentences of
Multi-News the longest has 424 characters and 64 words; 45 words are the most that are printed."""

PIECE = re.compile(r"\w+|[^\w\s]")

MAX_MENTIONS = 12
"""Tokens of one key that are looked at in a sentence, the first ones: a word is compared with all
its mentions, and what they hang on with all mentions of that."""

CONTENT = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"})
"""Universal part-of-speech tags that carry facts; auxiliaries and particles do not."""

SUBJECT = frozenset({"nsubj", "csubj", "agent", "expl"})
OBJECT = frozenset({"dobj", "nsubjpass", "csubjpass", "oprd"})
REPORTED = frozenset({"ccomp", "xcomp", "parataxis", "pcomp"})
"""Dependency labels of a clause under the verb that reports, wants, expects or denies it."""

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
REFUSING_LEMMAS = frozenset({"deny", "refuse", "fail", "lack", "reject", "prevent", "avoid", "decline", "unable",
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
    # adjectives whose noun is not, or not yet, what it says
    "former", "alleged", "suspected", "potential", "possible", "proposed", "so-called", "would-be",
    "acting", "fake", "supposed", "ex", "purported", "failed", "attempted", "prospective", "future",
    "deputy", "draft", "planned", "false", "unconfirmed", "disputed", "next",
})  # fmt: skip
"""Words that limit or cancel the word they modify ("almost", "former"): a sentence without one says
something else."""

ATTITUDES = frozenset({"see", "view", "describe", "consider", "regard", "call", "perceive", "accuse",
                       "criticize", "criticise", "deem", "label", "brand", "praise", "hail", "dub",
                       "condemn", "accept", "reject", "believe", "know", "think"})  # fmt: skip
"""Lemmas whose subject holds the view: "seen by Ukraine as" is not "seen as"."""

SOURCES = frozenset({"accord", "per", "cite", "quote"})
"""Lemmas that name a source without a reporting clause: "according to the ministry"."""


def is_parsable(text: str) -> bool:
    """Whether the text is short enough to be parsed.

    >>> is_parsable("Talks resumed."), is_parsable("abc," * 300), is_parsable("a" * 1001)
    (True, False, False)
    """
    if len(text) <= MAX_PIECES:
        return True
    return len(text) <= MAX_CHARACTERS and len(PIECE.findall(text)) <= MAX_PIECES


class ParsedSentence:
    """A parsed text with children, subtrees and keys at hand. `text` is what was parsed.

    A text that is too long to be parsed has no tokens (`is_parsable`).
    """

    def __init__(self, text: str, parse: Parse) -> None:
        self.text = text
        self.tokens = parse
        self._subtrees: dict[int, list[int]] = {}
        self._around: dict[int, frozenset[str]] = {}

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
        """Key → indices of the tokens that have it, the first `MAX_MENTIONS`."""
        found: dict[str, list[int]] = {}
        for index, each in enumerate(self.keys):
            if len(held := found.setdefault(each, [])) < MAX_MENTIONS:
                held.append(index)
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

    def entity(self, index: int) -> tuple[int, int]:
        """First and last token of the named entity that the token at `index` is part of."""
        kind, first, last = self.tokens[index].entity, index, index
        while first and self.tokens[first].entity == kind and not self.tokens[first].entity_begins:
            first -= 1
        for following in self.tokens[last + 1 :]:
            if following.entity != kind or following.entity_begins:
                break
            last += 1
        return first, last

    def ancestors(self, index: int) -> Iterator[int]:
        """Heads from the nearest up to the root."""
        while self.tokens[index].head != index:
            index = self.tokens[index].head
            yield index

    def subtree(self, index: int) -> list[int]:
        """The token and all below it, in text order. Worked out once a token: don't change it."""
        if index not in self._subtrees:
            found, frontier = [index], list(self.children[index])
            while frontier:
                each = frontier.pop()
                found.append(each)
                frontier.extend(self.children[each])
            self._subtrees[index] = sorted(found)
        return self._subtrees[index]

    def around(self, index: int) -> frozenset[str]:
        """Keys of the fact-bearing words below a word, and of the one above it."""
        if index not in self._around:
            found = {
                self.keys[i] for i in self.subtree(index) if i in self.content_set and i != index
            }
            head = self.head_word(index)
            self._around[index] = frozenset(found if head is None else {*found, self.keys[head]})
        return self._around[index]

    @cached_property
    def predicates_above(self) -> tuple[int | None, ...]:
        """Per token the nearest predicate that it stands under, or None."""
        found: dict[int, int | None] = {}
        for index in range(len(self.tokens)):
            path: list[int] = []
            each = index
            while each not in found:
                path.append(each)
                head = self.tokens[each].head
                if head == each or self.is_predicate(head):
                    found[each] = None if head == each else head
                each = head
            for below in reversed(path):
                if below not in found:
                    found[below] = found[self.tokens[below].head]
        return tuple(found[index] for index in range(len(self.tokens)))

    def span(self, indices: Iterable[int]) -> tuple[int, int] | None:
        """From the first to the last of the tokens that are words, as offsets in the text."""
        held = [self.tokens[i] for i in indices if self.tokens[i].pos not in {"PUNCT", "SPACE"}]
        return (held[0].start, held[-1].end) if held else None

    def head_word(self, index: int) -> int | None:
        """The nearest ancestor that carries facts, or None at the top."""
        return next((each for each in self.ancestors(index) if each in self.content_set), None)

    @cached_property
    def content_set(self) -> frozenset[int]:
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


def predicate_above(clause: ParsedSentence, index: int) -> int | None:
    """The nearest predicate that the token stands under."""
    return clause.predicates_above[index]


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
    return normalisation.canonical_form(token.text if surface else token.lemma)


def quotation_marks(text: str) -> list[int]:
    """Offsets of the double quotation marks; the inches of a height (4'8") are none.

    >>> quotation_marks('\u201cTall\u201d, 4\u20198"')
    [0, 5]
    """
    return [
        found.start()
        for found in DOUBLE.finditer(text)
        if not INCHES.search(text, max(0, found.start() - 5), found.start())
    ]


DOUBLE = re.compile(r"[\"\u201c\u201d]")


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


def inside(spans: Sequence[tuple[int, int]]) -> Callable[[int], bool]:
    """Disjoint spans in their order → whether an offset lies in one of them.

    >>> [inside([(2, 4), (6, 9)])(offset) for offset in (1, 2, 4, 8)]
    [False, True, False, True]
    """
    starts = [start for start, _ in spans]

    def lies_inside(offset: int) -> bool:
        k = bisect_right(starts, offset) - 1
        return k >= 0 and offset < spans[k][1]

    return lies_inside


def balanced(text: str) -> bool:
    """Whether every double quotation mark and bracket that opens also closes."""
    return (
        text.count("\u201c") == text.count("\u201d")
        and sum(text[k] == '"' for k in quotation_marks(text)) % 2 == 0
        and text.count("(") == text.count(")")
        and text.count("[") == text.count("]")
        and QUOTED.sub("", text).count("\u201c") == 0
    )
