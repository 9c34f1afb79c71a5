"""The writer: a causal instruct model or a sequence-to-sequence model, decoded determinately.

What shares a batch never changes a text: every prompt is padded to a length that depends
on it alone, and every batch has the same number of rows, short ones filled up. In
bfloat16 on a processor a single row takes another matrix kernel than eight do and
changed three of eight texts; eight, sixteen and three rows agreed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from service.errors import ModelError
from service.models.base import Prompt
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

ROWS = 8
"""Prompts a batch, always. Eight decode in about the time of two."""

BUCKET = 64
"""Prompt tokens are padded to a multiple of this."""


def load_writer(located: Located, dtype: torch.dtype) -> TextWriter:
    """The folder's config decides whether it is a causal or a sequence-to-sequence model."""
    from transformers import (
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
    )

    config = AutoConfig.from_pretrained(located.path, local_files_only=True)
    sequence_to_sequence = bool(getattr(config, "is_encoder_decoder", False))
    auto = AutoModelForSeq2SeqLM if sequence_to_sequence else AutoModelForCausalLM
    model = auto.from_pretrained(located.path, dtype=dtype, local_files_only=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(located.path, local_files_only=True)
    if not sequence_to_sequence and tokenizer.chat_template is None:
        raise ModelError(
            f"The writer {located.path.name!r} has no chat template: name an instruct model."
        )
    fingerprint = f"{located.fingerprint}/{str(dtype).removeprefix('torch.')}"
    return TextWriter(model, tokenizer, fingerprint)


class TextWriter:
    """Greedy or beam decoding under one lock: two threads never share the model."""

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._encodes = bool(model.config.is_encoder_decoder)
        self._lock = threading.Lock()
        self.fingerprint = fingerprint

    def write(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 64,
        candidates: int = 1,
        on_step: Callable[[], None] | None = None,
    ) -> list[list[str]]:
        """`n` prompts → `n` lists of at most `candidates` distinct texts, best first.

        Raises `ModelError` for a prompt longer than the model reads.
        """
        encoded = [self._encode(prompt, max_new_tokens) for prompt in prompts]
        buckets: dict[int, list[int]] = {}
        for index, ids in enumerate(encoded):
            buckets.setdefault(-(-len(ids) // BUCKET) * BUCKET, []).append(index)
        out: list[list[str]] = [[] for _ in prompts]
        for length in sorted(buckets):
            indices = buckets[length]
            for begin in range(0, len(indices), ROWS):
                rows = indices[begin : begin + ROWS]
                with self._lock:
                    texts = self._batch(
                        [encoded[i] for i in rows], length, max_new_tokens, candidates, on_step
                    )
                for index, own in zip(rows, texts, strict=False):
                    out[index] = own
        return out

    def _encode(self, prompt: Prompt, max_new_tokens: int) -> list[int]:
        if self._encodes:
            ids = self._tokenizer("\n".join(message.content for message in prompt))["input_ids"]
        else:
            turns = [{"role": each.role, "content": each.content} for each in prompt]
            ids = self._tokenizer.apply_chat_template(
                turns,
                add_generation_prompt=True,
                sanitize_control_tokens=True,
                return_dict=True,
            )["input_ids"]
        limit = getattr(self._model.config, "max_position_embeddings", None)
        if limit is not None and len(ids) + BUCKET + max_new_tokens > limit:
            raise ModelError(
                f"A prompt of {len(ids)} tokens and {max_new_tokens} to write don't fit the"
                f" model's {limit}. Name a writer that reads more."
            )
        return list(ids)

    def _batch(
        self,
        rows: list[list[int]],
        length: int,
        max_new_tokens: int,
        candidates: int,
        on_step: Callable[[], None] | None,
    ) -> list[list[str]]:
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList

        class Report(StoppingCriteria):
            """Calls back between two steps; never stops by itself."""

            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
                if on_step is not None:
                    on_step()
                return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)

        pad = self._tokenizer.pad_token_id
        pad = self._tokenizer.eos_token_id if pad is None else pad
        ids = torch.full((ROWS, length), pad)
        mask = torch.zeros((ROWS, length), dtype=torch.long)
        for k in range(ROWS):
            row = torch.tensor(rows[min(k, len(rows) - 1)])
            place = slice(0, len(row)) if self._encodes else slice(length - len(row), length)
            ids[k, place], mask[k, place] = row, 1
        with torch.inference_mode():
            generated = self._model.generate(
                input_ids=ids.to(self._model.device),
                attention_mask=mask.to(self._model.device),
                do_sample=False,
                num_beams=candidates,
                num_return_sequences=candidates,
                max_new_tokens=max_new_tokens,
                pad_token_id=pad,
                stopping_criteria=StoppingCriteriaList([Report()]),
            )
        new = generated if self._encodes else generated[:, length:]
        texts = [self._tokenizer.decode(row, skip_special_tokens=True).strip() for row in new]
        grouped = [texts[k * candidates : (k + 1) * candidates] for k in range(len(rows))]
        return [list(dict.fromkeys(own)) for own in grouped]
