"""The sample set is what its README says it is."""

from __future__ import annotations

import json

from service.models.base import Models
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import containment, find_origins
from service.pipeline.ingest.syndication import shingles as shingles_of
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Article
from service.store.computation_cache import MemoryComputationCache
from tests.conftest import SEEDS


def origins_of(articles: tuple[Article, ...], models: Models) -> list[tuple[str, str]]:
    """(article, its origin's first article), for articles that tell one story."""
    sources = ingest(articles, models.parser.languages)
    sentences = split_sentences(sources)
    vectors = embed([each.text for each in sentences], models.encoder, MemoryComputationCache())
    found = find_origins(sources, sentences, vectors)
    assert set(found.story) == {0}
    ids = [source.article.id for source in sources]
    return [(ids[i], ids[origin]) for i, origin in enumerate(found.origin)]


def test_the_request_holds_the_texts():
    request = json.loads((SEEDS / "request.json").read_text())

    held = {article["id"]: article["text"] for article in request["articles"]}

    assert held == {path.stem: path.read_text() for path in SEEDS.glob("*.txt")}


def test_two_of_the_sample_articles_are_one_origin_and_three_stand_alone(
    seeds: tuple[Article, ...], models: Models
):
    shared = [article for article, origin in origins_of(seeds, models) if article != origin]

    assert shared == ["04-civic-daily"]


def test_the_rewrites_share_hardly_a_phrase(seeds: tuple[Article, ...], models: Models):
    sources = ingest(seeds, models.parser.languages)
    sentences = split_sentences(sources)
    texts = [[s.text for s in sentences if s.article == i] for i in range(len(sources))]

    assert containment(shingles_of(texts[2]), shingles_of(texts[3])) < 0.1


def test_two_of_the_collected_articles_are_one_origin(
    collected: tuple[Article, ...], models: Models
):
    shared = [(a[:3], origin[:3]) for a, origin in origins_of(collected, models) if a != origin]

    assert shared == [("003", "002")]
