"""A writer in this process: a causal instruct model or a sequence-to-sequence model.

What shares a batch never changes a text. Every prompt is padded to a length that depends
on it alone, and batches have a number of rows at which the matrix kernels give a row the
same bits whatever stands in the others. Which numbers those are is tried on this machine
when the model is loaded. Measured on two cores of an AMD EPYC with torch 2.13, over 64
prompts: in bfloat16 any number from 2 to 64 agrees and a single row does not (it takes
another kernel and changed two of eight texts), so a lone prompt is computed twice, which
costs about a tenth; in float32 eight rows agree with eight if attention is computed
plainly ("eager"), other numbers don't, so batches are filled up to eight. Where neither
holds, prompts are written one by one, at about two and a half times the cost.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from service.errors import ModelError
from service.models.base import Judged, Prompt, Scores, continued
from service.models.batching import batches, padded
from service.models.registry import Located

if TYPE_CHECKING:
    import torch

DECODING = "2"
"""Raised with every change that alters a text; part of the fingerprint, so no cached
candidate outlives it."""

ROWS = 8
"""Most prompts a batch. Eight decode in about the time of three single ones."""

BUCKET = 64
"""Prompt tokens are padded to a multiple of this: most prompts of one or two sentences
then share a length."""

FILLS = (2, ROWS)
"""Fewest rows that are tried, cheapest first."""

PROBE_STEPS = 4

ANSWERS = (
    ("Yes", " Yes", "yes", " yes", "YES", " YES"),
    ("No", " No", "no", " no", "NO", " NO"),
)
"""How a model may begin to answer; those that are one of its tokens count."""


def load_writer(located: Located, dtype: torch.dtype) -> TextWriter:
    """The folder's config decides whether it is a causal or a sequence-to-sequence model."""
    import torch
    from transformers import (
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
        AutoTokenizer,
    )

    local = {"local_files_only": True, "trust_remote_code": False}
    config = AutoConfig.from_pretrained(located.path, **local)
    encodes = bool(getattr(config, "is_encoder_decoder", False))
    tokenizer = AutoTokenizer.from_pretrained(located.path, **local)
    if not encodes and tokenizer.chat_template is None:
        raise ModelError(
            f"The writer {located.path.name!r} has no chat template: name an instruct model."
        )
    auto: Any = AutoModelForSeq2SeqLM if encodes else AutoModelForCausalLM
    model, loaded = auto.from_pretrained(
        located.path,
        dtype=dtype,
        attn_implementation="eager" if dtype == torch.float32 else None,
        output_loading_info=True,
        **local,
    )
    if missing := sorted(loaded["missing_keys"]):
        raise ModelError(f"The writer's files lack weights: {', '.join(missing[:3])}.")
    name = f"{located.fingerprint}/{str(dtype).removeprefix('torch.')}/{DECODING}"
    return TextWriter(model.eval(), tokenizer, name)


class TextWriter:
    """Greedy decoding under one lock: two threads never share the model."""

    available = True

    def __init__(self, model: Any, tokenizer: Any, fingerprint: str) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._encodes = bool(model.config.is_encoder_decoder)
        self._limit = _positions(model.config)
        pad = tokenizer.pad_token_id
        self._pad = int(tokenizer.eos_token_id if pad is None else pad)
        self._ends = _end_tokens(model.generation_config, tokenizer)
        self._answers = [_single_tokens(tokenizer, words) for words in ANSWERS]
        self.judges = all(self._answers)
        self._lock = threading.Lock()
        self.fingerprint = fingerprint
        self.written = 0
        agreeing = (fill for fill in FILLS if self._keeps_rows_apart(fill))
        self._fill = next(agreeing, 1)
        self.concurrency = 1 if self._fill == 1 else ROWS

    def write(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[str | None]:
        """See `Writer`."""
        texts: list[str | None] = [None] * len(prompts)
        for index, ids, _ in self._generated(prompts, max_new_tokens, on_step):
            own = [token for token in ids if token != self._pad]
            self.written += len(own)
            # A row that ended before the others of its batch is filled up with padding.
            if self._ends.intersection(ids[1 if self._encodes else 0 :]):
                texts[index] = self._tokenizer.decode(own, skip_special_tokens=True).strip()
        return texts

    def judge(
        self, prompts: Sequence[Prompt], *, on_step: Callable[[], None] | None = None
    ) -> Scores:
        """See `Writer`."""
        odds = np.full(len(prompts), np.nan, dtype=np.float32)
        if self.judges:
            yes, no = self._answers
            for index, _, logits in self._generated(prompts, 1, on_step, judging=True):
                odds[index] = logits[yes].logsumexp(0) - logits[no].logsumexp(0)
        return odds

    def write_and_judge(
        self,
        prompts: Sequence[Prompt],
        question: Prompt,
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[Judged | None]:
        """See `Writer`."""
        texts = self.write(prompts, max_new_tokens=max_new_tokens, on_step=on_step)
        asked = [
            None if text is None else continued(prompt, text, question)
            for prompt, text in zip(prompts, texts, strict=True)
        ]
        odds = iter(self.judge([each for each in asked if each is not None], on_step=on_step))
        return [None if text is None else Judged(text, float(next(odds))) for text in texts]

    def _generated(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int,
        on_step: Callable[[], None] | None,
        *,
        judging: bool = False,
    ) -> Iterator[tuple[int, list[int], Any]]:
        """Per prompt that the model can read: its index, the new tokens, and where it judges the
        logits `(v,)` of the first one."""
        encoded = [self._encode(prompt) for prompt in prompts]
        lengths = [self._length(len(ids), max_new_tokens) for ids in encoded]
        fitting = [i for i, length in enumerate(lengths) if length is not None]
        rooms = [length for length in lengths if length is not None]
        for length, rows in batches(rooms, 1 if self._fill == 1 else ROWS):
            own = [fitting[k] for k in rows]
            with self._lock:
                held = self._generate(
                    [encoded[i] for i in own],
                    length,
                    on_step,
                    max_new_tokens=max_new_tokens,
                    output_logits=judging,
                )
            begin = 0 if self._encodes else length
            for k, i in enumerate(own):
                logits = held.logits[0][k].float() if judging else None
                yield i, held.sequences[k, begin:].tolist(), logits

    def _encode(self, prompt: Prompt) -> list[int]:
        """Token ids; what the messages hold is text, even where it looks like a control token.

        A model without a chat template was taught no roles: it gets the contents in order.
        """
        if self._tokenizer.chat_template is None:
            content = "\n".join(message.content for message in prompt)
            return list(self._tokenizer(content, split_special_tokens=True)["input_ids"])
        turns = [{"role": each.role, "content": each.content} for each in prompt]
        rendered = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, sanitize_control_tokens=True, return_dict=True
        )
        return list(rendered["input_ids"])

    def _length(self, tokens: int, max_new_tokens: int) -> int | None:
        """The length that a prompt of `tokens` is padded to, by at least one token: a batch
        without any padding goes without a mask, through another attention kernel. None for a
        prompt that does not fit."""
        if self._limit is None:
            return padded(tokens + 1, BUCKET)
        room = self._limit if self._encodes else self._limit - max_new_tokens
        return padded(tokens + 1, BUCKET, room) if tokens < room else None

    def _generate(
        self,
        rows: Sequence[Sequence[int]],
        length: int,
        on_step: Callable[[], None] | None,
        **asked: Any,
    ) -> Any:
        """Run the model's `generate` on the rows, the last one repeated up to `_fill` rows."""
        import torch
        from transformers import StoppingCriteria, StoppingCriteriaList

        class Report(StoppingCriteria):
            """Calls back between two steps; never stops by itself."""

            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
                if on_step is not None:
                    on_step()
                return torch.zeros(len(input_ids), dtype=torch.bool)

        filled = [*rows, *[rows[-1]] * (self._fill - len(rows))]
        ids = torch.full((len(filled), length), self._pad)
        mask = torch.zeros((len(filled), length), dtype=torch.long)
        for k, row in enumerate(filled):
            place = slice(0, len(row)) if self._encodes else slice(length - len(row), length)
            ids[k, place], mask[k, place] = torch.tensor(row), 1
        with torch.inference_mode():
            return self._model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=self._config(**asked),
                stopping_criteria=StoppingCriteriaList([Report()]),
            )

    def _config(self, **asked: Any) -> Any:
        """The model's own special tokens, and none of its habits: no sampling, no least
        length (summarisers come with 56 tokens), no penalties, no end that is forced where a text is cut."""
        from transformers import GenerationConfig

        own = self._model.generation_config
        tokens = {
            name: copy.copy(getattr(own, name, None))
            for name in (
                "bos_token_id",
                "eos_token_id",
                "decoder_start_token_id",
                "forced_bos_token_id",
                "suppress_tokens",
                "begin_suppress_tokens",
            )
        }
        return GenerationConfig(
            **tokens,
            pad_token_id=self._pad,
            do_sample=False,
            return_dict_in_generate=True,
            num_beams=1,
            **asked,
        )

    def _keeps_rows_apart(self, fill: int) -> bool:
        """Whether one row's logits are the same bits beside `fill` - 1 rows and more."""
        import torch

        self._fill = fill
        first = min(1000, int(self._model.config.vocab_size) // 2)
        rows = [
            [first + (7 * k + 3 * i) % first for i in range(BUCKET - k - 1)] for k in range(ROWS)
        ]

        def logits(*beside: int) -> Any:
            """Of row 0, standing last."""
            held = self._generate(
                [*(rows[k] for k in beside), rows[0]],
                BUCKET,
                None,
                max_new_tokens=PROBE_STEPS,
                min_new_tokens=PROBE_STEPS,
                output_logits=True,
            )
            return torch.stack([step[len(beside)] for step in held.logits])

        alone = logits()
        return all(torch.equal(alone, logits(*range(1, n))) for n in (3, ROWS))


def _end_tokens(config: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens at which the model stops by itself."""
    held = config.eos_token_id
    ends = held if isinstance(held, list) else [held]
    return frozenset(int(each) for each in (*ends, tokenizer.eos_token_id) if each is not None)


def _single_tokens(tokenizer: Any, words: Sequence[str]) -> list[int]:
    """The words that are one token each."""
    found = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
    known = {ids[0] for ids in found if len(ids) == 1}
    return sorted(known - {tokenizer.unk_token_id})


def _positions(config: Any) -> int | None:
    """Tokens that the model has positions for; None for relative positions without a limit."""
    for name in ("max_encoder_position_embeddings", "max_position_embeddings", "n_positions"):
        if (limit := getattr(config, name, None)) is not None and config.model_type != "t5":
            return int(limit)
    return None
