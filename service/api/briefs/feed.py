"""A caller's newest briefs, for feed readers."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from service.api.jobs.job_submission import Submissions
from service.api.platform.auth import READ, Caller
from service.api.platform.etags import entity_tag, matches
from service.api.platform.problems import problems
from service.representations.atom import ATOM, to_atom


class FeedController(Controller):
    path = "/v1/feed"
    tags = ["briefs"]

    @get(responses=problems(500, 503), summary="Follow new briefs", opt=READ, media_type=ATOM)
    async def show(
        self,
        request: Request[Any, Any, Any],
        submissions: NamedDependency[Submissions],
        caller: NamedDependency[Caller],
        if_none_match: Annotated[str, HeaderParameter(name="If-None-Match")] = "",
    ) -> Response[bytes]:
        """The newest briefs of your namespace as an Atom feed, 50 at most, each with its headline and text and a
        link to the newsroom page. An erased brief is gone from it."""
        newest = await submissions.newest(caller.namespace)
        body = to_atom([(each.brief, each.made_at) for each in newest], str(request.base_url))
        tag = entity_tag(body, ATOM, "codepoint")
        headers = {"ETag": tag, "Cache-Control": "private, max-age=0"}
        if matches(if_none_match, tag):
            return Response(b"", status_code=304, headers=headers)
        return Response(body, media_type=ATOM, headers=headers)
