"""Inputs small enough to be read: vectors of two or three numbers, and one sentence."""

from __future__ import annotations

import numpy as np

from service.models.base import Models
from service.pipeline.linguistics.parse import ParsedSentence


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clause(models: Models, text: str) -> ParsedSentence:
    return ParsedSentence(text, models.parser.parse([text])[0])
