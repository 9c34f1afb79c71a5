"""Generation: the evidence of facts → a sentence for each by the writer.

Each is written from its own evidence only, and what was written once for its evidence stays (`memo`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import msgspec

from service.errors import WriterUnavailable
from service.models.base import Prompt, Writer
from service.pipeline.prompts import Template
from service.pipeline.types import Memo

MAX_NEW_TOKENS = 80
"""Longest candidate in tokens: about 55 words, more than a sentence that is read."""

MAX_SOURCE_WORDS = 140
"""More words of evidence are left as they are: the writer loses their thread."""

RESIDUE = re.compile(
    r"^(?:(?:Here(?: is|'s)|Sure|Certainly|Okay|Answer|Output|Summary|Sentence|News|Headline|Shortened"
    r"|Rewritten|Short(?:er)? version|The (?:shortened|rewritten|following) sentence)\b[^:]{0,60}:|[-*\u2022]|\d+[.)])\s*",
    re.IGNORECASE,
)
"""What a chat model puts before its answer."""


class CandidateGenerator:
    """Asks the writer for candidates, with what was written before kept in `memo`.

    `text_alone(i)` is how sentence i reads alone.
    """

    def __init__(
        self,
        writer: Writer,
        memo: Memo,
        templates: dict[str, Template],
        text_alone: Callable[[int], str],
        on_step: Callable[[], None],
    ) -> None:
        self._writer = writer
        self._memo = memo
        self._templates = templates
        self._text_alone = text_alone
        self._on_step = on_step
        self.unavailable = False
        """Whether the writer failed; then it is asked no more for this brief."""

    def sentences(self, evidence: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
        """Per fact, told by these sentences of several reports, one sentence that fuses them."""
        return self._answers([self._prompts(each) for each in evidence])

    def headlines(self, text: str) -> tuple[str, ...]:
        """The first sentence as candidates of a headline."""
        return self._answers([[self._templates["headline"].render(sentence=text)]])[0]

    def _prompts(self, evidence: Sequence[int]) -> list[Prompt]:
        texts = [self._text_alone(i) for i in evidence]
        if sum(len(text.split()) for text in texts) > MAX_SOURCE_WORDS:
            return []
        return [self._templates["fuse"].render(sentences=texts)]

    def _answers(self, prompts: Sequence[Sequence[Prompt]]) -> list[tuple[str, ...]]:
        """Per group its prompts → per group the distinct answers, cleaned."""
        flat = [prompt for group in prompts for prompt in group]
        keys = [_key(self._writer.fingerprint, prompt) for prompt in flat]
        held = dict(zip(keys, self._memo.get(keys), strict=True))
        missing = {key: prompt for key, prompt in zip(keys, flat, strict=True) if held[key] is None}
        if missing:
            made = self._written(missing)
            self._memo.put(made)
            held.update(made)
        texts = [msgspec.json.decode(held[key] or b"null", type=str | None) for key in keys]
        results: list[tuple[str, ...]] = []
        for group in prompts:
            own, texts = texts[: len(group)], texts[len(group) :]
            cleaned = [clean_answer(text) for text in own if text is not None]
            results.append(tuple(dict.fromkeys(text for text in cleaned if text)))
        return results

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
