"""The reader: what a sentence of one report says of a claim, of another report or our own.

A `cross_encoder` with four outputs, made by `training.reader`, on the sentence encoder's weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from service.models.base import KINDS, Scores, no_step
from service.models.cross_encoder import CrossEncoder
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "reader.safetensors"


class CrossReader:
    """Probabilities of `KINDS` from the shipped cross-encoder."""

    def __init__(self, model: CrossEncoder, fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype, weights: Path = WEIGHTS) -> CrossReader:
        """The encoder at `located` with the difference in `weights` added to it."""
        model = CrossEncoder.load(located, dtype, weights, outputs=len(KINDS))
        name = f"newsbrief-reader@{model.weights_hash}/{str(dtype).removeprefix('torch.')}"
        return cls(model, name)

    def reads(
        self, pairs: Sequence[tuple[str, str]], *, on_step: Callable[[], None] = no_step
    ) -> Scores:
        """As `Reader.reads`."""
        logits = self._model.logits(pairs, on_step)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)
