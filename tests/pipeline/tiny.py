"""Inputs small enough to be read: vectors of two or three numbers, one sentence, a few articles, a
reader of which is known what it says, and what a prompt asks about."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from service.models.base import KINDS, Judged, Models, Prompt, Scores, no_step
from service.pipeline.alignment.same_fact import words
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import Origins
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import Article


def unit(*rows: list[float]) -> np.ndarray:
    vectors = np.array(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clause(models: Models, text: str) -> ParsedSentence:
    return ParsedSentence(text, models.parser.parse([text])[0])


def cluster(models: Models, *texts: str, origin: Sequence[int] | None = None) -> ClusterContext:
    """Articles, each an origin of its own if no `origin` is given."""
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    sources = ingest(articles, models.parser.languages)
    sentences = split_sentences(sources)
    vectors = models.encoder.encode([each.text for each in sentences])
    own = tuple(range(len(texts)) if origin is None else origin)
    origins = Origins(own, (None,) * len(texts), (0,) * len(texts))
    reader = SourceReader(models.parser, sources, sentences)
    return ClusterContext(sources, sentences, vectors, origins, reader)


def says(kind: str, surely: float = 1.0) -> list[float]:
    """What a reader says of a pair: `kind` so surely, and the other kinds alike."""
    rest = (1 - surely) / (len(KINDS) - 1)
    return [surely if each == kind else rest for each in KINDS]


def by_words(report: str, fact: str) -> list[float]:
    """That the report tells the fact if it has most of its words, else nothing of it."""
    shared = words(fact) & words(report)
    return says("supported" if len(shared) > len(words(fact)) / 2 else "not said")


def reports_in(prompt: Prompt) -> list[str]:
    """The reports that a prompt asks to fuse, without the sentences before them, or the sentence that
    wants a headline."""
    lines = prompt[-1].content.strip().split("\n")
    return [re.sub(r"^\d\. (?:\(.*?\) )?", "", line) for line in lines]


class FakeWriter:
    """A writer that gives for each prompt what `text` makes of it, finds of all that it writes what `odds`
    says, and of any two sentences that they tell one fact with the log-odds `same`."""

    fingerprint = "fake"
    available = judges = True
    concurrency = 8
    written = 0

    def __init__(
        self,
        text: Callable[[Prompt], str | None],
        odds: float = -9.0,
        same: float = -9.0,
    ) -> None:
        self._text = text
        self._odds = odds
        self._same = same
        self.prompts: list[Prompt] = []

    def write(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[str | None]:
        self.prompts += prompts
        return [self._text(prompt) for prompt in prompts]

    def judge(
        self, prompts: Sequence[Prompt], *, on_step: Callable[[], None] | None = None
    ) -> Scores:
        return np.full(len(prompts), self._same, np.float32)

    def write_and_judge(
        self,
        prompts: Sequence[Prompt],
        question: Prompt,
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[Judged | None]:
        assert [each.content for each in question] == ["Check"]
        texts = self.write(prompts, max_new_tokens=max_new_tokens, on_step=on_step)
        return [None if text is None else Judged(text, self._odds) for text in texts]


def last_report(prompt: Prompt) -> str:
    return reports_in(prompt)[-1]


class Told:
    """A reader that says of a report and a fact what `tells` does, and keeps what it was asked."""

    def __init__(
        self, tells: Callable[[str, str], list[float]] = by_words, fingerprint: str = "told"
    ) -> None:
        self._tells = tells
        self.fingerprint = fingerprint
        self.asked: list[tuple[str, str]] = []

    def reads(
        self, pairs: Sequence[tuple[str, str]], *, on_step: Callable[[], None] = no_step
    ) -> Scores:
        on_step()
        self.asked += pairs
        rows = [self._tells(report, fact) for report, fact in pairs]
        return np.array(rows, dtype=np.float32).reshape(len(pairs), len(KINDS))


def always(kind: str, surely: float = 1.0) -> Told:
    """A reader that says the same of everything."""
    return Told(lambda report, fact: says(kind, surely))
