"""Cross-encoder: a model that reads evidence and claim together.

The architecture is the sentence encoder's own, with a head over the mean of its last layer and
its first token, and ten token types instead of two: they tell the model which claim tokens stand
in the evidence, and whether beside the same neighbours (an exact-match feature, as in Chen et al.
2017, section 3.2). A model of this size learns that comparison slowly by itself. What Newsbrief
ships is a low-rank difference to the encoder's weights: each changed matrix is `W + B @ A`
(Hu et al. 2022), cut from full fine-tuning by a singular value decomposition, so the encoder's
weights are on disk only once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from service.models.adapter import apply
from service.models.base import no_step
from service.models.batching import batches, padded
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

BUCKET = 16
ROWS = 16
"""Pairs a batch."""

MAX_TOKENS = 224
"""Evidence and claim together; `pipeline.window` picks evidence that fits."""

TYPES = 10
"""Token types: 0 and 1 for evidence, absent from or present in the claim; from 2 on for the
claim, plus 1 for a token of the evidence, 2 and 4 if with its left or right neighbour."""


def network(encoder: Any, outputs: int) -> Any:
    """An encoder → a torch module: (ids, mask, types) `(n, t)` → logits `(n, outputs)`."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            old = encoder.embeddings.token_type_embeddings.weight
            if len(old) != TYPES:
                table = torch.nn.Embedding(TYPES, old.shape[1])
                table.weight.data = old.data[:1].repeat(TYPES, 1)
                encoder.embeddings.token_type_embeddings = table
            self.head = torch.nn.Linear(2 * int(encoder.config.hidden_size), outputs)

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            hidden = self.encoder(
                input_ids=ids, attention_mask=mask, token_type_ids=types
            ).last_hidden_state
            weights = mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
            return self.head(torch.cat([hidden[:, 0], mean], dim=1)).float()

    return Network()


class CrossEncoder:
    """Logits of pairs; those of a pair never depend on what shares its batch.

    Whether batches leave their rows alone is tried once, when the model is loaded; where they
    don't, each pair is computed by itself.
    """

    def __init__(self, model: Any, tokenizer: Any, weights_hash: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.weights_hash = weights_hash
        self._rows = ROWS if self._keeps_rows_apart() else 1

    @classmethod
    def load(
        cls, located: Located, dtype: torch.dtype, weights: Path, outputs: int
    ) -> CrossEncoder:
        """The encoder at `located` with the difference in `weights` added to it."""
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(located.path, local_files_only=True)
        model = network(AutoModel.from_pretrained(located.path, local_files_only=True), outputs)
        found = apply(model, weights)
        return cls(model.to(dtype).eval(), tokenizer, found)

    def logits(
        self, pairs: Sequence[tuple[str, str]], on_step: Callable[[], None] = no_step
    ) -> NDArray[np.float32]:
        """(evidence, claim) pairs → logits `(n, outputs)`. Evidence that is too long is cut at its
        end. `on_step` is called before each batch and may raise `Cancelled`."""
        import torch

        if not pairs:
            return np.zeros((0, self._model.head.out_features), dtype=np.float32)
        encoded = encode(self._tokenizer, pairs)
        out = np.zeros((len(pairs), self._model.head.out_features), dtype=np.float32)
        lengths = [padded(len(ids) + 1, BUCKET) for ids, _ in encoded]
        for length, rows in batches(lengths, self._rows):
            on_step()
            with self._lock, torch.inference_mode():
                found = self._model(*tensors([encoded[i] for i in rows], length))
            out[rows] = found.numpy()
        return out

    def _keeps_rows_apart(self) -> bool:
        """Whether a pair comes out the same, bit for bit, alone and in any place of batches of
        every size, at a short and a long length."""
        import torch

        def logits(rows: Sequence[Encoded], length: int) -> list[list[float]]:
            with torch.inference_mode():
                return self._model(*tensors(rows, length)).tolist()

        for length in (BUCKET, 4 * BUCKET):
            rows = [
                ([1000 + 7 * k + i for i in range(length - 1 - k % 9)], [k % 2] * (length - 1))
                for k in range(ROWS)
            ]
            rows = [(ids, types[: len(ids)]) for ids, types in rows]
            alone = [logits([row], length)[0] for row in rows]
            if any(logits(rows[:size], length) != alone[:size] for size in (2, 3, ROWS)):
                return False
        return True


Encoded = tuple[list[int], list[int]]


def encode(tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[Encoded]:
    """(evidence, claim) → token ids and token types; the longer one is cut to fit."""
    found = tokenizer(
        [evidence for evidence, _ in pairs],
        [claim for _, claim in pairs],
        truncation="longest_first",
        max_length=MAX_TOKENS,
        split_special_tokens=True,
        return_token_type_ids=True,
    )
    return [
        (ids, types(ids, sides))
        for ids, sides in zip(found["input_ids"], found["token_type_ids"], strict=True)
    ]


def types(ids: Sequence[int], sides: Sequence[int]) -> list[int]:
    """Token ids and sides (0 evidence, 1 claim) → the token types that `TYPES` explains.

    >>> types([101, 7, 8, 9, 102, 8, 9, 5, 102], [0, 0, 0, 0, 0, 1, 1, 1, 1])
    [0, 0, 1, 1, 0, 7, 5, 2, 2]
    """
    evidence = [token for token, side in zip(ids, sides, strict=True) if side == 0][1:-1]
    claim = [token for token, side in zip(ids, sides, strict=True) if side == 1][:-1]
    there, mentioned = set(evidence), set(claim)
    pairs = set(pairwise(evidence))
    own = [
        2 + (token in there) + 2 * ((before, token) in pairs) + 4 * ((token, after) in pairs)
        for before, token, after in zip([-1, *claim], claim, [*claim[1:], -1], strict=False)
    ]
    return [0, *(int(token in mentioned) for token in evidence), 0, *own, 2]


def tensors(
    rows: Sequence[Encoded], length: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Encoded pairs → ids, mask and types `(n, length)`."""
    import torch

    ids = torch.zeros((len(rows), length), dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for k, (tokens, kinds) in enumerate(rows):
        ids[k, : len(tokens)] = torch.tensor(tokens)
        types[k, : len(tokens)] = torch.tensor(kinds)
        mask[k, : len(tokens)] = 1
    return ids, mask, types
