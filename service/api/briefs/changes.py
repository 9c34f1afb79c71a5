"""What a later brief says that an earlier one didn't."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from service.api.briefs.brief_status import BriefStatuses
from service.api.jobs.job_submission import Submissions
from service.api.platform.auth import READ, Caller
from service.api.platform.problems import problems
from service.errors import InvalidRequest
from service.pipeline.diff import Side, changes
from service.schemas.conversion import to_response
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import CacheOut, ChangesOut
from service.store.briefs import StoredBrief


class ChangesController(Controller):
    path = "/v1/briefs"
    tags = ["briefs"]

    @get(
        "/{brief_id:str}/changes",
        responses=problems(404, 410, 422, 500, 503),
        summary="Compare two briefs",
        opt=READ,
    )
    async def show(
        self,
        brief_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        statuses: NamedDependency[BriefStatuses],
        caller: NamedDependency[Caller],
        since: Annotated[str, QueryParameter()] = "",
        offset_unit: Annotated[OffsetUnit, QueryParameter()] = "codepoint",
    ) -> ChangesOut:
        """Sentences added, changed, dropped and kept since another brief, each with its cause.

        Any two briefs can be compared; usually `since` is the one that this one supersedes.
        """
        if not since:
            raise InvalidRequest("Name the other brief: ?since=ID.", path="since")
        for each in (since, brief_id):
            await statuses.known(each, caller.namespace)
        before = await submissions.stored(since, caller.namespace)
        after = await submissions.stored(brief_id, caller.namespace)
        found = changes(side(before, offset_unit), side(after, offset_unit))
        return ChangesOut(since=since, id=brief_id, offset_unit=offset_unit, changes=found)


def side(stored: StoredBrief, unit: OffsetUnit) -> Side:
    """A stored brief as one side of a comparison, with offsets in `unit`."""
    response = to_response(stored.brief, stored.texts(), unit, CacheOut("hit", 0))
    return Side(response.sentences, stored.hashes())
