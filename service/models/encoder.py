"""The sentence encoder: pooled transformer vectors (Reimers and Gurevych 2019, section 3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from service.errors import ModelError
from service.models.base import Vectors, no_step
from service.models.batching import batches, padded
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

Pooling = Literal["mean", "cls"]

BUCKET = 16
"""Tokens are padded to a multiple of this, which depends on the text alone, and by one at
least: a batch without padding goes without a mask, through another attention kernel. It
also keeps every matrix a multiple of 16 rows high; kernels treat odd remainders apart."""

ROWS = 32
"""Texts a batch. 162 news sentences on two cores: 0.84 s in float32 and 0.28 s in
bfloat16, alone 1.39 s and 0.70 s. Cosines in bfloat16 differ by 0.0008 on average, 0.004
at most."""


MAX_TOKENS = 4096
"""Tokens a batch, padding included, so that one of long texts takes no second either: `ROWS` texts of
up to 128 tokens."""

TOKENIZED = 1024
"""Texts whose tokens are looked up in one call: some hundredths of a second of news sentences."""


class SentenceEncoder:
    """float32 vectors of unit length. Whether a batch leaves its rows alone is tried once,
    when the model is loaded; where it doesn't, each text is computed by itself."""

    def __init__(
        self, model: Any, tokenizer: Any, fingerprint: str, *, pooling: Pooling, limit: int
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._pooling = pooling
        self._limit = limit
        self._rows = ROWS
        self.fingerprint = fingerprint
        self._rows = ROWS if self._keeps_rows_apart() else 1

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype) -> SentenceEncoder:
        from transformers import AutoModel, AutoTokenizer

        folder = located.path
        pooling = _pooling(folder)
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model, loaded = AutoModel.from_pretrained(
            folder,
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
        if missing := [name for name in loaded["missing_keys"] if "pooler" not in name]:
            raise ModelError(f"The encoder's files lack weights: {', '.join(missing[:3])}.")
        return cls(
            model.eval(),
            tokenizer,
            f"{located.fingerprint}/{str(dtype).removeprefix('torch.')}",
            pooling=pooling,
            limit=_limit(folder, model.config, tokenizer),
        )

    def encode(self, texts: Sequence[str], *, on_step: Callable[[], None] = no_step) -> Vectors:
        """`n` texts → float32 `(n, d)`, rows of unit length.

        A text of more tokens than the model reads is cut for its vector, nowhere else. `on_step`
        is called before each batch and may raise `Cancelled`.
        """
        out = np.zeros((len(texts), int(self._model.config.hidden_size)), dtype=np.float32)
        if not texts:
            return out
        encoded: list[list[int]] = []
        for begin in range(0, len(texts), TOKENIZED):
            on_step()
            encoded += self._tokenizer(
                list(texts[begin : begin + TOKENIZED]),
                truncation=True,
                max_length=self._limit - 1,
                split_special_tokens=True,
            )["input_ids"]
        lengths = [padded(len(ids) + 1, BUCKET, self._limit) for ids in encoded]
        for length, rows in batches(lengths, self._rows):
            step = max(1, min(len(rows), MAX_TOKENS // length))
            for begin in range(0, len(rows), step):
                on_step()
                few = rows[begin : begin + step]
                out[few] = self._batch([encoded[i] for i in few], length)
        return out

    def _batch(self, rows: Sequence[Sequence[int]], length: int) -> Vectors:
        import torch

        ids = torch.full((len(rows), length), self._tokenizer.pad_token_id or 0)
        mask = torch.zeros((len(rows), length), dtype=torch.long)
        for k, row in enumerate(rows):
            ids[k, : len(row)], mask[k, : len(row)] = torch.tensor(row), 1
        with torch.inference_mode():
            hidden = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()
            if self._pooling == "cls":
                pooled = hidden[:, 0]
            else:
                weights = mask.unsqueeze(-1).float()
                pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
            return torch.nn.functional.normalize(pooled, dim=1).numpy()

    def _keeps_rows_apart(self) -> bool:
        """Whether a row comes out the same, bit for bit, alone and in any place of a batch."""
        size = int(self._model.config.vocab_size)
        rows = [[(1000 + k + i) % size for i in range(BUCKET - 1 - k % 5)] for k in range(ROWS)]
        together = self._batch(rows, BUCKET)
        return all(
            np.array_equal(self._batch([rows[k]], BUCKET)[0], together[k]) for k in (0, 9, ROWS - 1)
        )


def _pooling(folder: Path) -> Pooling:
    """The pooling that a sentence-transformers folder asks for; mean where it asks for none."""
    modules = folder / "modules.json"
    if modules.is_file():
        kinds = [str(module["type"]).split(".")[-1] for module in json.loads(modules.read_text())]
        if others := set(kinds) - {"Transformer", "Pooling", "Normalize"}:
            raise ModelError(
                f"The encoder in {str(folder)!r} has modules that Newsbrief doesn't run:"
                f" {', '.join(sorted(others))}. Name one of transformer and pooling alone."
            )
    config = folder / "1_Pooling" / "config.json"
    if not config.is_file():
        return "mean"
    asked = json.loads(config.read_text())
    modes = {name for name, on in asked.items() if name.startswith("pooling_mode_") and on is True}
    modes |= {f"pooling_mode_{asked['pooling_mode']}"} if "pooling_mode" in asked else set()
    if modes <= {"pooling_mode_mean_tokens", "pooling_mode_mean"}:
        return "mean"
    if modes <= {"pooling_mode_cls_token", "pooling_mode_cls"}:
        return "cls"
    raise ModelError(
        f"The encoder in {str(folder)!r} pools by {', '.join(sorted(modes))}; Newsbrief knows"
        " mean and cls."
    )


def _limit(folder: Path, config: Any, tokenizer: Any) -> int:
    """The least of what the sentence config, the tokenizer and the positions allow."""
    limits = [int(tokenizer.model_max_length)]
    if positions := getattr(config, "max_position_embeddings", None):
        limits.append(int(positions))
    sentence = folder / "sentence_bert_config.json"
    if sentence.is_file() and (own := json.loads(sentence.read_text()).get("max_seq_length")):
        limits.append(int(own))
    return min(limits)
