"""The closed list of normalisations by which a word may follow from what is cited, and nothing else.

Each function says whether two surface forms may stand for each other and by which rule,
so that every use can be recorded.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

UNITS = (
    ("percent", "per cent", "%", "pct"),
    ("kilometers", "kilometres", "kilometer", "kilometre", "km"),
    ("meters", "metres", "meter", "metre", "m"),
    ("kilograms", "kilogrammes", "kilogram", "kg"),
    ("miles", "mile", "mi"),
    ("million", "mln", "m"),
    ("billion", "bln", "bn"),
    ("trillion", "trn", "tn"),
    ("dollars", "dollar", "$", "usd"),
    ("euros", "euro", "\u20ac", "eur"),
    ("pounds", "pound", "\u00a3", "gbp"),
    ("hours", "hour", "hrs", "hr"),
    ("minutes", "minute", "mins", "min"),
    ("p.m.", "pm"),
    ("a.m.", "am"),
)
NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
} | {
    "thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90", "hundred": "100", "thousand": "1000", "dozen": "12",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th",
    "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
}  # fmt: skip

PERSON_TITLES = frozenset({
    "mr", "mrs", "ms", "dr", "sir", "dame", "lord", "lady", "president", "prime", "minister",
    "chancellor", "secretary", "senator", "sen", "rep", "representative", "governor", "gov",
    "mayor", "general", "gen", "colonel", "col", "captain", "capt", "lieutenant", "lt", "sergeant",
    "sgt", "judge", "justice", "king", "queen", "prince", "princess", "pope", "bishop", "professor",
    "prof", "ambassador", "envoy", "spokesman", "spokeswoman", "spokesperson", "chairman", "chief",
    "director", "commissioner", "sheriff", "officer", "special", "press", "foreign", "vice",
})  # fmt: skip

_COUNTRIES = {
    "afghanistan": "afghan", "albania": "albanian", "algeria": "algerian", "argentina": "argentine",
    "armenia": "armenian", "australia": "australian", "austria": "austrian",
    "azerbaijan": "azerbaijani", "bangladesh": "bangladeshi", "belarus": "belarusian",
    "belgium": "belgian", "bolivia": "bolivian", "bosnia": "bosnian", "brazil": "brazilian",
    "bulgaria": "bulgarian", "cambodia": "cambodian", "canada": "canadian", "chile": "chilean",
    "china": "chinese", "colombia": "colombian", "croatia": "croatian", "cuba": "cuban",
    "cyprus": "cypriot", "denmark": "danish", "ecuador": "ecuadorian", "egypt": "egyptian",
    "estonia": "estonian", "ethiopia": "ethiopian", "europe": "european", "finland": "finnish",
    "france": "french", "georgia": "georgian", "germany": "german", "ghana": "ghanaian",
    "greece": "greek", "haiti": "haitian", "hungary": "hungarian", "iceland": "icelandic",
    "india": "indian", "indonesia": "indonesian", "iran": "iranian", "iraq": "iraqi",
    "ireland": "irish", "israel": "israeli", "italy": "italian", "jamaica": "jamaican",
    "japan": "japanese", "jordan": "jordanian", "kazakhstan": "kazakh", "kenya": "kenyan",
    "kosovo": "kosovar", "kuwait": "kuwaiti", "latvia": "latvian", "lebanon": "lebanese",
    "libya": "libyan", "lithuania": "lithuanian", "malaysia": "malaysian", "mexico": "mexican",
    "moldova": "moldovan", "mongolia": "mongolian", "morocco": "moroccan", "nepal": "nepalese",
    "netherlands": "dutch", "nigeria": "nigerian", "norway": "norwegian", "pakistan": "pakistani",
    "palestine": "palestinian", "peru": "peruvian", "philippines": "philippine",
    "poland": "polish", "portugal": "portuguese", "qatar": "qatari", "romania": "romanian",
    "russia": "russian", "serbia": "serbian", "singapore": "singaporean", "slovakia": "slovak",
    "slovenia": "slovenian", "somalia": "somali", "spain": "spanish", "sudan": "sudanese",
    "sweden": "swedish", "switzerland": "swiss", "syria": "syrian", "taiwan": "taiwanese",
    "thailand": "thai", "tunisia": "tunisian", "turkey": "turkish", "uganda": "ugandan",
    "ukraine": "ukrainian", "venezuela": "venezuelan", "vietnam": "vietnamese", "yemen": "yemeni",
    "zimbabwe": "zimbabwean", "us": "american", "uk": "british", "britain": "british",
}  # fmt: skip
COUNTRY_OF = {demonym: country for country, demonym in _COUNTRIES.items() if country != "britain"}
DEMONYMS = frozenset((a, b) for a, b in _COUNTRIES.items()) | frozenset(
    (b, a) for a, b in _COUNTRIES.items()
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december")  # fmt: skip
MONTH_ABBREVIATIONS = {name[:3]: name for name in MONTHS} | {"sept": "september"}


@lru_cache(maxsize=1 << 14)
def plain(word: str) -> str:
    """Lower case, straight apostrophes, without a possessive, dots or edge punctuation."""
    word = word.lower().replace("\u2019", "'").removesuffix("'s")
    return word.strip(".,;:!?'\"\u201c\u201d()[]").replace(".", "")


def canonical_form(word: str) -> str:
    """One spelling for all that the closed list holds equal: digits for number words, the
    country for its demonym.

    >>> canonical_form("Russian"), canonical_form("six"), canonical_form("1,200")
    ('russia', '6', '1200')
    """
    word = plain(word)
    if word[:1].isdigit():
        return word.replace(",", "")
    return NUMBER_WORDS.get(word) or COUNTRY_OF.get(word, word)


SEPARATED = re.compile(r"\d+|\d{1,3}(?:,\d{3})+|\d{1,2}(?:,\d\d)*,\d{3}")
"""A number whose commas, if any, part thousands: not the decimal comma of "1,5"."""


def number_rule(claim: str, source: str) -> str | None:
    """The rule by which two different spellings of one number agree, or None.

    >>> number_rule("1,200", "1200"), number_rule("six", "6"), number_rule("six", "7")
    ('separator', 'number-word', None)
    """
    a, b = plain(claim), plain(source)
    if a == b:
        return None
    if (
        SEPARATED.fullmatch(a)
        and SEPARATED.fullmatch(b)
        and a.replace(",", "") == b.replace(",", "")
    ):
        return "separator"
    return "number-word" if NUMBER_WORDS.get(a, a) == NUMBER_WORDS.get(b, b) else None


def unit_rule(claim: str, source: str) -> str | None:
    """ "unit" where both are spellings of one unit: "percent" and "%", "km" and "kilometres"."""
    a, b = claim.lower(), source.lower()
    return "unit" if a != b and any(a in unit and b in unit for unit in UNITS) else None


def is_unit(word: str) -> bool:
    """Whether a number before or after this word measures, not counts: "percent", "$"."""
    return any(word.lower() in unit for unit in UNITS)


def demonym_rule(claim: str, source: str) -> str | None:
    """ "demonym" where one names the country and the other what belongs to it."""
    return "demonym" if (plain(claim), plain(source)) in DEMONYMS else None


def date_of_weekday(weekday: str, published_at: datetime) -> datetime:
    """The day nearest to publication that has this name; ties go to the past.

    >>> date_of_weekday("Tuesday", datetime(2025, 12, 1)).day
    2
    """
    ahead = (WEEKDAYS.index(plain(weekday)) - published_at.weekday()) % 7
    return published_at + timedelta(days=ahead if ahead <= 3 else ahead - 7)


def month(word: str) -> str | None:
    """The full month that a word spells or abbreviates: "Dec." → "december"."""
    word = plain(word)
    return word if word in MONTHS else MONTH_ABBREVIATIONS.get(word)


STOPWORDS = frozenset(
    "a an the of in on at to for from by with and or but as is are was were be been it its that this"
    " he she they his her their has have had will would not no".split()
)
"""The commonest words: evidence that shares these with a claim does not yet bear on it."""

FUNCTION = STOPWORDS | frozenset(
    "who said says which could can may than then also after before into over about up out i we you".split()
)
"""Words that tell no topic by themselves."""


PEOPLE = frozenset({
    "man", "woman", "boy", "girl", "child", "teen", "baby", "person", "wife", "husband", "infant",
    "mother", "father", "mom", "dad", "parent", "son", "daughter", "brother", "sister", "uncle",
    "aunt", "cousin", "friend", "victim", "suspect", "colleague", "roommate", "attorney", "judge",
    "spokesperson", "actress", "nurse", "coach", "president", "king", "queen", "prince", "princess",
    "pope", "witness", "boss", "guard", "agent", "host", "pilot", "captain", "chief", "executive",
    "someone", "somebody", "anyone", "widow", "niece", "nephew", "patient", "inmate", "pal",
    "fiancee", "fiance", "student", "resident", "candidate", "delegate", "diplomat", "envoy",
    "secretary", "head", "deputy", "ceo", "architect", "expert", "critic", "star", "celebrity",
    "athlete", "chef", "client", "cop", "detective", "sheriff", "mechanic", "politician", "musician",
    "hero", "guest", "kid", "teenager", "toddler", "immigrant", "tourist", "official", "adult",
    "accountant", "analyst", "consultant", "lieutenant", "sergeant", "general", "colonel", "fugitive",
    "native", "veteran", "heir", "bishop", "priest", "rabbi", "imam", "monk", "nun", "defendant",
    "plaintiff", "applicant", "assistant", "attendant", "correspondent", "employee", "refugee",
    "sen", "rep", "gov", "gen", "sgt", "lt", "capt", "col", "dr", "prof", "rev", "congressman",
    "trustee", "nominee", "referee", "retiree", "employer", "senator", "governor",
})  # fmt: skip
"""Nouns for one person that no ending tells."""

PERSON_ENDING = re.compile(
    r"\w{2,}(?:man|woman|person|ist|cian|arian|mate|eer)$|\w{3,}(?:[^aeiou]er|ier|tor|sor)$"
)
NO_PERSON = frozenset(
    "number paper newspaper letter order border matter power weather winter summer water river center"
    " chapter quarter computer disorder offer murder danger anger hunger helicopter corner tower"
    " shelter shower theater disaster cancer fiber filter finger shoulder ladder hammer bumper"
    " trailer cover dinner layer liver monitor motor factor sector tractor reactor list mist fist twist"
    " career beer deer human semester poster register barrier carrier tier frontier trigger folder"
    " server browser printer router scooter cluster counter encounter gender tender timber rubber"
    " copper pepper butter sweater wrapper bladder fever lever cooker sticker bunker tanker container"
    " freezer burner vector transfer buffer heater meter kilometer character crater waiver cylinder"
    " remainder reminder thunder powder wonder surrender calendar slaughter laughter climate".split()
)


def is_person(lemma: str) -> bool:
    """Whether a noun, by its lemma, is one for a person: listed, or by its ending ("teacher")."""
    word = lemma.lower()
    return word in PEOPLE or (word not in NO_PERSON and bool(PERSON_ENDING.search(word)))
