"""The reading view reads what was meant, and leads back to what was sent."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.ingest.reading_view import reading_view


def read(text: str) -> str:
    return reading_view(text).text


@pytest.mark.parametrize(
    ("sent", "reads"),
    [
        ("The Lod\u00adin dam\u200b holds.\ufeff", "The Lodin dam holds."),
        ("The Lodin\u00a0dam has 5\u202fgates.", "The Lodin dam has 5 gates."),
        ("The \ufb01sh and the co\u2011op.", "The fish and the co-op."),
        ("It rained.\u2028It snowed.", "It rained.\nIt snowed."),
        ("Roe &amp; Bly said &amp;quot;no&amp;quot;.", 'Roe & Bly said "no".'),
        ("Roe&nbsp;left&#46;", "Roe left."),
        ("R&D at A&B; Q&A.", "R&D at A&B; Q&A."),
        ("Roe said \x93no\x94 \x96 twice\x85", "Roe said \u201cno\u201d \u2013 twice\u2026"),
        (
            "The caf\u00c3\u00a9 said it\u00e2\u20ac\u2122s open.",
            "The caf\u00e9 said it\u2019s open.",
        ),
        ("S\u00c3O PAULO and \u00c0 la carte", "S\u00c3O PAULO and \u00c0 la carte"),
        (
            "\u2764\ufe0f and \U0001f469\u200d\U0001f4bb stay",
            "\u2764\ufe0f and \U0001f469\u200d\U0001f4bb stay",
        ),
        (
            "Roe said ,,no\u201c and **left**.[3] It rained.",
            "Roe said \u201cno\u201d and left. It rained.",
        ),
        (
            "<p>It rained.</p><p>Roe <b>left</b>.<br>Bly stayed.",
            "\nIt rained.\n\nRoe left.\nBly stayed.",
        ),
        ("He said \u00e2\u20ac\u0153no\u00e2\u20ac to it.", "He said \u201cno\u201d to it."),
        ('He said \\"no\\" to it.', 'He said "no" to it.'),
        ("hid\ufe01\ufe02\U000e0101den", "hidden"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
    ],
)
def test_what_is_read_instead_of_what_was_sent(sent: str, reads: str):
    assert read(sent) == reads


@pytest.mark.parametrize(
    "quotation",
    [
        "\u2018The ferry was late. Roe knew,\u2019 said Ada Bly, who runs the riders\u2019 union.",
        "'The ferry was late. Roe knew,' said Ada Bly, who runs the riders' union.",
        "\u00abThe ferry was late. Roe knew\u00bb, said Ada Bly, who runs the riders\u2019 union.",
        "\u00ab\u00a0The ferry was late. Roe knew\u00a0\u00bb, said Ada Bly, who runs the riders\u2019 union.",
        "\u00bbThe ferry was late. Roe knew\u00ab, said Ada Bly, who runs the riders\u2019 union.",
        "\u201eThe ferry was late. Roe knew\u201c, said Ada Bly, who runs the riders\u2019 union.",
        "\u201eThe ferry was late. Roe knew\u201d, said Ada Bly, who runs the riders\u2019 union.",
        "\u201dThe ferry was late. Roe knew\u201d, said Ada Bly, who runs the riders\u2019 union.",
        "``The ferry was late. Roe knew,'' said Ada Bly, who runs the riders' union.",
        "''The ferry was late. Roe knew,'' said Ada Bly, who runs the riders' union.",
        "\u2039The ferry was late. Roe knew\u203a, said Ada Bly, who runs the riders\u2019 union.",
        "\u201aThe ferry was late. Roe knew\u2018, said Ada Bly, who runs the riders\u2019 union.",
        "&ldquo;The ferry was late. Roe knew,&rdquo; said Ada Bly, who runs the riders&rsquo; union.",
        "\u300cThe ferry was late. Roe knew,\u300d said Ada Bly, who runs the riders\u2019 union.",
        "\u2018\u2018The ferry was late. Roe knew,\u2019\u2019 said Ada Bly, who runs the riders\u2019 union.",
    ],
)
def test_a_quotation_stands_between_the_same_marks_whatever_it_was_sent_with(quotation: str):
    begins, ends = read(quotation)[0], read(quotation).index("\u201d")

    assert begins == "\u201c"
    assert read(quotation)[1:ends].rstrip(",") == "The ferry was late. Roe knew"
    assert read(quotation).count("\u201d") == 1


@pytest.mark.parametrize(
    "text",
    [
        "The riders\u2019 union and the drivers\u2019 union met in the \u201990s.",
        "O'Brien's ferry wasn't late in the '90s, the riders' union said.",
        "Rock 'n' roll \u2019til dawn, and the sailors' choir.",
        "She is 6'2\" tall, and he 5\u20199\u201d.",
        'Bly said "no" and Roe said "yes".',
        "\u201cBly called it \u2018a joke\u2019,\u201d said Roe.",
        "Home \u00bb News \u00bb Ferries",
        "It is 5 \u2032 by 6 \u2033.",
        "Bly\u2019s and Roe\u2019s ferries, the twins\u2019 boats.",
        "The \u201980s ended. The \u201990s began.",
    ],
)
def test_an_apostrophe_is_no_quotation_and_marks_that_are_plain_stay(text: str):
    assert read(text) == text


@pytest.mark.parametrize(
    "quotation",
    [
        "\u2018Roe took it in the \u201990s. Bly knew. Nobody came,\u2019 said Dahl.",
        "'Roe took it in the '90s. Bly knew. Nobody came,' said Dahl.",
        "\u2018It\u2019s the riders\u2019 pier. Roe took it in the \u201990s. Nobody came,\u2019 said Dahl.",
        "'Roe called it 'a gift' to us. Bly knew. Nobody came,' said Dahl.",
        "\u2018He paid \u2019em all. Bly knew. Nobody came,\u2019 said Dahl.",
        "\u00b4Roe took it. Bly knew. Nobody came,\u00b4 said Dahl.",
    ],
)
def test_elisions_and_marks_within_neither_open_nor_close(quotation: str):
    reads = read(quotation)

    assert (reads[0], reads.count("\u201c"), reads.count("\u201d")) == ("\u201c", 1, 1)
    assert reads.endswith("Nobody came,\u201d said Dahl.")


def test_straight_marks_within_straight_ones_are_single():
    assert read('"Roe called it "a gift" to us. Bly knew," said Dahl.') == (
        '"Roe called it \u2018a gift\u2019 to us. Bly knew," said Dahl.'
    )


def test_marks_within_single_ones_are_single():
    assert read("\u2018Roe said \u201cno\u201d to me,\u2019 said Bly.") == (
        "\u201cRoe said \u2018no\u2019 to me,\u201d said Bly."
    )


def test_curly_marks_within_guillemets_are_single():
    assert read(
        "Bly said: \u00ab\u00a0It leaks. \u201cNobody came.\u201d Roe knew.\u00a0\u00bb"
    ) == ("Bly said: \u201cIt leaks. \u2018Nobody came.\u2019 Roe knew.\u201d")


def test_a_quotation_in_single_marks_that_the_next_paragraph_opens_again():
    sent = "\u2018The ferry was late.\n\n\u2018Roe knew,\u2019 said Ada Bly."

    assert read(sent) == "\u201cThe ferry was late.\n\n\u201cRoe knew,\u201d said Ada Bly."


ANY = st.characters(blacklist_categories=("Cs",))
MARKS = st.sampled_from(
    list("\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a`&;\u00ad\u200b\ufb01 \n.,sA")
)


@given(st.text(ANY, max_size=200) | st.lists(MARKS, max_size=60).map("".join))
def test_every_span_of_the_view_leads_to_a_span_of_what_was_sent(text: str):
    view = reading_view(text)
    last = 0
    for k in range(len(view.text)):
        start, end = view.original(k, k + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or view.original(k - 1, k) == (start, end)  # one ligature, two letters
        last = start
        if text[start:end] == view.text[k]:
            continue
        assert len(view.text[k]) == 1
    assert all(0 <= a < b <= len(view.text) for a, b in view.paragraphs)
    assert all(a[1] <= b[0] for a, b in zip(view.paragraphs, view.paragraphs[1:], strict=False))


@pytest.mark.parametrize(
    "category", sorted({unicodedata.category(chr(k)) for k in range(sys.maxunicode + 1)} - {"Cs"})
)
def test_letters_around_a_character_of_any_category_lead_back_to_themselves(category: str):
    of = [chr(k) for k in range(0x20000) if unicodedata.category(chr(k)) == category][:400]
    for each in of:
        text = f"Vos {each} Roe{each}"
        view = reading_view(text)
        for name in ("Vos", "Roe"):
            place = view.text.index(name)
            start, end = view.original(place, place + 3)
            assert text[start:end] == name


def test_what_is_plain_is_read_as_it_stands():
    text = "Ferries sail again.\n\n\u201cWe wait,\u201d said Ada Bly.\n"

    assert reading_view(text).layers == ()
    assert read(text) == text
