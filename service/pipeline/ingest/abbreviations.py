"""Abbreviations: whether the point behind one ends the sentence too.

What follows decides. No name goes on with a word like "The" or "However", so such a word begins a sentence, after
"the U.S." as well as after "Acme Inc."; a title, a number's sign and a person's initial always go on; and after the
other ones a capitalised word that no such name goes on with begins a sentence if a verb follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec


class Border(msgspec.Struct, frozen=True):
    """An abbreviation ends at `end`, the next word begins at `following`; `ends`: a sentence ends between them."""

    end: int
    following: int
    ends: bool


PLACES = r"U\.S\.(?:A\.|S\.R\.)?|U\.K\.|U\.N\.|E\.U\.|U\.A\.E\.|D\.C\.|N\.Y\.|N\.J\.|N\.C\.|S\.C\.|N\.H\.|N\.M\.|N\.D\.|S\.D\.|R\.I\.|W\.Va\.|B\.C\."
STATES = "Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Mass|Md|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ont|Ore|Pa|Que|Tenn|Tex|Vt|Va|Wash|Wis|Wyo"
FIRMS = "Inc|Ltd|Corp|Co|Cos|Bros|LLC|Plc|PLC"
TITLES = "Mr|Mrs|Ms|Messrs|Prof|Gen|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Col|Maj|Cmdr|Adm|Sgt|Cpl|Pvt|Capt|Rev|Hon|Pres|Supt|Det|Insp|Amb"
STREETS = "St|Ste|Dr|Ave|Blvd|Rd|Ln|Mt|Ft|Pt|Dept|Univ|Assn|Bldg"
MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
NUMBERED = "No|Nos|Fig|Figs|Vol|Vols|Sec|Art|Ch|Eq|Par"
NEVER = r"vs|e\.g|i\.e|E\.g|I\.e|viz|cf|approx|incl"

POINT = re.compile(
    r"\.(?P<closing>[\"\u201d\u2019')\]]{0,3})[ \t\r\n]{1,8}(?=(?P<opening>[\"\u201c\u2018'(\[]{0,2})(?P<next>[^\W_]))"
)
"""A point that a word follows."""

ABBREVIATION = re.compile(
    r"(?<![A-Za-z_.&\u00c0-\u024f])(?:"
    rf"(?P<place>{PLACES})|(?P<state>(?:{STATES})\.)|(?P<firm>(?:{FIRMS})\.)|(?P<title>(?:{TITLES})\.)"
    r"|(?P<suffix>(?:Jr|Sr)\.)"
    rf"|(?P<street>(?:{STREETS})\.)|(?P<month>(?:{MONTHS})\.)|(?P<numbered>(?:{NUMBERED})\.)|(?P<never>(?:{NEVER})\.)"
    r"|(?P<life>(?:b|d|c|ca|r|fl)\.)|(?P<hour>[aApP]\.[mM]\.)|(?P<degree>(?:Ph\.D|M\.D|B\.A|M\.A|LL\.B|Esq)\.)"
    r"|(?P<rest>etc\.|al\.)|(?P<initials>(?:[A-Z]\.){1,5})"
    r")$"
)
"""What may stand before it, in the last `LONGEST` characters."""

LONGEST = 12
LAST = re.compile(
    rf"(?<![A-Za-z&])(?:[ap]\.m|[AP]\.M|(?:[A-Z]\.)+[A-Z]|(?:{FIRMS}|{STATES}|Jr|Sr|St|Ave|Blvd|Rd)|Ph\.D|etc|et al)\.$"
)
"""An abbreviation that a sentence may end with, in the last `LONGEST` characters of a text."""

BEGINS = frozenset(
    "The An This That These Those He She It They We You His Her Their Its Our My Your There Here When While Where Who"
    " What Why How If As At In On For From By With Without After Before Since Until During Between Among Across Despite"
    " Although Though Because But And Or Nor Yet However Meanwhile Still Also Then Now Once Later Earlier Instead"
    " Moreover Nevertheless Nonetheless Both Each Every Some Many Most Much Several Few Any Not None Nobody Nothing"
    " Neither Either Another Others Such According Asked Today Yesterday Tomorrow Two Three Four Five Six Seven Eight"
    " Nine Ten Eleven Twelve Dozens Hundreds Thousands Is Are Was Were Did Does Has Had".split()
)
"""Words that begin a sentence and that no name goes on with; what is a surname too ("So", "May", "Long") is not here."""

OF_STATE = frozenset(
    "President Vice Senate Senator Senators House Congress Congressman Congresswoman Representative Representatives"
    " Secretary State Department Treasury Treasuries Supreme Court District Attorney Army Navy Air Marine Marines Coast"
    " Capitol Federal Embassy Ambassador Open Bureau Centers Central Customs Border Immigration Food Steel Bank Bancorp"
    " Chamber Census Geological Forest Fish Postal Securities Environmental Agency National Olympic Women Men Grand"
    " Special Envoy Commerce Energy Defense Justice Labor Interior Homeland Education Agriculture Health Transportation"
    " General Governor Mayor Police Council Superior Circuit Civil Magistrate Judge Marshal Marshals Virgin Trade Soccer"
    " Figure Conference Security Human Commission Trustee Surgeon Chief Joint Strategic Cyber Pacific Fleet Patent"
    " Copyright Mint Highway Route Interstate Ski Masters Amateur Consulate Mission Delegation Constitution Code Space"
    " Secret Park Rangers Administration Forces Command Government Republican Republicans Democrat Democrats Prime"
    " Minister Parliament Foreign Home High Chancellor Assembly Charter Refugee Children Relief Resident Schools Code"
    .split()
)  # fmt: skip
"""What goes on with the name of a state."""

OF_FIRM = frozenset(
    "President Vice Chief Executive Chairman Chairwoman Director Founder CEO CFO Senior".split()
)
OF_PERSON = frozenset(
    "Day Boulevard Drive Street Avenue Memorial School High Center Library Field Airport".split()
)
OF_HOUR = frozenset(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August"
    " September October November December Jan Feb Aug Sept Oct Nov Dec EST EDT PST PDT CST CDT MST MDT ET PT CT MT GMT"
    " UTC BST CET CEST IST JST MSK Eastern Pacific Central Mountain Greenwich Local London Moscow Beijing Mass".split()
)
"""Time zones and days; in the other sets, what goes on with the name of a firm's officer or of a street."""

CONTINUES: Mapping[str, frozenset[str]] = {
    "place": OF_STATE | OF_HOUR,
    "state": OF_STATE | OF_HOUR,
    "firm": OF_FIRM | OF_HOUR,
    "suffix": OF_PERSON | OF_HOUR,
    "hour": OF_HOUR,
}

VERB = re.compile(
    r"(?:says?|said|was|were|is|are|has|have|had|will|would|could|can|may|might|must|rose|fell|grew|sank|did|do|does|told"
    r"|came|went|took|gave|made|got|left|met|won|began|became|held|sent|saw|found|kept|led|paid|ran|sold|spoke|spent"
    r"|stood|lost|cut|put|set|hit|shut|broke|drew|wrote|flew|bought|brought|built|expects?|[a-z]{2,14}[^\We]ed|[a-z]{1,14}ied)\b"
)
"""A finite verb, as far as its form tells."""

NEXT_WORD = re.compile(
    r"(?P<word>[^\W\d_]{1,30})(?P<joined>[-.]?)(?:[\u2019'][a-z]{1,2})?(?:[ \t\r\n]{1,4}(?P<then>[^\W\d_]{1,20}))?"
)

OF_PLACE = re.compile(
    r"\b(?:in|to|from|of|at|by|for|with|across|into|throughout|outside|inside|around|near|left|leave|visit|visited|against"
    r"|joined|towards?|entered|via|within) (?:the |[A-Z][\w.-]{0,20},? ){0,3}$"
)
"""Before a place at which a clause may end; before one that begins a clause, as "the U.S. Treasury", none of these."""

NAMED = re.compile(r"[A-Z][\w&\u2019'-]{0,30},? $")

ADVERBIAL = re.compile(
    r"(?:^|[.!?] )(?:At|By|Around|About|Until|Before|After|Since|From|Shortly|Just)\b[^,.]{0,40}$"
)
"""A sentence that has told nothing but the hour: "At 5 p.m. Roe left"."""

BEFORE_INITIALS = re.compile(r"[.!?](?P<space>[ \t\r\n]{1,8})(?=(?:[A-Z]\. ?){1,4}[A-Z][a-z])")
"""Where a sentence begins with initials, which the splitter joins to the one before: "They left. J.R. Roe stayed."."""

LAST_WORD, LONGEST_WORD = re.compile(r"\b(?:[a-z]{2,20}|\d{1,9})$"), 21
"""What such a sentence may stand behind, and more characters than it has."""

CUT_SHORT = frozenset(
    "etc al approx incl viz vs cf prof gen sen rep gov col capt rev art no nos vol fig ed eds".split()
)

DATE = re.compile(rf"\d|(?:{MONTHS}|June|July)[a-z]{{0,6}}\b")
NUMBER = re.compile(r"\d|(?:[IVX]{2,4}|[VX])\b")
NUMBER_WORD = re.compile(r"(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten)\b")

ENDS = '.!?\u201d"\u2026'

AROUND, TITLE_CASE_WORDS = 60, 4
"""Characters around an abbreviation, and words of four letters and more among them, that tell a headline."""

LONGER_WORD = re.compile(r"\b[^\W\d_]{4,30}\b")


def ends_in_abbreviation(text: str) -> bool:
    """Whether the point at the end of a text is an abbreviation's.

    >>> [ends_in_abbreviation(each) for each in ("It ended at 5 p.m.", "They left the U.S.", "It ended.")]
    [True, True, False]
    """
    return LAST.search(text[-LONGEST:]) is not None


def borders(block: str) -> Iterator[Border]:
    """What stands behind the abbreviations of a paragraph that a word follows; nothing where a splitter should judge.

    >>> [each.ends for each in borders("He left the U.S. The U.S. Senate met Mr. Roe.")]
    [True, False]
    """
    for found in BEFORE_INITIALS.finditer(block):
        word = LAST_WORD.search(block, max(0, found.start() - LONGEST_WORD), found.start())
        if word is not None and word.group() not in CUT_SHORT:
            yield Border(found.start("space"), found.end(), True)
    for point in POINT.finditer(block):
        stop = point.start() + 1
        short = ABBREVIATION.search(block, max(0, stop - LONGEST), stop)
        ends = _ends(block, short, point) if short is not None else None
        if ends is not None:
            yield Border(point.end("closing"), point.end(), ends)


def _ends(block: str, short: re.Match[str], point: re.Match[str]) -> bool | None:
    kind = str(short.lastgroup)
    at = point.start("next")
    before = block[max(0, short.start() - AROUND) : short.start()]
    if point["next"].islower():
        return False
    if kind in {"life", "numbered"}:
        return _before_number(block, at, kind, before)
    if kind in {"title", "never"}:
        return None if point["closing"] else False
    word = NEXT_WORD.match(block, at)
    if word is None or not point["next"].isupper():
        return None
    if kind == "hour" and ADVERBIAL.search(before):
        return False
    if word["word"] in BEGINS and not word["joined"]:
        if kind == "initials" and (not before.strip() or before.rstrip()[-1] in ".!?:"):
            return False  # "A. The dam": a label
        return not _is_title_case(before + block[short.start() : at + AROUND])
    if point["closing"] or point["opening"] or word["word"] in CONTINUES.get(kind, ()):
        return None
    return _ends_before_name(kind, word, before)


def _before_number(block: str, at: int, kind: str, before: str) -> bool | None:
    """Behind "No.", "b." and the like: no end before a number or a date; "No." may be an answer."""
    if kind == "life":
        return False if DATE.match(block, at) else None
    answers = not before.strip() or before.rstrip()[-1] in ENDS
    if NUMBER.match(block, at) or (not answers and NUMBER_WORD.match(block, at)):
        return False
    return None


def _ends_before_name(kind: str, word: re.Match[str], before: str) -> bool | None:
    """Before a capitalised word that may be a name, or a common noun that begins a sentence."""
    if kind in {"hour", "rest"}:
        return True
    acts = word["then"] is not None and VERB.fullmatch(word["then"]) is not None
    if kind in {"place", "state"}:
        return (acts and OF_PLACE.search(before) is not None) or None
    if kind in {"firm", "degree", "suffix"}:
        return (acts and NAMED.search(before) is not None) or None
    return None


def _is_title_case(text: str) -> bool:
    """Whether all longer words have a capital letter, as in a headline: there "And" begins nothing."""
    words = LONGER_WORD.findall(text)
    return len(words) >= TITLE_CASE_WORDS and not any(each[0].islower() for each in words)
