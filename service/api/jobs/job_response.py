"""A job as the API shows it, and the choice between a result and 202 with the job."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from litestar import Response
from litestar.openapi import ResponseSpec

from service.api.jobs.failures import job_problem
from service.api.jobs.job_submission import Submission, Submissions
from service.api.platform.prefer import Preferences, applied
from service.errors import DeadlinePassed
from service.schemas.wire import JobOut
from service.store.jobs import Record, Task

T = TypeVar("T")

ACCEPTED = ResponseSpec(
    JobOut, generate_examples=False, description="The job goes on; follow its URL"
)


async def respond(
    submissions: Submissions,
    task: Task,
    submission: Submission,
    preferences: Preferences,
    result: Callable[[], Awaitable[T]],
) -> Response[T]:
    """The submission's result, or 202 with its job, as the caller prefers.

    `result` waits for the job and gives the body. Raises what it raises; a passed deadline only
    if the caller did not choose how long to wait.
    """
    if preferences.respond_async and (record := await submissions.later(task, submission)):
        return accepted(record, "respond-async")
    try:
        return Response(await result(), headers=applied(preferences))
    except DeadlinePassed as passed:
        if preferences.wait_s is None:
            raise
        record = await submissions.job(passed.job, submission.namespace)
        return accepted(record, f"wait={preferences.wait_s}")


def accepted(record: Record, preference: str) -> Any:
    """202 with the job, and the preference that was followed."""
    headers = {"Location": f"/v1/jobs/{record.id}", "Preference-Applied": preference}
    return Response(job_out(record), status_code=202, headers=headers)


def job_out(record: Record, position: int | None = None) -> JobOut:
    """A job's record as the API shows it; `position` is how many jobs come first while it waits."""

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
