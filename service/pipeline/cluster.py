"""Cluster: articles → all that can be read of them, as evidence for somebody else's sentences."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.models.base import Models
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.page_sentences import page_sentences, with_masked
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.progress import StageClock
from service.pipeline.types import Article, ArticleReport, Memo


def read_cluster(
    given: Sequence[Article], models: Models, memo: Memo, clock: StageClock
) -> tuple[ClusterContext, tuple[ArticleReport, ...]]:
    """The stages `intake`, `embed` and `rank`. Every article that can be read is evidence, whichever story it
    tells. Raises `NothingToBrief` where none can."""
    with clock.stage("intake"):
        sources = ingest(given, models.parser.languages, on_step=clock.step)
        sentences = split_sentences(sources, on_step=clock.step)
    with clock.stage("embed"):
        vectors = embed([s.text for s in sentences], models.encoder, memo, on_step=clock.step)
        page = page_sentences(sentences, vectors, models.encoder, memo, on_step=clock.step)
        sources = with_masked(sources, sentences, page)
        sentences, vectors = eligibility.without(page, sentences, vectors)
    with clock.stage("rank"):
        origins = msgspec.structs.replace(
            find_origins(sources, sentences, vectors, on_step=clock.step), story=(0,) * len(sources)
        )
        warnings = eligibility.article_warnings(sources, sentences, origins)
        articles = eligibility.article_reports(sources, origins, warnings)
        sentences, vectors = eligibility.usable_sentences(articles, sentences, vectors)
    reader = SourceReader(models.parser, sources, sentences, on_step=clock.step)
    return ClusterContext(sources, sentences, vectors, origins, reader), articles
