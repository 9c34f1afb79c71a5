"""What an article takes back is not printed; the newest toll is told, and an older one as earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.models.base import Models
from service.pipeline.ingest.boilerplate import content_blocks
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Options, Request
from service.store.computation_cache import MemoryComputationCache

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def brief(models: Models, *given: tuple[str, str], titles: tuple[str | None, ...] = ()) -> Brief:
    named = (*titles, *(None,) * (len(given) - len(titles)))
    articles = tuple(
        Article(id=name, text=text, title=title, published_at=START + timedelta(hours=9 * k))
        for k, ((name, text), title) in enumerate(zip(given, named, strict=True))
    )
    request = Request(articles=articles, options=Options(mode="extractive"))
    return run(request, models, MemoryComputationCache(), lambda _: None)


FIRST = "The airline Skyways filed for bankruptcy in Delmar on Monday.\n\nThe airline Skyways employs 2,300 people and flies to 41 cities."


@pytest.mark.parametrize(
    "note",
    [
        "CORRECTION: The airline Skyways did not file for bankruptcy on Monday; Skyway Cargo did.",
        "Correction (March 2): The airline Skyways did not file for bankruptcy in Delmar.",
        "Clarification \u2014 The airline Skyways has not filed for bankruptcy.",
        "Editor\u2019s note: The airline Skyways did not file for bankruptcy, as a first report said wrongly.",
        "RETRACTION: The airline Skyways never filed for bankruptcy, and an earlier report was wrong.",
        "CORRECTED: Skyways denied that it filed for bankruptcy in Delmar; the first report was in error.",
    ],
)
def test_a_corrected_report_is_not_printed(models: Models, note: str) -> None:
    made = brief(
        models, ("first", FIRST), ("corr", f"{note}\n\nThe planes of Skyways flew on Tuesday.")
    )

    corrected = [each.text for each in made.withheld if each.reason == "corrected"]
    assert corrected == [FIRST.split("\n")[0]]
    assert not any("Skyways filed" in each.text for each in made.sentences)


@pytest.mark.parametrize(
    "note",
    [
        "The airline Skyways did not pay its pilots in Delmar on Monday, the union said.",
        "Correction: The name of the chief executive of Skyways is Vos, not Voss.",
        "Editor\u2019s note: This story holds descriptions of violence.",
        "Skyways corrected its forecast for the year on Monday.",
    ],
)
def test_other_notes_take_nothing_back(models: Models, note: str) -> None:
    made = brief(models, ("first", FIRST), ("other", f"Skyways is an airline in Delmar.\n\n{note}"))

    assert not [each for each in made.withheld if each.reason == "corrected"]


def test_a_figure_that_a_note_calls_wrong_goes_from_other_articles(models: Models) -> None:
    wrong = "Forty people died when a bus crashed near Osk on Sunday and fell into the river."
    right = (
        "Fourteen people were killed in the bus crash near Osk on Sunday, police said.\n\n"
        "Correction: An earlier version of this article said that forty people were killed."
    )

    made = brief(
        models, ("b", wrong + "\n\nThe bus company Nordbus sent its condolences."), ("a", right)
    )

    assert [each.text for each in made.withheld if each.reason == "corrected"] == [wrong]
    texts = [each.text for each in made.sentences]
    assert any(text.startswith("Fourteen people") for text in texts)
    assert not any("earlier version" in text for text in texts)


def test_an_article_that_its_publisher_withdrew_takes_no_part(models: Models) -> None:
    gone = f"Editor\u2019s note: This article has been retracted after an inquiry.\n\n{FIRST}"
    made = brief(
        models,
        ("gone", gone),
        ("kept", "Skyways flew to 41 cities on Monday, its chief executive said."),
    )

    assert {each.id: each.warnings for each in made.articles} == {
        "gone": ("withdrawn",),
        "kept": (),
    }


@pytest.mark.parametrize(
    "note",
    [
        "Refiles to fix the spelling of a name in paragraph 3.",
        "(Corrects headline to say Monday.)",
        "This story corrects the byline.",
    ],
)
def test_notes_on_refiling_are_furniture(note: str) -> None:
    kept = content_blocks(f"{note}\n\n{FIRST}")

    assert len(kept) == 2


@pytest.mark.parametrize(
    ("early", "late", "newest", "older"),
    [
        ("At least three workers died in a blast at the Karsten plant in Olmsburg.",
         "At least eleven workers died in the blast at the Karsten plant in Olmsburg.", "eleven", "at least three"),
        ("Seven passengers drowned when the ferry Halcyon sank off Merrin.",
         "The number of people who drowned when the ferry Halcyon sank off Merrin rose to 19.", "19", "seven"),
        ("About 200 people were evacuated after the dam at Lodin broke.",
         "More than 900 people were evacuated after the dam at Lodin broke, officials said.", "900", "about 200"),
        ("Police in Arden arrested 12 people at the march.",
         "Police in Arden arrested 31 people at the march, the chief said.", "31", "12"),
        ("The storm in Velmor left 20,000 homes without power.",
         "The storm in Velmor left 95,000 homes without power, the utility said.", "95,000", "20,000"),
    ],
)  # fmt: skip
def test_the_newest_toll_is_told_and_the_older_as_earlier(models: Models, early: str, late: str, newest: str, older: str) -> None:  # fmt: skip
    made = brief(models, ("early", early), ("late", late))

    (conflict,) = made.conflicts
    assert conflict.type == "superseded"
    (told,) = [each.text for each in made.sentences if newest in each.text]
    assert f"an earlier report said {older}" in told
    assert not any(each.text.startswith(early[:-1]) for each in made.sentences)


@pytest.mark.parametrize(
    ("early", "late"),
    [
        ("The crash at Osk killed about 200 people.", "The crash at Osk killed 198 people."),
        ("The crash at Osk killed nine people.", "The crash at Osk injured 12 people."),
        ("The fire in Arden killed nine people.", "The storm in Velmor killed two people."),
        ("The crash at Osk killed nine people.", "The crash at Osk killed nine people, police said."),
        ("The crash at Osk killed nine people.", "Three of the nine people killed at Osk were children."),
    ],
)  # fmt: skip
def test_what_agrees_or_counts_other_things_supersedes_nothing(models: Models, early: str, late: str) -> None:  # fmt: skip
    assert brief(models, ("early", early), ("late", late)).conflicts == ()


def test_a_toll_is_not_lost_as_a_repetition(models: Models) -> None:
    whole = "Police in Brno said on Friday that a fire at the Orlov hotel had killed seven people and injured 23 others."
    short = "A fire broke out at the Orlov hotel in Brno on Friday morning."

    made = brief(
        models, ("a", whole), ("b", short + "\n\nThe Orlov hotel has 120 rooms and opened in 1989.")
    )

    assert any("killed seven" in each.text for each in made.sentences)
