"""The checker: a cross-encoder that reads evidence and claim together (supported or not).

The architecture is the sentence encoder's own, with one output over the mean of its last
layer and its first token, and ten token types instead of two: they tell the model which
claim tokens stand in the evidence, and whether beside the same neighbours (an exact-match
feature, as in Chen et al. 2017, section 3.2). A model of this size learns that comparison
slowly by itself. What Newsbrief ships is a low-rank difference to the encoder's
weights (`checker.safetensors`, made by `training.checker`): each changed matrix is
`W + B @ A` (Hu et al. 2022), here cut from full fine-tuning by a singular value
decomposition, so the encoder's weights are on disk only once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from service.errors import ModelError
from service.models.adapter import apply
from service.models.base import Entailment
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


WEIGHTS = Path(__file__).parent / "checker.safetensors"


def network(encoder: Any) -> Any:
    """An encoder → a torch module: (ids, mask, types) `(n, t)` → logits `(n,)`."""
    import torch

    class CrossEncoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = encoder
            old = encoder.embeddings.token_type_embeddings.weight
            if len(old) != TYPES:
                table = torch.nn.Embedding(TYPES, old.shape[1])
                table.weight.data = old.data[:1].repeat(TYPES, 1)
                encoder.embeddings.token_type_embeddings = table
            self.head = torch.nn.Linear(2 * int(encoder.config.hidden_size), 1)

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            hidden = self.encoder(
                input_ids=ids, attention_mask=mask, token_type_ids=types
            ).last_hidden_state
            weights = mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
            return self.head(torch.cat([hidden[:, 0], mean], dim=1)).squeeze(-1).float()

    return CrossEncoder()


def load_checker(located: Located, dtype: torch.dtype, *, shipped: bool) -> Entailment:
    """The shipped checker on the encoder at `located`, or the entailment model there.

    Raises `ModelError` for a model that is neither a classifier with a label of entailment
    nor a sequence-to-sequence judge.
    """
    from transformers import AutoConfig

    if shipped:
        return CrossChecker.load(located, dtype)
    config = AutoConfig.from_pretrained(
        located.path, local_files_only=True, trust_remote_code=False
    )
    classifies = any("SequenceClassification" in name for name in config.architectures or ())
    if config.is_encoder_decoder and not classifies:
        return SequenceChecker.load(located, dtype)
    return LabelledChecker.load(located, dtype)


class CrossChecker:
    """Probabilities from a cross-encoder; a pair's never depends on what shares its batch.

    Whether batches leave their rows alone is tried once, when the model is loaded; where they
    don't, each pair is computed by itself.
    """

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.fingerprint = fingerprint
        self._rows = ROWS if self._keeps_rows_apart() else 1

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype, weights: Path = WEIGHTS) -> CrossChecker:
        """The encoder at `located` with the difference in `weights` added to it."""
        from transformers import AutoModel, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(located.path, local_files_only=True)
        model = network(AutoModel.from_pretrained(located.path, local_files_only=True))
        name = f"newsbrief-checker@{apply(model, weights)}/{str(dtype).removeprefix('torch.')}"
        return cls(model.to(dtype).eval(), tokenizer, name)

    def entails(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(evidence, claim) pairs → probabilities in [0, 1] that the evidence supports the claim.

        Evidence that is too long is cut at its end: choose it by `pipeline.window` first.
        """
        import torch

        out = np.zeros(len(pairs), dtype=np.float32)
        if not pairs:
            return out
        encoded = encode(self._tokenizer, pairs)
        lengths = [padded(len(ids) + 1, BUCKET) for ids, _ in encoded]
        with self._lock, torch.inference_mode():
            for length, rows in batches(lengths, self._rows):
                logits = self._model(*tensors([encoded[i] for i in rows], length))
                out[rows] = torch.sigmoid(logits).numpy()
        return out

    def _keeps_rows_apart(self) -> bool:
        """Whether a pair comes out the same, bit for bit, alone and in any place of batches of
        every size, at a short and a long length."""
        import torch

        def logits(rows: Sequence[Encoded], length: int) -> list[float]:
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


SUPPORTING = frozenset({"entailment", "entailed", "supported", "consistent", "factual"})
"""Names that models give to the label Newsbrief asks for, lower-cased."""


class LabelledChecker:
    """Any sequence classification model with a label of entailment (MNLI models, HHEM and
    the like); its probability is the softmax over its labels. One pair at a time: how such
    a model takes batches is not known."""

    def __init__(self, model: Any, tokenizer: Any, label: int, fingerprint: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._label = label
        self._lock = threading.Lock()
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype) -> LabelledChecker:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        local = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(located.path, **local)
        model, loaded = AutoModelForSequenceClassification.from_pretrained(
            located.path, dtype=dtype, output_loading_info=True, **local
        )
        if missing := sorted(loaded["missing_keys"]):
            raise ModelError(f"The checker's files lack weights: {', '.join(missing[:3])}.")
        labels = {str(name).lower(): int(k) for k, name in model.config.id2label.items()}
        label = next((k for name, k in labels.items() if name in SUPPORTING), None)
        if label is None:
            raise ModelError(
                f"The checker {located.path.name!r} has the labels {', '.join(labels)}, none of which"
                f" is one of {', '.join(sorted(SUPPORTING))}. Name an entailment model."
            )
        name = f"{located.fingerprint}/{str(dtype).removeprefix('torch.')}"
        return cls(model.eval(), tokenizer, label, name)

    def entails(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """As `CrossChecker.entails`."""
        import torch

        out = np.zeros(len(pairs), dtype=np.float32)
        limit = min(512, int(self._tokenizer.model_max_length))
        with self._lock, torch.inference_mode():
            for k, (evidence, claim) in enumerate(pairs):
                found = self._tokenizer(
                    evidence, claim, truncation="only_first", max_length=limit,
                    split_special_tokens=True, return_tensors="pt",
                )  # fmt: skip
                logits = self._model(**found).logits.float()[0]
                out[k] = torch.softmax(logits, dim=0)[self._label]
        return out


class SequenceChecker:
    """A sequence-to-sequence judge that was taught to answer "1" (supported) or "0" to
    "predict: evidence</s>claim" (Tang et al. 2024, MiniCheck); its probability compares the
    likelihoods of the two answers. One pair at a time."""

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype) -> SequenceChecker:
        from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

        local = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = AutoTokenizer.from_pretrained(located.path, **local)
        model = AutoModelForSeq2SeqLM.from_pretrained(located.path, dtype=dtype, **local)
        name = f"{located.fingerprint}/{str(dtype).removeprefix('torch.')}"
        return cls(model.eval(), tokenizer, name)

    def entails(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """As `CrossChecker.entails`."""
        import torch

        out = np.zeros(len(pairs), dtype=np.float32)
        answers = [self._tokenizer(answer)["input_ids"] for answer in ("0", "1")]
        with self._lock, torch.inference_mode():
            for k, (evidence, claim) in enumerate(pairs):
                head = self._tokenizer("predict: " + evidence, split_special_tokens=True)
                tail = self._tokenizer(claim, split_special_tokens=True)
                eos = self._tokenizer.eos_token_id
                ids = torch.tensor([[*_ended(head["input_ids"], eos), *tail["input_ids"]]])
                said = torch.stack([self._likelihood(ids, answer) for answer in answers])
                out[k] = torch.softmax(said, dim=0)[1]
        return out

    def _likelihood(self, ids: Any, answer: Sequence[int]) -> Any:
        """Log-likelihood of an answer, its end included."""
        import torch

        wanted = torch.tensor([list(answer)])
        logits = self._model(input_ids=ids, labels=wanted).logits.float()
        chances = torch.log_softmax(logits[0], dim=-1)
        return chances[torch.arange(len(answer)), wanted[0]].sum()


def _ended(ids: Sequence[int], eos: int) -> list[int]:
    return list(ids) if ids and ids[-1] == eos else [*ids, eos]


Encoded = tuple[list[int], list[int]]


def encode(tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> list[Encoded]:
    """(evidence, claim) → token ids and token types; the claim is never cut."""
    found = tokenizer(
        [evidence for evidence, _ in pairs],
        [claim for _, claim in pairs],
        truncation="only_first",
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
