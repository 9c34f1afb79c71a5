"""Who reports what of a brief, and of one of its articles."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Controller, MediaType, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import FromPath, HeaderParameter, QueryParameter

from service.api.briefs.brief_status import BriefStatuses
from service.api.jobs.job_response import ACCEPTED, respond
from service.api.jobs.job_submission import Submission, Submissions
from service.api.platform.accept import best_match
from service.api.platform.auth import READ, Caller
from service.api.platform.etags import entity_tag, matches
from service.api.platform.prefer import parse_prefer
from service.api.platform.problems import problems
from service.errors import NotFound
from service.representations.csv import to_csv
from service.schemas.conversion import to_agreement, to_article_agreement
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    AgreementOut,
    ArticleAgreementOut,
    ArticleComparison,
    ArticleIn,
)
from service.store.briefs import StoredBrief

CSV = "text/csv"


class AgreementController(Controller):
    path = "/v1/briefs"
    tags = ["briefs"]

    @get(
        "/{brief_id:str}/agreement",
        responses={202: ACCEPTED, **problems(404, 406, 410, 422, 500, 503, 504)},
        summary="Read who reports what",
        opt=READ,
    )
    async def show(
        self,
        brief_id: FromPath[str],
        submissions: NamedDependency[Submissions],
        statuses: NamedDependency[BriefStatuses],
        disconnected: NamedDependency[asyncio.Event],
        caller: NamedDependency[Caller],
        article: Annotated[str, QueryParameter()] = "",
        offset_unit: Annotated[OffsetUnit, QueryParameter()] = "codepoint",
        accept: Annotated[str, HeaderParameter(name="Accept")] = "application/json",
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
        if_none_match: Annotated[str, HeaderParameter(name="If-None-Match")] = "",
    ) -> Response[AgreementOut | ArticleAgreementOut]:
        """A row for each sentence of the brief and for each fact that several origins report and the brief left
        out; in it each independent origin that reports it, whole or in part, or disputes it, in the exact
        characters, and those that are silent. JSON, or CSV by `Accept`.

        With `article` one article of the brief instead, each sentence of it corroborated, disputed or only here;
        a worker reads it when it is first asked for, and `Prefer` works as for briefs.
        """
        await statuses.known(brief_id, caller.namespace)
        stored = await submissions.stored(brief_id, caller.namespace)
        if article:
            preferences = parse_prefer(prefer)
            asked = Submission(
                _comparison(stored, article), caller.namespace, disconnected, preferences.wait_s
            )

            async def result() -> ArticleAgreementOut:
                answered = await submissions.comparison(asked)
                return to_article_agreement(
                    answered.made.comparison,
                    stored.brief,
                    stored.articles,
                    offset_unit,
                    answered.cache,
                )

            return await respond(submissions, "comparison", asked, preferences, result)
        if (media_type := best_match(accept, (MediaType.JSON, CSV))) is None:
            raise HTTPException(
                status_code=406, detail=f"The table can be had as {MediaType.JSON}, {CSV}."
            )
        return _answer(stored, media_type, offset_unit, if_none_match)


def _answer(stored: StoredBrief, media_type: str, unit: OffsetUnit, if_none_match: str) -> Any:
    table = to_agreement(stored.brief, stored.articles, unit)
    body = to_csv(table).encode() if media_type == CSV else msgspec.json.encode(table)
    tag = entity_tag(body, media_type, unit)
    headers = {"ETag": tag, "Cache-Control": "private, max-age=0"}
    if matches(if_none_match, tag):
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _comparison(stored: StoredBrief, article_id: str) -> ArticleComparison:
    """What a job compares. Raises `NotFound`."""
    if article_id not in stored.texts():
        raise NotFound(f"Brief {stored.brief.id!r} has no article {article_id[:80]!r}.")
    articles = [ArticleIn(**msgspec.structs.asdict(each)) for each in stored.articles]
    return ArticleComparison(brief=stored.brief.id, articles=articles, article=article_id)
