"""Stream events: what the pipeline reports of a brief as it grows → events for listeners, by offset unit.

The unit is the listener's choice and known only when it listens, while the texts that offsets
are converted by are known where the brief is made: so every piece is written in all units.
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
    HeadlineReady,
    Options,
    SentenceReady,
    Style,
    WithheldReady,
)
from service.pipeline.writing.layout import text_of
from service.schemas.conversion import to_conflicts, to_headline, to_rows, to_sentences
from service.schemas.offsets import OffsetUnit
from service.store.events import Kind


class StreamEvent(msgspec.Struct, frozen=True):
    """An event of a growing brief: JSON by offset unit."""

    kind: Kind
    data: dict[str, bytes]


class StreamEvents:
    """Makes the pieces of one brief; the sentences before are what offsets in its text need."""

    def __init__(self, articles: Sequence[Article], style: Style) -> None:
        self._texts = {article.id: article.text for article in articles}
        self._options = Options(style=style)
        self._told: list[BriefSentence] = []

    def of(
        self, event: SentenceReady | AgreementReady | WithheldReady | ConflictReady | HeadlineReady
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


def _piece(kind: Kind, made: Callable[[OffsetUnit], object]) -> StreamEvent:
    units: tuple[OffsetUnit, ...] = get_args(OffsetUnit)
    return StreamEvent(kind, {unit: msgspec.json.encode(made(unit)) for unit in units})
