"""Cluster context: what every step after ranking reads of the articles, in one value."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.models.base import Vectors
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.syndication import Origins
from service.pipeline.types import Article, Citation, Sentence


class ClusterContext(msgspec.Struct, frozen=True):
    """The sentences that may be used, with their articles; `vectors` `(n, d)` are theirs."""

    sources: Sequence[Source]
    sentences: Sequence[Sentence]
    vectors: Vectors
    origins: Origins
    reader: SourceReader

    def origin(self, sentence: int) -> int:
        """The independent report that a sentence belongs to."""
        return self.origins.origin[self.sentences[sentence].article]

    def article(self, sentence: int) -> Article:
        """The article that a sentence stands in."""
        return self.sources[self.sentences[sentence].article].article

    def origin_of(self, article_id: str) -> str:
        """The id of the first article of the origin that an article belongs to."""
        ids = [source.article.id for source in self.sources]
        return ids[self.origins.origin[ids.index(article_id)]]

    def sent(self, article_id: str) -> Article:
        """The article of this id."""
        return next(each.article for each in self.sources if each.article.id == article_id)

    def cited(self, citations: Sequence[Citation]) -> list[int]:
        """The sentences that stand, wholly or in part, in the cited spans."""
        spans = {each.article_id: [] for each in citations}
        for each in citations:
            spans[each.article_id].append((each.start, each.end))
        found: list[int] = []
        for i, each in enumerate(self.sentences):
            source = self.sources[each.article]
            if own := spans.get(source.article.id):
                start, end = source.view.original(each.start, each.end)
                if any(start < b and a < end for a, b in own):
                    found.append(i)
        return found

    def reporting_origins(self, citations: Sequence[Citation]) -> int:
        """How many independent origins report the whole of a sentence with these citations: those
        that support it together, and those that corroborate all of it."""
        origin = {
            source.article.id: own
            for source, own in zip(self.sources, self.origins.origin, strict=True)
        }
        return len(
            {
                origin[each.article_id]
                for each in citations
                if each.role == "supports" or each.extent == "whole"
            }
        )
