"""Whether two sentences tell the same, and in how many origins a sentence is told."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Cancelled
from service.models.base import KINDS
from service.pipeline.alignment.same_fact import (
    MIN_COSINE,
    MOST_ORIGINS,
    Pair,
    SameFactReader,
    likelihood,
    reporting_origins,
)
from service.pipeline.types import Memo, Sentence
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always, says, unit

FACT = "Olga Vos opened two bridges"
REPORT = "Olga Vos sang songs"
PAIR, ANOTHER = Pair(FACT, REPORT, 0.6), Pair(FACT, "Vos closed bridges today", 0.7)
FAR = Pair(FACT, FACT, float(np.nextafter(MIN_COSINE, 0)))

ROWS = {kind: np.array(says(kind, 0.97), dtype=np.float32) for kind in KINDS}
"""Kind → what a reader says that is sure of it."""


def reader(told: Told, memo: Memo | None = None) -> SameFactReader:
    return SameFactReader(told, MemoryComputationCache() if memo is None else memo)


def hashed(report: str, fact: str) -> list[float]:
    """A kind that hangs on the two texts alone, and on which is which."""
    return says(KINDS[crc32(f"{report}|{fact}".encode()) % len(KINDS)])


def both_ways(pair: Pair, kind: str) -> float:
    return likelihood(pair, ROWS[kind], ROWS[kind])


def test_a_part_of_a_fact_is_told_as_its_whole_is_and_an_opposite_is_not():
    whole, part, opposite, nothing = (both_ways(PAIR, kind) for kind in KINDS)

    assert whole == part > opposite == nothing


def test_what_either_sentence_says_of_the_other_counts_alike():
    yes, no = ROWS["supported"], ROWS["not said"]

    assert likelihood(PAIR, yes, no) == likelihood(PAIR, no, yes)
    assert both_ways(PAIR, "supported") > likelihood(PAIR, yes, no) > both_ways(PAIR, "not said")


def test_the_likelihood_rises_with_what_the_reader_says_and_with_what_the_two_share():
    rows = [np.array([p / 2, p / 2, 1 - p, 0]) for p in (0.0, 0.02, 0.5, 0.98, 1.0)]
    by_reader = [likelihood(PAIR, row, row) for row in rows]
    apart, alike = (
        both_ways(pair, "supported")
        for pair in (Pair(FACT, "It rained", MIN_COSINE), Pair(FACT, FACT, 1.0))
    )

    assert by_reader == sorted(set(by_reader))
    assert apart < alike


ROW = st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda row: sum(row) > 0.01)


@given(st.floats(-1, 1), st.sets(st.sampled_from(FACT.split())), st.tuples(ROW, ROW))
def test_the_likelihood_is_a_probability(
    cosine: float, shared: set[str], rows: tuple[list[float], list[float]]
):
    there, back = (np.array(row, dtype=np.float32) / np.float32(sum(row)) for row in rows)

    assert 0 < likelihood(Pair(FACT, " ".join(sorted(shared)), cosine), there, back) < 1


def test_function_words_and_capitals_count_for_nothing():
    plain, other = (
        both_ways(Pair(FACT, report, 0.6), "part") for report in ("Olga Vos", "the OLGA of a vos")
    )

    assert plain == other


def test_pairs_are_decided_by_what_is_read_of_each_sentence_in_the_other():
    told = Told(hashed)

    found = reader(told).probabilities([PAIR, ANOTHER, PAIR])

    assert sorted(told.asked) == sorted(
        [(REPORT, FACT), (ANOTHER.report, FACT), (FACT, REPORT), (FACT, ANOTHER.report)]
    )
    one, other = (
        likelihood(
            pair,
            np.array(hashed(pair.report, pair.fact)),
            np.array(hashed(pair.fact, pair.report)),
        )
        for pair in (PAIR, ANOTHER)
    )
    assert found == [one, other, one]
    assert one != other


def test_a_far_pair_is_never_read_and_tells_nothing():
    told, near = always("supported"), Pair(FACT, FACT, MIN_COSINE)

    found = reader(told).probabilities([FAR, near, Pair(FACT, REPORT, -1.0)])

    row = np.array(says("supported"))
    assert told.asked == [(FACT, FACT)]
    assert found == [0, likelihood(near, row, row), 0]
    assert found[1] > 0


def test_nothing_is_read_where_nothing_is_asked():
    told = always("supported")

    assert reader(told).probabilities([]) == reader(told).reads([]) == []
    assert told.asked == []


def test_a_pair_is_read_once_over_all_runs_that_share_a_memo():
    memo, first, second = MemoryComputationCache(), always("supported"), always("not said")

    found = [
        reader(first, memo).probabilities([PAIR]),
        reader(second, memo).probabilities([PAIR]),
        reader(second, memo).probabilities([ANOTHER, PAIR])[1:],
    ]

    assert first.asked == [(REPORT, FACT), (FACT, REPORT)]
    assert second.asked == [(ANOTHER.report, FACT), (FACT, ANOTHER.report)]
    assert found == [found[0]] * 3


def test_the_same_texts_are_read_once_whatever_their_cosine_and_their_order():
    told = always("part")
    pairs = [PAIR, Pair(FACT, REPORT, 0.9), Pair(REPORT, FACT, 0.6)]

    found = reader(told).probabilities(pairs)

    row = np.array(says("part"))
    assert sorted(told.asked) == sorted([(REPORT, FACT), (FACT, REPORT)])
    assert found == [likelihood(pair, row, row) for pair in pairs]


def test_which_of_two_sentences_is_the_report_matters():
    memo, told = MemoryComputationCache(), Told(hashed)

    there, back = reader(told, memo).reads([(REPORT, FACT), (FACT, REPORT)])

    assert told.asked == [(REPORT, FACT), (FACT, REPORT)]
    assert there.tolist() == hashed(REPORT, FACT) != hashed(FACT, REPORT) == back.tolist()


def test_another_reader_does_not_take_what_the_first_said():
    memo, first, second = MemoryComputationCache(), Told(hashed), Told(hashed, "told@2")

    for each in (first, second):
        reader(each, memo).reads([(REPORT, FACT)])

    assert first.asked == second.asked == [(REPORT, FACT)]


def test_reading_can_be_stopped():
    def stop() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        SameFactReader(always("part"), MemoryComputationCache(), stop).probabilities([PAIR])


TOLD = ("Vos opened two bridges.", "Two bridges were opened by Vos.", "It rained in Bergen.")
NEAR = unit([1, 0.1, 0], [1, 0, 0], [0, 0, 1])


def sentences(texts: Sequence[str]) -> list[Sentence]:
    return [Sentence(k, 0, len(text), text, 0, 0) for k, text in enumerate(texts)]


def counted(
    texts: Sequence[str], vectors: np.ndarray, origin: Sequence[int], told: Told,
    asked: Sequence[int] | None = None,
) -> list[int]:  # fmt: skip
    """Per sentence the other origins that report it, to the nearest whole; all are asked for if no
    `asked` is given."""
    own = range(len(texts)) if asked is None else asked
    found = reporting_origins(own, sentences(texts), vectors, np.array(origin), reader(told))
    return [round(each) for each in found]


def test_only_other_origins_report_a_sentence():
    assert counted(TOLD, NEAR, [0, 0, 1], Told()) == [0, 0, 0]
    assert counted(TOLD, NEAR, [0, 1, 2], Told()) == [1, 1, 0]


def test_an_unsure_report_counts_for_as_much_as_it_is_likely():
    vectors, own = unit([1, 0.4], [1, -0.4]), np.array([0, 1])
    likely = [
        float(reporting_origins([0], sentences([FACT, REPORT]), vectors, own, reader(told))[0])
        for told in (always("not said"), always("part", 0.4), always("part"))
    ]

    assert 0 < likely[0] < likely[1] < likely[2] < 1


def test_an_origin_reports_a_sentence_once():
    texts, vectors = [TOLD[0], TOLD[1], TOLD[1]], unit([1, 0.1, 0], [1, 0, 0], [1, 0, 0])

    assert counted(texts, vectors, [0, 1, 1], Told()) == [1, 1, 1]


def test_sentences_that_are_not_asked_for_have_none_and_are_read_for_nobody_else():
    told = Told()

    assert counted(TOLD, NEAR, [0, 1, 2], told, asked=[1]) == [0, 1, 0]
    assert told.asked == [(TOLD[0], TOLD[1]), (TOLD[1], TOLD[0])]
    assert counted(TOLD, NEAR, [0, 1, 2], told, asked=[]) == [0, 0, 0]


@pytest.mark.parametrize(
    ("kind", "reported"), [("supported", 1), ("part", 1), ("contradicted", 0), ("not said", 0)]
)
def test_what_the_nearest_sentence_says_decides(kind: str, reported: int):
    vectors = unit([1, 0.4], [1, -0.4])

    assert counted([FACT, REPORT], vectors, [0, 1], always(kind)) == [reported] * 2


def test_of_an_origin_the_nearest_sentence_is_read_and_no_other():
    told = Told()
    vectors = unit([1, 0], [1, 0.5], [1, 0.1], [1, 0.8])

    counted([FACT, "Far", "Near", "Other"], vectors, [0, 1, 1, 2], told, asked=[0])

    assert told.asked[:2] == [("Near", FACT), ("Other", FACT)]
    assert {text for pair in told.asked for text in pair} == {FACT, "Near", "Other"}


def test_what_is_far_is_not_read():
    told = always("supported")

    assert counted(TOLD[:2], unit([1, 0], [0.4, 1]), [0, 1], told) == [0, 0]
    assert told.asked == []


def test_the_nearest_origins_are_counted_up_to_a_bound():
    told, count = always("supported"), MOST_ORIGINS + 4
    texts = [FACT, *(f"{FACT} {k}" for k in range(count))]
    vectors = unit([1, 0], *([1, (count - k) / 100] for k in range(count)))

    found = counted(texts, vectors, range(count + 1), told, asked=[0])

    assert found[0] == MOST_ORIGINS
    read = [report for report, fact in told.asked if fact == FACT]
    assert read == texts[: -MOST_ORIGINS - 1 : -1]


@given(st.permutations(range(12)))
def test_who_reports_a_sentence_does_not_depend_on_their_order(order: list[int]):
    drawn = np.random.default_rng(5)
    vectors = unit(*drawn.normal(size=(12, 3), loc=(2.0, 0.0, 0.0)).tolist())
    texts = [f"{' '.join(drawn.choice(FACT.split(), 3))} {k}" for k in range(12)]
    origin = [k % 4 for k in range(12)]
    asked = [0, 1, 2, 3, 5, 7, 8, 10, 11]

    straight = counted(texts, vectors, origin, Told(hashed), asked)
    shuffled = counted(
        [texts[k] for k in order], vectors[order], [origin[k] for k in order], Told(hashed),
        [at for at, k in enumerate(order) if k in asked],
    )  # fmt: skip

    assert 0 < sum(straight) < len(asked) * 3
    assert [straight[k] for k in order] == shuffled
