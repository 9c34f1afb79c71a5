"""A story that grows: what is computed again, and what is said again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from service.models.base import Encoder, Models, Vectors, no_step
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Options, Request
from service.pipeline.writing.carry_over import still_cited
from service.store.briefs import hashes
from service.store.computation_cache import MemoryComputationCache, RedisComputationCache
from service.store.connect import memo_client
from tests.pipeline.tiny import FakeWriter, last_report


class CountingEncoder:
    """The encoder, and what it was asked for, call by call."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.fingerprint = encoder.fingerprint
        self.calls: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, on_step: Callable[[], None] = no_step) -> Vectors:
        self.calls.append(list(texts))
        return self._encoder.encode(texts, on_step=on_step)


@pytest.fixture
def memo(valkey: str) -> Iterator[RedisComputationCache]:
    client = memo_client(valkey)
    yield RedisComputationCache(client, 3600)  # longer than any run on a busy machine
    client.close()


def test_a_story_that_grows_by_one_article_pays_for_one_article(
    models: Models, seeds: tuple[Article, ...], memo: RedisComputationCache
):
    counted = []
    for articles in (seeds[:4], seeds):
        encoder, writer = CountingEncoder(models.encoder), FakeWriter(last_report)
        made = msgspec.structs.replace(models, encoder=encoder, writer=writer)
        run(Request(articles=articles), made, memo, lambda _: None)
        counted.append((encoder, writer))

    (first, wrote), (second, rewrote) = counted
    assert second.calls[0]
    assert all(text in seeds[4].text for text in second.calls[0])
    assert not {t for call in second.calls for t in call} & {
        t for call in first.calls for t in call
    }
    assert not set(rewrote.prompts) & set(wrote.prompts)
    assert rewrote.prompts


def grown(models: Models, seeds: tuple[Article, ...]) -> tuple[Brief, Brief, Brief]:
    """Of four articles; of five without and with the memory of the first."""
    memo = MemoryComputationCache()
    models = msgspec.structs.replace(models, writer=FakeWriter(last_report))
    first = run(Request(articles=seeds[:4]), models, memo, lambda _: None)
    options = Options(supersedes=first.id)
    plain = run(Request(articles=seeds, options=options), models, memo, lambda _: None)
    still = still_cited(first, hashes(seeds[:4]), hashes(seeds))
    request = Request(articles=seeds, options=options, previous=still)
    return first, plain, run(request, models, memo, lambda _: None)


def test_what_still_holds_stays_word_for_word(models: Models, seeds: tuple[Article, ...]):
    first, plain, second = grown(models, seeds)
    said = {each.text for each in first.sentences}

    kept = [sum(each.text in said for each in brief.sentences) for brief in (plain, second)]

    assert kept[1] >= max(kept[0], 1)
    assert plain.id == second.id
    texts = {each.id: each.text for each in seeds}
    for each in second.sentences:
        assert all(c.quote == texts[c.article_id][c.start : c.end] for c in each.citations)


def test_a_sentence_on_a_corrected_text_is_not_taken_over(
    seeds: tuple[Article, ...], models: Models
):
    models = msgspec.structs.replace(models, writer=FakeWriter(last_report))
    first = run(Request(articles=seeds[:2]), models, MemoryComputationCache(), lambda _: None)
    then = hashes(seeds[:2])

    corrected = still_cited(first, then, {**then, seeds[0].id: "another"})
    renamed = still_cited(first, then, {f"new-{name}": sha for name, sha in then.items()})

    assert all(c.article_id != seeds[0].id for each in corrected for c in each.citations)
    assert [each.text for each in renamed] == [each.text for each in first.sentences]
    assert all(c.article_id.startswith("new-") for each in renamed for c in each.citations)
