"""Whether two sentences tell the same: by overlap, by the model where that leaves it open."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import WriterUnavailable
from service.models.base import Prompt, Scores
from service.pipeline.alignment.same_fact import (
    MIN_COSINE,
    MOST_LOG_ODDS,
    OPEN,
    SAME_FACT,
    Pair,
    SameFactReader,
    likelihood,
    reporting_origins,
)
from service.pipeline.prompts import templates
from service.pipeline.types import Memo, Sentence
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import unit

FACT = "Olga Vos opened two bridges"
REPORTS = ("Nobody spoke", "Olga spoke", "Olga Vos spoke", "Olga Vos opened", FACT)
"""Each with more of the fact's words than the one before."""

CLEAR_YES = Pair(FACT, FACT, 1.0)
CLEAR_NO = Pair(FACT, REPORTS[0], MIN_COSINE)


def open_pair(report: str) -> Pair:
    """A pair with the cosine at which the overlap leaves it open."""
    pairs = [Pair(FACT, report, cosine) for cosine in np.linspace(MIN_COSINE, 1, 200)]
    return next(pair for pair in pairs if OPEN[0] < likelihood(pair) < OPEN[1])


OPEN_PAIR, ANOTHER = open_pair("Olga Vos sang songs"), open_pair("Vos closed bridges today")


class Judge:
    """A writer that gives its answers one after the other, and keeps what it was asked."""

    fingerprint = "judge"
    available = judges = True
    written = 0

    def __init__(self, *log_odds: float) -> None:
        self._left = list(log_odds)
        self.asked: list[str] = []

    def write(self, prompts: Sequence[Prompt], **_: object) -> list[str | None]:
        return [None for _ in prompts]

    def judge(
        self, prompts: Sequence[Prompt], *, on_step: Callable[[], None] | None = None
    ) -> Scores:
        self.asked += [prompt[-1].content for prompt in prompts]
        return np.array([self._left.pop(0) for _ in prompts], dtype=np.float32)


class Silent(Judge):
    """A writer that can't judge."""

    judges = False


class Away(Judge):
    """A writer that does not answer."""

    def judge(self, prompts: Sequence[Prompt], **_: object) -> Scores:
        self.asked += [prompt[-1].content for prompt in prompts]
        raise WriterUnavailable("It is away.")


def reader(writer: Judge | None, memo: Memo | None = None, most_asked: int = 8) -> SameFactReader:
    held = MemoryComputationCache() if memo is None else memo
    return SameFactReader(writer, templates()["same_fact"], held, most_asked=most_asked)


def overlap(*pairs: Pair) -> list[float]:
    return [likelihood(pair) for pair in pairs]


def test_the_likelihood_rises_with_the_words_shared_with_the_cosine_and_with_what_the_model_says():
    by_words = [likelihood(Pair(FACT, report, 0.6)) for report in REPORTS]
    by_cosine = [likelihood(Pair(FACT, REPORTS[2], cosine)) for cosine in (0.5, 0.7, 0.9)]
    by_model = [likelihood(OPEN_PAIR, log_odds) for log_odds in (-3.0, 0.0, 3.0)]

    for rising in (by_words, by_cosine, by_model):
        assert rising == sorted(set(rising))
        assert 0 < rising[0] < rising[-1] < 1


@given(
    st.floats(-1, 1),
    st.sets(st.sampled_from(FACT.split()), min_size=1),
    st.floats(allow_infinity=True, allow_nan=True),
)
def test_the_likelihood_is_a_probability_and_nothing_below_the_least_cosine(
    cosine: float, shared: set[str], log_odds: float
):
    found = likelihood(Pair(FACT, " ".join(sorted(shared)), cosine), log_odds)

    assert 0 <= found <= 1
    assert (found == 0) == (cosine < MIN_COSINE)


def test_function_words_and_capitals_count_for_nothing():
    assert likelihood(Pair(FACT, "the OLGA of a vos", 0.6)) == likelihood(
        Pair(FACT, "Olga Vos", 0.6)
    )


def test_the_model_is_no_surer_than_the_bound():
    assert likelihood(OPEN_PAIR, 100.0) == likelihood(OPEN_PAIR, MOST_LOG_ODDS)
    assert likelihood(OPEN_PAIR, -100.0) == likelihood(OPEN_PAIR, -MOST_LOG_ODDS)


def test_the_model_is_asked_about_open_pairs_only_and_decides_those():
    judge = Judge(5.0, -5.0)

    yes, sure, no, never = reader(judge).probabilities([OPEN_PAIR, CLEAR_YES, ANOTHER, CLEAR_NO])

    assert [OPEN_PAIR.report in judge.asked[0], ANOTHER.report in judge.asked[1]] == [True, True]
    assert len(judge.asked) == 2
    assert no < SAME_FACT <= yes
    assert [sure, never] == overlap(CLEAR_YES, CLEAR_NO)


def test_a_pair_is_asked_about_once_over_all_runs_that_share_a_memo():
    memo, first, second = MemoryComputationCache(), Judge(5.0), Judge(-5.0)

    found = [reader(each, memo).probabilities([OPEN_PAIR]) for each in (first, second)]

    assert len(first.asked) == 1
    assert second.asked == []
    assert found[0] == found[1]


def test_which_pairs_are_decided_by_the_model_does_not_hang_on_the_memo():
    memo = MemoryComputationCache()
    judge = Judge(5.0, 5.0, 5.0)
    asked_before = reader(judge, memo, most_asked=1)
    asked_before.probabilities([OPEN_PAIR])

    fresh, held = (
        reader(judge, each, most_asked=1).probabilities([OPEN_PAIR, ANOTHER])
        for each in (MemoryComputationCache(), memo)
    )

    assert fresh == held
    assert fresh[1] == likelihood(ANOTHER)


def test_the_model_is_asked_about_no_more_pairs_than_it_may_be():
    judge = Judge(5.0)
    bounded = reader(judge, most_asked=1)

    found = [bounded.probabilities([pair])[0] for pair in (OPEN_PAIR, ANOTHER)]

    assert len(judge.asked) == 1
    assert found == [likelihood(OPEN_PAIR, 5.0), likelihood(ANOTHER)]


@pytest.mark.parametrize("writer", [None, Silent()])
def test_without_a_writer_that_judges_the_overlap_decides(writer: Judge | None):
    pairs = (OPEN_PAIR, CLEAR_YES, CLEAR_NO)

    assert reader(writer).probabilities(pairs) == overlap(*pairs)


def test_nobody_is_asked_where_enough_is_known():
    judge = Judge(5.0)

    assert reader(judge).probabilities([OPEN_PAIR], ask=False) == overlap(OPEN_PAIR)
    assert judge.asked == []


def test_a_model_that_says_neither_yes_nor_no_leaves_the_word_to_the_overlap():
    memo = MemoryComputationCache()

    for judge in (Judge(math.nan), Judge()):
        assert reader(judge, memo).probabilities([OPEN_PAIR]) == overlap(OPEN_PAIR)


def test_a_writer_that_fails_leaves_the_word_to_the_overlap_and_is_asked_no_more():
    away, memo = Away(), MemoryComputationCache()
    alone = reader(away, memo)

    found = [alone.probabilities([OPEN_PAIR]) for _ in range(2)]

    assert found == [overlap(OPEN_PAIR)] * 2
    assert len(away.asked) == 1
    assert reader(Judge(5.0), memo).probabilities([OPEN_PAIR]) == [likelihood(OPEN_PAIR, 5.0)]


TOLD = ("Vos opened two bridges.", "Two bridges were opened by Vos.", "It rained in Bergen.")
NEAR = unit([1, 0.1, 0], [1, 0, 0], [0, 0, 1])


def sentences(texts: Sequence[str]) -> list[Sentence]:
    return [Sentence(k, 0, len(text), text, 0, 0) for k, text in enumerate(texts)]


def test_only_other_origins_report_a_sentence():
    told = sentences(TOLD)

    assert reporting_origins(told, NEAR, np.array([0, 0, 1])).tolist() == [0, 0, 0]
    assert reporting_origins(told, NEAR, np.array([0, 1, 2])).tolist() == [1, 1, 0]


def test_an_origin_reports_a_sentence_once():
    told = sentences([TOLD[0], TOLD[1], TOLD[1]])
    vectors = unit([1, 0.1, 0], [1, 0, 0], [1, 0, 0])

    assert reporting_origins(told, vectors, np.array([0, 1, 1])).tolist() == [1, 1, 1]


def test_what_is_near_but_shares_no_word_is_no_report():
    told = sentences([TOLD[0], TOLD[2]])

    assert reporting_origins(told, unit([1, 0.6], [1, -0.6]), np.arange(2)).tolist() == [0, 0]


@given(st.permutations(range(12)))
def test_who_reports_a_sentence_does_not_depend_on_their_order(order: list[int]):
    drawn = np.random.default_rng(5)
    vectors = unit(*drawn.normal(size=(12, 3), loc=(2.0, 0.0, 0.0)).tolist())
    vocabulary = FACT.split()
    told = sentences([" ".join(drawn.choice(vocabulary, 3)) for _ in range(12)])
    origin = np.arange(12) % 4

    straight = reporting_origins(told, vectors, origin)
    shuffled = reporting_origins([told[k] for k in order], vectors[order], origin[order])

    assert 0 < straight.sum() < 12 * 3
    assert straight[order].tolist() == shuffled.tolist()
