"""Generation: the evidence of facts → a sentence for each by the writer, and its own second look.

Each is written and judged from its own evidence only, and what was answered once stays (`memo`).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence

import msgspec

from service.errors import WriterUnavailable
from service.models.base import Prompt, Writer
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


class CandidateGenerator:
    """Asks the writer for candidates and judges them, with what it answered before kept in `memo`."""

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
        self._on_step = on_step
        self.concurrency = writer.concurrency
        self.unavailable = False
        """Whether the writer failed; then it is asked no more for this brief."""

    def prefetch(self, facts: Sequence[Sequence[Report]]) -> None:
        """Write in one call what will be asked for one by one."""
        self._answers([self._fusing(each) for each in facts])

    def sentence(self, reports: Sequence[Report]) -> str | None:
        """One sentence that fuses the reports of a fact, or None where the writer gives none."""
        return self._answers([self._fusing(reports)])[0]

    def headline(self, sentence: str) -> str | None:
        """The first sentence of a brief as its headline, or None where the writer gives none."""
        return self._answers([self._templates["headline"].render(sentence=sentence)])[0]

    def support(self, reports: Sequence[Report], sentence: str) -> float:
        """The probability, as the writer's model reads it, that a sentence reads alone and says nothing
        but what the reports say; 0 where it gives no answer."""
        prompt = self._templates["support"].render(reports=reports, sentence=sentence)
        odds = self._log_odds(prompt)
        return 0.0 if odds is None else 1 / (1 + math.exp(-odds))

    def same_fact(self, fact: str, report: str) -> float | None:
        """The log-odds, as the writer's model reads them, that a report tells a fact or a part of it;
        None where it gives no answer."""
        return self._log_odds(self._templates["same_fact"].render(fact=fact, report=report))

    def _log_odds(self, prompt: Prompt) -> float | None:
        """Of Yes, kept in `memo`; all or nothing from a server that tells no probabilities; None
        without an answer."""
        how = "judged" if self._writer.judges else "asked"
        key = f"{how}:{_key(self._writer.fingerprint, prompt)}"
        (held,) = self._memo.get([key])
        if held is not None:
            return msgspec.json.decode(held, type=float)
        if (odds := self._asked(prompt)) is not None:
            self._memo.put({key: msgspec.json.encode(odds)})
        return odds

    def _asked(self, prompt: Prompt) -> float | None:
        if self.unavailable:
            return None
        try:
            if self._writer.judges:
                odds = float(self._writer.judge([prompt], on_step=self._on_step)[0])
                return max(-SUREST, min(SUREST, odds)) if math.isfinite(odds) else None
            (answer,) = self._writer.write(
                [prompt], max_new_tokens=MAX_NEW_TOKENS, on_step=self._on_step
            )
        except WriterUnavailable:
            self.unavailable = True
            return None
        if answer is None:
            return None
        first = re.search(r"\w+", answer)
        return SUREST if first and first.group().casefold() == "yes" else -SUREST

    def _fusing(self, reports: Sequence[Report]) -> Prompt:
        return self._templates["fuse"].render(reports=reports)

    def _answers(self, prompts: Sequence[Prompt]) -> list[str | None]:
        """Per prompt the answer, cleaned."""
        keys = [_key(self._writer.fingerprint, prompt) for prompt in prompts]
        held = dict(zip(keys, self._memo.get(keys), strict=True))
        missing = {key: p for key, p in zip(keys, prompts, strict=True) if held[key] is None}
        if missing:
            made = self._written(missing)
            self._memo.put(made)
            held.update(made)
        texts = [msgspec.json.decode(held[key] or b"null", type=str | None) for key in keys]
        return [(clean_answer(text) or None) if text is not None else None for text in texts]

    def _written(self, missing: dict[str, Prompt]) -> dict[str, bytes]:
        """Key → what the writer gives for its prompt, as JSON; nothing once it has failed."""
        if self.unavailable:
            return {}
        try:
            texts = self._writer.write(
                list(missing.values()), max_new_tokens=MAX_NEW_TOKENS, on_step=self._on_step
            )
        except WriterUnavailable:
            self.unavailable = True
            return {}
        return {key: msgspec.json.encode(text) for key, text in zip(missing, texts, strict=True)}


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


def _key(fingerprint: str, prompt: Prompt) -> str:
    content = msgspec.json.encode((fingerprint, MAX_NEW_TOKENS, prompt))
    return f"written:{hashlib.sha256(content).hexdigest()}"
