"""The checker: a model that reads evidence and claim together (supported or not).

The one that ships is a `cross_encoder`, made by `training.checker`; any entailment model can take
its place.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from service.errors import ModelError
from service.models.base import Entailment
from service.models.cross_encoder import CrossEncoder
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

WEIGHTS = Path(__file__).parent / "checker.safetensors"


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
    """Probabilities from the shipped cross-encoder."""

    def __init__(self, model: CrossEncoder, fingerprint: str) -> None:
        self._model = model
        self.fingerprint = fingerprint

    @classmethod
    def load(cls, located: Located, dtype: torch.dtype, weights: Path = WEIGHTS) -> CrossChecker:
        """The encoder at `located` with the difference in `weights` added to it."""
        model = CrossEncoder.load(located, dtype, weights, outputs=1)
        name = f"newsbrief-checker@{model.weights_hash}/{str(dtype).removeprefix('torch.')}"
        return cls(model, name)

    def entails(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(evidence, claim) pairs → probabilities in [0, 1] that the evidence supports the claim.

        Evidence that is too long is cut at its end: choose it by `evidence_window` first.
        """
        return np.exp(-np.logaddexp(0, -self._model.logits(pairs)[:, 0])).astype(np.float32)


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
