"""Jobs: follow one, listen to its events, withdraw from it."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from service.api.jobs.event_stream import EVENT_STREAM, Listener, event_stream
from service.api.jobs.job_response import job_out
from service.api.jobs.job_submission import Submissions
from service.api.platform.auth import READ, WRITE, Caller
from service.api.platform.problems import problems
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import JobOut
from service.store.events import FIRST


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
        media_type=EVENT_STREAM,
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
        `error` with the problem, or `cancelled`. Of a check: `draft` (where its sentences stand),
        `verdict` (a sentence as it is judged), then `done` with the whole check. `Last-Event-ID`
        resumes behind that event."""
        await submissions.job(job_id, caller.namespace)
        listener = Listener(job_id, caller.namespace, offset_unit, last_event_id)
        return event_stream(submissions, listener)
