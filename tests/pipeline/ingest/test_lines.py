"""Lines that were wrapped are one paragraph, and lines of their own stay apart."""

from __future__ import annotations

import textwrap
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.lines import is_quoted_line, is_table_row, paragraphs

FIRST = (
    "The harbour master of Nordhaven said on Tuesday that two ferries had collided in fog off the island of Skel, and"
    " that 41 passengers were taken to the town of Aunby. Nobody was hurt badly. Captain Ole Brandt told the coast guard"
    " that his radar had failed an hour before."
)
SECOND = (
    "Both ships belong to Skelline, a firm that the county of Aunby sold in 2019 to an investor from Marsk. Its director,"
    " Ada Holm, promised an inquiry and stopped all crossings until Friday morning."
)
WIDTHS = (36, 40, 45, 52, 60, 66, 72, 80, 100, 132)


def read(text: str) -> list[str]:
    """The paragraphs, with single spaces."""
    return [" ".join(text[start:end].split()) for start, end in paragraphs(text)]


def wrapped(width: int, *texts: str, **layout: str) -> list[str]:
    return [textwrap.fill(each, width, break_on_hyphens=False, **layout) for each in texts]  # type: ignore[arg-type]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("between", ["\n\n", "\n \n", "\n\n\n"])
def test_wrapped_lines_are_one_paragraph_whatever_the_width(width: int, between: str):
    assert read(between.join(wrapped(width, FIRST, SECOND))) == [FIRST, SECOND]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("newline", ["\r\n", "\r\r\n", "\r", "\u2028"])
def test_any_kind_of_line_break_is_one(width: int, newline: str):
    text = "\n\n".join(wrapped(width, FIRST, SECOND)).replace("\n", newline)

    assert read(text) == [FIRST, SECOND]


@pytest.mark.parametrize("width", WIDTHS)
def test_no_piece_of_a_sentence_is_a_paragraph_where_no_empty_line_stands_between(width: int):
    text = "\n".join(wrapped(width, FIRST, SECOND))

    assert " ".join(read(text)) == f"{FIRST} {SECOND}"
    assert all(each.endswith(".") for each in read(text))


@pytest.mark.parametrize("width", WIDTHS)
def test_indented_lines_are_wrapped_too(width: int):
    whole = wrapped(width, FIRST, SECOND, initial_indent="    ", subsequent_indent="    ")
    first = wrapped(width, FIRST, SECOND, initial_indent="   ")

    assert read("\n\n".join(whole)) == [FIRST, SECOND]
    assert read("\n".join(first)) == [FIRST, SECOND]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("mark", ["\u2022 ", "\u2022", "- ", "* ", "1. ", "2) ", "(a) ", "\u25aa "])
def test_an_item_is_a_paragraph_with_the_lines_that_go_on_and_without_its_mark(
    width: int, mark: str
):
    items = wrapped(width, FIRST, SECOND, initial_indent=mark)
    hanging = wrapped(width, FIRST, SECOND, initial_indent=mark, subsequent_indent="  ")

    assert read("In short:\n" + "\n".join(items)) == ["In short:", FIRST, SECOND]
    assert read("\n\n".join(hanging)) == [FIRST, SECOND]


ADDRESS = "https://news.nordhaven.example/2026/03/06/ferries-collide-in-fog-off-skel-41-passengers-taken-to-aunby"


@pytest.mark.parametrize("width", [45, 60, 72])
def test_a_long_address_is_no_measure_of_the_width(width: int):
    beside = f"{FIRST} The report is at {ADDRESS} and says no more of it."

    text = "\n\n".join([*wrapped(width, FIRST), ADDRESS, *wrapped(width, SECOND)])

    assert read(text) == [FIRST, ADDRESS, SECOND]
    assert read("\n".join([*wrapped(width, FIRST), ADDRESS])) == [FIRST, ADDRESS]
    assert read(textwrap.fill(beside, width, break_long_words=False, break_on_hyphens=False)) == [
        beside
    ]


@pytest.mark.parametrize(
    "before",
    [
        "The mayor of the town of Aunby, who had run\n- for the third time - as a candidate of the\nfarmers, thanked the crews for the night at\nsea and left.",
        "The mayor of the town of Aunby, who had run\n\u2014 for the third time \u2014 as a candidate of the\nfarmers, thanked the crews for the night at\nsea and left.",
        "On board of the two ferries were passengers\n41. The harbour master of Nordhaven said that\nnobody was hurt in the fog, and praised the\ncaptain for it.",
    ],
)
def test_a_dash_or_a_number_inside_wrapped_prose_begins_no_item(before: str):
    assert read(before) == [" ".join(before.split())]


def test_lines_that_a_program_balanced_are_wrapped():
    text = (
        "The harbour master of Nordhaven said on Tuesday that two\n"
        "ferries had collided in fog off the island of Skel, and\n"
        "that 41 passengers were taken to the town of Aunby.\n"
        "Nobody was hurt badly. Captain Ole Brandt told the coast\n"
        "guard that his radar had failed an hour before.\n"
    )

    assert read(text) == [FIRST]


OWN_LINES = {
    "one paragraph a line": f"{FIRST}\n{SECOND}\nNo ferry left on Wednesday.",
    "short sentences": "No ferry left on Wednesday.\nThe fog had lifted by then.\nAda Holm spoke to the crews of both ships.",
    "one sentence a line, of one length": "No ferry left the harbour on Wednesday.\nThe fog had lifted early on that day.\nA crew spoke to the coast guard again.",
    "verse": "The harbour sleeps beneath the rain,\nThe gulls are white upon the mast,\nThe boats will not go out again\nUntil the northern wind has passed.",
    "verse in small letters": "and so the harbour sleeps,\nand gulls are white,\nand no boat will go out again,\nand all the northern wind,\nand all the night.",
    "address": "Skelline Ltd.\n12 Harbour Street\nNordhaven 4410\npress@skelline.example",
    "headlines": "Ferries collide in fog off Skel\nMayor of Aunby thanks crews\nCounty sold ships to investor from Marsk in 2019\nAll crossings stopped until Friday",
    "menu": "Home\nNews\nSport\nOpinion\nsign in\nabout us\ncontact",
    "table of spaces": "Ship          Passengers   Hurt\nSkel Star     22           0\nAunby Queen   19           2",
    "table of tabs": "Ship\tPassengers\nSkel Star\t22\nAunby Queen\t19",
    "rows": "| Ship | Passengers |\n| Skel Star | 22 |\n| Aunby Queen | 19 |",
    "quoted mail": "> We knew that the radar of the Skel Star had\n> failed before and did nothing about it for\n> a year.",
    "label and value": "Date: 6 March 2026\nPlace: Nordhaven\nShips: Skel Star, Aunby Queen",
    "speakers": "ADA HOLM: We stop all crossings.\nOLE BRANDT: The radar failed.\nADA HOLM: We knew.",
    "dialogue": "\u2013 Where was the fog?\n\u2013 Off the island of Skel.\n\u2013 And who saw it?",
    "credits": "By Jo Roe and Al Bly\nMarch 6, 2026\nNordhaven Post",
}  # fmt: skip


@pytest.mark.parametrize("name", OWN_LINES)
def test_lines_of_their_own_stay_apart(name: str):
    text = OWN_LINES[name]

    assert [text[start:end] for start, end in paragraphs(text)] == text.split("\n")


@pytest.mark.parametrize("name", OWN_LINES)
def test_lines_of_their_own_stay_apart_in_a_text_that_is_wrapped(name: str):
    text = OWN_LINES[name] if name != "one paragraph a line" else "No ferry left."

    assert read("\n\n".join([*wrapped(72, FIRST, SECOND), text]))[2:] == [
        " ".join(each.split()) for each in text.split("\n")
    ]


def test_a_sentence_that_lost_its_line_is_one_again():
    text = f"{FIRST}\nHe told the\nNordhaven Post\nthat the radar was old.\n{SECOND}"

    assert read(text) == [FIRST, "He told the Nordhaven Post that the radar was old.", SECOND]


def test_rows_and_quoted_lines_are_told_by_their_marks():
    assert is_table_row("| Skel Star | 22 |")
    assert not is_table_row("Skel Star | 22")
    assert not is_table_row("|")
    assert is_quoted_line("> We knew.")
    assert not is_quoted_line("5 > 4")


@given(st.text(alphabet="ab.A,- \t\r\n\u2022\u20281>|", max_size=200))
def test_paragraphs_are_in_order_and_lose_no_word(text: str):
    spans = list(paragraphs(text))

    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    kept = "".join(text[start:end] for start, end in spans)
    assert sum(map(str.isalpha, kept)) == sum(map(str.isalpha, text))
