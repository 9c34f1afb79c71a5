"""Relative days: "tomorrow", "last night", "this year" as dates, by the day of publication.

Only what decides exactly is read: words that name one day, week, month or year from another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from service.pipeline.linguistics.normalisation import MONTHS, NUMBER_WORDS, WEEKDAYS

Grain = Literal["day", "week", "month", "year"]

NUMBER = r"\d{1,2}|a|an|" + "|".join(word for word, n in NUMBER_WORDS.items() if n.isdigit())
PATTERN = re.compile(
    rf"""\b(?:(?P<near>on|by|until|till|since|from|before|after|of|for|through)\ )?
    (?:(?P<within>earlier|later|late|early|so\ far)\ )?
    (?:(?P<day>today|yesterday|tomorrow)(?:\ (?P<part>morning|afternoon|evening|night))?
    |(?P<this>this\ (?P<this_part>morning|afternoon|evening))
    |(?P<night>tonight|last\ night)
    |(?P<which>this|last|next|coming)\ (?P<unit>week|month|year)
    |(?P<ago>{NUMBER})\ (?P<ago_unit>days?|months?|years?)\ ago
    |in\ (?P<ahead>{NUMBER})\ (?P<ahead_unit>days?|weeks?|months?|years?)(?:['\u2019]?\ time)?(?=[.,;]|\ |$)
    )(?P<possessive>['\u2019]s)?(?![\w-])""",
    re.IGNORECASE | re.VERBOSE,
)
"""Day words as news has them, with what stands close before them and belongs to them."""

WEEKDAY = re.compile(
    rf"(?<![Ll]ast )(?<![Nn]ext )(?<![Ee]very )(?<![Ee]ach )\b({'|'.join(name.capitalize() for name in WEEKDAYS)})\b"
    r"(?: (?:morning|afternoon|evening|night))?(?!['\u2019]s|s\b|,? (?:\(|[A-Z]\w+\.? \d|\d))"
)
"""A weekday without its date."""

WITHIN = frozenset({"earlier", "later", "late", "early", "so far"})
"""What tells a part of a week, a month or a year; of a day "earlier" and "later" tell nothing any more."""

FIRST_YEAR, LAST_YEAR = 101, 9899
"""Years of publication from which the calendar reaches as far as "99 years ago" and "in 99 years" do."""

STEPS = {"this": 0, "last": -1, "next": 1, "coming": 1, "today": 0, "yesterday": -1, "tomorrow": 1}


class RelativeDay(msgspec.Struct, frozen=True):
    """`text[start:end]` is a relative day; `phrase` is what it stands for, `last` the last day that it may
    be, `grain` how exact it is."""

    start: int
    end: int
    words: str
    phrase: str
    last: date
    grain: Grain


def relative_days(
    text: str, published: date, *, ahead: bool | None = None, years: bool = False
) -> list[RelativeDay]:
    """The relative days of a text of that day; dates with the year where `years` asks for it. A weekday is
    the next of its name where the text looks `ahead`, the last where it looks back; None where it does both.

    >>> [(each.words, each.phrase) for each in relative_days("It will vote tomorrow.", date(2026, 3, 2))]
    [('tomorrow', 'on March 3')]
    >>> [each.phrase for each in relative_days("Last night rain fell; it was the wettest day this year.", date(2026, 3, 2))]
    ['On the night of March 1', 'in 2026']
    """
    found: list[RelativeDay] = []
    if not FIRST_YEAR <= published.year <= LAST_YEAR:
        return found
    for match in PATTERN.finditer(text):
        if made := _read(match, published, years=years):
            found.append(made)
    for match in WEEKDAY.finditer(text) if ahead is not None else ():
        day = _weekday(match[1], published, ahead=bool(ahead))
        phrase = f"{match.group()} ({_name(day, 'day', years=years)})"
        found.append(RelativeDay(match.start(), match.end(), match.group(), phrase, day, "week"))
    return sorted(found, key=lambda each: each.start)


def _weekday(name: str, published: date, *, ahead: bool) -> date:
    """The next day of that name after publication, or the last one up to it."""
    days = WEEKDAYS.index(name.lower()) - published.weekday()
    return published + timedelta((days - 1) % 7 + 1 if ahead else -(-days % 7))


def dated(text: str, days: Sequence[RelativeDay], wanted: Callable[[RelativeDay], bool]) -> tuple[
    str, list[tuple[int, int]], list[RelativeDay]
]:  # fmt: skip
    """The text with its `wanted` relative days as dates; pairs (offset in the new text, characters that it stands
    further right from there on), and the days that were put in."""
    pieces: list[str] = []
    moved: list[tuple[int, int]] = []
    used = [each for each in days if wanted(each)]
    at = length = 0
    for each in used:
        pieces += [text[at : each.start], each.phrase]
        length += each.start - at + len(each.phrase)
        moved.append((length, len(each.phrase) - (each.end - each.start)))
        at = each.end
    return "".join((*pieces, text[at:])), moved, used


def _read(match: re.Match[str], published: date, *, years: bool) -> RelativeDay | None:
    near = (match["near"] or "").lower()
    if match["which"] and re.search(
        r"\b(?:the|a|his|her|its|their)$",
        match.string[: match.start("which")].rstrip(),
        re.IGNORECASE,
    ):
        return None  # "the last year" is a year long
    span = _span(match, published)
    if span is None:
        return None
    first, last, grain, part = span
    name = _name(first, grain, years=years)
    if match["possessive"]:
        if grain != "day" and grain != "year":
            return None
        phrase = f"the {name}" if not near else f"{match['near']} the {name}"
        phrase = phrase if not _after_article(match) else name
    else:
        within = (match["within"] or "").lower()
        spoken = f"the {part} of {name}" if part else name
        before = {"day": "on", "week": "in", "month": "in", "year": "in"}[grain]
        phrase = f"{near if near and near not in {'on', 'for'} else before} {spoken}"
        if within in ({"late", "early"} if grain == "day" else WITHIN):
            phrase = f"{within} {phrase}"
    if match.group()[0].isupper():
        phrase = phrase[0].upper() + phrase[1:]
    return RelativeDay(match.start(), match.end(), match.group(), phrase, last, grain)


def _span(match: re.Match[str], day: date) -> tuple[date, date, Grain, str] | None:
    """First and last day, how exact, and the part of the day."""
    if match["day"] or match["this"] or match["night"]:
        word = (match["day"] or "").lower()
        night = (match["night"] or "").lower()
        step = STEPS.get(word, -1 if night == "last night" else 0)
        part = (match["part"] or match["this_part"] or ("night" if night else "")).lower()
        own = day + timedelta(step)
        return own, own, "day", part
    if match["which"]:
        return _unit(match["unit"].lower(), STEPS[match["which"].lower()], day)
    number = (match["ago"] or match["ahead"] or "").lower()
    count = 1 if number in ("a", "an") else int(NUMBER_WORDS.get(number, number))
    unit = (match["ago_unit"] or match["ahead_unit"]).lower().rstrip("s")
    if unit == "day":
        own = day + timedelta(-count if match["ago"] else count)
        return own, own, "day", ""
    return _unit(unit, -count if match["ago"] else count, day)


def _unit(unit: str, step: int, day: date) -> tuple[date, date, Grain, str]:
    if unit == "week":
        monday = day - timedelta(day.weekday()) + timedelta(7 * step)
        return monday, monday + timedelta(6), "week", ""
    if unit == "month":
        months = day.year * 12 + day.month - 1 + step
        first = date(months // 12, months % 12 + 1, 1)
        following = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
        return first, following - timedelta(1), "month", ""
    return date(day.year + step, 1, 1), date(day.year + step, 12, 31), "year", ""


def _name(day: date, grain: Grain, *, years: bool) -> str:
    if grain == "year":
        return str(day.year)
    name = MONTHS[day.month - 1].capitalize()
    if grain == "month":
        return f"{name} {day.year}" if years else name
    said = f"{name} {day.day}" + (f", {day.year}" if years else "")
    return f"the week of {said}" if grain == "week" else said


def _after_article(match: re.Match[str]) -> bool:
    """Whether an article or a preposition that takes one stands right before."""
    return match.string[: match.start()].rstrip().lower().endswith((" the", " a"))
