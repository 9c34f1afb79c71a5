"""Read: parse source sentences on demand, each once a run, and mend what only its neighbours
make whole: name whom it calls "he", open the quotation that it only closes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from service.models.base import Parser
from service.pipeline import floor
from service.pipeline.facts import Evidence
from service.pipeline.intake import Source, aware
from service.pipeline.resolve import BACK, resolve
from service.pipeline.syntax import Clause
from service.pipeline.types import Sentence


class Reading(msgspec.Struct, frozen=True):
    """A source sentence as it reads alone.

    `inserted` are (place, letters): from each place on the text stands so many letters further
    right than in the source. Where a pronoun is named, `antecedent` holds the name.
    """

    clause: Clause
    antecedent: int | None = None
    inserted: tuple[tuple[int, int], ...] = ()

    def source(self, place: int) -> int:
        """An offset in the reading → the offset in the source sentence."""
        return place - sum(letters for begin, letters in self.inserted if begin <= place)


class Reader:
    """Sentence index → its `Clause`, its `Reading`, and that as evidence.

    With `verbatim` no pronoun is named: every reading is the source's own sentence.
    """

    def __init__(
        self,
        parser: Parser,
        sources: Sequence[Source],
        sentences: Sequence[Sentence],
        *,
        verbatim: bool = False,
    ) -> None:
        self._parser = parser
        self._sources = sources
        self._sentences = sentences
        self._verbatim = verbatim
        self._clauses: dict[int, Clause] = {}
        self._readings: dict[int, Reading] = {}

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

    def reading(self, index: int) -> Reading:
        if index not in self._readings:
            self._readings[index] = self._read(index)
        return self._readings[index]

    def _read(self, index: int) -> Reading:
        clause = self.clause(index)
        own = self._sentences[index].article
        before = [
            i
            for i in range(index - 1, max(-1, index - 1 - BACK), -1)
            if self._sentences[i].article == own
        ]
        if self._verbatim:
            return Reading(clause)
        inserted: list[tuple[int, int]] = []
        if mark := floor.unopened(clause.text):
            clause = self.parse(mark + clause.text)
            inserted.append((1, 1))
        found = resolve(clause, map(self.clause, before))
        if found is None:
            return Reading(clause, inserted=tuple(inserted))
        text = clause.text[: found.start] + found.name + clause.text[found.end :]
        end = found.start + len(found.name)
        inserted.append((end, end - found.end))
        return Reading(self.parse(text), before[found.back - 1], tuple(inserted))

    def text(self, index: int) -> str:
        """How the sentence reads alone."""
        return self.reading(index).clause.text

    def with_antecedents(self, indices: Sequence[int]) -> list[int]:
        """The sentences, and those that name whom these call "he"."""
        named = [self.reading(i).antecedent for i in indices]
        return list(dict.fromkeys([*indices, *(i for i in named if i is not None)]))

    def evidence(self, index: int, beside: Collection[int] = ()) -> Evidence:
        """A sentence as evidence, its pronoun named only if the sentence that names it is
        among those cited `beside` it."""
        reading = self.reading(index) if beside else Reading(self.clause(index))
        clause = reading.clause if reading.antecedent in beside else self.clause(index)
        published = self._sources[self._sentences[index].article].article.published_at
        return Evidence(clause, aware(published))

    def can_stand(self, index: int) -> bool:
        """Whether the sentence could be printed as it reads: `floor.can_stand`."""
        return floor.can_stand(self.reading(index).clause)

    def can_follow(self, index: int) -> bool:
        """Whether it could be printed right behind the sentence that precedes it in its article."""
        own = self._sentences[index]
        return (
            index > 0
            and self._sentences[index - 1].article == own.article
            and self._sentences[index - 1].position == own.position - 1
            and floor.can_follow(self.reading(index).clause, self.reading(index - 1).clause)
        )

    def parse(self, text: str) -> Clause:
        """Parse a text that is no source sentence."""
        return self.clauses([text])[0]

    def clauses(self, texts: Sequence[str]) -> list[Clause]:
        """Parse texts that are not source sentences: candidates and drafts."""
        return [
            Clause(text, parse)
            for text, parse in zip(texts, self._parser.parse(texts), strict=True)
        ]
