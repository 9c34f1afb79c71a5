"""Figures with their units: every notation is read, what is converted agrees, currencies never do."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.linguistics import amounts as module
from service.pipeline.linguistics.amounts import agree, amounts, comparable

SAME = [
    ("1,5 percent", "1.5 per cent"),
    ("1.200,50 euros", "\u20ac1,200.50"),
    ("12.500 Euro", "12,500 euros"),
    ("1 500 000 francs", "1.5 million francs"),
    ("5 lakh rupees", "500,000 rupees"),
    ("2 crore rupees", "Rs 20 million"),
    ("Rs. 1,50,000", "\u20b9150,000"),
    ("$2.3bn", "2,300 million dollars"),
    ("40 degrees Celsius", "104 degrees Fahrenheit"),
    ("\u22125 \u00b0C", "23 \u00b0F"),
    ("100 km", "62 miles"),
    ("a 62-mile stretch", "100 kilometres"),
    ("25 acres", "10 hectares"),
    ("4 square miles", "10 square kilometres"),
    ("12 pounds", "5.4 kilograms"),
    ("12 pounds", "\u00a312"),
    ("100 mph", "160 km/h"),
    ("6 feet", "1.8 metres"),
    ("twenty-two euros", "22 euros"),
    ("two hundred dollars", "$200"),
]
OTHER = [
    ("1,5 percent", "15 percent"),
    ("1.5 percent", "1.6 percent"),
    ("3 percent", "3 percentage points"),
    ("40 million dollars", "40 million euros"),
    ("\u00a340", "$40"),
    ("5 lakh rupees", "5 million rupees"),
    ("2 crore rupees", "2 million rupees"),
    ("40 degrees Celsius", "40 degrees Fahrenheit"),
    ("100 km", "100 miles"),
    ("10 hectares", "10 acres"),
    ("12 pounds", "12 kilograms"),
    ("1,500 euros", "1.5 euros"),
    ("100 mph", "100 km/h"),
    ("6 feet", "6 metres"),
]


@pytest.mark.parametrize(("a", "b"), SAME)
def test_one_figure_in_two_notations_agrees(a: str, b: str) -> None:
    (x,), (y,) = amounts(a), amounts(b)
    assert agree(x, y)
    assert agree(y, x)


@pytest.mark.parametrize(("a", "b"), OTHER)
def test_another_figure_unit_or_currency_does_not(a: str, b: str) -> None:
    (x,), (y,) = amounts(a), amounts(b)
    assert not agree(x, y)
    assert not agree(y, x)


def test_currencies_are_not_compared_and_units_of_one_measure_are() -> None:
    dollars, euros, miles, feet, bare = amounts("5 dollars, 5 euros, 5 miles, 5 feet, 5 times")
    assert not comparable(dollars, euros)
    assert comparable(miles, feet)
    assert comparable(bare, dollars)


@given(st.text(max_size=80))
def test_any_text_is_read_in_place(text: str) -> None:
    last = 0
    for each in amounts(text):
        assert last <= each.start < each.end <= len(text)
        assert each.numbers
        last = each.start


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0
