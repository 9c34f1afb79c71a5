"""What a call of the client may raise.

ClientError
├── ApiProblem      the service refused, or the job failed: carries the problem document
├── Unreachable     no answer, or none that this client can read, after all attempts
├── NotYet          the job goes on; the time to wait for it is over
└── JobCancelled    the job was withdrawn by all who wanted it
"""

from __future__ import annotations

from service.errors import NewsbriefError
from service.schemas.wire import JobOut, Problem


class ClientError(NewsbriefError):
    """Base of all that the client raises."""

    code = "client-error"


class ApiProblem(ClientError):
    """An RFC 9457 problem document. `type` is stable: decide by it, or by `status`."""

    def __init__(self, problem: Problem, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}".rstrip(": "))
        self.problem = problem
        self.retry_after_s = retry_after_s

    @property
    def type(self) -> str:
        return self.problem.type

    @property
    def title(self) -> str:
        return self.problem.title

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def detail(self) -> str:
        """What was wrong, and the way out."""
        return self.problem.detail

    @property
    def path(self) -> str:
        """Where the request is wrong, like `articles[3].text`; "" where it is not the request."""
        return self.problem.errors[0].path if self.problem.errors else ""


class Unreachable(ClientError):
    code = "unreachable"


class NotYet(ClientError):
    """Wait again with `wait(error.job)`, or withdraw it."""

    code = "not-yet"

    def __init__(self, job: JobOut) -> None:
        super().__init__(f"Job {job.id} is {job.status}; it goes on.")
        self.job = job


class JobCancelled(ClientError):
    code = "cancelled"
