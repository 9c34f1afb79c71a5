"""Stream events: what the pipeline reports of a brief as it grows, or of a draft as it is judged → events
for listeners, by offset unit.

The unit is the listener's choice and known only when it listens, while the texts that offsets
are converted by are known where the result is made: so every piece is written in all units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

import msgspec

from service.pipeline.types import (
    AgreementReady,
    Article,
    BriefSentence,
    ConflictReady,
    DraftSplit,
    HeadlineReady,
    Options,
    SentenceReady,
    Span,
    Style,
    VerdictReady,
    WithheldReady,
)
from service.pipeline.writing.layout import text_of
from service.schemas.conversion import to_conflicts, to_headline, to_rows, to_sentences, verdicts
from service.schemas.offsets import Offsets, OffsetUnit
from service.schemas.wire import DraftOut
from service.store.events import Kind

UNITS: tuple[OffsetUnit, ...] = get_args(OffsetUnit)


class StreamEvent(msgspec.Struct, frozen=True):
    """An event of a growing result: JSON by offset unit."""

    kind: Kind
    data: dict[str, bytes]


class StreamEvents:
    """Makes the pieces of one brief, or of the check of one `draft`; the sentences before are what
    offsets in a brief's text need."""

    def __init__(
        self, articles: Sequence[Article], style: Style = "paragraph", draft: str = ""
    ) -> None:
        self._texts = {article.id: article.text for article in articles}
        self._options = Options(style=style)
        self._told: list[BriefSentence] = []
        self._draft = draft
        # Made once: the articles are long, and a draft has hundreds of sentences.
        self._verdicts = {unit: verdicts(draft, self._texts, unit) for unit in UNITS if draft}

    def of(
        self,
        event: SentenceReady
        | AgreementReady
        | WithheldReady
        | ConflictReady
        | HeadlineReady
        | DraftSplit
        | VerdictReady,
    ) -> StreamEvent:
        match event:
            case SentenceReady(sentence):
                self._told.append(sentence)
                text = text_of(self._told, self._options)
                return _piece(
                    "sentence", lambda unit: to_sentences([sentence], text, self._texts, unit)[0]
                )
            case AgreementReady(row):
                return _piece("agreement", lambda unit: to_rows([row], self._texts, unit)[0])
            case WithheldReady(withheld):
                return _piece("withheld", lambda _: withheld)
            case ConflictReady(conflict):
                return _piece(
                    "conflict", lambda unit: to_conflicts([conflict], self._texts, unit)[0]
                )
            case HeadlineReady(headline):
                return _piece("headline", lambda unit: to_headline(headline, self._texts, unit))
            case DraftSplit(spans):
                return _piece("draft", lambda unit: self._split(spans, unit))
            case VerdictReady(sentence):
                return _piece("verdict", lambda unit: self._verdicts[unit](sentence))

    def _split(self, spans: Sequence[Span], unit: OffsetUnit) -> DraftOut:
        at = Offsets(self._draft, unit)
        return DraftOut(tuple(Span(at(each.start), at(each.end)) for each in spans))


def _piece(kind: Kind, made: Callable[[OffsetUnit], object]) -> StreamEvent:
    return StreamEvent(kind, {unit: msgspec.json.encode(made(unit)) for unit in UNITS})
