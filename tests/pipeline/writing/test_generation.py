"""What the writer's model is asked, and what stands where it gives no answer."""

from __future__ import annotations

from collections.abc import Sequence

from service.errors import WriterUnavailable
from service.models.base import Prompt, Scores
from service.pipeline.prompts import templates
from service.pipeline.writing.generation import CandidateGenerator
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter


class Counting(FakeWriter):
    """Counts what it is asked; without `up` it fails."""

    up = True

    def judge(self, prompts: Sequence[Prompt], *, on_step: object = None) -> Scores:
        self.prompts += prompts
        if not self.up:
            raise WriterUnavailable("The writer is down.")
        return super().judge(prompts)


def generator(writer: FakeWriter) -> CandidateGenerator:
    return CandidateGenerator(writer, MemoryComputationCache(), templates(), lambda: None)


def test_a_sentence_is_asked_about_once():
    writer = Counting(lambda prompt: None, same=-2.0)
    asked = generator(writer)

    assert [asked.lead("It rained.") for _ in range(2)] == [-2.0, -2.0]
    assert [each[-1].content for each in writer.prompts] == ["It rained."]


def test_a_writer_that_fails_is_asked_nothing_more():
    writer = Counting(lambda prompt: None)
    writer.up = False
    asked = generator(writer)

    assert asked.lead("It rained.") is None
    assert asked.lead("It snowed.") is None
    assert asked.same_fact("It rained.", "Rain fell.") is None
    assert asked.unavailable
    assert len(writer.prompts) == 1
