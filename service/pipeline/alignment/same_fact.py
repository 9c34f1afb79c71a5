"""Same fact: whether a sentence of one report tells what a sentence of another tells, or a part of it.

Vectors propose; the reader, a small model that reads both sentences together, decides, weighed by
logistic regression with the cosine and the words that the two share. Exact rules (`conflicts`)
veto what is accepted: a figure, a speaker or an outcome that differs.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.models.base import Reader, Scores, Vectors, no_step
from service.pipeline.linguistics.normalisation import FUNCTION
from service.pipeline.memo import remembered
from service.pipeline.types import Memo, Sentence

MIN_COSINE = 0.45
"""Cosine below which two sentences are never compared: of labelled pairs just above it one in ten
tells the same."""

SAME_FACT = 0.75
"""Probability from which a sentence counts as a report of the fact: from there on 91% of 629 labelled
pairs, sampled over all cosines, are right."""

WEIGHTS = (-1.93, 1.51, 1.62, 0.65, 0.95)
"""Intercept and weights of the cosine, the share of the fact's words that the report has, the share
of the report's that the fact has, and the reader's log-odds, mean of both directions. Fitted on the
629 pairs, of other clusters than those held out (`benchmarks.alignment --half odd`)."""

LEAST = 0.001
"""Probability below which the reader is no surer."""

MOST_ORIGINS = 16
"""Other origins, the nearest, in which a report of a sentence is counted."""

WORD = re.compile(r"[\w'\u2019-]+")


class Pair(msgspec.Struct, frozen=True):
    """A sentence that states a fact, one that may report it, and the cosine of the two."""

    fact: str
    report: str
    cosine: float


class SameFactReader:
    """Decides about pairs; reads each pair once over all runs that share a memo."""

    def __init__(self, reader: Reader, memo: Memo, on_step: Callable[[], None] = no_step) -> None:
        self._reader = reader
        self._memo = memo
        self._on_step = on_step

    def probabilities(self, pairs: Sequence[Pair]) -> list[float]:
        """Per pair the probability that the report tells the fact or a part of it."""
        near = [pair for pair in pairs if pair.cosine >= MIN_COSINE]
        there = self.reads([(pair.report, pair.fact) for pair in near])
        back = self.reads([(pair.fact, pair.report) for pair in near])
        found = dict(zip(near, zip(there, back, strict=True), strict=True))
        return [likelihood(pair, *found[pair]) if pair in found else 0.0 for pair in pairs]

    def reads(self, pairs: Sequence[tuple[str, str]]) -> list[Scores]:
        """(report, fact) pairs → what the reader says of each, `(4,)` in the order of `KINDS`."""
        keys = [_key(self._reader.fingerprint, pair) for pair in pairs]
        held = remembered(self._memo, dict(zip(keys, pairs, strict=True)), self._read)
        return [np.frombuffer(held[key] or b"", np.float32) for key in keys]

    def _read(self, pairs: list[tuple[str, str]]) -> list[bytes]:
        return [row.tobytes() for row in self._reader.reads(pairs, on_step=self._on_step)]


def likelihood(pair: Pair, report_of_fact: Scores, fact_of_report: Scores) -> float:
    """The probability that the report tells the fact or a part of it, from what the reader says of the
    fact given the report, and the other way round: `(4,)` in the order of `KINDS`."""
    fact, report = words(pair.fact), words(pair.report)
    shared = len(fact & report)
    features = (
        pair.cosine,
        shared / max(1, len(fact)),
        shared / max(1, len(report)),
        (_log_odds(report_of_fact) + _log_odds(fact_of_report)) / 2,
    )
    return _logistic(WEIGHTS, features)


def _log_odds(read: Scores) -> float:
    """Of supported or part over the rest."""
    told, rest = float(read[0] + read[1]), float(read[2] + read[3])
    return math.log((told + LEAST) / (rest + LEAST))


def reporting_origins(
    asked: Sequence[int],
    sentences: Sequence[Sentence],
    vectors: Vectors,
    origin: NDArray[np.int64],
    same_fact: SameFactReader,
) -> NDArray[np.float64]:
    """Per sentence how many other origins tell the same or a part of it, as is to be expected from the
    nearest sentence of each: the sum of its probabilities, `(n,)`; 0 for those that are not `asked` for."""
    found = np.zeros(len(sentences))
    members = [np.flatnonzero(origin == each) for each in np.unique(origin)]
    pairs: list[tuple[int, int]] = []
    for i in asked:
        near = vectors @ vectors[i]
        best = [own[near[own].argmax()] for own in members if origin[i] != origin[own[0]]]
        best = sorted(map(int, best), key=lambda j: (-near[j], j))[:MOST_ORIGINS]
        pairs += [(i, j) for j in best if near[j] >= MIN_COSINE]
    read = [
        Pair(sentences[i].text, sentences[j].text, float(vectors[i] @ vectors[j])) for i, j in pairs
    ]
    for (i, _), p in zip(pairs, same_fact.probabilities(read), strict=True):
        found[i] += p
    return found


def words(text: str) -> set[str]:
    """The words but function words, in lower case."""
    return {word for word in WORD.findall(text.lower()) if word not in FUNCTION}


def _logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    intercept, *slopes = weights
    odds = intercept + sum(w * x for w, x in zip(slopes, features, strict=True))
    return 1 / (1 + math.exp(-odds))


def _key(fingerprint: str, pair: tuple[str, str]) -> str:
    content = msgspec.json.encode((fingerprint, pair))
    return f"read:{hashlib.sha256(content).hexdigest()}"
