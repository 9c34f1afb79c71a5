"""What the client asks and what it makes of the answers, without any input or output.

Everything that the two clients share is here. A call is a generator that yields what is to be
done, a `Call` to send or a `Pause` to keep, is sent what came of it, and returns the typed
result. This is how httpx lets one authentication serve its two clients (its `auth_flow`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from service.client.errors import ApiProblem, ClientError, JobCancelled, NotYet, Unreachable
from service.pipeline.types import RetractionKind
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    AgreementOut,
    ArticleAgreementOut,
    ArticleIn,
    ArticleOut,
    ArticleRequest,
    BriefRequest,
    BriefResponse,
    ChangesOut,
    CheckOptionsIn,
    CheckRequest,
    CheckResponse,
    CleanArticleOut,
    HealthOut,
    JobOut,
    ModelsOut,
    OptionsIn,
    Problem,
    RetractedText,
    RetractionRequest,
    RetractionsOut,
)

T = TypeVar("T")

HELD_S = 20
"""Longest that one request waits for its result; then the job is polled. Proxies cut a silent
connection after 30 to 60 seconds, and with a connection that is cut the caller is withdrawn."""

POLL_FIRST_S, POLL_LONGEST_S = 0.2, 2.0
"""How often a job is looked at: soon at first, then 30 times a minute, a quarter of what a key
may call by default."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Errors after which the service can't have seen the request."""

PASSING = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
"""Errors that may be gone at the next attempt; a wrong URL, for example, is not."""

TRY_AGAIN = frozenset({429, 503})


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request. One that is to be seen `once` is not sent again if its answer was lost."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes | None = None
    once: bool = False

    def parts(self) -> dict[str, Any]:
        """The arguments of httpx's `build_request` and `stream`."""
        typed = {"Content-Type": "application/json"} if self.body is not None else {}
        return {
            "method": self.method,
            "url": self.path,
            "params": self.query or None,
            "headers": {**typed, **self.headers},
            "content": self.body,
        }


class Pause(msgspec.Struct, frozen=True):
    seconds: float


Answer = httpx.Response | httpx.TransportError | None
"""What came of a step: of a pause, nothing."""

Steps = Generator[Call | Pause, Answer, T]


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often a call is tried in all, and how long is waited in between.

    Waits double from `first_s` up to `longest_s` and are jittered, so that clients that failed
    together don't return together. A `Retry-After` is always kept; one beyond `longest_s` (a
    daily quota, for example) is not waited for but raised.
    """

    attempts: int = 5
    first_s: float = 0.5
    longest_s: float = 60.0

    def pause(self, answer: Answer, attempt: int, *, once: bool = False) -> float | None:
        """Seconds until the next attempt after this one (counted from 1); None to give up."""
        if attempt >= self.attempts:
            return None
        jitter = random.uniform(0.5, 1.0)  # noqa: S311  # spreads clients, guards nothing
        backoff = jitter * min(self.longest_s, self.first_s * 2 ** (attempt - 1))
        if isinstance(answer, httpx.Response):
            if answer.status_code not in TRY_AGAIN:
                return None
            told = retry_after_s(answer)
            if told is None:
                return backoff
            return None if told > self.longest_s else told + jitter * self.first_s
        if isinstance(answer, httpx.TransportError):
            return backoff if isinstance(answer, UNSENT if once else PASSING) else None
        return backoff


def retry_after_s(answer: httpx.Response) -> float | None:
    """Retry-After in seconds, which may be given as a date; None if there is none to be read."""
    text = answer.headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def failure(answer: Answer) -> ClientError:
    """The exception for an answer that is not tried again."""
    if isinstance(answer, httpx.Response):
        try:
            found = msgspec.json.decode(answer.content, type=Problem)
        except msgspec.DecodeError:  # a proxy's page, for example
            found = Problem(
                type="about:blank", title=answer.reason_phrase, status=answer.status_code
            )
        return ApiProblem(found, retry_after_s=retry_after_s(answer))
    told = f"{type(answer).__name__}: {answer}" if answer else "the stream ended before the job"
    return Unreachable(f"The service can't be reached ({told}). Is the base URL right?")


def decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise Unreachable(
            f"The answer is not what this client reads ({error}). Is the base URL right, and the"
            " client as new as the service?"
        ) from None


def job_id(job: JobOut | str) -> str:
    return job if isinstance(job, str) else job.id


def brief_path(brief_id: str, *more: str) -> str:
    return "/".join(("/v1/briefs", *(quote(each, safe="") for each in (brief_id, *more))))


def job_path(job: JobOut | str) -> str:
    return f"/v1/jobs/{quote(job_id(job), safe='')}"


class Calls:
    """Every call of the API."""

    def __init__(self, retries: Retries) -> None:
        self.retries = retries

    def brief(
        self, articles: Sequence[ArticleIn], options: OptionsIn, timeout_s: float
    ) -> Steps[BriefResponse]:
        until = time.monotonic() + timeout_s
        made = yield from self._submit(articles, options, held(timeout_s))
        return (yield from self._brief_of(made, options.offset_unit, until))

    def submit(
        self, articles: Sequence[ArticleIn], options: OptionsIn
    ) -> Steps[JobOut | BriefResponse]:
        return (yield from self._submit(articles, options, "respond-async"))

    def _submit(
        self, articles: Sequence[ArticleIn], options: OptionsIn, prefer: str
    ) -> Steps[JobOut | BriefResponse]:
        wanted = BriefRequest(articles=list(articles), options=options)
        answer = yield from self._answer(post("/v1/briefs", wanted, prefer))
        return decode(answer.content, JobOut if answer.status_code == 202 else BriefResponse)

    def wait(
        self, job: JobOut | BriefResponse | str, unit: OffsetUnit, timeout_s: float
    ) -> Steps[BriefResponse]:
        return (yield from self._brief_of(job, unit, time.monotonic() + timeout_s))

    def _brief_of(
        self, job: JobOut | BriefResponse | str, unit: OffsetUnit, until: float
    ) -> Steps[BriefResponse]:
        if isinstance(job, BriefResponse):
            return job
        done = yield from self._ended(job, until)
        if done.brief is None:
            raise ClientError(f"Job {done.id} made no brief; was it a check?")
        return (yield from self.get_brief(done.brief.rpartition("/")[2], unit))

    def check(
        self,
        text: str,
        articles: Sequence[ArticleIn],
        options: CheckOptionsIn,
        timeout_s: float,
    ) -> Steps[CheckResponse]:
        wanted = CheckRequest(text=text, articles=list(articles), options=options)
        return (yield from self._again(CheckResponse, "/v1/checks", wanted, timeout_s))

    def submit_check(
        self, text: str, articles: Sequence[ArticleIn], options: CheckOptionsIn
    ) -> Steps[JobOut | CheckResponse]:
        wanted = CheckRequest(text=text, articles=list(articles), options=options)
        answer = yield from self._answer(post("/v1/checks", wanted, "respond-async"))
        return decode(answer.content, JobOut if answer.status_code == 202 else CheckResponse)

    def clean(self, url: str | None, html: str | None, timeout_s: float) -> Steps[CleanArticleOut]:
        wanted = ArticleRequest(url=url, html=html)
        return (yield from self._again(CleanArticleOut, "/v1/articles", wanted, timeout_s))

    def _again(
        self, kind: type[T], path: str, wanted: msgspec.Struct, timeout_s: float
    ) -> Steps[T]:
        """The answer to what has no URL of its own: once its job is done it is sent again."""
        return (yield from self._held(kind, post(path, wanted, held(timeout_s)), timeout_s))

    def _held(self, kind: type[T], call: Call, timeout_s: float) -> Steps[T]:
        until = time.monotonic() + timeout_s
        answer = yield from self._answer(call)
        while answer.status_code == 202:
            yield from self._ended(decode(answer.content, JobOut), until)
            answer = yield from self._answer(call)
        return decode(answer.content, kind)

    def job(self, job: JobOut | str) -> Steps[JobOut]:
        return (yield from self._ask(JobOut, method="GET", path=job_path(job)))

    def withdraw(self, job: JobOut | str) -> Steps[JobOut]:
        return (yield from self._ask(JobOut, method="DELETE", path=job_path(job), once=True))

    def get_brief(self, brief_id: str, unit: OffsetUnit) -> Steps[BriefResponse]:
        query = {"offset_unit": unit}
        path = brief_path(brief_id)
        return (yield from self._ask(BriefResponse, method="GET", path=path, query=query))

    def delete_brief(self, brief_id: str) -> Steps[None]:
        yield from self._answer(Call(method="DELETE", path=brief_path(brief_id), once=True))

    def article(self, brief_id: str, article_id: str) -> Steps[ArticleOut]:
        path = brief_path(brief_id, "articles", article_id)
        return (yield from self._ask(ArticleOut, method="GET", path=path))

    def changes(self, brief_id: str, since: str, unit: OffsetUnit) -> Steps[ChangesOut]:
        path, query = brief_path(brief_id, "changes"), {"since": since, "offset_unit": unit}
        return (yield from self._ask(ChangesOut, method="GET", path=path, query=query))

    def agreement(self, brief_id: str, unit: OffsetUnit) -> Steps[AgreementOut]:
        path, query = brief_path(brief_id, "agreement"), {"offset_unit": unit}
        return (yield from self._ask(AgreementOut, method="GET", path=path, query=query))

    def article_agreement(
        self, brief_id: str, article_id: str, unit: OffsetUnit, timeout_s: float
    ) -> Steps[ArticleAgreementOut]:
        call = Call(
            method="GET",
            path=brief_path(brief_id, "agreement"),
            query={"article": article_id, "offset_unit": unit},
            headers={"Prefer": held(timeout_s)},
        )
        return (yield from self._held(ArticleAgreementOut, call, timeout_s))

    def retract(self, wanted: RetractionRequest) -> Steps[RetractionsOut]:
        call = post("/v1/retractions", wanted, once=True)
        answer = yield from self._answer(call)
        return decode(answer.content, RetractionsOut)

    def retractions(self) -> Steps[RetractionsOut]:
        return (yield from self._ask(RetractionsOut, method="GET", path="/v1/retractions"))

    def models(self) -> Steps[ModelsOut]:
        return (yield from self._ask(ModelsOut, method="GET", path="/v1/models"))

    def ready(self) -> Steps[HealthOut]:
        """One attempt: that the service is not ready is the answer, not a failure."""
        answer = yield Call(method="GET", path="/health/ready")
        if not isinstance(answer, httpx.Response) or answer.status_code not in {200, 503}:
            raise failure(answer)
        return decode(answer.content, HealthOut)

    def _ask(self, kind: type[T], **call: Any) -> Steps[T]:
        answer = yield from self._answer(Call(**call))
        return decode(answer.content, kind)

    def _answer(self, call: Call) -> Steps[httpx.Response]:
        """The answer to a call, tried again where that can help. Raises `ClientError`."""
        attempt = 0
        while True:
            attempt += 1
            answer = yield call
            if isinstance(answer, httpx.Response) and answer.is_success:
                return answer
            pause = self.retries.pause(answer, attempt, once=call.once)
            if pause is None:
                raise failure(answer)
            yield Pause(pause)

    def _ended(self, job: JobOut | str, until: float) -> Steps[JobOut]:
        """The job once it is done. Raises `ApiProblem` of a failed one, `JobCancelled`, or `NotYet`
        when `time.monotonic()` is at `until`."""
        pause = POLL_FIRST_S
        while (now := (yield from self.job(job))).status in {"queued", "running"}:
            if time.monotonic() + pause > until:
                raise NotYet(now)
            yield Pause(pause)
            pause = min(POLL_LONGEST_S, 1.5 * pause)
        if now.problem is not None:
            raise ApiProblem(now.problem)
        if now.status == "cancelled":
            raise JobCancelled(f"Job {now.id} was cancelled.")
        return now


def held(timeout_s: float) -> str:
    """The preference to be answered within this time."""
    return f"wait={min(HELD_S, int(timeout_s))}"


def post(path: str, body: msgspec.Struct, prefer: str = "", *, once: bool = False) -> Call:
    headers = {"Prefer": prefer} if prefer else {}
    encoded = msgspec.json.encode(body)
    return Call(method="POST", path=path, headers=headers, body=encoded, once=once)


def retraction(
    articles: Sequence[RetractedText],
    kind: RetractionKind,
    reason: str | None,
    corrected_text: str | None,
    url: str | None,
) -> RetractionRequest:
    return RetractionRequest(
        articles=list(articles), kind=kind, reason=reason, corrected_text=corrected_text, url=url
    )
