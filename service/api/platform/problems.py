"""Problems: every error as an `application/problem+json` document (RFC 9457).

`type` is `/problems/<code>`, stable, and answers with what it means (see `explanations`);
`detail` says what was wrong and the way out. What is not ours to explain is an opaque 500.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi import ResponseSpec
from redis.exceptions import RedisError, ResponseError

from service.api.platform.auth import Refused
from service.api.platform.request_body import MalformedJson
from service.errors import (
    DeadlinePassed,
    Gone,
    InvalidRequest,
    ModelError,
    NewsbriefError,
    NotFound,
    Unavailable,
    UnknownPredecessor,
)
from service.logs import frames, request_id
from service.schemas.conversion import Violations
from service.schemas.wire import Problem, ProblemError

MEDIA_TYPE = "application/problem+json"

TITLES = {
    "invalid-request": "The request can't be served as it is",
    "nothing-to-brief": "None of the articles can be used",
    "fetch-failed": "The page gave no article",
    "malformed-request": "The request can't be read",
    "malformed-json": "The body is not JSON",
    "wrong-media-type": "The body must be application/json",
    "not-acceptable": "None of the media types asked for can be produced",
    "too-large": "The body is too large",
    "unauthenticated": "A valid API key is needed",
    "forbidden": "This call is not allowed",
    "not-found": "There is no such thing",
    "gone": "It was erased",
    "retracted-article": "An article was corrected or withdrawn",
    "unknown-predecessor": "There is no such brief to supersede",
    "method-not-allowed": "This path does not take that method",
    "rate-limited": "Too many calls in this minute",
    "quota-exceeded": "The calls of this day are spent",
    "unavailable": "Not now: try again later",
    "deadline-passed": "Not ready within the time to wait; the job goes on",
    "model-error": "A model can't be used",
    "model-missing": "A model is not there",
    "model-corrupt": "A model's file is not what it should be",
    "model-unavailable": "A model can't be had right now",
    "writer-unavailable": "The writing model does not answer",
    "internal": "Something went wrong on our side",
}
"""Problem code -> title; the codes are the whole list that clients can meet."""

HTTP_CODES = {
    400: "malformed-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "wrong-media-type",
    422: "invalid-request",
    429: "rate-limited",
    503: "unavailable",
}

REFUSALS = (401, 403, 429)
"""What the guard answers on every route under /v1."""

JSON_PATH = re.compile(r" - at `\$\.?([^`]*)`$")


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


def problem(
    status: int,
    code: str,
    detail: str,
    errors: tuple[ProblemError, ...] = (),
    *,
    job: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response[bytes]:
    """The response for one problem."""
    document = Problem(
        type=f"/problems/{code}",
        title=TITLES.get(code, HTTPStatus(status).phrase),
        status=status,
        detail=detail,
        errors=errors,
        job=job,
        request_id=request_id() or None,
    )
    return Response(
        msgspec.json.encode(document), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def from_newsbrief(_: Request[Any, Any, Any], error: NewsbriefError) -> Response[bytes]:
    """Our own exceptions, from the most to the least specific."""
    match error:
        case Violations():
            return problem(422, error.code, str(error), error.errors)
        case InvalidRequest():
            found = (ProblemError(error.path, str(error)),) if error.path else ()
            status = 409 if isinstance(error, UnknownPredecessor) else 422
            return problem(status, error.code, str(error), found)
        case Gone():
            return problem(410, error.code, str(error))
        case Refused(headers=headers):
            return problem(error.status, error.code, str(error), headers=headers)
        case MalformedJson():
            return problem(400, error.code, str(error))
        case NotFound():
            return problem(404, error.code, str(error))
        case DeadlinePassed():
            url = f"/v1/jobs/{error.job}"
            after = {"Location": url, "Retry-After": str(error.retry_after)}
            return problem(504, error.code, str(error), job=url, headers=after)
        case Unavailable():
            after = {"Retry-After": str(error.retry_after)}
            return problem(503, error.code, str(error), headers=after)
        case ModelError():
            return problem(503, error.code, str(error))
        case _:
            return opaque(_, error)


def from_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Litestar's own refusals: its 400 for a body that does not validate is our 422."""
    status, code, detail = (
        error.status_code,
        HTTP_CODES.get(error.status_code, "internal"),
        error.detail,
    )
    if status >= 500:
        return opaque(_, error)
    errors: tuple[ProblemError, ...] = ()
    if status == 400 and error.extra:
        status, code, errors = 422, HTTP_CODES[422], tuple(_violations(error.extra))
        detail = "; ".join(f"{each.path}: {each.message}" for each in errors) or detail
    return problem(status, code, detail, errors, headers=dict(error.headers or {}))


def _violations(extra: Any) -> list[ProblemError]:
    """Litestar's list of validation errors → ours, with the path inside the body."""
    found: list[ProblemError] = []
    for each in extra if isinstance(extra, list) else []:
        message, key = str(each.get("message", "")), str(each.get("key", ""))
        path = JSON_PATH.search(message)
        found.append(ProblemError(path.group(1) if path else key, JSON_PATH.sub("", message)))
    return found


def from_redis(_: Request[Any, Any, Any], error: RedisError) -> Response[bytes]:
    """Redis is down, too slow, full or read-only: nothing is lost, nothing can be served."""
    structlog.get_logger().error("redis.unavailable", error=type(error).__name__)
    answers = isinstance(error, ResponseError)
    what = "takes nothing in: it is full or read-only" if answers else "is not reachable"
    detail = f"The store {what}. Nothing was lost; try again shortly."
    return problem(503, "unavailable", detail, headers={"Retry-After": "5"})


def too_deep(_: Request[Any, Any, Any], error: RecursionError) -> Response[bytes]:
    """JSON inside JSON inside JSON, hundreds of times: its reading stops, nothing breaks."""
    return problem(400, "malformed-json", "The body is nested too deeply to be read.")


def opaque(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """An unforeseen error: its type and place are logged without any values, the answer names
    neither."""
    structlog.get_logger().error("request.failed", error=type(error).__name__, frames=frames(error))
    detail = "The error was logged. Try again; if it repeats, tell us the request_id."
    return problem(500, "internal", detail)
