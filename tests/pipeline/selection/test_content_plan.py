"""Which facts are told and what they are read behind, on vectors of three dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from service.pipeline.selection.content_plan import plan
from service.pipeline.types import Options, Sentence, Style
from tests.pipeline.tiny import unit


def sentences(*articles: int) -> list[Sentence]:
    return [Sentence(article, 0, 5, "Words.", k, 0) for k, article in enumerate(articles)]


def test_what_is_near_a_planned_fact_is_not_planned_beside_it():
    vectors = unit([1, 0, 0], [1, 0.1, 0], [1, 0, 0.1], [0, 1, 0])
    salience = np.array([4, 3, 2, 1], dtype=np.float32)

    groups = plan(
        sentences(0, 1, 2, 0),
        vectors,
        np.arange(4),
        salience,
        lambda i: True,
        lambda i: None,
        lambda i: True,
        lambda i: False,
        Options(sentences=3),
    )

    assert [group.members for group in groups] == [(0,), (3,)]


def test_the_brief_opens_with_what_several_articles_open_with():
    own, shared, echoed = "The team trained for years.", "The team won the cup.", "A cup was won."
    assert _first(own, shared, echoed) == 1
    assert _first(own, "The team also won the cup.", echoed) != 1


def _first(own: str, shared: str, echoed: str) -> int:
    told = [
        Sentence(0, 0, len(own), own, 0, 0),
        Sentence(0, 0, len(shared), shared, 1, 0),
        Sentence(1, 0, len(echoed), echoed, 0, 0),
    ]
    vectors = unit([1, 0.3, 0], [0, 1, 0.1], [0, 1, 0])

    first, *_ = plan(
        told,
        vectors,
        np.array([0, 0, 1]),
        np.array([0.5, 0, -1], dtype=np.float32),
        lambda i: True,
        lambda i: None,
        lambda i: True,
        lambda i: False,
        Options(),
    )

    return first.members[0]


def test_a_sentence_that_cannot_stand_is_not_planned():
    vectors = unit([1, 0], [0, 1])
    salience = np.array([2, 1], dtype=np.float32)

    groups = plan(
        sentences(0, 1),
        vectors,
        np.arange(2),
        salience,
        lambda i: i == 1,
        lambda i: None,
        lambda i: i == 1,
        lambda i: False,
        Options(),
    )

    assert [group.members for group in groups] == [(1,)]


@pytest.mark.parametrize(
    ("style", "told"),
    [("paragraph", [(2, None), (0, None), (1, 0)]), ("bullets", [(2, None), (0, None)])],
)
def test_a_sentence_that_leans_on_the_one_before_brings_it_along_but_not_in_a_list(
    style: Style, told: list[tuple[int, int | None]]
):
    vectors = unit([1, 0, 0], [0, 1, 0], [0, 0, 1])
    salience = np.array([1, 9, 5], dtype=np.float32)

    groups = plan(
        sentences(0, 0, 1),
        vectors,
        np.array([0, 0, 1]),
        salience,
        lambda i: i == 2,
        lambda i: None,
        lambda i: i != 1,
        lambda i: i == 1,
        Options(style=style),
    )

    assert [(group.members[0], group.follows_sentence) for group in groups] == told


def _members(
    told: list[Sentence],
    salience: list[float],
    lead_odds: Callable[[int], float | None] = lambda i: None,
    can_open: Callable[[int], bool] = lambda i: True,
) -> list[int]:
    groups = plan(
        told,
        np.eye(len(told), dtype=np.float32),
        np.array([each.article for each in told]),
        np.array(salience, dtype=np.float32),
        can_open,
        lead_odds,
        lambda i: True,
        lambda i: False,
        Options(sentences=1),
    )
    assert [group.opens for group in groups] == [True, *[False] * (len(groups) - 1)]
    assert groups[0].lead_score == max(group.lead_score for group in groups)
    return [group.members[0] for group in groups]


def test_of_the_few_worth_most_as_the_first_the_one_that_reads_best_as_one_is_chosen():
    read: list[int] = []

    def odds(i: int) -> float:
        read.append(i)
        return 4.0 if i in (2, 5) else -4.0

    first, *_ = _members(sentences(*range(6)), [6, 5, 4, 3, 2, 1], odds, lambda i: i == 0)

    assert (first, sorted(read)) == (2, [0, 1, 2, 3])


def test_a_reading_that_is_unsure_leaves_the_one_that_is_worth_most():
    assert _members(sentences(0, 1), [6, 3], lambda i: float(i))[0] == 0


def test_without_a_reading_the_rules_tell_what_can_come_first():
    assert _members(sentences(0, 1), [6, 3], can_open=lambda i: i == 1)[0] == 1


def test_what_continues_a_chosen_sentence_goes_before_what_is_worth_a_little_more():
    behind = [Sentence(0, 0, 5, "Words.", k, 0) for k in (20, 21)]
    apart = [Sentence(1, 0, 5, "Words.", 20, 0)]

    assert _members([*behind, *apart], [9, 1, 2]) == [0, 1, 2]
    assert _members([*behind, *apart], [9, 1, 4]) == [0, 2, 1]


def test_the_article_of_the_first_sentence_goes_on_before_what_is_worth_a_little_more():
    main = [Sentence(0, 0, 5, "Words.", k, 0) for k in (4, 8)]
    apart = [Sentence(1, 0, 5, "Words.", 8, 0)]

    assert _members([*main, *apart], [9, 1, 1.25]) == [0, 1, 2]
    assert _members([*main, *apart], [9, 1, 1.75]) == [0, 2, 1]
