"""Persons: whom a clause names, and what it says of who that is.

Writers give a person's full name and a short description at the first mention and the last
name afterwards (Nenkova and McKeown 2003, "References to named entities: a corpus study").
A sentence taken from the middle of an article has the last name alone. The description is
an apposition or what stands before the name in another sentence, word for word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from service.models.base import Token
from service.pipeline.linguistics import normalisation
from service.pipeline.linguistics.parse import ParsedSentence, inside, quotations
from service.pipeline.linguistics.quotations import QUOTATIVE_VERBS

MAX_DESCRIPTION_WORDS = 9
"""More is a story of its own."""

SHORTEST_SURNAME = 3
"""Letters of a last name that is not used alone: "Kim Jong Un"."""

DESCRIBABLE_ROLES = frozenset({"nsubj", "nsubjpass", "dobj", "pobj", "iobj", "dative"})
"""Roles in which a name can be described without another noun being taken for the one described."""

FULL_NAME_ROLES = frozenset({"poss", "conj"})
"""Further roles in which a last name can be made a full one: "Gallant's colleagues"."""

PARTICLES = frozenset({"la", "le", "de", "del", "della", "di", "da", "du", "dos", "van", "von", "der", "den",
                       "ter", "al", "el", "abu", "ben", "bin", "ibn", "st.", "san", "santa", "saint"})  # fmt: skip
"""What stands before a last name and is part of it."""

HOURS = frozenset({"a.m.", "p.m."})

COURTESY = frozenset({"mr", "mrs", "ms", "miss"})

RELATIVES = frozenset({
    "predecessor", "successor", "wife", "husband", "son", "daughter", "mother", "father", "brother",
    "sister", "friend", "colleague", "boss", "partner", "girlfriend", "boyfriend", "rival", "opponent",
    "client", "neighbor", "neighbour", "lawyer", "attorney", "cousin", "uncle", "aunt", "roommate",
    "fiancee", "fiance", "niece", "nephew", "classmate", "widow", "supporter", "critic", "member",
    "fellow", "star", "person", "victim",
})  # fmt: skip
"""Nouns that say who somebody is only with whose, or of what."""

SPELLED_ALIKE = 0.7
"""Share of letters in common, in order, of two spellings of one name: Gaddafi and Kadhafi have .71,
Zelensky and Selenskyj .82, Leitner and Teller .46."""

FIRST_ALIKE = 0.6
"""The same of first names beside last names that are alike: Aleksey and Alexei have .62."""

SHORTEST_SPELLED = 4
"""Letters of a name that is spelled in two ways: Tom is not Tim."""

UMLAUTS = str.maketrans(
    {
        "\u00e4": "ae",
        "\u00f6": "oe",
        "\u00fc": "ue",
        "\u00df": "ss",
        "\u00f8": "oe",
        "\u00e5": "aa",
        "\u0142": "l",
    }
)

NAME = re.compile(r"[A-Z][\w.\u2019'-]+(?: [\w.\u2019'-]+){0,3}")
AGE = re.compile(r", (\d{1,3})(?=[,.;])")
"""Behind a name: how old that person is."""


class Person(msgspec.Struct, frozen=True):
    """A name at `text[start:end]` of a clause, its courtesy title included; `plain` if nothing
    there says who that is, `half` if it is a last name that the first can be put before; `last` is
    the index of its last token."""

    name: str
    start: int
    end: int
    last: int
    plain: bool
    half: bool

    @property
    def surname(self) -> str:
        return self.name.split()[-1]


class Description(msgspec.Struct, frozen=True):
    """Who `name` is: words that stand before the name ("Kremlin spokesman") or behind it ("a
    teacher from Bergen"); "" where only the full name is given."""

    name: str
    words: str
    before: bool


def may_be_one(a: str, b: str) -> bool:
    """Whether two names may be one person's: an office may be anybody's, and a last name is spelled in
    more ways than one.

    >>> may_be_one("Zelensky", "Volodymyr Zelenskyy"), may_be_one("Prime Minister", "Karin Holm")
    (True, True)
    >>> may_be_one("Maria Delgado", "Pedro Delgado"), may_be_one("Leitner", "Mona Teller")
    (False, False)
    """
    mine, theirs = (
        [word for word in map(_folded, name.split()) if word not in normalisation.PERSON_TITLES]
        for name in (a, b)
    )
    if not mine or not theirs:
        return True
    if len(mine) > 1 and len(theirs) > 1 and not _spelled_alike(mine[0], theirs[0], FIRST_ALIKE):
        return mine[0] == theirs[-1] and mine[-1] == theirs[0]
    return any(_spelled_alike(x, y, SPELLED_ALIKE) for x in mine for y in theirs)


def spelled_alike(first: str, other: str) -> bool:
    """Whether two first names may be one: an initial, or two spellings."""
    return _spelled_alike(_folded(first), _folded(other), FIRST_ALIKE)


def _spelled_alike(a: str, b: str, least: float) -> bool:
    """One name, an initial of it, or two transliterations; a short one has no two."""
    if a == b or (1 in (len(a), len(b)) and a[0] == b[0]):
        return True
    short = min(len(a), len(b)) < SHORTEST_SPELLED
    return not short and SequenceMatcher(None, a, b).ratio() >= least


def _folded(name: str) -> str:
    """Without marks on its letters, as English papers print it."""
    letters = unicodedata.normalize("NFKD", normalisation.plain(name).translate(UMLAUTS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def people(clause: ParsedSentence) -> list[Person]:
    """The persons whom the clause names outside quotation marks, and single names that may be
    some person's last name."""
    quoted = inside(quotations(clause.text, unclosed=True))
    found: list[Person] = []
    named = list(_names(clause))
    known = {i for first, last in named for i in range(first, last + 1)}
    named += [(i, i) for i in range(len(clause.tokens)) if i not in known and _single(clause, i)]
    for first, last in sorted(named):
        token = clause.tokens[last]
        start = first
        while start and normalisation.plain(clause.tokens[start - 1].text) in COURTESY:
            start -= 1
        begin = clause.tokens[start].start
        if quoted(begin):
            continue
        name = clause.text[clause.tokens[first].start : token.end]
        plain = token.dep in DESCRIBABLE_ROLES and not _says_who(clause, start, last)
        half = (
            first == last
            and token.dep in DESCRIBABLE_ROLES | FULL_NAME_ROLES
            and not _titled(clause, start)
        )
        found.append(Person(name, begin, token.end, last, plain, half))
    return found


def descriptions(clause: ParsedSentence) -> list[Description]:
    """What the clause says of the persons whom it names in full."""
    found: list[Description] = []
    for first, last in _names(clause):
        if first == last:
            continue
        name = clause.text[clause.tokens[first].start : clause.tokens[last].end]
        found.append(Description(name, "", before=True))
        if age := AGE.match(clause.text, clause.tokens[last].end):
            found.append(Description(name, age.group(1), before=False))
        before = [i for i in clause.subtree(last) if i < first]
        if (
            before
            and clause.tokens[before[0]].tag != "DT"
            and not (before[0] and clause.tokens[before[0] - 1].pos == "PROPN")
            and _describes(clause, before, before[-1])
        ):
            words = clause.text[clause.tokens[before[0]].start : clause.tokens[first].start].strip()
            if not before[0] and _common(clause.tokens[0]):
                words = words[0].lower() + words[1:]
            found.append(Description(name, words, before=True))
        for child in clause.children[last]:
            behind = clause.subtree(child)
            if clause.tokens[child].dep == "appos" and _apposed(clause, last, behind):
                if _describes(clause, behind, child):
                    words = clause.text[
                        clause.tokens[behind[0]].start : clause.tokens[behind[-1]].end
                    ]
                    found.append(Description(name, words, before=False))
    return found


def _common(token: Token) -> bool:
    """Whether the word is written small elsewhere than at the beginning: a role, no title."""
    word = normalisation.plain(token.text)
    return token.pos == "NOUN" or (
        normalisation.is_person(word) and word not in normalisation.PERSON_TITLES
    )


def full_names(clause: ParsedSentence) -> list[tuple[str, str]]:
    """First and last name of the persons whom the clause names with both; not a title's or office's
    holder ("Assemblyman Olgin"), nor initials ("WL Ross")."""
    found: list[tuple[str, str]] = []
    for first, last in _names(clause):
        words = [token.text for token in clause.tokens[first : last + 1]]
        while len(words) > 1 and _office(words[0]):
            words = words[1:]
        if len(words) > 1 and not words[0].isupper():
            found.append((words[0], words[-1]))
    return found


def _office(word: str) -> bool:
    plain = normalisation.plain(word)
    return plain in normalisation.PERSON_TITLES | COURTESY or normalisation.is_person(plain)


def same(person: Person, full: str) -> bool:
    """Whether the full name's last words are the person's name, or it has no first name of its own
    between first and last: "Vladimir V. Putin" is "Vladimir Putin"."""
    parts, own = full.split(), person.name.split()
    return parts[-len(own) :] == own or (
        len(own) > 1 and (parts[0], parts[-1]) == (own[0], own[-1])
    )


def fitting(
    person: Person,
    known: Sequence[tuple[int, Description]],
    article: Callable[[int], int],
    own: int,
) -> list[tuple[int, Description]]:
    """The descriptions to introduce the person by, the best first, each with the index of the
    sentence that has it.

    `known` are those of everybody of that last name; if they are several people, a last name
    alone is the one whom its `own` article names in full, if all of them name that one most. A
    description that names something says most, then a role, then an age, then the full name
    alone; of two alike that of another article, whose reader would miss it.
    """
    full = None if person.name != person.surname else _meant(known, article, own)

    def worth(found: tuple[int, Description]) -> tuple[bool, bool, bool, bool, int, int]:
        i, each = found
        named = bool(re.search(r"[A-Z]\w+ ?", each.words))
        role = bool(each.words) and not each.words.isdigit()
        return role, named, bool(each.words), article(i) != own, -len(each.words), -i

    return sorted(
        (
            (i, each)
            for i, each in known
            if same(person, each.name)
            and (person.name != person.surname or each.name.split()[0] == full)
            and (person.plain if each.words else person.name != each.name and person.half)
        ),
        key=worth,
        reverse=True,
    )


def _meant(
    known: Sequence[tuple[int, Description]], article: Callable[[int], int], own: int
) -> str | None:
    """The first name of the one whom a last name alone means, or None."""
    firsts = Counter(each.name.split()[0] for _, each in known)
    here = {each.name.split()[0] for i, each in known if article(i) == own}
    most = max(firsts.values(), default=0)
    often = [first for first, count in firsts.items() if count == most]
    return (
        often[0] if len(often) == 1 and here <= set(often) and (here or len(firsts) == 1) else None
    )


def introduced(clause: ParsedSentence, person: Person, description: Description) -> str | None:
    """The text with the person's full name and description; None where it does not fit there."""
    before, after = clause.text[: person.start], clause.text[person.end :]
    if description.before:
        named = f"{description.words} {description.name}".strip()
    elif re.match(r"['\u2019(\u2014\u2013-]| and | or |, (?:who|\d)", after):
        return None
    else:
        closing = "" if re.match(r"\s*[.,;:?!]", after) else ","
        named = f"{description.name}, {description.words}{closing}"
    if not before:
        named = named[:1].upper() + named[1:]
    return before + named + after


def again(clause: ParsedSentence, told: Mapping[str, str], words: Collection[str]) -> str:
    """The text with persons who were named before by their last name alone, as a reader expects.

    `told` holds the persons named before: last name → first name. What else the sentence says of
    such a person goes only if `words`, those printed before in lower case, hold all of it.
    """
    names = [(first, last) for first, last in _names(clause) if last > first]
    lasts = Counter(clause.tokens[last].text for _, last in _names(clause))
    quoted = inside(quotations(clause.text, unclosed=True))
    cuts: list[tuple[int, int]] = []
    for first, last in names:
        name = clause.tokens[last]
        if (
            told.get(name.text) != clause.tokens[first].text
            or lasts[name.text] > 1
            or len(name.text) <= SHORTEST_SURNAME
            or name.dep not in DESCRIBABLE_ROLES | FULL_NAME_ROLES
            or quoted(name.start)
        ):
            continue
        before = [i for i in clause.subtree(last) if i < first]
        behind = [i for i in clause.subtree(last) if i > last]
        if not all(
            clause.tokens[i].text.lower() in words or clause.tokens[i].pos in {"PUNCT", "DET"}
            for i in (*before, *behind)
        ):
            continue
        start = clause.tokens[min([*before, first])].start
        cuts.append((start, name.start))
        if behind and clause.tokens[behind[0]].text == ",":
            rest = clause.text[clause.tokens[behind[-1]].end :]
            closing = "," if rest.startswith(",") else ""
            cuts.append((name.end, clause.tokens[behind[-1]].end + len(closing)))
    text, at = "", 0
    for start, end in sorted(cuts):
        text, at = text + clause.text[at:start], end
    return text + clause.text[at:]


def splits(first: str, last: str, text: str) -> bool:
    """Whether the text has more of the name than the two, or the first is no first name: "Frances Bean
    Cobain", "Abu Salim".
    """
    return first.lower() in PARTICLES or bool(
        re.search(rf"\b{re.escape(f'{first} {last}')} [A-Z]\w+", text)
    )


def alone(surname: str, text: str) -> bool:
    """Whether the name stands in the text without another before or behind it: "La Croix" is never
    "Croix", "Ross" is "Wilbur Ross".

    >>> alone("Ross", "Then Ross left."), alone("Croix", "La Croix left."), alone("Bean", "Frances Bean Cobain")
    (True, False, False)
    """
    found = re.finditer(rf"(?:(?<!\S)(\S+) )?\b{re.escape(surname)}\b(?! [A-Z])", text)
    before = (match.group(1) or "" for match in found)
    return any(
        not word[:1].isupper() or normalisation.plain(word) in COURTESY | normalisation.FUNCTION
        for word in before
    )


def _names(clause: ParsedSentence) -> Iterable[tuple[int, int]]:
    """First and last token of each person's name."""
    tokens = clause.tokens
    for index, token in enumerate(tokens):
        if token.entity != "PERSON" or not token.entity_begins:
            continue
        _, last = clause.entity(index)
        while last > index and tokens[last].text in {"'s", "\u2019s"}:
            last -= 1
        while index < last and normalisation.plain(tokens[index].text) in COURTESY:
            index += 1
        name = clause.text[tokens[index].start : tokens[last].end]
        proper = all(
            tokens[i].pos == "PROPN" and tokens[i].text.lower() not in HOURS
            for i in range(index, last + 1)
        )
        if proper and not name.isupper() and NAME.fullmatch(name):
            yield index, last


def _single(clause: ParsedSentence, index: int) -> bool:
    """Whether the token is a name of one word: the recogniser of entities knows few last names."""
    around = clause.tokens[max(0, index - 1) : index] + clause.tokens[index + 1 : index + 2]
    token = clause.tokens[index]
    return (
        token.tag in {"NNP", "NNPS"}
        and token.text[:1].isupper()
        and token.text.isalpha()
        and (token.entity in {"", "PERSON", "ORG"} or _speaks(clause, index))
        and not any(
            each.pos == "PROPN" and normalisation.plain(each.text) not in COURTESY
            for each in around
        )
    )


def _speaks(clause: ParsedSentence, index: int) -> bool:
    """Whether it is what says something: "Houston said" is seldom the town."""
    token = clause.tokens[index]
    return token.dep == "nsubj" and clause.tokens[token.head].lemma in QUOTATIVE_VERBS


def _titled(clause: ParsedSentence, first: int) -> bool:
    """Whether a noun or name stands right before it: "President Trump"."""
    earlier = clause.tokens[first - 1] if first else None
    return (
        earlier is not None
        and earlier.end + 1 == clause.tokens[first].start
        and earlier.pos in {"NOUN", "PROPN", "ADJ", "NUM"}
        and earlier.entity not in {"DATE", "TIME"}
    )


def _says_who(clause: ParsedSentence, first: int, last: int) -> bool:
    """Whether the clause itself describes the name, or says something of it that a description
    would break up."""
    own = range(first, last + 1)
    below = [i for i in clause.subtree(last) if i not in own]
    if any(clause.tokens[i].pos not in {"PUNCT", "PART"} for i in below):
        return True
    if _titled(clause, first):
        return True
    verb = clause.tokens[clause.tokens[last].head]
    attributes = (clause.tokens[i] for i in clause.children[clause.tokens[last].head])
    return verb.lemma == "be" and any(each.dep == "attr" for each in attributes)


def _describes(clause: ParsedSentence, span: list[int], head: int) -> bool:
    """Whether the tokens, one after the other, say in few words what kind of person that is."""
    tokens = [clause.tokens[i] for i in span]
    words = [token.text.lower() for token in tokens]
    noun = clause.tokens[head]
    person = noun.pos in {"NOUN", "PROPN"} and normalisation.is_person(noun.lemma.rstrip("."))
    whose = any(token.tag == "POS" or token.text == "of" for token in tokens)
    return (
        span == list(range(span[0], span[-1] + 1))
        and len(words) <= MAX_DESCRIPTION_WORDS
        and (person or words[-1].endswith("-year-old"))
        and (whose or noun.lemma.lower() not in RELATIVES)
        and noun.tag not in {"NNS", "NNPS"}
        and (words[0] != "the" or whose or any(token.pos == "PROPN" for token in tokens))
        and tokens[0].pos != "CCONJ"
        and not any(
            token.pos in {"PRON", "VERB", "AUX"}
            or token.tag in {"PRP$", "WP", "WDT"}
            or token.text in {'"', "\u201c", "\u201d", "(", ")", "[", "\u2014", ":", ";"}
            for token in tokens
        )
    )


def _apposed(clause: ParsedSentence, last: int, behind: list[int]) -> bool:
    """Whether the phrase stands right behind the name, between commas or before the end."""
    begins, ends = clause.tokens[last].end, clause.tokens[behind[0]].start
    rest = clause.text[clause.tokens[behind[-1]].end :]
    return clause.text[begins:ends] == ", " and bool(re.match(r"[,.;]", rest))
