"""Amounts: the figures of a text with their units, whatever the notation, and when two agree.

A figure is read as every value that its notation allows ("1.500" is 1.5 or 1500), a unit as every
measure that it may stand for (a pound is money or mass). Two amounts agree if one reading of each
does, converted where they measure the same in other units; two currencies never compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from service.pipeline.linguistics.normalisation import NUMBER_WORDS

ROUNDING = 0.05
"""Share by which two converted figures may differ: newsrooms round what they convert, "62 miles" to
"100 kilometres", "6 feet" to "1.8 metres"."""

LAST_PLACE = 0.5
"""And that much of the last place that is written, where it is more: "2 miles" are "3 kilometres"."""

FREEZING, FAHRENHEIT = 32.0, 5 / 9
"""Fahrenheit → Celsius: less the one, times the other."""

SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "dozen": 12.0, "lakh": 1e5, "lakhs": 1e5, "lac": 1e5,
    "crore": 1e7, "crores": 1e7, "million": 1e6, "millions": 1e6, "mln": 1e6, "mn": 1e6, "m": 1e6,
    "billion": 1e9, "billions": 1e9, "bln": 1e9, "bn": 1e9, "trillion": 1e12, "trn": 1e12, "tn": 1e12,
}  # fmt: skip

MONEY = {
    "USD": "$ us$ usd dollar dollars buck bucks", "EUR": "\u20ac eur euro euros", "GBP": "\u00a3 gbp pound pounds quid",
    "JPY": "\u00a5 jpy yen", "INR": "\u20b9 rs inr rupee rupees", "CNY": "cny rmb yuan renminbi", "CHF": "chf franc francs",
    "RUB": "\u20bd rub rouble roubles ruble rubles", "CAD": "c$ cad", "AUD": "a$ aud", "NZD": "nz$ nzd",
    "SEK": "sek crown crowns krona kronor krone kroner", "PLN": "pln zloty zlotys", "KRW": "\u20a9 krw won", "TRY": "\u20ba try lira",
    "BRL": "r$ brl real reais", "MXN": "mxn peso pesos", "ILS": "\u20aa ils shekel shekels", "UAH": "\u20b4 uah hryvnia hryvnias",
    "ZAR": "zar rand",
}  # fmt: skip
"""Currency → how it is written, lower-cased."""

MEASURES = {
    "length": {
        "km kms kilometre kilometres kilometer kilometers": 1e3, "m metre metres meter meters": 1.0,
        "cm centimetre centimetres centimeter centimeters": 1e-2, "mm millimetre millimetres millimeter millimeters": 1e-3,
        "mile miles mi": 1609.344, "foot feet ft": 0.3048, "inch inches": 0.0254, "yard yards yd": 0.9144,
        "nautical-mile nautical-miles": 1852.0,
    },
    "mass": {
        "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes": 1.0, "gram grams": 1e-3,
        "tonne tonnes metric-ton metric-tons": 1e3, "ton tons": 1e3, "short-ton short-tons": 907.18474,
        "pound pounds lb lbs": 0.45359237, "ounce ounces oz": 0.028349523, "stone": 6.35029318,
    },
    "area": {
        "hectare hectares ha": 1e4, "acre acres": 4046.8564, "square-kilometre square-kilometres square-kilometer"
        " square-kilometers sq-km km2 km\u00b2": 1e6, "square-mile square-miles sq-mile sq-miles sq-mi": 2589988.11,
        "square-metre square-metres square-meter square-meters sq-m m2 m\u00b2": 1.0, "square-foot square-feet sq-ft": 0.09290304,
    },
    "volume": {"litre litres liter liters": 1.0, "gallon gallons": 3.785411784, "barrel barrels bbl": 158.987295},
    "speed": {
        "km/h kph kmh kilometres-per-hour kilometers-per-hour kilometres-an-hour kilometers-an-hour": 1.0,
        "mph miles-per-hour miles-an-hour": 1.609344, "knot knots": 1.852,
    },
    "share": {"% percent pct per-cent": 1.0},
    "points": {"percentage-point percentage-points": 1.0},
}  # fmt: skip
"""What is measured → spellings of a unit, words of one joined by hyphens → how much it is."""

TEMPERATURES = {
    "celsius": ("\u00b0c", "celsius", "degree-celsius", "degrees-celsius", "centigrade", "degrees-centigrade", "degrees-c"),
    "fahrenheit": ("\u00b0f", "fahrenheit", "degree-fahrenheit", "degrees-fahrenheit", "degrees-f"),
}  # fmt: skip

COUNT = "count"
"""What a figure without a unit measures."""

_DIGITS = r"\d{1,3}(?:[  \u00a0\u2009\u202f'\u2019]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*"
_WORD = "|".join(
    sorted((word for word in NUMBER_WORDS if NUMBER_WORDS[word].isdigit()), key=len, reverse=True)
)
_SIGNS = r"us\$|nz\$|a\$|c\$|r\$|[$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9\u20ba\u20aa\u20b4]|\b(?:rs\.?|usd|eur|gbp|inr|chf)"
AMOUNT = re.compile(
    rf"(?P<sign>{_SIGNS})?[ \u00a0]?(?<![\w.,])(?P<minus>[-\u2212\u2013]?)"
    rf"(?P<number>{_DIGITS}|(?:{_WORD})(?:[- ](?:{_WORD}))*\b)"
    rf"(?:[ \u00a0-]?(?P<scale>{'|'.join(sorted(SCALES, key=len, reverse=True))})\b)?",
    re.IGNORECASE,
)
UNIT = re.compile(
    r"[ \u00a0-]{0,2}(%|\u00b0 ?[CF]\b|[a-z][a-z/.\u00b2\d]*)(?:[ \u00a0-]([a-z/]+))?(?:[ \u00a0-]([a-z]+))?",
    re.IGNORECASE,
)


class Amount(msgspec.Struct, frozen=True):
    """A figure at `start` to `end` of its text: `readings` are (what is measured, value in its base
    unit), `unit` is how it is written, "" without one; `step` is what half of the last place that is written
    comes to in each reading's base unit."""

    start: int
    end: int
    readings: frozenset[tuple[str, float]]
    numbers: frozenset[float]
    unit: str
    step: float


def amounts(text: str) -> list[Amount]:
    """The figures of a text, in order.

    >>> [sorted(each.readings) for each in amounts("It rose 1,5 percent to \u20b92 crore.")]
    [[('share', 1.5)], [('INR', 20000000.0)]]
    """
    return list(_amounts(text))


def agree(a: Amount, b: Amount) -> bool:
    """Whether both may be one figure: the same, or the same in other units, rounded.

    >>> agree(*amounts("40 degrees Celsius or 104 degrees Fahrenheit"))
    True
    >>> agree(*amounts("40 million dollars, not 40 million euros"))
    False
    """
    if a.unit == b.unit or not a.unit or not b.unit:
        return bool(a.numbers & b.numbers)
    for measure, x in a.readings:
        for other, y in b.readings:
            if measure == other and abs(x - y) <= max(ROUNDING * abs(x), a.step, b.step):
                exact = measure in MONEY or measure in {"share", "points"}
                if not exact or x == y:
                    return True
    return False


def comparable(a: Amount, b: Amount) -> bool:
    """Whether both measure the same thing; what has no unit may measure anything."""
    measures = [{measure for measure, _ in each.readings} for each in (a, b)]
    return not a.unit or not b.unit or bool(measures[0] & measures[1])


def _amounts(text: str) -> Iterator[Amount]:
    for match in AMOUNT.finditer(text):
        number, scale = match["number"], (match["scale"] or "").lower()
        sign = (match["sign"] or "").lower().rstrip(".")
        values = _values(number)
        if not values:
            continue
        end = match.end()
        unit, unit_end = (sign, end) if sign else _unit(text, end)
        if scale == "m" and not sign and not unit:
            unit, scale = "m", ""
        factor = SCALES.get(scale, 1.0) * (-1 if match["minus"] and not match.start("minus") else 1)
        numbers = frozenset(round(value * factor, 9) for value in values)
        half = LAST_PLACE * 10.0 ** -_places(number) * abs(factor)
        readings = frozenset(
            (measure, round(value * by + plus, 9))
            for measure, by, plus in _measures(unit)
            for value in numbers
        )
        size = max((abs(by) for _, by, _ in _measures(unit)), default=1.0)
        begin = match.start("sign") if sign else match.start("number")
        yield Amount(begin, unit_end if unit else end, readings, numbers, unit, half * size)


def _values(number: str) -> frozenset[float]:
    """What a figure may be worth.

    >>> sorted(_values("1,5")), sorted(_values("1.500")), sorted(_values("1,50,000")), sorted(_values("twenty-two"))
    ([1.5], [1.5, 1500.0], [150000.0], [22.0])
    """
    if not number[0].isdigit():
        parts = [float(NUMBER_WORDS[part]) for part in re.split(r"[- ]", number.lower())]
        total = parts[0]
        for part in parts[1:]:
            total = total * part if part in (100.0, 1000.0, 12.0) else total + part
        return frozenset({total})
    plain = re.sub(r"[^\d.,]", "", number)
    marks = [mark for mark in plain if mark in ".,"]
    groups = re.split(r"[.,]", plain)
    if not marks:
        return frozenset({float(plain)})
    if len(set(marks)) == 2:
        decimal = marks[-1]
        if marks.count(decimal) > 1:
            return frozenset()
        whole, fraction = plain.rsplit(decimal, 1)
        return frozenset({float(f"{re.sub('[.,]', '', whole)}.{fraction}")})
    thousands = len(groups[-1]) == 3 and all(len(each) in (2, 3) for each in groups[1:])
    if len(marks) > 1:
        return frozenset({float("".join(groups))}) if thousands else frozenset()
    decimal_value = float(f"{groups[0]}.{groups[1]}")
    if not thousands or groups[0] == "0":
        return frozenset({decimal_value})
    whole_value = float("".join(groups))
    return frozenset({whole_value}) if marks[0] == "," else frozenset({decimal_value, whole_value})


def _places(number: str) -> int:
    """Decimal places that are written."""
    match = re.search(r"[.,](\d{1,2})$", number)
    return len(match[1]) if match else 0


def _unit(text: str, end: int) -> tuple[str, int]:
    """The longest unit that begins at `end`, as `_measures` takes it, and where it ends."""
    match = UNIT.match(text, end)
    if match is None:
        return "", end
    words = [
        each.lower().replace("\u00b0 ", "\u00b0").rstrip(".") for each in match.groups() if each
    ]
    for n in range(len(words), 0, -1):
        name = "-".join(words[:n])
        if _measures(name)[0][0] != COUNT:
            return name, match.end(n)
    if words[0] in ("degree", "degrees"):
        return "degrees", match.end(1)
    return "", end


def _measures(unit: str) -> list[tuple[str, float, float]]:
    """A unit → what it may measure, the factor to that measure's base unit, and what is added then."""
    return _UNITS.get(unit) or [(COUNT, 1.0, 0.0)]


def _table() -> dict[str, list[tuple[str, float, float]]]:
    found: dict[str, list[tuple[str, float, float]]] = {}
    for currency, names in MONEY.items():
        for name in names.split():
            found.setdefault(name, []).append((currency, 1.0, 0.0))
    for measure, units in MEASURES.items():
        for names, size in units.items():
            for name in names.split():
                found.setdefault(name, []).append((measure, size, 0.0))
    celsius = ("temperature", 1.0, 0.0)
    fahrenheit = ("temperature", FAHRENHEIT, -FREEZING * FAHRENHEIT)
    found.update({name: [celsius] for name in TEMPERATURES["celsius"]})
    found.update({name: [fahrenheit] for name in TEMPERATURES["fahrenheit"]})
    found["degrees"] = [celsius, fahrenheit]
    return found


_UNITS = _table()
