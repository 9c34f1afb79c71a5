"""Whether a sentence can be read without its neighbours, and which nouns it takes as known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from service.models.base import Token
from service.pipeline.decontextualization.compression import MAX_WORDS, MIN_WORDS, compressions
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import ParsedSentence, balanced, inside, quotations
from service.pipeline.linguistics.quotations import attributed

THIRD_PERSON = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself", "it", "they",
                          "them", "its", "their"})  # fmt: skip

THINGS = frozenset({"it", "they", "them", "its", "their"})

PERSONAL = frozenset({"he", "she", "his", "her"})

PLACE_ENTITIES = frozenset({"GPE", "LOC", "FAC"})

GIVEN_OPENERS = frozenset({"the", "earlier", "previous", "other", "further", "additional", "more"})

CONNECTIVES = frozenset({"and", "but", "or", "so", "because", "then", "therefore"})

DEMONSTRATIVES = frozenset({"this", "that", "these", "those", "such", "either", "neither"})

ANAPHORIC_NOUNS = frozenset({"town", "city", "village", "company", "firm", "suspect", "victim", "woman", "man",
                      "couple", "agency", "group", "incident", "crash", "footage", "study", "bill",
                      "ruling", "statement", "document", "boy", "girl", "teenager", "driver",
                      "passenger", "officer", "shooter", "gunman", "actor", "singer", "list", "video",
                      "clip", "decision", "announcement", "lawsuit", "memo", "remark"})  # fmt: skip
"""Nouns that with "the" name something told before, wherever they stand."""

ANAPHORIC_OPENERS = frozenset({"it", "they", "such", "their", "its", "another", "others", "here", "who",
                     "which"})  # fmt: skip

FIRST_AND_SECOND = frozenset({"i", "we", "you", "my", "our", "your", "us", "me", "let's", "ours"})

BACKWARD = re.compile(
    r"\b(?:both sides|the two (?:sides|men|women|leaders|countries)|the (?:former|latter)(?= (?:said|was|is|has|had)\b|[,.])|the (?:pair|trio|duo)"
    r"|the (?:two|three|four|five|six)(?= (?:were|are|had|have|will|would|also|met|said)\b)"
    r"|if so|(?:since|until|by) then|that (?:day|night|year)|went on to"
    r"|said (?:\w+ )?(?:hours|days|weeks|months|years) (?:earlier|before))\b"
    r"|, (?:though|however|instead|too)[,.]"
    r"|^(?:this time|back then)\b"
    r"|^(?:\w+ ){0,3}(?:moment|minute|hour|day|week|month|year)s? (?:later|earlier|before)\b"
    r"|^(?:\w+ )?the (?:next|following|previous|same) (?:day|night|morning|evening|week|month|year)\b",
    re.IGNORECASE,
)
"""What names somebody, or a time, by what was told before."""

FORWARD = re.compile(
    r"\b(?:as (?:mentioned|noted|reported) (?:above|earlier)|the following\b(?! \w+ (?:day|night|morning|week|month|year))"
    r"|(?:(?:see|shown|listed|read|given|described|video|picture|table|chart|map|list) below|below)(?=[.:;)]|$))",
    re.IGNORECASE,
)
"""Speaks of the page around it."""

CAPTION = re.compile(
    r"\bfile (?:photo|picture|image)\b|\bFILE\b|^An? (?:illustration|artist[\u2019']s)\b"
    r"|^In (?:this|an?)\b[^.]{0,60}\b(?:photo|image|picture|photograph|frame|illustration)\b"
    r"|\b(?:is|are) (?:shown|seen|pictured) (?:in (?:this|an?|[A-Z])\b|(?:here|before|after|during|on|at|as)\b.*\d{4}\.?$)"
    r"|\b(?:photo|image|picture|photograph) (?:released|provided|made available)\b"
    r"|\([A-Z][\w.'\u2019 -]{1,40}/[A-Z][\w.'\u2019 -]{1,40}\)\.?$|\((?:AP|Getty|Reuters|AFP|Photo)\b|\b(?:Photo|Image|Picture)s?(?: by|:)"
)
"""What a picture shows is told in the present tense of no day: it is not what happened."""

PAGE_FURNITURE = re.compile(
    r"https?://| \| |\bwww\.|\bpic\.twitter|(?<!\w)@\w|\([cC]\) \d{4}|\u00a9"
    r"|(?<![A-Z])[A-Z]{4,}(?:, [A-Z][\w.]+)? \([A-Z]{2,8}\) ?[-\u2013\u2014]|^(?:EMBED|View Images?)\b"
    r"|^\W?[A-Z]{3,}(?: [A-Z]{2,})?: |^\d{1,2}:\d\d [AP]\.?M\b"
    r"|(?<!\w)[+\u2212]\d+(?:\.\d+)?%|\bFigs?\. ?\d|[a-z]{3}\d{1,2}(?:,\d{1,2})*\.$"
)
"""Something of the page, of a post, a transcript or a paper stands in the sentence: an address, a
handle, a notice, a headline with its dateline, who speaks, the hour of an entry, a price's change, a figure or note."""

CAPTION_DATE = re.compile(
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+\.? \d{1,2}, \d{4}\b"
)
"""A day as captions give it; with a verb in the present tense the sentence is one."""

BROKEN = re.compile(r"[a-z]+\b")
"""The rest of a sentence, or of a list; "iPhone" and "eBay" begin one."""

CUT_OFF = re.compile(
    r"(?:\.\.\.|\u2026)[\"\u201d')]*$|[.!?] (?:\.\.\.|\u2026),|\bthe [A-Z]\.$|\b(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec|Mr|Mrs|Ms|Gov|Sen|Rep|Lt|Sgt)\.$"
)
"""A teaser that the page cuts off, or a sentence split at an abbreviation."""


def is_standalone(sentence: ParsedSentence) -> bool:
    """Whether some compression of the sentence reads on its own, earlier mentions aside."""
    return obstacle(sentence) is None


def obstacle(sentence: ParsedSentence) -> str | None:
    """Why the sentence can't be printed alone, in plain words, or None.

    >>> # "He said so." -> "it can't be read alone: 'He' has no referent"
    """
    malformed = next((words for words, fails in FORMS.items() if fails(sentence)), None)
    if malformed is not None:
        return malformed
    reference = unresolved_reference(sentence, compressions(sentence)[0].start)
    return None if reference is None else f"it can't be read alone: {reference}"


def is_readable_after(sentence: ParsedSentence, before: ParsedSentence) -> bool:
    """Whether it reads right behind `before`, which precedes it in its article: "he" needs
    somebody there whom it may mean."""
    if any(fails(sentence) for fails in FORMS.values()):
        return False
    personal = any(token.text.lower() in THIRD_PERSON - THINGS for token in sentence.tokens)
    return not personal or any(map(may_be_one, before.tokens))


class Preceding:
    """The start of an article, up to one of its sentences: which words stand there.

    `words` and `new` are those of the whole article, looked up once for all its sentences: word →
    offset at which it first ends, in their order, and noun → offset at which "a …", "an …" or "another …" with it
    first ends. `end` is where the sentence begins.
    """

    def __init__(self, words: Mapping[str, int], new: Mapping[str, int], end: int) -> None:
        self._words = words
        self._new = new
        self._end = end
        self.empty = end < next(iter(words.values()), end + 1)

    def holds(self, word: str) -> bool:
        """Whether the lower-cased word stands there."""
        return self._words.get(word, self._end + 1) <= self._end

    def introduces(self, noun: str) -> bool:
        """Whether the text speaks of one of them as new: "a steep trail"."""
        return self._new.get(noun.lower(), self._end + 1) <= self._end


WORD = re.compile(r"\w+")
INDEFINITE = re.compile(r"\b(?:an?|another) ")
MAX_ADJECTIVES = 2
"""Words between the article and its noun."""

ADJECTIVE = re.compile(r"[\w-]+ ")
NOUN = re.compile(r"\S{1,40}")
"""What a noun is part of; longer ones are looked for nowhere."""


def preceding(texts: Sequence[str]) -> list[Preceding]:
    """The sentences of an article, in order → per sentence what stands before it.

    >>> nothing, before = preceding(["Vos took a steep trail.", "The trail was closed."])
    >>> before.introduces("trail"), before.holds("steep"), nothing.introduces("trail")
    (True, True, False)
    """
    lower = [text.lower() for text in texts]
    whole = " ".join(lower)
    words: dict[str, int] = {}
    for match in WORD.finditer(whole):
        words.setdefault(match.group(), match.end())
    new: dict[str, int] = {}
    for article in INDEFINITE.finditer(whole):
        place = article.end()
        for _ in range(MAX_ADJECTIVES + 1):
            for end in _word_ends(whole, place):
                new.setdefault(whole[place:end], end)
            if (adjective := ADJECTIVE.match(whole, place)) is None:
                break
            place = adjective.end()
    found: list[Preceding] = []
    end = -1
    for text in lower:
        found.append(Preceding(words, new, end))
        end += 1 + len(text)
    return found


def _word_ends(text: str, start: int) -> Iterator[int]:
    """Offsets at which a noun that begins at `start` may end: "trail" and "trail-head"."""
    run = NOUN.match(text, start)
    if run is None:
        return
    for match in WORD.finditer(text, start, run.end()):
        if not WORD.match(text, match.end()):
            yield match.end()


def presupposed_nouns(sentence: ParsedSentence, before: Preceding | None = None) -> frozenset[str]:
    """The nouns that a sentence takes as known ("The meeting …", "… these claims").

    A noun that the sentence itself identifies, by a name, an "of" phrase or a relative
    clause, needs no earlier mention. `before` is what its article says before it: "the
    government" at the first mention there is known to every reader, "the trail" that was "a
    trail" at first only to readers of the article, and so is "the barrister" who has a name there.
    """
    first = next((t for t in sentence.tokens if t.pos != "SPACE"), None)
    quoted = inside(quotations(sentence.text))
    joined = False
    found: set[str] = set()
    own: set[str] = set()
    for token in sentence.tokens:
        noun, word = sentence.tokens[token.head], token.text.lower()
        lemma = noun.lemma.lower()
        # "X happened, and that news …": the second clause points to the first.
        joined = joined or (token.dep == "cc" and token.head in sentence.roots)
        if token.dep != "det" and token.pos == "NOUN":
            own.add(token.lemma.lower())
        if (
            noun.pos != "NOUN"
            or noun.entity in {"DATE", "TIME"}
            or _identified(sentence, token.head)
        ):
            continue
        points = token.dep == "det" and word in DEMONSTRATIVES and not joined
        opens = token is first and word in GIVEN_OPENERS
        named = (
            before is not None
            and not before.empty
            and noun.tag == "NN"
            and normalisation.is_person(lemma)
        )
        held = before is not None and any(map(before.holds, {lemma, noun.text.lower()}))
        new = before is not None and not held and not named
        recalls = token.dep == "det" and word == "the" and lemma not in own
        known = before is not None and before.introduces(noun.text)
        if (
            points
            or (opens and not new)
            or (recalls and (lemma in ANAPHORIC_NOUNS or (known and not quoted(token.start))))
        ):
            found.add(lemma)
    return frozenset(found)


def introduced_nouns(sentence: ParsedSentence) -> frozenset[str]:
    """The nouns that later sentences may take as known; "met" introduces "the meeting", and
    "President Vos" the president."""
    nouns = {token.lemma.lower() for token in sentence.tokens if token.pos == "NOUN"}
    titles = (token.text.lower() for token in sentence.tokens if token.pos == "PROPN")
    acts = {f"{token.lemma.lower()}ing" for token in sentence.tokens if token.pos == "VERB"}
    return frozenset(nouns | acts).union(filter(normalisation.is_person, titles))


def unresolved_reference(sentence: ParsedSentence, start: int = 0) -> str | None:
    """Why a sentence can't be read without the one before it, or None.

    >>> # "He said so.", "The two sides met." -> a reason each
    """
    tokens = [token for token in sentence.tokens if token.start >= start and token.pos != "SPACE"]
    if not tokens:
        return "empty"
    quoted = inside(quotations(sentence.text))
    outside = [token for token in tokens if not quoted(token.start)]
    first = next((token for token in outside if token.pos != "PUNCT"), tokens[0])
    said = next((token for token in tokens if token.pos != "PUNCT"), tokens[0])
    if quoted(said.start) and (
        said.text.lower() in THIRD_PERSON | CONNECTIVES or _is_anaphoric_opening(sentence, said)
    ):
        return f"quotes {said.text!r}"
    if first.start == min(token.start for token in tokens) and _is_anaphoric_opening(
        sentence, first
    ):
        return f"opens with {first.text!r}"
    if BACKWARD.search(sentence.text[start:]):
        return "points back to another sentence"
    seen: set[str] = set()
    for token in outside:
        if (
            token.text.lower() in DEMONSTRATIVES
            and token.tag == "DT"
            and token.dep in {"nsubj", "nsubjpass", "dobj", "pobj"}
        ):
            return f"{token.text!r} has no referent"
        if token.text.lower() in THIRD_PERSON and not _has_antecedent(sentence, token, seen):
            return f"{token.text!r} has no referent"
        if token.text.lower() == "there" and token.tag == "RB" and "place" not in seen:
            return "'there' has no referent"
        if may_be_one(token):
            seen.add("person")
        elif token.pos in {"PROPN", "NOUN"} and token.entity not in {"DATE", "TIME"}:
            seen.add("thing")
            if token.entity in PLACE_ENTITIES or token.dep in {"dobj", "pobj"}:
                seen.add("place")
    return None


def may_be_one(token: Token) -> bool:
    """Whether a noun or name may be the person whom "he" or "she" means."""
    if token.pos == "PROPN":
        site = re.search(r"\.\w", token.text)
        return token.entity in {"PERSON", ""} and token.tag != "NNPS" and not site
    return token.tag == "NN" and normalisation.is_person(token.lemma)


def _is_anaphoric_opening(sentence: ParsedSentence, first: Token) -> bool:
    """Whether the first word stands for something told before: "It …", "Both men …", or makes the
    whole a part of another sentence: "When he came home."; not "There is …", "Some of the houses
    …", "This week …", "Those who …", "What began as … ended …"."""
    word, index = first.text.lower(), sentence.tokens.index(first)
    below = sentence.children[index]
    explained = any(sentence.tokens[i].dep in {"relcl", "acl", "prep"} for i in below)
    noun = sentence.tokens[first.head]
    match word:
        case "there":
            return first.tag != "EX"
        case "one" | "some" | "many" | "those":
            counts = word != "those" and first.dep in {"nummod", "det", "amod", "quantmod"}
            return not (counts or explained)
        case "this" | "these" | "that":
            return noun.entity not in {"DATE", "TIME"} or first.dep != "det"
        case "both" | "neither" | "either":
            return first.dep != "preconj"
        case "what" | "whether" | "how" | "why" | "where":
            above = [index, *sentence.ancestors(index)]
            return not any(sentence.tokens[i].dep.startswith("csubj") for i in above)
        case "when" | "while" | "if" | "as" | "because" | "although" | "though":
            return first.head in sentence.roots and first.dep in {"advmod", "mark"}
        case _:
            return word in ANAPHORIC_OPENERS


def _has_antecedent(sentence: ParsedSentence, pronoun: Token, seen: set[str]) -> bool:
    """A person needs a noun or name for one before it, a thing any noun; or the main subject
    names it right after, as in "As he spoke, Putin …" (never "Beside him, Putin …")."""
    if "person" in seen or (seen and pronoun.text.lower() in THINGS):
        return True
    if pronoun.text.lower() == "it" and pronoun.dep == "expl":
        return True
    if pronoun.dep not in {"nsubj", "nsubjpass", "poss"} or pronoun.text.lower() not in PERSONAL:
        return False
    clause = sentence.tokens[pronoun.head]
    main = {clause.head} if clause.dep == "advcl" else set(sentence.roots)
    return any(
        token.dep in {"nsubj", "nsubjpass"}
        and token.pos == "PROPN"
        and token.start > pronoun.start
        and not any(sentence.tokens[i].dep == "conj" for i in sentence.children[child])
        for verb in main
        for child in sentence.children[verb]
        for token in (sentence.tokens[child],)
    )


def _identified(sentence: ParsedSentence, noun: int) -> bool:
    """Whether a name, a phrase or a relative clause on the noun tells which one it is."""
    return any(
        sentence.tokens[i].pos == "PROPN" and sentence.tokens[i].entity not in {"DATE", "TIME"}
        for i in sentence.subtree(noun)
    ) or any(sentence.tokens[i].dep in {"prep", "relcl"} for i in sentence.children[noun])


def _caption(sentence: ParsedSentence) -> bool:
    """Whether it tells what a picture shows."""
    present = any(sentence.tokens[root].tag in {"VBZ", "VBP"} for root in sentence.roots)
    return bool(CAPTION.search(sentence.text)) or (
        present and bool(CAPTION_DATE.search(sentence.text))
    )


def _heading(sentence: ParsedSentence) -> bool:
    """Whether every word is capitalised as in a title, verbs and all."""
    words = [
        t.text
        for t in sentence.tokens
        if t.text.isalpha() and t.text.lower() not in normalisation.FUNCTION
    ]
    return len(words) > 1 and all(word[:1].isupper() for word in words)


def _addresses(sentence: ParsedSentence) -> bool:
    """Whether the sentence itself, not a quotation, speaks in the first or second person."""
    quoted = inside(quotations(sentence.text))
    return any(
        token.text.lower() in FIRST_AND_SECOND and token.tag.startswith("PRP")
        for token in sentence.tokens
        if not quoted(token.start)
    )


def _has_finite_verb(sentence: ParsedSentence) -> bool:
    """A main verb with a subject of its own: no fragment, no bare command."""
    return any(
        sentence.is_predicate(root)
        and (sentence.tokens[root].tag != "VBG" or _has_auxiliary(sentence, root))
        and any(
            sentence.tokens[child].dep in {"nsubj", "nsubjpass", "csubj", "expl"}
            for child in sentence.children[root]
        )
        for root in sentence.roots
    )


def _has_auxiliary(sentence: ParsedSentence, verb: int) -> bool:
    return any(
        sentence.tokens[child].dep in {"aux", "auxpass"} for child in sentence.children[verb]
    )


def _attributed(sentence: ParsedSentence) -> bool:
    """Whether a sentence that is mostly quotation tells, in its own words, whose it is."""
    quoted = sum(end - start for start, end in quotations(sentence.text))
    return quoted < 0.5 * len(sentence.text) or attributed(sentence)


FORMS: Mapping[str, Callable[[ParsedSentence], bool]] = {
    "it is too short or too long": lambda sentence: (
        not any(
            MIN_WORDS <= len(piece.text.split()) <= MAX_WORDS for piece in compressions(sentence)
        )
    ),
    "it is a question or has no full stop": lambda sentence: (
        not re.search(r"[.!][\"\u201d')]*$", sentence.text)
    ),
    "it breaks off": lambda sentence: bool(CUT_OFF.search(sentence.text)),
    "it tells what a picture shows": _caption,
    "something of the page stands in it": lambda sentence: bool(
        PAGE_FURNITURE.search(sentence.text)
    ),
    "it points to something else on the page": lambda sentence: bool(FORWARD.search(sentence.text)),
    "every word of it is capitalised, as in a headline": _heading,
    "it begins in the middle of a sentence": lambda sentence: bool(BROKEN.match(sentence.text)),
    "a quotation mark or bracket of it is not closed": lambda sentence: not balanced(sentence.text),
    "it speaks to the reader, or for the author": _addresses,
    "it has no verb with a subject": lambda sentence: not _has_finite_verb(sentence),
    "it is quoted, and nobody says it there": lambda sentence: not _attributed(sentence),
}
"""Why a sentence is no whole sentence of prose that reports, of readable length \u2192 the test."""
