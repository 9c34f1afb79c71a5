"""Read: parse source sentences on demand, each once a run."""

from __future__ import annotations

from collections.abc import Sequence

from service.models.base import Parser
from service.pipeline import floor
from service.pipeline.facts import Evidence
from service.pipeline.intake import Source, aware
from service.pipeline.syntax import Clause
from service.pipeline.types import Sentence


class Reader:
    """Sentence index → its `Clause`, and that as evidence with its publication date."""

    def __init__(
        self, parser: Parser, sources: Sequence[Source], sentences: Sequence[Sentence]
    ) -> None:
        self._parser = parser
        self._sources = sources
        self._sentences = sentences
        self._clauses: dict[int, Clause] = {}

    def prefetch(self, indices: Sequence[int]) -> None:
        """Parse these sentences in one call."""
        missing = [i for i in dict.fromkeys(indices) if i not in self._clauses]
        texts = [self._sentences[i].text for i in missing]
        for i, text, parse in zip(missing, texts, self._parser.parse(texts), strict=True):
            self._clauses[i] = Clause(text, parse)

    def clause(self, index: int) -> Clause:
        if index not in self._clauses:
            self.prefetch([index])
        return self._clauses[index]

    def evidence(self, index: int) -> Evidence:
        published = self._sources[self._sentences[index].article].article.published_at
        return Evidence(self.clause(index), aware(published))

    def can_stand(self, index: int) -> bool:
        """Whether the sentence could be printed as it is: `floor.can_stand`."""
        return floor.can_stand(self.clause(index))

    def clauses(self, texts: Sequence[str]) -> list[Clause]:
        """Parse texts that are not source sentences: candidates and drafts."""
        return [
            Clause(text, parse)
            for text, parse in zip(texts, self._parser.parse(texts), strict=True)
        ]
