"""Relative days become dates by the day of publication, where articles of other days stand beside them."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime

import pytest

from service.models.base import Models
from service.pipeline.linguistics import relative_days as module
from service.pipeline.linguistics.relative_days import dated, relative_days
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Options, Request
from service.store.computation_cache import MemoryComputationCache

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "ahead", "read"),
    [
        ("It will vote tomorrow.", True, "It will vote on March 3."),
        ("It began this morning.", False, "It began on the morning of March 2."),
        ("Yesterday, police said so.", False, "On March 1, police said so."),
        ("Last night it rained.", False, "On the night of March 1 it rained."),
        ("It lasts until tomorrow night.", None, "It lasts until the night of March 3."),
        ("She won today\u2019s vote.", False, "She won the March 2 vote."),
        ("It sold 410 cars this year.", False, "It sold 410 cars in 2026."),
        ("It grew so far this year.", False, "It grew so far in 2026."),
        ("It fell earlier this week.", False, "It fell earlier in the week of March 2."),
        ("They left three days ago.", False, "They left on February 27."),
        ("It opens in two weeks.", None, "It opens in the week of March 16."),
        ("It closed last month.", False, "It closed in February."),
        ("It will open on Friday.", True, "It will open on Friday (March 6)."),
        ("He died Sunday night.", False, "He died Sunday night (March 1)."),
    ],
)
def test_what_names_a_day_from_another_is_read(text: str, ahead: bool | None, read: str) -> None:
    found = relative_days(text, MONDAY, ahead=ahead)

    made, moved, used = dated(text, found, lambda _: True)

    assert made == read
    assert len(used) == 1
    assert sum(letters for _, letters in moved) == len(made) - len(text)


@pytest.mark.parametrize(
    "text",
    [
        "It lasted the last year of the war.",
        "The next week was dry.",
        "They meet every Monday.",
        "It was on Friday, March 6.",
        "Last Friday was dry.",
        "Monday\u2019s vote was close.",
        "The Today programme said so.".replace("Today", "Todays"),
        "He stayed for the week.",
        "Two days later it rained.",
        "It takes three days.",
    ],
)
def test_other_times_stay(text: str) -> None:
    assert relative_days(text, MONDAY, ahead=False) == []


@pytest.mark.parametrize(
    "day", [date(1, 1, 1), date(9999, 12, 31), date(101, 1, 1), date(9899, 12, 31)]
)
def test_the_ends_of_the_calendar_break_nothing(day: date) -> None:
    text = "Yesterday, last week and 99 years ago; tomorrow, next month and in 99 years, on Monday."

    for ahead in (True, False, None):
        relative_days(text, day, ahead=ahead, years=True)


def brief(models: Models, *given: tuple[str, int, str]) -> Brief:
    articles = tuple(
        Article(id=name, text=text, published_at=datetime(2026, 3, day, 12, tzinfo=UTC))
        for name, day, text in given
    )
    request = Request(articles=articles, options=Options(mode="extractive"))
    return run(request, models, MemoryComputationCache(), lambda _: None)


OLD = (
    "The council of Orlen will vote on the harbour law tomorrow, Mayor Lena Vos said.\n\n"
    "Dock workers in Orlen began a strike over pay this morning.\n\n"
    "\u201cWe will win tomorrow,\u201d Mayor Lena Vos said in Orlen."
)
NEW = "The council of Orlen rejected the harbour law by 61 votes to 58 yesterday."


def test_days_of_articles_of_different_days_are_told_as_dates(models: Models) -> None:
    made = brief(models, ("mon", 2, OLD), ("wed", 4, NEW))

    texts = [each.text for each in made.sentences]
    assert any("on the morning of March 2" in text for text in texts)
    assert any("rejected the harbour law by 61 votes to 58 on March 3" in text for text in texts)
    assert not any("tomorrow" in text and "\u201c" not in text for text in texts)
    used = {n.rule for each in made.sentences for c in each.checks for n in c.normalisations}
    assert "relative-day" in used
    for each in made.sentences:
        for cited in each.citations:
            own = {"mon": OLD, "wed": NEW}[cited.article_id]
            assert own[cited.start : cited.end] == cited.quote


def test_what_was_to_come_and_is_past_is_withheld(models: Models) -> None:
    made = brief(models, ("mon", 2, OLD), ("wed", 4, NEW))

    assert [each.text for each in made.withheld if each.reason == "outdated"] == [
        OLD.split("\n")[0]
    ]


def test_articles_of_one_day_keep_their_words(models: Models) -> None:
    made = brief(models, ("a", 2, OLD), ("b", 2, NEW))

    assert any("tomorrow" in each.text for each in made.sentences)
    assert all(each.mode == "extractive" for each in made.sentences if "strike" in each.text)
    assert not made.withheld or all(each.reason != "outdated" for each in made.withheld)


def test_the_examples_hold() -> None:
    assert doctest.testmod(module).failed == 0
