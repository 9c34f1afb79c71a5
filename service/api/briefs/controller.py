"""Briefs: write, read and erase them, and read the stored articles that they cite."""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from service.api.briefs.brief_status import BriefStatuses
from service.api.briefs.representation import negotiate, represent
from service.api.jobs.admission import Admission
from service.api.jobs.event_stream import EVENT_STREAM, Listener, event_stream
from service.api.jobs.job_response import ACCEPTED, respond
from service.api.jobs.job_submission import Submission, Submissions
from service.api.platform.accept import best_match
from service.api.platform.auth import READ, WRITE, Caller
from service.api.platform.etags import entity_tag, matches
from service.api.platform.kept_answers import KEPT, KeptAnswer, KeptAnswers
from service.api.platform.prefer import parse_prefer
from service.api.platform.problems import problems
from service.callbacks import callback_url
from service.errors import NotFound
from service.schemas.conversion import Limits, check_limits, to_article, to_response
from service.schemas.ninjs import read_ninjs
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import ArticleOut, BriefRequest, BriefResponse


class BriefController(Controller):
    """Briefs and the stored articles that their offsets refer to."""

    path = "/v1/briefs"
    tags = ["briefs"]

    @post(
        status_code=HTTP_200_OK,
        responses={202: ACCEPTED, **problems(400, 409, 413, 415, 422, 500, 503, 504)},
        summary="Write a brief",
        opt=WRITE | KEPT,
    )
    async def create(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[BriefRequest],
        submissions: NamedDependency[Submissions],
        limits: NamedDependency[Limits],
        admission: NamedDependency[Admission],
        statuses: NamedDependency[BriefStatuses],
        kept_answers: NamedDependency[KeptAnswers],
        disconnected: NamedDependency[asyncio.Event],
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
        await admission.admit(data, caller.namespace)
        if best_match(accept, (MediaType.JSON, EVENT_STREAM)) == EVENT_STREAM:
            started = await submissions.start("brief", data, caller.namespace)
            listener = Listener(
                started.key, caller.namespace, data.options.offset_unit, withdraws=True
            )
            return event_stream(submissions, listener)
        preferences = parse_prefer(prefer)
        submission = Submission(data, caller.namespace, disconnected, preferences.wait_s)

        async def result() -> BriefResponse:
            answered = await submissions.brief(submission)
            stored = answered.made
            await admission.still_admitted(stored, caller.namespace)
            status = await statuses.status(stored, caller.namespace)
            unit = data.options.offset_unit
            response = to_response(stored.brief, stored.texts(), unit, answered.cache, status)
            if answered.started.held and callback_url(data) is None:
                source = await statuses.source(
                    stored, caller.namespace, answered.started, data.options.supersedes
                )
                kept_answers.keep(request, KeptAnswer.aged(response, stored.made_at, source))
            return response

        return await respond(submissions, "brief", submission, preferences, result)

    @get(
        "/{brief_id:str}",
        responses=problems(404, 406, 410, 422, 500, 503),
        summary="Read a brief",
        opt=READ | KEPT,
    )
    async def show(
        self,
        request: Request[Any, Any, Any],
        brief_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        statuses: NamedDependency[BriefStatuses],
        kept_answers: NamedDependency[KeptAnswers],
        caller: NamedDependency[Caller],
        offset_unit: Annotated[OffsetUnit, QueryParameter()] = "codepoint",
        accept: Annotated[str, HeaderParameter(name="Accept")] = "application/json",
        if_none_match: Annotated[str, HeaderParameter(name="If-None-Match")] = "",
    ) -> Response[bytes]:
        """The brief as JSON, Markdown, HTML or ninjs, by `Accept`; 304 if it has not changed.

        `status` tells what became of it since: superseded, or resting on a retracted article.
        """
        await statuses.known(brief_id, caller.namespace)
        stored = await submissions.stored(brief_id, caller.namespace)
        media_type = negotiate(accept)
        status = await statuses.status(stored, caller.namespace)
        body = represent(stored, media_type, offset_unit, status)
        tag = entity_tag(body, media_type, offset_unit)
        headers = {"ETag": tag, "Cache-Control": "private, max-age=0"}
        source = await statuses.source(stored, caller.namespace)
        kept_answers.keep(
            request, KeptAnswer(body=body, media_type=media_type, headers=headers, source=source)
        )
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
        statuses: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
    ) -> None:
        """The brief and its texts are forgotten; its id answers 410 from now on."""
        await statuses.erase(brief_id, caller.namespace)

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
        statuses: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
    ) -> ArticleOut:
        """The text that the brief's offsets refer to, as it was sent."""
        await statuses.known(brief_id, caller.namespace)
        stored = await submissions.stored(brief_id, caller.namespace)
        for article in stored.articles:
            if as_path(article.id) == as_path(article_id):
                return to_article(article)
        name = article_id.removeprefix("/")
        raise NotFound(f"Brief {brief_id[:64]!r} has no article {name[:80]!r}.")


def as_path(article_id: str) -> str:
    """An id as the router gives it: many are URLs, whose slashes are folded in a path.

    >>> as_path("https://a.example//talks/")
    '/https:/a.example/talks'
    """
    return "/" + re.sub(r"/+", "/", article_id).strip("/")
