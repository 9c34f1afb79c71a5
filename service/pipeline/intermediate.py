"""The values that pass between the steps of the pipeline and never leave it.

They hold parses and vectors, which `types`, read by the client too, must not know.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from service.models.base import Vectors
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import (
    Check,
    Citation,
    ConflictType,
    Sentence,
    SentenceMode,
    Span,
    Status,
    Verdict,
)


class Evidence(msgspec.Struct, frozen=True):
    """One source sentence as the verifier reads it; `published_at` is its article's, `days` are the dates that
    it was given for its own words: ("on March 3", "tomorrow")."""

    parsed: ParsedSentence
    published_at: datetime | None = None
    days: tuple[tuple[str, str], ...] = ()


class FactGroup(msgspec.Struct, frozen=True):
    """Indices of sentences that state one fact: `members[0]` is the representative.

    `article_position` in [0, 1] is where the fact stands in its articles on average, `lead_score`
    what it is worth as the brief's first sentence. `follows_sentence` is the sentence, another group's
    representative, that this one can only be read behind ("She was flown home."), or None where
    it reads alone. The one that `opens` the brief takes nothing as known.
    """

    members: tuple[int, ...]
    article_position: float
    lead_score: float
    follows_sentence: int | None = None
    opens: bool = False


class VerifiedCandidate(msgspec.Struct, frozen=True):
    """A candidate sentence with its verdict and the sentences that it rests on.

    `vector` is `(d,)`. `span` is the part of the decontextualized source sentence that it is;
    None where it was put in other words.
    """

    parsed: ParsedSentence
    verdict: Verdict
    support: tuple[int, ...]
    vector: Vectors
    span: Span | None


class PlannedSentence(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A sentence that passed the check, before it has its place in the text.

    `parsed` is its text as parsed; `presupposed_nouns` must have been mentioned before it ("the
    meeting"), `introduced_nouns` may be taken as known after it; `follows_rank` is the rank of the one
    that it must be read right behind, or None. `fixed_wording` says that the writer is not asked for it,
    because it is read with its neighbour or was `carried_over` from the brief before. `dispute` is how another report
    disagrees, as the sentence tells; `disputing` are the citations of all that do.
    `article_position` in [0, 1] orders it, `lead_score` is its worth as the first; `rank` is its
    group's place by salience, from 0. `support` are the sentences that it rests on, `sentence` is
    its group's representative, `vector` `(d,)` what it says.
    """

    text: str
    mode: SentenceMode
    status: Status
    checks: tuple[Check, ...]
    origins: int
    citations: tuple[Citation, ...]
    support: tuple[int, ...]
    rank: int
    article_position: float
    lead_score: float
    sentence: Sentence
    vector: Vectors
    parsed: ParsedSentence
    presupposed_nouns: frozenset[str]
    introduced_nouns: frozenset[str]
    follows_rank: int | None = None
    fixed_wording: bool = False
    carried_over: bool = False
    dispute: ConflictType | None = None
    disputing: tuple[Citation, ...] = ()
