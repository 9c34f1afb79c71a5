"""The handler of article intake."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK

from service.api.jobs.admission import Admission
from service.api.jobs.job_response import ACCEPTED, respond
from service.api.jobs.job_submission import Submission, Submissions
from service.api.platform.auth import WRITE, Caller
from service.api.platform.prefer import parse_prefer
from service.api.platform.problems import problems
from service.schemas.conversion import Limits, Violations
from service.schemas.wire import ArticleRequest, CacheOut, CleanArticleOut, ProblemError
from service.store.articles import CleanArticle


class ArticleController(Controller):
    path = "/v1/articles"
    tags = ["articles"]

    @post(
        status_code=HTTP_200_OK,
        responses={202: ACCEPTED, **problems(400, 413, 415, 422, 500, 503, 504)},
        summary="Clean an article",
        opt=WRITE,
    )
    async def create(
        self,
        data: JSONBody[ArticleRequest],
        submissions: NamedDependency[Submissions],
        limits: NamedDependency[Limits],
        admission: NamedDependency[Admission],
        disconnected: NamedDependency[asyncio.Event],
        caller: NamedDependency[Caller],
        prefer: Annotated[str, HeaderParameter(name="Prefer")] = "",
    ) -> Response[CleanArticleOut]:
        """The article of a page, by its `url` or as `html`, without what the page puts around it:
        text, title, author, date, language and publisher, to be looked at and sent on. `warnings`
        name what it lacks. `Prefer` works as for checks."""
        check_request(data, limits)
        preferences = parse_prefer(prefer)
        submission = Submission(data, caller.namespace, disconnected, preferences.wait_s)

        async def result() -> CleanArticleOut:
            answered = await submissions.article(submission)
            stored, cache = answered.made, answered.cache
            await admission.still_admitted(stored, caller.namespace)
            return to_clean_article(stored.clean, cache)

        return await respond(submissions, "article", submission, preferences, result)


def check_request(request: ArticleRequest, limits: Limits) -> None:
    """Raise `Violations` for what a schema can't say."""
    errors: list[ProblemError] = []
    if request.url is None and request.html is None:
        errors.append(ProblemError("", "Send the url of an article, or its html."))
    if request.url is not None and not request.url.lower().startswith(("http://", "https://")):
        errors.append(ProblemError("url", "Only http and https are fetched; or send html."))
    if request.html is not None and not request.html.strip():
        errors.append(ProblemError("html", "The article is empty."))
    if (length := len(request.html or "")) > (most := limits.article_characters):
        errors.append(ProblemError("html", f"{length} characters; at most {most} are taken."))
    if errors:
        raise Violations(errors)


def to_clean_article(clean: CleanArticle, cache: CacheOut) -> CleanArticleOut:
    article = clean.article
    return CleanArticleOut(
        text=article.text,
        title=article.title,
        publisher=article.publisher,
        author=article.author,
        url=article.url,
        published_at=article.published_at,
        language=article.language,
        rights=article.rights,
        text_sha256=hashlib.sha256(article.text.encode()).hexdigest(),
        warnings=clean.warnings,
        cache=cache,
    )
