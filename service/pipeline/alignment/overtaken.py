"""Overtaken: sentences that may not be printed any more, since an article takes them back or their day is past.

They are set aside before anything is counted: no fact rests on them, and they corroborate none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime

import msgspec
import numpy as np

from service.models.base import Models, Parser, Vectors
from service.pipeline.alignment.conflicts import NEAR, find
from service.pipeline.alignment.negation import denies
from service.pipeline.alignment.quantities import differ, figures
from service.pipeline.ingest.boilerplate import Source, aware
from service.pipeline.ingest.corrections import OF_THE_REPORT
from service.pipeline.ingest.sentences import split
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence, is_parsable
from service.pipeline.linguistics.relative_days import relative_days
from service.pipeline.linguistics.tense import looks_ahead
from service.pipeline.types import Sentence, Withheld
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verify import SAID_OTHERWISE

MOST_ENTRIES = 8
"""Sentences of later entries, the nearest, that a sentence of a live page is compared with."""


class Correction(msgspec.Struct, frozen=True):
    """What one article takes back: its `article`, and the sentences of its notes, parsed."""

    article: int
    text: str
    sentences: tuple[ParsedSentence, ...]
    vectors: Vectors


def overtaken(
    sources: Sequence[Source],
    sentences: Sequence[Sentence],
    vectors: Vectors,
    models: Models,
    support: SupportReader | None,
    as_of: datetime | None,
) -> dict[int, Withheld]:
    """Index of each sentence that is set aside → why. `vectors` are `(n, d)`, theirs."""
    found = _corrected(sources, sentences, vectors, models, support)
    found.update(_past(sources, sentences, models.parser, as_of))
    found.update(_earlier_entries(sources, sentences, vectors, models.parser))
    return found if len(found) < len(sentences) else {}


def _corrected(
    sources: Sequence[Source],
    sentences: Sequence[Sentence],
    vectors: Vectors,
    models: Models,
    support: SupportReader | None,
) -> dict[int, Withheld]:
    found: dict[int, Withheld] = {}
    for note in _corrections(sources, models):
        near = (vectors @ note.vectors.T).max(axis=1)
        own = sources[note.article].article
        asked = [
            i
            for i in map(int, np.flatnonzero(near >= NEAR))
            if i not in found and _is_earlier(sources, sentences[i], note)
        ]
        texts = [sentences[i].text for i in asked]
        notes = [each.text for each in note.sentences]
        read = support.reads([(notes, text) for text in texts]) if support else [None] * len(texts)
        for i, parsed, said in zip(asked, models.parser.parse(texts), read, strict=True):
            clause = ParsedSentence(sentences[i].text, parsed)
            otherwise = said is not None and said.contradicted >= SAID_OTHERWISE
            if otherwise or _takes_back(note, clause, vectors[i]):
                detail = f"Article {own.id} corrects it: {note.text}"
                found[i] = Withheld(text=clause.text, reason="corrected", detail=detail)
    return found


def _corrections(sources: Sequence[Source], models: Models) -> list[Correction]:
    made: list[Correction] = []
    for index, source in enumerate(sources):
        notes = source.notes()
        texts = [note[start:end] for note in notes for start, end in split(note)]
        texts = [text for text in texts if is_parsable(text)]
        if texts:
            parsed = zip(texts, models.parser.parse(texts), strict=True)
            clauses = tuple(ParsedSentence(text, tokens) for text, tokens in parsed)
            vectors = np.asarray(models.encoder.encode(texts))
            made.append(Correction(index, " ".join(texts), clauses, vectors))
    return made


def _is_earlier(sources: Sequence[Source], sentence: Sentence, note: Correction) -> bool:
    """Whether the sentence is another report's that did not come out after the correction, and no note itself."""
    if sentence.article == note.article:
        return False
    mine, theirs = (
        aware(sources[i].article.published_at) for i in (note.article, sentence.article)
    )
    return mine is None or theirs is None or theirs <= mine


def _takes_back(note: Correction, clause: ParsedSentence, vector: Vectors) -> bool:
    """Whether a sentence of the note says otherwise, or says that the report that it corrects said so."""
    for each, near in zip(note.sentences, note.vectors @ vector, strict=True):
        if OF_THE_REPORT.search(each.text):
            wrong = {(one.kind, one.value) for one in figures(each)}
            told = {(one.kind, one.value) for one in figures(clause)}
            if wrong & told or denies(clause, each, float(near)) is not None:
                return True
        elif find(Evidence(clause), [(0, float(near), Evidence(each))]) is not None:
            return True
    return False


def _earlier_entries(
    sources: Sequence[Source], sentences: Sequence[Sentence], vectors: Vectors, parser: Parser
) -> dict[int, Withheld]:
    """Sentences of a live page of whose figure a later entry of it gives another."""
    entries: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, each in enumerate(sentences):
        own = sources[each.article].entries
        if own and (posted := own[each.paragraph]) is not None:
            entries[each.article].append((posted, i))
    pairs: list[tuple[int, int]] = []
    for own in entries.values():
        for posted, i in own:
            near = {j: float(vectors[i] @ vectors[j]) for when, j in own if when > posted}
            nearest = sorted(near, key=lambda j, near=near: -near[j])[:MOST_ENTRIES]
            pairs += [(i, j) for j in nearest if near[j] >= NEAR]
    texts = {i: sentences[i].text for pair in pairs for i in pair}
    parsed = dict(zip(texts, parser.parse(list(texts.values())), strict=True))
    found: dict[int, Withheld] = {}
    for i, j in pairs:
        mine, theirs = (ParsedSentence(texts[each], parsed[each]) for each in (i, j))
        if differ(mine, theirs, float(vectors[i] @ vectors[j]), apart=True) is not None:
            detail = f"A later entry of the same page says: {texts[j]}"
            found[i] = Withheld(text=texts[i], reason="outdated", detail=detail)
    return found


def _past(
    sources: Sequence[Source], sentences: Sequence[Sentence], parser: Parser, as_of: datetime | None
) -> dict[int, Withheld]:
    """Sentences that tell as to come what was to be on a day before that of the newest article."""
    times = [aware(source.article.published_at) for source in sources]
    now = max((each for each in (*times, aware(as_of)) if each is not None), default=None)
    found: dict[int, Withheld] = {}
    dated = [
        (i, when.date())
        for i, sentence in enumerate(sentences)
        if now is not None
        and (when := times[sentence.article]) is not None
        and when.astimezone(UTC).date() < now.astimezone(UTC).date()
        and not sentence.quoted
        and relative_days(sentence.text, when.date(), ahead=True)
    ]
    texts = [sentences[i].text for i, _ in dated]
    for (i, day), parsed in zip(dated, parser.parse(texts), strict=True):
        clause = ParsedSentence(sentences[i].text, parsed)
        last = _last_day(clause, day)
        if now is not None and last is not None and last < now.date():
            detail = f"It tells as to come what was to be by {last.isoformat()}, and the newest article is of {now.date().isoformat()}."
            found[i] = Withheld(text=clause.text, reason="outdated", detail=detail)
    return found


def _last_day(clause: ParsedSentence, published: date) -> date | None:
    """The last day on which what a sentence tells as to come was to be; None where it does not say."""
    if not looks_ahead(clause):
        return None
    coming = [
        each.last
        for each in relative_days(clause.text, published, ahead=True)
        if each.last >= published
    ]
    return max(coming, default=None)
