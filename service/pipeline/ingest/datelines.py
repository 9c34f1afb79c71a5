"""Datelines, times and end marks: where and when a paragraph was filed, and how its page ends it.

They are told by their form: capitals, a date, an agency in brackets, a dash before a sentence. What stands before or
behind the sentences of a paragraph is left out of its span.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

PARTS = 2
"""`(Reuters) KYIV: ` is a dateline in two parts."""

DATELINED = 3
"""Paragraphs of an article, from its first, that a place may stand before."""

UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
CAPITALS = rf"[{UPPER}][{UPPER}'\u2019.-]{{1,24}}"
PLACE_IN_CAPITALS = rf"{CAPITALS}(?:[ /]{CAPITALS}){{0,4}}"
NAME = rf"[{UPPER}][\w'\u2019.-]{{1,24}}"
PLACE = rf"{NAME}(?:[ /](?:{NAME}|de|la|le|del|der|am|al|of|the|on|upon|sur|y)){{0,4}}"
REGION = rf"(?:, {NAME}(?: {NAME}){{0,3}}| \[{NAME}(?: {NAME}){{0,3}}\])"
DAY = (
    rf"(?:(?:{NAME},? )?{NAME} \d{{1,2}}(?:,? \d{{4}})?|\d{{1,2}}(?:\.|st|nd|rd|th)? \w{{3,12}}\.?(?:,? \d{{4}})?"
    r"|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d)"
)
DATE = rf",? (?:(?:le|den|am|el|il) )?{DAY}[.,]?"
AGENCY = r"(?:\((?!\d)[\w@][\w .,&/@\u2019'-]{1,40}\)|/ ?[A-Z][\w .&-]{1,40} ?/)"
DASH = r" ?(?:\u2014|\u2013|--|\u2015|\u00b7) ?| [-_] |(?<=\)) ?[-_] ?|\.- "

FILED = re.compile(
    rf"(?:{PLACE}(?:{REGION}){{0,2}}(?:{DATE})?,? ?(?:--|\u2014)?{AGENCY}(?:{DATE})?(?:{DASH}| ?[/:.])? ?"
    rf"|{PLACE}(?:{REGION}){{0,2}}{DATE}(?: ?(?:{AGENCY}))?(?:[:.|]? ?(?:{DASH})|: | \| )"
    rf"|{PLACE_IN_CAPITALS}(?:{REGION}){{0,2}}(?:{DASH}|: ?| \| )"
    rf"|{DAY}, {PLACE}(?:{REGION})?(?:{DASH})|By {NAME}(?: {NAME}){{1,3}} \| "
    rf"|{PLACE}(?:{REGION}){{1,2}}(?:{DASH})"
    rf"|{PLACE_IN_CAPITALS}(?:{REGION})? ?/ ?[A-Z][\w .&-]{{1,30}} ?/ ?[\w ,.]{{3,30}} ?/ ?"
    rf"|\[{PLACE}(?:{REGION})?\][:.]? ?"
    rf"|{AGENCY}(?:{DASH}|: ?| ?))"
)
"""`KYIV, Ukraine (AP) \u2014 `, `Rome, 2 March 2026 (ANSA) - `, `NEW DELHI: `, `[Nairobi] `: what is more than a name
and a dash."""

PLACE_ALONE = re.compile(rf"{PLACE}(?: \u2014 | \u2013 | -- | - )")
SECOND_DASH, WITHIN = re.compile(r" (?:\u2014|\u2013|--|-) "), 90
"""`Kyiv \u2014 The court \u2026`; another dash within so many characters makes it an aside: `Kyiv \u2014 Europe's \u2026 \u2014 has \u2026`."""

NAMED = re.compile(r"(\w[^()]*?) ?\(([^()]*)\)([^()\w]*)$")
"""A name, what stands in brackets behind it, and what separates both from the sentence."""

SHORT = re.compile(r"[A-Z]{2,3}(?:: ?|\W+)$|\w*\d+\W*$")
"""A topic, or a name with a figure: `GDP: `, `COVID-19 - `."""

WIRE = re.compile(
    r"AP|Reuters|AFP|UPI|CNN|dpa|TASS|Xinhua|Kyodo|Bloomberg|ANSA|EFE|PTI|ANI|IANS|Yonhap|Interfax|Anadolu|Belga|APA|ATS|NTB|TT|Ritzau"
    r"|(?:The )?Associated Press|Agence France-Presse|\w[\w ]* (?:News|Press|Wire|Times|Post)",
)
"""Agencies that stand behind a place without a dash."""

PRESENTED = re.compile(
    r"(?:(?:CLOSE|WATCH|VIDEO|EXCLUSIVE|BREAKING(?: NEWS)?|UPDATED?(?: ?\d{1,2})?|ANALYSIS|LIVE|URGENT|ALERT)(?:[:|-] ?| \u2014 | )(?=[A-Z])"
    r"|Summary: (?=[A-Z])|[\u2014\u2013\u2022\u25cf\u25aa\u25a0\u25ba\u25b6] ?(?=[A-Z])"
    r"|(?:Analysis|[A-Z]\.) (?=(?:The|A|An|In)\b))"
)
"""How the page presents a paragraph: `CLOSE `, `B. `."""

CLOCK = (
    r"(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)(?::[0-5]\d)?(?: ?(?P<half>[ap])\.?m\b\.?)?(?: ?(?-i:[A-Z]{2,5})\b)?"
    r"(?: \([^()]{3,20}\))?"
)
AGO = (
    r"(?:(?P<ago>\d{1,3}) ?(?P<unit>m|mins?|minutes?|h|hrs?|hours?|d|days?)(?: (?P<more>\d{1,2}) ?(?:m|mins?|minutes?))? ago"
    r"|just now)"
)
ON = r"(?:(?:\d{1,2} \w{3,9}\.?|\w{3,9}\.? \d{1,2})(?:,? \d{4})?|yesterday|today|\w{3,6}day)(?:,| at|, at) "
STAMP = rf"[\[(]?(?:(?:posted|updated|published|last updated|from|as of|at)(?: at)?:? )?(?:(?:{ON})?{CLOCK}|{AGO})[\])]?"
TIME = re.compile(
    rf"{STAMP}(?: ?[:|\u00b7\u2013\u2014-]+ ?(?=[\"\u201c'\u2018(]?\d)|(?: ?[:|/\u00b7\u2013\u2014-]+ ?| )(?=[\"\u201c'\u2018(]?(?-i:[A-Z\u00c0-\u00de])))",
    re.IGNORECASE,
)
"""When an entry of a live page was posted: `16:40 GMT \u2014 `, `Posted at 14:05 `, `2h ago `."""
TIME_ALONE = re.compile(rf"^{STAMP}[.:]?$", re.IGNORECASE)
DECIMAL = re.compile(r"\d{1,2}\.\d\d $")
"""`2.30 Million people \u2026`: a figure, unless more says that it is a time."""

PROSE_TIME = re.compile(r"(?:at|from|as of) ", re.IGNORECASE)
"""`At 16:40 Police \u2026` is how a sentence begins."""

MINUTES = {"m": 1, "h": 60, "d": 24 * 60}

END_MARK = re.compile(
    r"\s*(?:[^\w\s\"'\u2018\u2019\u201c\u201d()\[\].,!?\u2026;:%\u20ac$\u00a3]{1,6}"
    r"|\((?:[A-Z][\w/& -]{0,24}|[a-z]{2,4}(?:-[A-Z]{2,4})?(?:/[\w-]{1,8})?|\d{1,3}|(?:with|by|via|from|source:?) [^()]{1,30}|ends?)\)"
    r"|\[(?:\d{1,3}|[a-z])\]|[\u00b9\u00b2\u00b3\u2070-\u2079]{1,4}|(?<=\s)/[a-z]{2,6}(?:/[a-z]{2,6})?|-30-|(?<=\s)ENDS?"
    r"|[\u2014\u2013-]{1,2} ?(?:[A-Z][\w/&-]{1,20}(?: [A-Z][\w/&-]{1,20}){0,2}|[a-z]{2,4}))\s*$"
)
"""` \u25a0`, ` ///`, ` (AP)`, ` \u2014 AFP`, `[1]` behind the last full stop of a paragraph."""

MOST_MARKS, LONGEST_MARK = 6, 80
"""End marks of one paragraph, and characters of one with the spaces around it."""

FULL_STOPS = frozenset(".!?\u2026\"\u201d\u2019')]")


def head(paragraph: str, ordinal: int) -> int:
    """Characters before the first sentence that say where it was filed and how the page presents it; `ordinal` counts
    the article's own paragraphs from 0.

    >>> head("NEW DELHI: The court ruled.", 0), head("Berlin - once divided - has grown.", 0)
    (11, 0)
    """
    end = 0
    if (found := PRESENTED.match(paragraph)) is not None:
        end = found.end()
    if ordinal >= DATELINED:
        return end
    for _ in range(PARTS):
        filed = FILED.match(paragraph, end)
        if filed is None or not _is_filed(filed.group()) or not _begins(paragraph, filed.end()):
            break
        end = filed.end()
    if end == 0 and ordinal == 0:
        filed = PLACE_ALONE.match(paragraph)
        if filed is not None and _begins(paragraph, filed.end()):
            aside = SECOND_DASH.search(paragraph, filed.end(), filed.end() + WITHIN)
            return end if aside else filed.end()
    return end


def _is_filed(head: str) -> bool:
    """Whether a name with a bracket is a place with its agency: no person with a party, no company with its sign."""
    if (name := NAMED.match(head)) is None:
        return not SHORT.match(head)
    dated = re.search(DAY, name[1]) is not None
    return "@" not in name[2] and (
        name[3].strip() not in {"", ":"}
        or dated
        or name[1].isupper()
        or bool(WIRE.fullmatch(name[2]))
    )


def _begins(paragraph: str, at: int) -> bool:
    """Whether a sentence begins there; not the second figure of "Oct. 11\u201321"."""
    first = paragraph[at:].lstrip("\"\u201c'\u2018([")[:1]
    return first.isupper() or (first.isdigit() and paragraph[at - 1] == " ")


def tail(paragraph: str) -> int:
    """Where the last sentence ends, before what only marks the end of a paragraph or says who wrote it.

    >>> text = "A pipeline will carry the gas to Brno. (AP)"
    >>> text[:tail(text)]
    'A pipeline will carry the gas to Brno.'
    """
    end = len(paragraph)
    for _ in range(MOST_MARKS):
        found = END_MARK.search(paragraph[:end], max(0, end - LONGEST_MARK))
        if found is None:
            break
        end = found.start()
        if paragraph[end - 1 : end] in FULL_STOPS and not END_MARK.search(
            paragraph[:end], max(0, end - LONGEST_MARK)
        ):
            return end
    return len(paragraph)


def time(paragraph: str) -> tuple[int, int] | None:
    """Characters of the time that an entry of a live page begins with, all of it where it stands alone, and the
    time in minutes of the day, or in minutes before the page was read, which are negative; None where there is none.

    >>> time("16:40 GMT \u2014 Police say eleven have died.")
    (12, 1000)
    >>> time("2h ago The mayor has arrived."), time("At 16:40 Police closed the road.")
    ((7, -120), None)
    """
    found = TIME_ALONE.match(paragraph)
    if found is None and not PROSE_TIME.match(paragraph):
        found = TIME.match(paragraph)
    if found is None:
        return None
    if DECIMAL.match(found.group()):
        return None
    if found["hour"] is None:
        unit = MINUTES[(found["unit"] or "m")[0].lower()]
        return found.end(), -int(found["ago"] or 0) * unit - int(found["more"] or 0)
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + 12 * (found["half"].lower() == "p")
    return found.end(), hour * 60 + int(found["minute"] or 0)


def newest_first(times: Sequence[int]) -> bool:
    """Whether a live page has its newest entry on top, as the times of its entries tell."""
    falling = sum(later > earlier for later, earlier in pairwise(times))
    return len(times) > 1 and 2 * falling > len(times) - 1
