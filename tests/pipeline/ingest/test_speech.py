"""Speech without marks is nobody's report, and a quotation runs on through paragraphs."""

from __future__ import annotations

import pytest

from service.pipeline.ingest.boilerplate import is_heading
from service.pipeline.ingest.speech import running_quotations, spoken

NEWS, KNEW, PAID, LAST = (
    "The ferry sank off Merrin on Monday.",
    "Roe knew of the leak for six years.",
    "Harbor inspectors took money from Roe.",
    "The ferry was built in 1961.",
)


@pytest.mark.parametrize(
    "paragraphs",
    [
        (NEWS, f"> {KNEW}", f"> {PAID}"),
        (NEWS, "In a letter, the riders\u2019 union wrote:", KNEW, PAID),
        (NEWS, "Ada Bly posted on X:", KNEW, PAID),
        (NEWS, "The statement reads as follows:", KNEW, PAID),
        (NEWS, "Bly said in an e-mail to the harbor:", KNEW, PAID),
        (NEWS, f"Ada Bly: {KNEW}", "Interviewer: What now?", f"Ada Bly: {PAID}"),
        (NEWS, "ADA BLY:", KNEW, "REPORTER:", "What now?", "ADA BLY:", PAID),
        (NEWS, "Q: What now?", f"A: {KNEW}", PAID),
        (NEWS, "Q. What now?", f"A. {KNEW} {PAID}"),
        (NEWS, f"Claim: {KNEW}", f"Claim: {PAID}"),
        (NEWS, "Claim:", KNEW, "Verdict: False.", "Claim:", PAID),
        (NEWS, f"Ada Bly (riders' union): {KNEW}", f"Jan Roe (owner): {PAID}"),
        (NEWS, f"PT: Is it late? {KNEW} DAHL: It is. {PAID}"),
        (NEWS, "What was claimed:", KNEW, f"Rumour: {PAID}"),
        (NEWS, f"{KNEW} {PAID}", "\u2014 Ada Bly (@adably) March 4, 2026"),
        (NEWS, f"Bly \u2014 {KNEW}", "Reporter \u2014 What now?", f"Bly \u2014 {PAID}"),
        (NEWS, "Ada Bly", KNEW, "Reporter", "What now?", "Ada Bly", PAID),
        (NEWS, f"Dr Ada Bly, engineer: {KNEW} {PAID}"),
        (NEWS, f"ADA BLY, MAYOR OF MERRIN: {KNEW} {PAID}"),
        (NEWS, f"\u2014 {KNEW[:-1]}, said Ada Bly. {PAID}"),
        (NEWS, f"Bly (@adably): {KNEW} {PAID}"),
        (NEWS, f"\u2014 {KNEW}", "\u2014 Who told you?", f"\u2014 {PAID}"),
        (NEWS, f"Bly (00:12): {KNEW}", "Roe (00:20): Since when?", f"Bly (00:25): {PAID}"),
        (NEWS, "BLY:", KNEW, "ROE:", "What now?", "BLY:", PAID),
    ],
)
def test_what_somebody_says_without_marks_is_not_read(paragraphs: tuple[str, ...]):
    read = [
        each
        for each, said in zip(
            paragraphs, spoken(paragraphs, [False] * len(paragraphs), is_heading), strict=True
        )
        if said is None
    ]

    assert read[0] == NEWS
    assert not any(KNEW in each or PAID in each for each in read)


@pytest.mark.parametrize(
    "paragraphs",
    [
        (NEWS, "The verdict: guilty.", LAST),
        (NEWS, "Note: The pier is closed.", LAST),
        (NEWS, "Three things are known: the ferry was old, it leaked, and it sank.", LAST),
        (NEWS, "Update: The pier is open again.", "Update: The ferry sails.", LAST),
        (NEWS, "RELATED:", "Five ways to cook cod", "RELATED:", LAST),
        (NEWS, "These are the dates:", LAST),
        (NEWS, "Ada Bly said:", f"\u201c{KNEW}\u201d", LAST),
        (NEWS, "Who: the harbor board.", "When: on Monday.", LAST),
        (NEWS, "Verdict: False. The leak was found in May.", LAST),
        (NEWS, "The Pier: A History is a book about Merrin.", LAST),
        (NEWS, "At 14:05: the ferry turned.", LAST),
        (NEWS, "Share this post:", LAST),
        (NEWS, "Read also:", "Storm kills three in Lodin", LAST),
        (NEWS, "Police said the dead are:", LAST),
        (
            NEWS,
            "The mayor said in an interview that it sank.",
            "What happened?",
            LAST,
            "Why did it sink?",
            "It leaked.",
        ),
        (NEWS, "Velmor: Two died.", "Lodin: A pier burst. Is it safe?", LAST),
        (NEWS, "Deaths: Two people died.", "Damage: A pier burst.", "Deaths: Three died.", LAST),
        (NEWS, "Background", "The pier is old.", LAST),
        (NEWS, "Harbor Board", "The board met on Monday.", "Riders", "They wait.", LAST),
        (NEWS, "Last Monday, the board said: it is closed.", LAST),
        (NEWS, "\u2014 The pier is closed.", "\u2014 The beach is open.", LAST),
        (NEWS, "Fact Check: Is the pier closed?", "Fact Check: Is the pier closed?", LAST),
    ],
)
def test_what_the_outlet_says_is_read(paragraphs: tuple[str, ...]):
    said = spoken(paragraphs, [False] * len(paragraphs), is_heading)

    assert said[0] is said[paragraphs.index(LAST)] is None


def test_what_stands_before_a_label_within_a_paragraph_is_read():
    text = f"{NEWS} Is it late, she was asked? DAHL: It is."

    assert spoken([text], [False], is_heading) == [text.index(" DAHL")]


def test_a_list_that_somebody_wrote_ends_with_its_items():
    paragraphs = [NEWS, "The union wrote:", KNEW, PAID, LAST]
    items = [False, False, True, True, False]

    assert spoken(paragraphs, items, is_heading) == [None, None, 0, 0, None]


def test_a_check_of_facts_speaks_for_itself_behind_the_claim():
    paragraphs = [f"Claim: {KNEW}", "Rating: False.", LAST]

    assert spoken(paragraphs, [False] * 3, is_heading) == [0, None, None]


@pytest.mark.parametrize(
    ("paragraphs", "found"),
    [
        (["\u201cIt leaked.", "\u201cRoe knew,\u201d she said."], [(0, ""), (0, "")]),
        (["\u201cIt leaked.", "Roe knew,\u201d she said."], [(0, ""), (0, "\u201c")]),
        (
            ["\u201cIt leaked.", "Roe knew.", "He paid,\u201d she said."],
            [(0, ""), (0, "\u201c"), (0, "\u201c")],
        ),
        (['"It leaked.', '"Roe knew," she said.'], [(0, ""), (0, "")]),
        (
            ["\u201cIt leaked,\u201d she said.", "\u201cRoe knew,\u201d he said."],
            [(0, ""), (1, "")],
        ),
        (["\u201cIt leaked.", "The board met."], [(0, ""), (1, "")]),
        (["Roe knew,\u201d she said."], [(0, "\u201c")]),
        (["The board met.", "It rained."], [(0, ""), (1, "")]),
    ],
)
def test_a_quotation_runs_on_through_paragraphs(
    paragraphs: list[str], found: list[tuple[int, str]]
):
    assert running_quotations(paragraphs) == found
