"""The sentence encoder: mean-pooled transformer vectors (Reimers and Gurevych 2019)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from service.models.base import Vectors
from service.models.registry import Located

ROWS = 16
"""Sentences a batch, always: matrix kernels differ by shape, so a constant shape is what
makes a sentence's vector the same whatever it is encoded with."""

BUCKET = 32
"""Tokens are padded to a multiple of this, which depends on the sentence alone."""

MAX_TOKENS = 256
"""Longer texts are cut for the vector, never for the text: the model was trained on this."""


class SentenceEncoder:
    """float32 vectors of unit length, on whatever device the model lies."""

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str, *, pooling: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._pooling = pooling
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, located: Located) -> SentenceEncoder:
        import torch
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(located.path, local_files_only=True)
        model = AutoModel.from_pretrained(
            located.path, dtype=torch.float32, local_files_only=True
        ).eval()
        pooling = located.path / "1_Pooling" / "config.json"
        by_first = pooling.is_file() and json.loads(pooling.read_text())["pooling_mode_cls_token"]
        return cls(model, tokenizer, located.fingerprint, pooling="cls" if by_first else "mean")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """`n` texts → float32 `(n, d)`, rows of unit length."""
        buckets: dict[int, list[int]] = {}
        encoded = [
            self._tokenizer(text, truncation=True, max_length=MAX_TOKENS)["input_ids"]
            for text in texts
        ]
        for index, ids in enumerate(encoded):
            buckets.setdefault(-(-len(ids) // BUCKET) * BUCKET, []).append(index)
        out = np.zeros((len(texts), int(self._model.config.hidden_size)), dtype=np.float32)
        for length in sorted(buckets):
            indices = buckets[length]
            for begin in range(0, len(indices), ROWS):
                rows = indices[begin : begin + ROWS]
                out[rows] = self._batch([encoded[i] for i in rows], length)[: len(rows)]
        return out

    def _batch(self, rows: list[list[int]], length: int) -> Vectors:
        import torch

        padding = self._tokenizer.pad_token_id or 0
        ids = torch.full((ROWS, length), padding)
        mask = torch.zeros((ROWS, length), dtype=torch.long)
        for k in range(ROWS):
            row = torch.tensor(rows[min(k, len(rows) - 1)])
            ids[k, : len(row)], mask[k, : len(row)] = row, 1
        with torch.inference_mode():
            device = self._model.device
            hidden = self._model(
                input_ids=ids.to(device), attention_mask=mask.to(device)
            ).last_hidden_state.cpu()
            if self._pooling == "cls":
                pooled = hidden[:, 0]
            else:
                weights = mask.unsqueeze(-1).to(hidden.dtype)
                pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
            return torch.nn.functional.normalize(pooled, dim=1).numpy()
