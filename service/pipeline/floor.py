"""The floor: the source's own sentence, trimmed at clause borders, where it can stand alone.

A trim is a contiguous span, so its citation is exact. Only what can go without changing
what the rest says is cut: a linking word in front, a relative clause, apposition or
circumstance behind. The checker judges a trimmed sentence like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from service.models.base import Token
from service.pipeline import lexicon
from service.pipeline.speech import attributed
from service.pipeline.syntax import Clause, balanced, quotations

MIN_WORDS, MAX_WORDS = 6, 45
"""Fewer words seldom say what happened; more are not read under deadline."""

READABLE_WORDS = 32
"""A longer sentence is trimmed where a trim is supported."""

LINK = re.compile(
    r"(?:(?:But|And|So(?! far| many| much)|Yet|Or|Still|Also|However|Furthermore|Moreover|Meanwhile|Nevertheless|Nonetheless"
    r"|Afterwards?|Additionally|In addition(?! to\b)|Besides(?=,)|Indeed|Instead|Thus|Therefore|Then|For example"
    r"|For instance|Similarly|Likewise|At the same time|On the other hand|Of course|In fact|As a result"
    r"|Consequently|Finally|Plus|Overall|Increasingly|That said|Even so),?\s+)+(?=\S)"
)
"""Words that tie a sentence to one that will not be there."""

BORDER = re.compile(r"\s*(?:,|\u2014|\u2013|--)(?:\s+(?:and|but)\b)?\s*|\s+(?:and|but)\s+")
"""Where a clause may begin: at a comma, a dash, or the conjunction of two predicates."""

DROPPABLE = frozenset({"relcl", "acl", "appos", "advcl", "prep"})
CIRCUMSTANCE = frozenset({"as", "while", "when", "where", "after", "before", "since", "whereas",
                          "following", "amid", "including"})  # fmt: skip
"""Clauses and phrases that open so can go from the end; "if", "unless", "although",
"because", "despite" and "according to" stay."""

THIRD_PERSON = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself", "it", "they",
                          "them", "its", "their"})  # fmt: skip
THINGS = frozenset({"it", "they", "them", "its", "their"})
PERSONAL = frozenset({"he", "she", "his", "her"})
PLACES = frozenset({"GPE", "LOC", "FAC"})
GIVEN_OPENERS = frozenset({"the", "earlier", "previous", "other", "further", "additional", "more"})
GOES_ON = frozenset({"and", "but", "or", "so", "because", "then", "therefore"})
POINTERS = frozenset({"this", "that", "these", "those", "such", "either", "neither"})
ANAPHORS = frozenset({"town", "city", "village", "company", "firm", "suspect", "victim", "woman", "man",
                      "couple", "agency", "group", "incident", "crash", "footage", "study", "bill",
                      "ruling", "statement", "document", "boy", "girl", "teenager", "driver",
                      "passenger", "officer", "shooter", "gunman", "actor", "singer", "list", "video",
                      "clip", "decision", "announcement", "lawsuit", "memo", "remark"})  # fmt: skip
"""Nouns that with "the" name something told before, wherever they stand."""
OPENERS = frozenset({"it", "they", "such", "their", "its", "another", "others", "here", "who",
                     "which"})  # fmt: skip
FIRST_AND_SECOND = frozenset({"i", "we", "you", "my", "our", "your", "us", "me", "let's", "ours"})
BACKWARD = re.compile(
    r"\b(?:both sides|the two (?:sides|men|women|leaders|countries)|the (?:former|latter)(?= (?:said|was|is|has|had)\b|[,.])|the (?:pair|trio|duo)"
    r"|if so|(?:since|until|by) then|that (?:day|night|year)|went on to"
    r"|said (?:\w+ )?(?:hours|days|weeks|months|years) (?:earlier|before))\b"
    r"|, (?:though|however|instead|too)[,.]"
    r"|^(?:\w+ ){0,3}(?:moment|minute|hour|day|week|month|year)s? (?:later|earlier|before)\b"
    r"|^(?:\w+ )?the (?:next|following|previous|same) (?:day|night|morning|evening|week|month|year)\b",
    re.IGNORECASE,
)
"""What names somebody, or a time, by what was told before."""
FORWARD = re.compile(
    r"\b(?:as (?:mentioned|noted|reported) (?:above|earlier)|the following|below)\b", re.IGNORECASE
)
"""Speaks of the page around it."""

CAPTION = re.compile(
    r"\bfile (?:photo|picture|image)\b|\bFILE\b|^An? (?:illustration|artist[\u2019']s)\b"
    r"|^In (?:this|an?)\b[^.]{0,60}\b(?:photo|image|picture|photograph|frame|illustration)\b"
    r"|\b(?:is|are) (?:shown|seen|pictured) (?:in (?:this|an?|[A-Z])\b|(?:here|before|after|during|on|at|as)\b.*\d{4}\.?$)"
    r"|\b(?:photo|image|picture|photograph) (?:released|provided|made available)\b"
    r"|\((?:AP|Getty|Reuters|AFP|Photo)\b|\b(?:Photo|Image|Picture)s?(?: by|:)"
)
"""What a picture shows is told in the present tense of no day: it is not what happened."""

PAGE = re.compile(
    r"https?://|\bwww\.|\bpic\.twitter|(?<!\w)@\w|\([cC]\) \d{4}|\u00a9"
    r"|[A-Z]{4,}(?:, [A-Z][\w.]+)? \([A-Z]{2,8}\) ?[-\u2013\u2014]|^(?:EMBED|View Images?)\b"
    r"|^\W?[A-Z]{3,}(?: [A-Z]{2,})?: |^\d{1,2}:\d\d [AP]\.?M\b"
    r"|\bFigs?\. ?\d|[a-z]{3}\d{1,2}(?:,\d{1,2})*\.$"
)
"""Something of the page, of a post, a transcript or a paper stands in the sentence: an address, a
handle, a notice, a headline with its dateline, who speaks, the hour of an entry, a figure or note."""

SNAPSHOT = re.compile(
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+\.? \d{1,2}, \d{4}\b"
)
"""A day as captions give it; with a verb in the present tense the sentence is one."""

SHORT_NAME = 3
"""Letters of a last name that is not used alone: "Kim Jong Un"."""

UNFINISHED = frozenset({"call", "make", "keep", "consider", "deem", "find", "seem", "leave"})
"""Lemmas of verbs whose object is not all that they need."""

BROKEN = re.compile(r"[a-z]+\b")
"""The rest of a sentence, or of a list; "iPhone" and "eBay" begin one."""

CUT_OFF = re.compile(
    r"(?:\.\.\.|\u2026)[\"\u201d')]*$|\b(?:Jan|Feb|Aug|Sept|Oct|Nov|Dec|Mr|Mrs|Ms|Gov|Sen|Rep|Lt|Sgt)\.$"
)
"""A teaser that the page cuts off, or a sentence split at an abbreviation."""


class Trim:
    """A contiguous piece of a sentence: `start`/`end` in the sentence, `text` as printed."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        self.start, self.end = start, end
        body = sentence[start:end]
        cased = body[:1].upper() + body[1:]
        self.text = cased if re.search(r"[.!?][\"\u201d')]*$", cased) else cased + "."


def trims(sentence: Clause) -> list[Trim]:
    """The sentence without its linking word, then shorter and shorter pieces of it.

    The first always stands for the whole sentence; each later one has lost one more
    clause from its end.
    """
    text = sentence.text
    link = LINK.match(text)
    start = link.end() if link else 0
    found = [Trim(text, start, len(text))]
    end = len(text.rstrip(" .!?"))
    while (cut := _last_clause(sentence, start, end)) is not None:
        end = cut
        if len(text[start:end].split()) < MIN_WORDS or not balanced(text[start:end]):
            continue
        found.append(Trim(text, start, end))
    return found


def _last_clause(sentence: Clause, start: int, end: int) -> int | None:
    """Where the last droppable clause of `text[start:end]` begins, or None."""
    borders = [
        match.start() for match in BORDER.finditer(sentence.text[:end]) if match.start() > start
    ]
    for border in reversed(borders):
        inside = [
            index
            for index, token in enumerate(sentence.tokens)
            if border <= token.start < end and token.pos not in {"PUNCT", "SPACE"}
        ]
        while inside and sentence.tokens[inside[0]].dep == "cc":
            inside = inside[1:]
        if inside and _droppable(sentence, inside):
            return border
    return None


def _droppable(sentence: Clause, inside: list[int]) -> bool:
    """Whether the tokens are one clause that only adds to what stands before it, and of
    which nothing stands there: "who, like his mount, | is owned by a brewer" is one clause."""
    span = set(inside)
    heads = {index for index in inside if sentence.tokens[index].head not in span}
    if span & set(sentence.roots):
        return False
    if any(sentence.tokens[index].head in span for index in range(inside[0])):
        return False
    if len(heads) != 1 or sentence.tokens[(head := heads.pop())].head > inside[0]:
        return False
    token = sentence.tokens[head]
    if token.dep == "conj":
        return _shares_subject(sentence, head)
    if token.dep not in DROPPABLE or _is_cleft(sentence, head):
        return False
    words = {sentence.tokens[index].text.lower() for index in inside}
    if token.dep == "prep" and token.text.lower() not in CIRCUMSTANCE:
        return False
    if token.dep == "advcl":
        marks = {
            sentence.tokens[child].text.lower()
            for child in sentence.children[head]
            if sentence.tokens[child].dep in {"mark", "advmod"}
        }
        if not marks & CIRCUMSTANCE and token.tag != "VBG":
            return False
    return not (words & {"if", "unless", "not", "only", "although", "though"})


def _is_cleft(sentence: Clause, clause: int) -> bool:
    """Whether the relative clause may be what "it is the traders | who …" says of them."""
    return sentence.tokens[clause].dep == "relcl" and any(
        sentence.tokens[root].lemma == "be"
        and any(
            sentence.tokens[i].text.lower() == "it" and sentence.tokens[i].dep.startswith("nsubj")
            for i in sentence.children[root]
        )
        for root in sentence.roots
    )


def _shares_subject(sentence: Clause, verb: int) -> bool:
    """Whether a finite verb that is joined to another one has that one's subject."""
    other = sentence.tokens[verb].head
    finite = all(
        sentence.is_predicate(i) and sentence.tokens[i].tag in {"VBD", "VBZ", "VBP", "VBN"}
        for i in (verb, other)
    )
    own = any(sentence.tokens[i].dep.startswith("nsubj") for i in sentence.children[verb])
    return finite and not own


def headlines(sentence: Clause) -> list[str]:
    """Short lines from a sentence: its trims without asides, persons by their last name alone.

    "Russian President Vladimir Putin, who is 73, is set to meet Mr. Witkoff" becomes "Putin is
    set to meet Witkoff". What follows the main verb's object can go too; the checker judges
    the line.
    """
    cuts = sorted([*_forenames(sentence), *_asides(sentence)])
    lines: list[str] = []
    starts = [trims(sentence)[0].start, *_openings(sentence)]
    ends = [trim.end for trim in trims(sentence)] + _ends(sentence)
    for first, last in product(starts, ends):
        kept, at = "", first
        for start, end in cuts:
            if at <= start and end <= last:
                kept, at = kept + sentence.text[at:start], end
        line = (kept + sentence.text[at:last]).rstrip(" ,;:\u2014\u2013-")
        line = re.sub(r",(?=[\"\u201d]$)", "", line)
        lines.append(line[:1].upper() + line[1:])
    return lines


def _openings(sentence: Clause) -> Iterator[int]:
    """Behind the time or circumstance that the main clause opens with: "On Tuesday, | Vos …"."""
    if len(sentence.roots) != 1:
        return
    root = sentence.roots[0]
    for index in sentence.children[root]:
        if sentence.tokens[index].dep not in {"prep", "advmod", "npadvmod"} or index > root:
            continue
        own = sentence.subtree(index)
        span = sentence.span(own)
        if span is None or sentence.text[: span[0]].strip():
            continue
        if sentence.text[span[1] :][:2] == ", ":
            yield span[1] + 2
        elif _begins_subject(sentence, own[-1] + 1):
            yield sentence.tokens[own[-1] + 1].start


def _begins_subject(sentence: Clause, index: int) -> bool:
    subjects = (
        i
        for i in sentence.children[sentence.roots[0]]
        if sentence.tokens[i].dep.startswith("nsubj")
    )
    return any(min(sentence.subtree(i)) == index for i in subjects)


def _forenames(sentence: Clause) -> Iterator[tuple[int, int]]:
    """What stands before a person's name, with the first name of a name of two words."""
    last = [t.text for t in sentence.tokens if t.entity == "PERSON" and t.dep != "compound"]
    for index, token in enumerate(sentence.tokens):
        if token.entity != "PERSON" or token.pos != "PROPN" or token.dep == "compound":
            continue
        if last.count(token.text) > 1:  # "Ron Tarnowski and Mary Tarnowski"
            continue
        before = [sentence.tokens[i] for i in sentence.subtree(index) if i < index]
        own = [part for part in before if part.entity == "PERSON"]
        if len(own) > 1 or len(token.text) <= SHORT_NAME:
            before = before[: before.index(own[0])] if own else []
            token = own[0] if own else token
        if before and all(part.pos in {"PROPN", "ADJ", "NOUN", "DET"} for part in before):
            yield before[0].start, token.start


def _asides(sentence: Clause) -> Iterator[tuple[int, int]]:
    """Appositions and relative clauses between two commas, with both commas."""
    for index, token in enumerate(sentence.tokens):
        if token.dep not in {"appos", "relcl"}:
            continue
        span = sentence.span(sentence.subtree(index))
        if span is None or not balanced(sentence.text[slice(*span)]):
            continue
        opened, closed = sentence.text[: span[0]].rstrip(), sentence.text[span[1] :]
        if opened.endswith(",") and closed.startswith(","):
            yield len(opened) - 1, span[1] + 1


def _ends(sentence: Clause) -> list[int]:
    """Where a headline may end: before each phrase that follows the main verb's last object, or
    its first phrase where it has none."""
    if len(sentence.roots) != 1:
        return []
    root = sentence.roots[0]
    if sentence.tokens[root].lemma in UNFINISHED:
        return []
    after = [i for i in sentence.children[root] if i > root and sentence.tokens[i].pos != "PUNCT"]
    said = [
        i
        for i in after
        if sentence.tokens[i].dep
        in {"dobj", "attr", "acomp", "agent", "xcomp", "ccomp", "oprd", "dative"}
    ]
    least = max(sentence.subtree(said[-1] if said else after[0] if after else root))
    found: list[int] = []
    for index in reversed(after):
        first = min(sentence.subtree(index))
        if sentence.tokens[index].dep in {"prep", "advcl", "npadvmod"} and first > least:
            found.append(sentence.tokens[first - 1].end)
    return [end for end in found if balanced(sentence.text[:end])]


def dangles(sentence: Clause, start: int = 0) -> str | None:
    """Why a sentence can't be read without the one before it, or None.

    >>> # "He said so.", "The two sides met." -> a reason each
    """
    tokens = [token for token in sentence.tokens if token.start >= start and token.pos != "SPACE"]
    if not tokens:
        return "empty"
    quoted = quotations(sentence.text)
    outside = [
        token for token in tokens if not any(begin <= token.start < end for begin, end in quoted)
    ]
    first = next((token for token in outside if token.pos != "PUNCT"), tokens[0])
    said = next(token for token in tokens if token.pos != "PUNCT")
    if said not in outside and (
        said.text.lower() in THIRD_PERSON | GOES_ON or _points_back(sentence, said)
    ):
        return f"quotes {said.text!r}"
    if first.start == min(token.start for token in tokens) and _points_back(sentence, first):
        return f"opens with {first.text!r}"
    if BACKWARD.search(sentence.text[start:]):
        return "points back to another sentence"
    seen: set[str] = set()
    for token in outside:
        if (
            token.text.lower() in POINTERS
            and token.tag == "DT"
            and token.dep in {"nsubj", "nsubjpass", "dobj", "pobj"}
        ):
            return f"{token.text!r} has no referent"
        if token.text.lower() in THIRD_PERSON and not _has_referent(sentence, token, seen):
            return f"{token.text!r} has no referent"
        if token.text.lower() == "there" and token.tag == "RB" and "place" not in seen:
            return "'there' has no referent"
        if may_be_one(token):
            seen.add("person")
        elif token.pos in {"PROPN", "NOUN"} and token.entity not in {"DATE", "TIME"}:
            seen.add("thing")
            if token.entity in PLACES or token.dep in {"dobj", "pobj"}:
                seen.add("place")
    return None


def may_be_one(token: Token) -> bool:
    """Whether a noun or name may be the person whom "he" or "she" means."""
    if token.pos == "PROPN":
        site = re.search(r"\.\w", token.text)
        return token.entity in {"PERSON", ""} and token.tag != "NNPS" and not site
    return token.tag == "NN" and lexicon.is_person(token.lemma)


def _points_back(sentence: Clause, first: Token) -> bool:
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
            return word in OPENERS


def _has_referent(sentence: Clause, pronoun: Token, seen: set[str]) -> bool:
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


def given(sentence: Clause, told: frozenset[str] | None = None) -> str | None:
    """The noun that a sentence takes as known ("The meeting …", "… these claims"), or None.

    A noun that the sentence itself identifies, by a name, an "of" phrase or a relative
    clause, needs no earlier mention. `told` are the words of its article before it: "the
    government" at the first mention there is known to every reader.
    """
    first = next((t for t in sentence.tokens if t.pos != "SPACE"), None)
    joined = False
    for token in sentence.tokens:
        noun = sentence.tokens[token.head]
        # "X happened, and that news …": the second clause points to the first.
        joined = joined or (token.dep == "cc" and token.head in sentence.roots)
        word = token.text.lower()
        opens = token is first and word in GIVEN_OPENERS
        points = token.dep == "det" and word in POINTERS and not joined
        recalls = word == "the" and token.dep == "det" and noun.lemma.lower() in ANAPHORS
        if (
            not (opens or points or recalls)
            or noun.pos != "NOUN"
            or noun.entity in {"DATE", "TIME"}
        ):
            continue
        new = told is not None and not told & {noun.lemma.lower(), noun.text.lower()}
        if not _identified(sentence, token.head) and (points or recalls or not new):
            return noun.lemma.lower()
    return None


def mentions(sentence: Clause) -> frozenset[str]:
    """The nouns that later sentences may take as known; "met" introduces "the meeting"."""
    nouns = {token.lemma.lower() for token in sentence.tokens if token.pos == "NOUN"}
    acts = {f"{token.lemma.lower()}ing" for token in sentence.tokens if token.pos == "VERB"}
    return frozenset(nouns | acts)


def _identified(sentence: Clause, noun: int) -> bool:
    """Whether a name, a phrase or a relative clause on the noun tells which one it is."""
    return any(
        sentence.tokens[i].pos == "PROPN" and sentence.tokens[i].entity not in {"DATE", "TIME"}
        for i in sentence.subtree(noun)
    ) or any(sentence.tokens[i].dep in {"prep", "relcl"} for i in sentence.children[noun])


def can_stand(sentence: Clause) -> bool:
    """Whether some trim of the sentence reads on its own, earlier mentions aside."""
    return _well_formed(sentence) and dangles(sentence, trims(sentence)[0].start) is None


def can_follow(sentence: Clause, before: Clause) -> bool:
    """Whether it reads right behind `before`, which precedes it in its article: "he" needs
    somebody there whom it may mean."""
    if not _well_formed(sentence):
        return False
    personal = any(token.text.lower() in THIRD_PERSON - THINGS for token in sentence.tokens)
    return not personal or any(map(may_be_one, before.tokens))


def _well_formed(sentence: Clause) -> bool:
    """A whole sentence of prose that reports, of readable length."""
    return (
        any(MIN_WORDS <= len(piece.text.split()) <= MAX_WORDS for piece in trims(sentence))
        and bool(re.search(r"[.!][\"\u201d')]*$", sentence.text))
        and not CUT_OFF.search(sentence.text)
        and not _caption(sentence)
        and not PAGE.search(sentence.text)
        and not FORWARD.search(sentence.text)
        and not _heading(sentence)
        and not BROKEN.match(sentence.text)
        and balanced(sentence.text)
        and not _addresses(sentence)
        and _has_finite_verb(sentence)
        and _attributed(sentence)
    )


def _caption(sentence: Clause) -> bool:
    """Whether it tells what a picture shows."""
    present = any(sentence.tokens[root].tag in {"VBZ", "VBP"} for root in sentence.roots)
    return bool(CAPTION.search(sentence.text)) or (present and bool(SNAPSHOT.search(sentence.text)))


def _heading(sentence: Clause) -> bool:
    """Whether every word is capitalised as in a title, verbs and all."""
    words = [
        t.text
        for t in sentence.tokens
        if t.text.isalpha() and t.text.lower() not in lexicon.FUNCTION
    ]
    return len(words) > 1 and all(word[:1].isupper() for word in words)


def _addresses(sentence: Clause) -> bool:
    """Whether the sentence itself, not a quotation, speaks in the first or second person."""
    quoted = quotations(sentence.text)
    return any(
        token.text.lower() in FIRST_AND_SECOND and token.tag.startswith("PRP")
        for token in sentence.tokens
        if not any(begin <= token.start < end for begin, end in quoted)
    )


def _has_finite_verb(sentence: Clause) -> bool:
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


def _has_auxiliary(sentence: Clause, verb: int) -> bool:
    return any(
        sentence.tokens[child].dep in {"aux", "auxpass"} for child in sentence.children[verb]
    )


def _attributed(sentence: Clause) -> bool:
    """Whether a sentence that is mostly quotation tells, in its own words, whose it is."""
    quoted = sum(end - start for start, end in quotations(sentence.text))
    return quoted < 0.5 * len(sentence.text) or attributed(sentence)
