"""The handlers: each reads what it needs, asks, and answers, in a few lines."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage, Stream
from litestar.status_codes import HTTP_200_OK
from redis.exceptions import RedisError

from service.api.briefs.brief_status import BriefStatuses
from service.api.jobs.job_submission import ENDING, Submission, Submissions, job_problem
from service.api.platform.auth import READ, WRITE, Caller
from service.api.platform.prefer import Preferences, preferences
from service.api.platform.problems import MEDIA_TYPE
from service.errors import DeadlinePassed, NewsbriefError, NotFound
from service.representations import render
from service.schemas.conversion import (
    Limits,
    check_limits,
    to_article,
    to_check_response,
    to_response,
)
from service.schemas.ninjs import read_ninjs
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    AliveOut,
    ArticleOut,
    BriefRequest,
    BriefResponse,
    CacheOut,
    CheckRequest,
    CheckResponse,
    HealthOut,
    JobOut,
    ModelOut,
    ModelsOut,
    Problem,
    StatusOut,
)
from service.store.briefs import StoredBrief
from service.store.events import FIRST
from service.store.jobs import Record, Task

T = TypeVar("T")

ACCEPTED = ResponseSpec(
    JobOut, generate_examples=False, description="The job goes on; follow its URL"
)

REPRESENTATIONS = ("application/json", "text/markdown", "text/html", render.NINJS)
"""Media types of a brief, the first by default."""


REFUSALS = (401, 403, 429)
"""What the guard answers on every route under /v1."""


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem documents that a handler under /v1 may answer with, the guard's among them."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description="A problem document",
        )
        for status in (*REFUSALS, *statuses)
    }


class BriefController(Controller):
    """Briefs and the stored articles that their offsets refer to."""

    path = "/v1/briefs"
    tags = ["briefs"]

    @post(
        status_code=HTTP_200_OK,
        responses={202: ACCEPTED, **problems(400, 409, 413, 415, 422, 500, 503, 504)},
        summary="Write a brief",
        opt=WRITE,
    )
    async def create(
        self,
        data: JSONBody[BriefRequest],
        submissions: NamedDependency[Submissions],
        limits: NamedDependency[Limits],
        standing: NamedDependency[BriefStatuses],
        gone: NamedDependency[asyncio.Event],
        caller: NamedDependency[Caller],
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
        accept: Annotated[str, HeaderParameter(name="Accept")] = "application/json",
    ) -> Response[BriefResponse]:
        """One consolidated brief of the articles; every sentence cites its exact sources.

        Waits for the result; the same request again is answered from the cache. With
        `Prefer: respond-async`, or when `Prefer: wait=N` seconds are over, the answer is 202 with
        the job. With `Accept: text/event-stream` it is the job's events (see its `/events`).
        Whoever closes the connection while it waits withdraws; the work stops with the last.
        """
        check_limits(data := read_ninjs(data), limits)
        await standing.admit(data, caller.namespace)
        if "text/event-stream" in accept.lower():
            started = await submissions.start("brief", data, caller.namespace)
            listener = Listener(
                started.key, caller.namespace, data.options.offset_unit, leaves=True
            )
            return stream(submissions, listener)
        asked = Submission(data, caller.namespace, gone, (wish := preferences(prefer)).wait_s)

        async def made() -> BriefResponse:
            stored, cache = await submissions.brief(asked)
            await standing.still_admitted(stored, caller.namespace)
            status = await standing.status(stored, caller.namespace)
            unit = data.options.offset_unit
            return to_response(stored.brief, stored.texts(), unit, cache, status)

        return await preferred(wish, "brief", asked, submissions, made)

    @get(
        "/{brief_id:str}",
        responses=problems(404, 406, 410, 422, 500, 503),
        summary="Read a brief",
        opt=READ,
    )
    async def show(
        self,
        brief_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        standing: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
        offset_unit: Annotated[OffsetUnit, QueryParameter()] = "codepoint",
        accept: Annotated[str, HeaderParameter(name="Accept")] = "application/json",
        if_none_match: Annotated[str, HeaderParameter(name="If-None-Match")] = "",
    ) -> Response[bytes]:
        """The brief as JSON, Markdown, HTML or ninjs, by `Accept`; 304 if it has not changed.

        `status` tells what became of it since: superseded, or resting on a retracted article.
        """
        await standing.known(brief_id, caller.namespace)
        stored = await submissions.stored(brief_id, caller.namespace)
        media_type = negotiate(accept)
        status = await standing.status(stored, caller.namespace)
        body = represent(stored, media_type, offset_unit, status)
        tag = f'"{hashlib.sha256(media_type.encode() + offset_unit.encode() + body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, max-age=0"}
        if matches(if_none_match, tag):
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    @delete(
        "/{brief_id:str}",
        responses=problems(404, 410, 500, 503),
        summary="Erase a brief",
        opt=WRITE,
    )
    async def erase(
        self,
        brief_id: FromPath[str],
        standing: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
    ) -> None:
        """The brief and its texts are forgotten; its id answers 410 from now on."""
        await standing.erase(brief_id, caller.namespace)

    @get(
        "/{brief_id:str}/articles/{article_id:path}",
        responses=problems(404, 410, 500, 503),
        summary="Read a stored article",
        opt=READ,
    )
    async def article(
        self,
        brief_id: FromPath[str],
        article_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        standing: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
    ) -> ArticleOut:
        """The text that the brief's offsets refer to, as it was sent."""
        await standing.known(brief_id, caller.namespace)
        stored = await submissions.stored(brief_id, caller.namespace)
        for article in stored.articles:
            if as_path(article.id) == as_path(article_id):
                return to_article(article)
        name = article_id.removeprefix("/")
        raise NotFound(f"Brief {brief_id[:64]!r} has no article {name[:80]!r}.")


class CheckController(Controller):
    path = "/v1/checks"
    tags = ["checks"]

    @post(
        status_code=HTTP_200_OK,
        responses={202: ACCEPTED, **problems(400, 413, 415, 422, 500, 503, 504)},
        summary="Check a draft",
        opt=WRITE,
    )
    async def create(
        self,
        data: JSONBody[CheckRequest],
        submissions: NamedDependency[Submissions],
        limits: NamedDependency[Limits],
        standing: NamedDependency[BriefStatuses],
        gone: NamedDependency[asyncio.Event],
        caller: NamedDependency[Caller],
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
    ) -> Response[CheckResponse]:
        """Your own text against the articles: per sentence its status, the characters that
        support it, and in plain words what fails. `Prefer` works as for briefs; the result of a
        finished job is had by sending the same request again."""
        check_limits(data := read_ninjs(data), limits)
        await standing.admit(data, caller.namespace)
        asked = Submission(data, caller.namespace, gone, (wish := preferences(prefer)).wait_s)

        async def made() -> CheckResponse:
            stored, cache = await submissions.check(asked)
            unit = data.options.offset_unit
            return to_check_response(stored.report, data.text, stored.texts(), unit, cache)

        return await preferred(wish, "check", asked, submissions, made)


class JobController(Controller):
    path = "/v1/jobs"
    tags = ["jobs"]

    @get("/{job_id:str}", responses=problems(404, 500, 503), summary="Follow a job", opt=READ)
    async def show(
        self,
        job_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        caller: NamedDependency[Caller],
    ) -> JobOut:
        """State, progress and timings, how many jobs come first while it waits, and the brief's
        URL once it is done."""
        record = await submissions.job(job_id, caller.namespace)
        return job_out(record, await submissions.position(record))

    @delete(
        "/{job_id:str}",
        status_code=HTTP_200_OK,
        responses=problems(404, 500, 503),
        summary="Withdraw from a job",
        opt=WRITE,
    )
    async def withdraw(
        self,
        job_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        caller: NamedDependency[Caller],
    ) -> JobOut:
        """One caller wants it no more. The work stops with the last of those who sent it."""
        return job_out(await submissions.withdraw(job_id, caller.namespace))

    @get(
        "/{job_id:str}/events",
        responses=problems(404, 422, 500, 503),
        summary="Listen to a job",
        opt=READ,
        media_type="text/event-stream",
    )
    async def events(
        self,
        job_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        caller: NamedDependency[Caller],
        offset_unit: Annotated[OffsetUnit, QueryParameter()] = "codepoint",
        last_event_id: Annotated[
            str, HeaderParameter(name="Last-Event-ID", pattern=r"^\d+-\d+(-end)?$")
        ] = FIRST,
    ) -> Stream:
        """Server-sent events, each with an id: `stage`, `sentence` (final, in reading order),
        `withheld`, `conflict`, `headline` (the last of the text), then `done` with the whole brief,
        `error` with the problem, or `cancelled`. `Last-Event-ID` resumes behind that event."""
        await submissions.job(job_id, caller.namespace)
        listener = Listener(job_id, caller.namespace, offset_unit, last_event_id)
        return stream(submissions, listener)


class ModelController(Controller):
    path = "/v1/models"
    tags = ["models"]

    @get(responses=problems(500, 503), summary="What is served", opt=READ)
    async def show(self, submissions: NamedDependency[Submissions]) -> ModelsOut:
        """The models that the workers have loaded, with their licences."""
        served = await submissions.served()
        return ModelsOut(
            fingerprint=served.fingerprint,
            workers=await submissions.alive(served.fingerprint),
            models=tuple(ModelOut(each.kind, each.name, each.licence) for each in served.models),
            checker_error_rates=served.error_rates,
        )


class HealthController(Controller):
    path = "/health"
    tags = ["health"]

    @get("/live", summary="Is this process alive")
    async def live(self) -> AliveOut:
        return AliveOut()

    @get(
        "/ready",
        summary="Can briefs be written",
        responses={
            503: ResponseSpec(
                HealthOut, generate_examples=False, description="Something is missing"
            )
        },
    )
    async def ready(self, submissions: NamedDependency[Submissions]) -> Response[HealthOut]:
        """Redis, workers and models apart; 503 unless all are there."""
        health = await submissions.health()
        return Response(health, status_code=200 if health.status == "ready" else 503)


def negotiate(accept: str) -> str:
    """The first representation that an Accept header takes (q-values order it).

    >>> negotiate("text/html;q=0.5, text/markdown")
    'text/markdown'
    """
    ranges: list[tuple[float, str]] = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        ranges.append(
            (-float(quality) if quality.replace(".", "", 1).isdigit() else 0.0, media.lower())
        )
    for quality, media in sorted(ranges, key=lambda each: each[0]):
        for offered in REPRESENTATIONS:
            if quality < 0 and media in {offered, f"{offered.split('/')[0]}/*", "*/*", ""}:
                return offered
    raise HTTPException(
        status_code=406, detail=f"A brief can be had as {', '.join(REPRESENTATIONS)}."
    )


def represent(stored: StoredBrief, media_type: str, unit: OffsetUnit, status: StatusOut) -> bytes:
    """The body of a brief; its age is left out, so that it changes only with the brief."""
    if media_type == "text/markdown":
        return render.to_markdown(stored.brief, stored.articles, status.notices()).encode()
    if media_type == "text/html":
        return render.to_html(stored.brief, stored.articles, status.notices()).encode()
    if media_type == render.NINJS:
        made_at = datetime.fromtimestamp(stored.made_at, UTC)
        return render.to_ninjs(
            stored.brief,
            stored.articles,
            made_at,
            status.notices(),
            withheld=bool(status.retractions),
        )
    response = to_response(stored.brief, stored.texts(), unit, CacheOut("hit", 0), status)
    return msgspec.json.encode(response)


def as_path(article_id: str) -> str:
    """An id as the router gives it: many are URLs, whose slashes are folded in a path.

    >>> as_path("https://a.example//talks/")
    '/https:/a.example/talks'
    """
    return "/" + re.sub(r"/+", "/", article_id).strip("/")


def matches(if_none_match: str, tag: str) -> bool:
    return any(each.strip().removeprefix("W/") in {tag, "*"} for each in if_none_match.split(","))


async def preferred(
    wish: Preferences,
    task: Task,
    asked: Submission,
    submissions: Submissions,
    made: Callable[[], Awaitable[T]],
) -> Response[T]:
    """What is `made` as the answer, or 202 with the job, as the caller prefers."""
    if wish.respond_async and (accepted := await submissions.later(task, asked)):
        return accepted_job(accepted, "respond-async")
    try:
        return Response(await made(), headers=applied(wish))
    except DeadlinePassed as passed:
        if wish.wait_s is None:
            raise
        job = await submissions.job(passed.job, asked.namespace)
        return accepted_job(job, f"wait={wish.wait_s}")


def applied(wish: Preferences) -> dict[str, str]:
    """The header that tells which preference was heeded."""
    heeded = "respond-async" if wish.respond_async else f"wait={wish.wait_s}"
    return {"Preference-Applied": heeded} if wish != Preferences() else {}


def accepted_job(record: Record, preference: str) -> Any:
    """202 with the job, whose result will be had later."""
    headers = {"Location": f"/v1/jobs/{record.id}", "Preference-Applied": preference}
    return Response(job_out(record), status_code=202, headers=headers)


class Listener(msgspec.Struct, frozen=True):
    """Who listens to which job, behind which event. One that `leaves` early is withdrawn."""

    job_id: str
    namespace: str
    unit: OffsetUnit
    after: str = FIRST
    leaves: bool = False


def stream(submissions: Submissions, who: Listener) -> Any:
    """A job's events as they come."""

    async def messages() -> AsyncGenerator[ServerSentEventMessage]:
        ended = False
        try:
            async for each in submissions.events(who.job_id, who.namespace, who.after, who.unit):
                if each.kind == "keep-alive":
                    yield ServerSentEventMessage(data=None, comment="keep-alive")
                    continue
                ended = each.id.endswith(ENDING)
                yield ServerSentEventMessage(
                    data=each.data.decode(), event=each.kind, id=each.id, retry=None
                )
        except (RedisError, NewsbriefError):
            told = Problem(type="/problems/unavailable", title="unavailable", status=503)
            yield ServerSentEventMessage(data=msgspec.json.encode(told).decode(), event="error")
        finally:
            if who.leaves and not ended and not submissions.closing:
                await asyncio.shield(submissions.withdraw(who.job_id, who.namespace))

    return ServerSentEvent(messages(), headers={"X-Job": f"/v1/jobs/{who.job_id}"})


def job_out(record: Record, position: int | None = None) -> JobOut:
    def moment(seconds: float | None) -> datetime | None:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)

    failure, now = record.failure, time.time()
    seconds = {"queued": record.queued(now), **record.seconds(now)}
    return JobOut(
        id=record.id,
        status=record.status,
        created_at=datetime.fromtimestamp(record.created_at, UTC),
        started_at=moment(record.started_at),
        finished_at=moment(record.finished_at),
        stage=record.stage,
        done=record.done,
        total=record.total,
        position=position,
        timings_ms={name: round(1000 * each) for name, each in seconds.items()},
        brief=f"/v1/briefs/{record.brief_id}" if record.brief_id else None,
        problem=failure and job_problem(failure),
    )
