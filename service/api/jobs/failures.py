"""A job's failure as an exception, and as a problem document."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from service.api.platform.problems import TITLES, problem
from service.errors import NewsbriefError
from service.schemas.wire import Problem, ProblemError
from service.store.jobs import Failure

FAILURE_STATUS = {
    "invalid-request": 422,
    "nothing-to-brief": 422,
    "fetch-failed": 422,
    "retracted-article": 422,
    "internal": 500,
}
"""HTTP status of a job's failure by its code; 503 for the others."""


class JobFailed(NewsbriefError):
    """The job ended with `failure`: the code and the message of what the worker raised."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail)
        self.failure = failure


def job_problem(failure: Failure) -> Problem:
    """A job's failure as a problem document."""
    status = FAILURE_STATUS.get(failure.code, 503)
    errors = (ProblemError(failure.path, failure.detail),) if failure.path else ()
    return Problem(
        type=f"/problems/{failure.code}",
        title=TITLES.get(failure.code, failure.code),
        status=status,
        detail=failure.detail,
        errors=errors,
    )


def from_job_failed(_: Request[Any, Any, Any], error: JobFailed) -> Response[bytes]:
    """Exception handler: the failure of the job that a request waited for."""
    found = job_problem(error.failure)
    return problem(found.status, error.failure.code, found.detail, found.errors)
