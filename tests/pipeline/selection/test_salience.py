"""Which sentences matter, on vectors of three dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.selection.salience import Signals, salience_scores, with_support
from service.pipeline.types import Sentence
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always, unit

BRIDGE, AGAIN = "Vos opened two bridges.", "Two bridges were opened by Vos."
FERRY, OTHERWISE = "Rain stopped the ferry.", "The ferry was stopped by rain."


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(k, 0, len(text), text, 0, 0) for k, text in enumerate(texts)]


def signals(vectors: np.ndarray, origin: list[int], focus: np.ndarray | None = None) -> Signals:
    n = len(vectors)
    return Signals(
        vectors=vectors, origin=np.array(origin), position=np.zeros(n, dtype=np.int64),
        support=np.zeros(n, dtype=np.float32),
        specificity=np.zeros(n, dtype=np.float32), recency=np.zeros(n, dtype=np.float32),
        titles=np.zeros((0, vectors.shape[1]), dtype=np.float32), focus=focus,
    )  # fmt: skip


def supported(
    texts: Sequence[str], vectors: np.ndarray, origin: Sequence[int], told: Told | None = None
) -> Signals:
    same_fact = SameFactReader(told or Told(), MemoryComputationCache())
    return with_support(signals(vectors, list(origin)), sentences(*texts), same_fact)


def test_what_another_origin_says_too_outranks_what_one_repeats():
    vectors = unit([1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 1, 0.1])
    origin = [0, 1, 2, 2]

    salience = salience_scores(supported((BRIDGE, AGAIN, FERRY, OTHERWISE), vectors, origin))
    without = salience_scores(signals(vectors, origin))

    assert salience[0] > salience[2]
    assert (salience > without).tolist() == [True, True, False, False]


def test_support_is_the_share_of_the_other_origins_that_tell_a_sentence():
    vectors, texts = unit([1, 0], [1, 0.1], [0, 1]), (BRIDGE, AGAIN, FERRY)

    assert supported(texts, vectors, [0, 0, 1]).support == pytest.approx([0, 0, 0], abs=0.1)
    assert supported(texts, vectors, [0, 1, 1]).support == pytest.approx([1, 1, 0], abs=0.1)
    assert supported(texts, vectors, [0, 1, 2]).support == pytest.approx([0.5, 0.5, 0], abs=0.1)


def test_of_one_origin_nothing_is_read_and_nothing_supported():
    told, vectors = always("supported"), unit([1, 0], [1, 0.1])

    assert supported((BRIDGE, AGAIN), vectors, [0, 0], told).support.tolist() == [0, 0]
    assert told.asked == []


def test_each_further_origin_supports_a_sentence_more():
    vectors = unit([1, 0], [1, 0.1], [1, 0.2], [1, 0.3])

    one, two, three = (
        float(supported(texts, vectors, range(4)).support[0])
        for texts in (
            (BRIDGE, AGAIN, FERRY, OTHERWISE),
            (BRIDGE, AGAIN, AGAIN, OTHERWISE),
            (BRIDGE, AGAIN, AGAIN, AGAIN),
        )
    )

    assert 0 < one < two < three == pytest.approx(1, abs=0.1)


def test_only_the_sentences_that_are_most_salient_without_it_have_support(
    monkeypatch: pytest.MonkeyPatch,
):
    vectors, origin = unit([1, 0, 0], [1, 0.1, 0], [1, 0.2, 0], [0.7, 1, 0]), range(4)
    texts = (BRIDGE, AGAIN, BRIDGE, AGAIN)
    first = np.argsort(-salience_scores(signals(vectors, list(origin))))[:2]

    every = supported(texts, vectors, origin, always("supported")).support
    monkeypatch.setattr("service.pipeline.selection.salience.MOST_READ", 2)
    bounded = supported(texts, vectors, origin, always("supported")).support

    assert every == pytest.approx([1] * 4, abs=0.1)
    assert set(np.flatnonzero(bounded)) == set(first)


@given(st.permutations(range(6)))
def test_rank_ignores_the_order_of_sentences(order: list[int]):
    vectors = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    origin = [0, 0, 1, 1, 2, 2]

    straight = salience_scores(signals(vectors, origin))
    shuffled = salience_scores(signals(vectors[order], [origin[k] for k in order]))

    assert np.allclose(straight[order], shuffled, atol=1e-5)


def test_focus_decides_among_equals():
    vectors = unit([1, 0, 0], [0, 1, 0], [0, 0, 1])

    salience = salience_scores(signals(vectors, [0, 1, 2], focus=vectors[1]))

    assert int(np.argmax(salience)) == 1


def test_nothing_ranks_to_nothing():
    assert salience_scores(signals(np.zeros((0, 3), dtype=np.float32), [])).shape == (0,)
