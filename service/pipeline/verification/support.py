"""Support: what evidence says of a claim, read by the writer's model as it was taught to.

It answers with one word, and how likely each of the words is, is the reading. Evidence is cut to what bears
on the claim; what was read once stays (`memo`).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence

import msgspec

from service.errors import WriterUnavailable
from service.models.base import Chooser, Prompt, no_step
from service.pipeline.memo import remembered
from service.pipeline.prompts import Template
from service.pipeline.types import Memo
from service.pipeline.verification.evidence_window import evidence_window

ANSWERS = ("yes", "part", "claim", "no", "unknown")
"""What it may answer, in the order of `Reading`."""

MOST_WORDS = 90
"""Words of evidence that are read beside a claim, as in training."""


class Reading(msgspec.Struct, frozen=True):
    """How likely it is that evidence says all of a claim, only a part of it, has it only as somebody's word or less
    surely, says otherwise, or does not tell. The five add up to 1."""

    supported: float
    part: float
    claimed: float
    contradicted: float
    not_said: float

    @property
    def said(self) -> float:
        """The probability that the evidence holds all of it, on whosever authority."""
        return self.supported + self.claimed


SAID = Reading(1.0, 0.0, 0.0, 0.0, 0.0)
"""Of a source's own sentence, which is not asked about."""


class SupportReader:
    """Reads pairs of evidence and claim; None for a pair that got no answer."""

    def __init__(
        self,
        chooser: Chooser,
        memo: Memo,
        template: Template,
        on_step: Callable[[], None] = no_step,
    ) -> None:
        self._chooser = chooser
        self._memo = memo
        self._template = template
        self._on_step = on_step
        self.unavailable = False
        """Whether the model failed; then it is asked no more."""

    def reads(self, pairs: Sequence[tuple[Sequence[str], str]]) -> list[Reading | None]:
        """(sentences of evidence, claim) pairs → what the evidence says of each claim."""
        prompts = [
            self._template.render(
                evidence=" ".join(
                    evidence[k] for k in evidence_window(evidence, claim, MOST_WORDS)
                ),
                claim=claim,
            )
            for evidence, claim in pairs
        ]
        keys = [self._key(prompt) for prompt in prompts]
        held = remembered(self._memo, dict(zip(keys, prompts, strict=True)), self._answered)
        return [msgspec.json.decode(held[key] or b"null", type=Reading | None) for key in keys]

    def _answered(self, prompts: list[Prompt]) -> list[bytes]:
        """What the model reads, as JSON; nothing once it has failed."""
        if self.unavailable:
            return []
        try:
            rows = self._chooser.choose(prompts, ANSWERS, on_step=self._on_step)
        except WriterUnavailable:
            self.unavailable = True
            return []
        read = [None if math.isnan(row[0]) else Reading(*map(float, row)) for row in rows]
        return [msgspec.json.encode(each) for each in read]

    def _key(self, prompt: Prompt) -> str:
        content = msgspec.json.encode((self._chooser.fingerprint, self._template.sha256, prompt))
        return f"support:{hashlib.sha256(content).hexdigest()}"
