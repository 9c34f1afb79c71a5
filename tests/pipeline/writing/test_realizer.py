"""A brief grows in reading order, and what was told is what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import (
    Article,
    Event,
    HeadlineReady,
    Progress,
    Request,
    SentenceReady,
    WithheldReady,
)
from service.pipeline.writing import realizer
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter, last_report


def test_sentences_are_told_while_the_next_are_written(
    models: Models, seeds: tuple[Article, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(realizer, "can_be_rewritten", lambda fact, context: True)
    told: list[Event | str] = []

    class Echo(FakeWriter):
        """Gives the source sentence back, and notes when it was asked to write."""

        def write(self, prompts: Sequence[Prompt], **asked: Any) -> list[str | None]:
            told.append("asked")
            return super().write(prompts, **asked)

    echoing = msgspec.structs.replace(models, writer=Echo(last_report))

    made = run(Request(articles=seeds), echoing, MemoryComputationCache(), told.append)

    order = [each for each in told if not isinstance(each, Progress | WithheldReady)]
    sentences = [each.sentence for each in order if isinstance(each, SentenceReady)]
    assert tuple(sentences) == made.sentences
    assert order[0] == "asked"
    assert isinstance(order[1], SentenceReady)
    assert "asked" in order[2:-3]
    assert order[-1] == HeadlineReady(made.headline)
    assert all(made.text[each.start : each.end] == each.text for each in sentences)
