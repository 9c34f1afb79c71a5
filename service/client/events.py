"""The events of a job, typed, and how they are followed over connections that drop."""

from __future__ import annotations

import httpx
import msgspec
from httpx_sse import ServerSentEvent

from service.client.calls import Answer, Call, Retries, decode, failure, job_path
from service.client.errors import ApiProblem, JobCancelled
from service.pipeline.types import (
    AgreementRow,
    BriefSentence,
    Conflict,
    DraftSentence,
    Headline,
    Span,
    Withheld,
)
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    ENDING,
    BriefResponse,
    CheckResponse,
    DraftOut,
    JobOut,
    Problem,
)


class StageEvent(msgspec.Struct, frozen=True):
    """A stage began; `done` of `total` are finished."""

    id: str
    stage: str
    done: int
    total: int


class SentenceEvent(msgspec.Struct, frozen=True):
    """The next sentence of the brief in reading order; final."""

    id: str
    sentence: BriefSentence


class AgreementEvent(msgspec.Struct, frozen=True):
    """Who reports the sentence that was told last, or a fact that the brief left out."""

    id: str
    row: AgreementRow


class WithheldEvent(msgspec.Struct, frozen=True):
    id: str
    withheld: Withheld


class ConflictEvent(msgspec.Struct, frozen=True):
    id: str
    conflict: Conflict


class HeadlineEvent(msgspec.Struct, frozen=True):
    """Comes after all sentences; None where none could be supported."""

    id: str
    headline: Headline | None


class DraftEvent(msgspec.Struct, frozen=True):
    """Where the sentences of a draft stand; comes before the first of them is judged."""

    id: str
    sentences: tuple[Span, ...]


class VerdictEvent(msgspec.Struct, frozen=True):
    """The next sentence of the draft, judged; final."""

    id: str
    sentence: DraftSentence


class DoneEvent(msgspec.Struct, frozen=True):
    """The end, with the whole brief or the whole check; neither where it is no longer held, or the
    job was an article."""

    id: str
    brief: BriefResponse | None
    check: CheckResponse | None = None


Event = (
    StageEvent
    | SentenceEvent
    | AgreementEvent
    | WithheldEvent
    | ConflictEvent
    | HeadlineEvent
    | DraftEvent
    | VerdictEvent
    | DoneEvent
)


class _Stage(msgspec.Struct):
    stage: str
    done: int
    total: int


class _Ended(msgspec.Struct):
    """What tells the kinds of an end apart: only a check counts statuses."""

    job: str | None = None
    statuses: dict[str, int] | None = None


def read(told: ServerSentEvent) -> Event | None:
    """A server-sent event → ours; None for a kind that this client does not know.

    Raises `ApiProblem` of a job that failed, and `JobCancelled`.
    """
    name, data = told.id, told.data.encode()
    match told.event:
        case "stage":
            stage = decode(data, _Stage)
            return StageEvent(name, stage.stage, stage.done, stage.total)
        case "sentence":
            return SentenceEvent(name, decode(data, BriefSentence))
        case "agreement":
            return AgreementEvent(name, decode(data, AgreementRow))
        case "withheld":
            return WithheldEvent(name, decode(data, Withheld))
        case "conflict":
            return ConflictEvent(name, decode(data, Conflict))
        case "headline":
            return HeadlineEvent(name, None if data == b"null" else decode(data, Headline))
        case "draft":
            return DraftEvent(name, decode(data, DraftOut).sentences)
        case "verdict":
            return VerdictEvent(name, decode(data, DraftSentence))
        case "done":
            ended = decode(data, _Ended)
            if ended.job is not None:
                return DoneEvent(name, None)
            if ended.statuses is not None:
                return DoneEvent(name, None, decode(data, CheckResponse))
            return DoneEvent(name, decode(data, BriefResponse))
        case "error":
            raise ApiProblem(decode(data, Problem))
        case "cancelled":
            raise JobCancelled("The job was cancelled.")
        case _:
            return None


class Following:
    """Where one listener is in a job's events; knows when to connect again, does not connect."""

    def __init__(self, job: JobOut | str, unit: OffsetUnit, after: str, retries: Retries) -> None:
        self.ended = False
        self._path = f"{job_path(job)}/events"
        self._unit = unit
        self._after = after
        self._retries = retries
        self._attempts = 0
        self._failed: Answer = None

    def call(self) -> Call:
        """What to send next: the first connection, or one behind the last event that was heard."""
        self._attempts += 1
        self._failed = None
        headers = {"Accept": "text/event-stream"}
        if self._after:
            headers["Last-Event-ID"] = self._after
        query = {"offset_unit": self._unit}
        return Call(method="GET", path=self._path, query=query, headers=headers)

    def opened(self, answer: httpx.Response) -> bool:
        """Whether events follow; a refusal's body must have been read."""
        self._failed = None if answer.is_success else answer
        return answer.is_success

    def hear(self, told: ServerSentEvent) -> Event | None:
        """The event if it is one for the listener; after the last `ended` is true."""
        self.ended = told.id.endswith(ENDING)
        if told.event == "error" and not self.ended:
            return None
        self._attempts, self._after = 0, told.id or self._after
        return read(told)

    def lost(self, error: httpx.TransportError) -> None:
        self._failed = error

    def pause(self) -> float:
        """Seconds until the next connection. Raises `ClientError` when there is to be none."""
        seconds = self._retries.pause(self._failed, max(1, self._attempts))
        if seconds is None:
            raise failure(self._failed)
        return seconds
