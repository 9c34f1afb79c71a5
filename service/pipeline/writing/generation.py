"""Generation: the evidence of facts → a sentence for each by the writer, and what it answers when it is
asked to check it.

Each is written and checked from its own evidence only, and what was answered once stays (`memo`).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence

import msgspec

from service.errors import WriterUnavailable
from service.models.base import Judged, Prompt, Writer
from service.pipeline.memo import remembered
from service.pipeline.prompts import Template
from service.pipeline.types import Memo
from service.pipeline.writing.evidence import Report

MAX_NEW_TOKENS = 80
"""Longest candidate in tokens: about 55 words, more than a sentence that is read."""

SUREST = 20.0
"""Log-odds beyond which an answer is no surer."""

RESIDUE = re.compile(
    r"^(?:(?:Here(?: is|'s)|Sure|Certainly|Okay|Answer|Output|Summary|Sentence|News|Headline"
    r"|The (?:shortened|rewritten|following) sentence)\b[^:]{0,60}:|[-*\u2022]|\d+[.)])\s*",
    re.IGNORECASE,
)
"""What a chat model puts before its answer."""


class Written(msgspec.Struct, frozen=True):
    """What the writer wrote, cleaned, and the probability that it is as it was asked for, by its own
    answer; 0 without one."""

    text: str
    support: float


class CandidateGenerator:
    """Asks the writer for candidates, with what it answered before kept in `memo`."""

    def __init__(
        self,
        writer: Writer,
        memo: Memo,
        templates: dict[str, Template],
        on_step: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._memo = memo
        self._templates = templates
        self._check = templates["check"].render()
        self._on_step = on_step
        self.concurrency = writer.concurrency
        self.unavailable = False
        """Whether the writer failed; then it is asked no more for this brief."""

    def prefetch(self, reports: Sequence[Report]) -> None:
        """Write in one call what will be asked for one by one."""
        self._answers([self._telling(each) for each in reports])

    def sentence(self, report: Report) -> Written | None:
        """One sentence that tells what a report does and can be read alone, or None where the writer
        gives none."""
        return self._answers([self._telling(report)])[0]

    def headline(self, sentence: str) -> Written | None:
        """The first sentence of a brief as its headline, or None where the writer gives none."""
        return self._answers([self._templates["headline"].render(sentence=sentence)])[0]

    def same_fact(self, fact: str, report: str) -> float | None:
        """The log-odds, as the writer's model reads them, that a report tells a fact or a part of it;
        None where it gives no answer."""
        return self._odds(self._templates["same_fact"].render(fact=fact, report=report))

    def lead(self, sentence: str) -> float | None:
        """The log-odds, as the writer's model reads it, that a brief could begin with the sentence; None
        where it gives no answer."""
        return self._odds(self._templates["lead"].render(sentence=sentence))

    def _odds(self, prompt: Prompt) -> float | None:
        """The log-odds of Yes, None where the writer gives no answer."""
        key = self._key("asked", prompt)
        held = remembered(self._memo, {key: prompt}, self._judged)[key]
        return msgspec.json.decode(held or b"null", type=float | None)

    def _judged(self, prompts: list[Prompt]) -> list[bytes]:
        """The log-odds of Yes to each, as JSON; nothing once the writer has failed."""
        if self.unavailable:
            return []
        try:
            odds = self._writer.judge(prompts, on_step=self._on_step)
        except WriterUnavailable:
            self.unavailable = True
            return []
        return [msgspec.json.encode(_bounded(float(each))) for each in odds]

    def _telling(self, report: Report) -> Prompt:
        return self._templates["fuse"].render(reports=[report])

    def _answers(self, prompts: Sequence[Prompt]) -> list[Written | None]:
        keys = [self._key("written", prompt) for prompt in prompts]
        held = remembered(self._memo, dict(zip(keys, prompts, strict=True)), self._written)
        return [msgspec.json.decode(held[key] or b"null", type=Written | None) for key in keys]

    def _written(self, prompts: list[Prompt]) -> list[bytes]:
        """What the writer gives for each prompt, as JSON; nothing once it has failed."""
        if self.unavailable:
            return []
        try:
            found = self._writer.write_and_judge(
                prompts,
                self._check,
                max_new_tokens=MAX_NEW_TOKENS,
                on_step=self._on_step,
            )
        except WriterUnavailable:
            self.unavailable = True
            return []
        return [msgspec.json.encode(_cleaned(each)) for each in found]

    def _key(self, kind: str, prompt: Prompt) -> str:
        how = (self._writer.fingerprint, self._writer.judges, MAX_NEW_TOKENS, self._check)
        content = msgspec.json.encode((*how, prompt))
        return f"{kind}:{hashlib.sha256(content).hexdigest()}"


def _cleaned(judged: Judged | None) -> Written | None:
    if judged is None or not (text := clean_answer(judged.text)):
        return None
    odds = _bounded(judged.odds)
    return Written(text, 0.0 if odds is None else 1 / (1 + math.exp(-odds)))


def _bounded(odds: float) -> float | None:
    return max(-SUREST, min(SUREST, odds)) if math.isfinite(odds) else None


def clean_answer(text: str) -> str:
    """The first line of an answer without what chat models wrap around it.

    >>> clean_answer('Here is the sentence: "Talks resumed on Monday."')
    'Talks resumed on Monday.'
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = RESIDUE.sub("", line).strip()
    for opening, closing in (('"', '"'), ("\u201c", "\u201d"), ("**", "**")):
        inner = line.removeprefix(opening).removesuffix(closing)
        if line.startswith(opening) and line.endswith(closing) and opening not in inner:
            line = inner.strip()
    return re.sub(r"\s+", " ", line)
