"""Cluster context: what every step after ranking reads of the articles, in one value."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.models.base import Vectors
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.syndication import Origins
from service.pipeline.types import Article, Sentence


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
