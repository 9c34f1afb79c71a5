"""Which sentences matter, on vectors of three dimensions."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.selection.salience import Signals, salience_scores, support
from service.pipeline.types import Sentence
from tests.pipeline.tiny import unit

BRIDGE, AGAIN = "Vos opened two bridges.", "Two bridges were opened by Vos."
FERRY, OTHERWISE = "Rain stopped the ferry.", "The ferry was stopped by rain."


def sentences(*texts: str) -> list[Sentence]:
    return [Sentence(k, 0, len(text), text, 0, 0) for k, text in enumerate(texts)]


def signals(
    vectors: np.ndarray, origin: list[int], focus: np.ndarray | None = None,
    supported: np.ndarray | None = None,
) -> Signals:  # fmt: skip
    n = len(vectors)
    return Signals(
        vectors=vectors, origin=np.array(origin), position=np.zeros(n, dtype=np.int64),
        support=np.zeros(n, dtype=np.float32) if supported is None else supported,
        specificity=np.zeros(n, dtype=np.float32), recency=np.zeros(n, dtype=np.float32),
        titles=np.zeros((0, vectors.shape[1]), dtype=np.float32), focus=focus,
    )  # fmt: skip


def test_what_another_origin_says_too_outranks_what_one_repeats():
    vectors = unit([1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 1, 0.1])
    origin = [0, 1, 2, 2]
    told = support(sentences(BRIDGE, AGAIN, FERRY, OTHERWISE), vectors, np.array(origin))

    salience = salience_scores(signals(vectors, origin, supported=told))
    without = salience_scores(signals(vectors, origin))

    assert salience[0] > salience[2]
    assert (salience > without).tolist() == [True, True, False, False]


def test_support_counts_other_origins_only():
    vectors = unit([1, 0], [1, 0.1], [0, 1])
    told = sentences(BRIDGE, AGAIN, FERRY)

    assert support(told, vectors, np.array([0, 0, 0])).tolist() == [0, 0, 0]
    assert support(told, vectors, np.array([0, 0, 1])).tolist() == [0, 0, 0]
    assert support(told, vectors, np.array([0, 1, 1])).tolist() == [1, 1, 0]


def test_each_further_origin_supports_a_sentence_more():
    vectors = unit([1, 0], [1, 0.1], [1, 0.2], [1, 0.3])

    one, two, three = (
        float(support(sentences(*texts), vectors, np.arange(4))[0])
        for texts in (
            (BRIDGE, AGAIN, FERRY, OTHERWISE),
            (BRIDGE, AGAIN, AGAIN, OTHERWISE),
            (BRIDGE, AGAIN, AGAIN, AGAIN),
        )
    )

    assert 0 < one < two < three == 1
    assert three == 1


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
