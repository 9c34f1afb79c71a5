"""Checks of a caller's own draft against articles."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import Controller, MediaType, Response, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK

from service.api.jobs.admission import Admission
from service.api.jobs.event_stream import EVENT_STREAM, Listener, event_stream
from service.api.jobs.job_response import ACCEPTED, respond
from service.api.jobs.job_submission import Submission, Submissions
from service.api.platform.accept import best_match
from service.api.platform.auth import WRITE, Caller
from service.api.platform.prefer import parse_prefer
from service.api.platform.problems import problems
from service.schemas.conversion import Limits, check_limits, to_check_response
from service.schemas.ninjs import read_ninjs
from service.schemas.wire import CheckRequest, CheckResponse


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
        admission: NamedDependency[Admission],
        disconnected: NamedDependency[asyncio.Event],
        caller: NamedDependency[Caller],
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
        accept: Annotated[str, HeaderParameter(name="Accept")] = "application/json",
    ) -> Response[CheckResponse]:
        """Your own text against the articles: per sentence its status, the characters that
        support it, and in plain words what fails. `Prefer` works as for briefs; the result of a
        finished job is had by sending the same request again. With `Accept: text/event-stream`
        every sentence is told as soon as it is judged (see the job's `/events`)."""
        check_limits(data := read_ninjs(data), limits)
        await admission.admit(data, caller.namespace)
        if best_match(accept, (MediaType.JSON, EVENT_STREAM)) == EVENT_STREAM:
            started = await submissions.start("check", data, caller.namespace)
            listener = Listener(
                started.key, caller.namespace, data.options.offset_unit, withdraws=True
            )
            return event_stream(submissions, listener)
        preferences = parse_prefer(prefer)
        submission = Submission(data, caller.namespace, disconnected, preferences.wait_s)

        async def result() -> CheckResponse:
            answered = await submissions.check(submission)
            unit = data.options.offset_unit
            stored = answered.made
            return to_check_response(stored.report, data.text, stored.texts(), unit, answered.cache)

        return await respond(submissions, "check", submission, preferences, result)
