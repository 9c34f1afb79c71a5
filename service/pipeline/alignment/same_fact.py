"""Same fact: whether a sentence of one report tells what a sentence of another tells, or a part of it.

Vectors propose. The cosine and the words that the two sentences share, weighed by logistic
regression, decide what is clear; where they leave it open the language model is asked for Yes or
No, and what it says is weighed with them. Exact rules (`conflicts`) veto what is accepted: a
figure, a speaker or an outcome that differs.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.errors import WriterUnavailable
from service.models.base import Prompt, Vectors, Writer, no_step
from service.pipeline.linguistics.normalisation import FUNCTION
from service.pipeline.prompts import Template
from service.pipeline.types import Memo, Sentence

MIN_COSINE = 0.45
"""Cosine below which two sentences are never compared: of labelled pairs just above it one in ten
tells the same."""

SAME_FACT = 0.7
"""Probability from which a sentence counts as a report of the fact. Of 129 held-out pairs those
that pass are right in 95%, and 57% of all that tell the same pass (`benchmarks.alignment
--half odd`)."""

WITHOUT_MODEL = (-4.54, 4.51, 3.42, 2.16)
"""Intercept and weights of the cosine and the two shares of words, where the model is not asked.
Fitted on 629 labelled pairs of other clusters than the held-out ones."""

WITH_MODEL = (-1.43, 1.71, 2.64, 1.51, 1.12)
"""The same, and the weight of the model's log-odds."""

OPEN = (0.5, 0.8)
"""Probabilities, without the model, between which it is asked: a sixth of the pairs. Asked about all
of them takes six times the time."""

MOST_ASKED = 6
"""Pairs of one brief that the model is asked about, those of the most salient facts: on two cores
each takes over a second."""

MOST_LOG_ODDS = 8.0
"""Log-odds beyond which the model is no surer."""

MOST_ORIGINS = 16
"""Other origins, the nearest, in which a report of a sentence is counted."""

BLOCK = 1024
"""Rows compared at once: at most BLOCK x n similarities are ever held."""

WORD = re.compile(r"[\w'\u2019-]+")


class Pair(msgspec.Struct, frozen=True):
    """A sentence that states a fact, one that may report it, and the cosine of the two."""

    fact: str
    report: str
    cosine: float


class SameFactReader:
    """Decides about pairs; asks the model about each pair once over all runs that share a memo.

    Without a `writer` that can judge, the overlap decides alone.
    """

    def __init__(
        self,
        writer: Writer | None,
        template: Template,
        memo: Memo,
        on_step: Callable[[], None] = no_step,
        *,
        most_asked: int = MOST_ASKED,
    ) -> None:
        self._writer = writer if writer is not None and writer.judges else None
        self._left = most_asked
        self.unavailable = False
        """Whether the writer failed; then it is asked no more for this brief."""
        self._template = template
        self._memo = memo
        self._on_step = on_step

    def probabilities(self, pairs: Sequence[Pair], *, ask: bool = True) -> list[float]:
        """Per pair the probability that the report tells the fact or a part of it.

        Only with `ask` is the model asked about those that are open.
        """
        found = [likelihood(pair) for pair in pairs]
        unsure = [k for k, p in enumerate(found) if OPEN[0] < p < OPEN[1]][: self._left]
        if not ask or self._writer is None or not unsure:
            return found
        self._left -= len(unsure)
        prompts = [
            self._template.render(fact=pairs[k].fact, report=pairs[k].report) for k in unsure
        ]
        for k, said in zip(unsure, self._log_odds(self._writer, prompts), strict=True):
            found[k] = likelihood(pairs[k], said)
        return found

    def _log_odds(self, writer: Writer, prompts: Sequence[Prompt]) -> list[float]:
        keys = [_key(writer.fingerprint, prompt) for prompt in prompts]
        held = dict(zip(keys, self._memo.get(keys), strict=True))
        missing = {key: p for key, p in zip(keys, prompts, strict=True) if held[key] is None}
        if missing:
            made = self._judged(writer, missing)
            self._memo.put(made)
            held.update(made)
        return [
            math.nan if (said := held[key]) is None else float(np.frombuffer(said, np.float32)[0])
            for key in keys
        ]

    def _judged(self, writer: Writer, missing: dict[str, Prompt]) -> dict[str, bytes]:
        """Key → the log-odds for its prompt, as float32; nothing once the writer has failed."""
        try:
            said = writer.judge(list(missing.values()), on_step=self._on_step)
        except WriterUnavailable:
            self._writer, self.unavailable = None, True
            return {}
        return {key: np.float32(value).tobytes() for key, value in zip(missing, said, strict=True)}


def likelihood(pair: Pair, log_odds: float = math.nan) -> float:
    """The probability that the report tells the fact or a part of it; `log_odds` is what the model
    says of Yes over No, NaN where it was not asked or says neither."""
    fact, report = words(pair.fact), words(pair.report)
    shared = len(fact & report)
    overlap = (pair.cosine, shared / max(1, len(fact)), shared / max(1, len(report)))
    if pair.cosine < MIN_COSINE:
        return 0.0
    if math.isnan(log_odds):
        return _logistic(WITHOUT_MODEL, overlap)
    bounded = max(-MOST_LOG_ODDS, min(MOST_LOG_ODDS, log_odds))
    return _logistic(WITH_MODEL, (*overlap, bounded))


def reporting_origins(
    sentences: Sequence[Sentence], vectors: Vectors, origin: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Per sentence the number of other origins whose nearest sentence tells the same or a part of
    it, by overlap alone: `(n,)`."""
    found = np.zeros(len(sentences), dtype=np.int64)
    held = [words(each.text) for each in sentences]
    origins = np.unique(origin)
    nearest = np.zeros((len(sentences), len(origins)), dtype=np.float32)
    which = np.zeros((len(sentences), len(origins)), dtype=np.int64)
    for k, each in enumerate(origins):
        theirs = np.flatnonzero(origin == each)
        for start in range(0, len(sentences), BLOCK):
            rows = slice(start, start + BLOCK)
            similar = vectors[rows] @ vectors[theirs].T
            which[rows, k] = theirs[similar.argmax(axis=1)]
            nearest[rows, k] = np.where(origin[rows] == each, 0.0, similar.max(axis=1))
    for i, row in enumerate(nearest):
        for k in map(int, np.argsort(-row, kind="stable")[:MOST_ORIGINS]):
            if row[k] < MIN_COSINE:
                break
            fact, report = held[i], held[int(which[i, k])]
            shared = len(fact & report)
            overlap = (float(row[k]), shared / max(1, len(fact)), shared / max(1, len(report)))
            found[i] += _logistic(WITHOUT_MODEL, overlap) >= SAME_FACT
    return found


def words(text: str) -> set[str]:
    """The words but function words, in lower case."""
    return {word for word in WORD.findall(text.lower()) if word not in FUNCTION}


def _logistic(weights: Sequence[float], features: Sequence[float]) -> float:
    intercept, *slopes = weights
    odds = intercept + sum(w * x for w, x in zip(slopes, features, strict=True))
    return 1 / (1 + math.exp(-odds))


def _key(fingerprint: str, prompt: Prompt) -> str:
    content = msgspec.json.encode((fingerprint, prompt))
    return f"same_fact:{hashlib.sha256(content).hexdigest()}"
