"""Every exception that Newsbrief raises on purpose.

    NewsbriefError
    ├── InvalidRequest          the caller's to mend (HTTP 422, exit 2)
    │   ├── NotFetched          the one page that was asked for gave no article
    │   ├── NothingToBrief      valid articles, but none the models can use
    │   ├── RetractedArticle    a text that was corrected or withdrawn
    │   └── UnknownPredecessor  `supersedes` names no brief of the caller's (HTTP 409)
    ├── InvalidSettings         the operator's environment can't be read (exit 2)
    ├── ModelError              the operator's to mend (HTTP 503, exit 3)
    │   ├── ModelMissing        not pulled yet; names the command that pulls it
    │   ├── ModelCorrupt        a file's sha256 is not the registry's
    │   ├── ModelUnavailable    the package index or the disk refused
    │   └── WriterUnavailable   the writer's server gives no answer; briefs go on without it
    ├── NotFound                unknown brief, article or job (HTTP 404)
    │   └── Gone                a brief that was erased (HTTP 410)
    ├── Unavailable             try again later: retryable (HTTP 503, Retry-After)
    │   └── DeadlinePassed      the job goes on; its result can be fetched (HTTP 504)
    ├── FetchFailed             a URL gave no article; its code says why, the brief goes on
    ├── NotDelivered            a receiver did not take an event; its reason is kept with it
    └── Cancelled               the caller withdrew; never an error to report

`retryable` is what the queue decides by: a permanent error is never tried again.
"""

from __future__ import annotations

from typing import Literal


class NewsbriefError(Exception):
    """Base of all; `str()` says what was given, what is allowed, and the way out."""

    retryable: bool = False
    code: str = "error"


class InvalidRequest(NewsbriefError):
    """The request can't be served as it is; `path` points at the offending member."""

    code = "invalid-request"

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class NothingToBrief(InvalidRequest):
    """Every article was set aside; the message lists each with its reason."""

    code = "nothing-to-brief"


class NotFetched(InvalidRequest):
    """The message begins with the stable cause, a `FetchCode`."""

    code = "fetch-failed"


class RetractedArticle(InvalidRequest):
    """A text that was corrected or withdrawn; no new brief may rest on it."""

    code = "retracted-article"


class UnknownPredecessor(InvalidRequest):
    """`supersedes` names a brief that is not the caller's, or that was erased."""

    code = "unknown-predecessor"


class InvalidSettings(NewsbriefError):
    """One message lists every variable that is wrong."""

    code = "invalid-settings"


class ModelError(NewsbriefError):
    """A model can't be used; the operator must act."""

    code = "model-error"


class ModelMissing(ModelError):
    code = "model-missing"


class ModelCorrupt(ModelError):
    code = "model-corrupt"


class ModelUnavailable(ModelError):
    retryable = True
    code = "model-unavailable"


class WriterUnavailable(ModelError):
    """The writer's server is away, too slow, or refuses what it is asked."""

    retryable = True
    code = "writer-unavailable"


class NotFound(NewsbriefError):
    code = "not-found"


class Gone(NotFound):
    """It was there and was erased; its id is not given to anything else."""

    code = "gone"


class Unavailable(NewsbriefError):
    """A dependency is down or too busy; `retry_after` is in seconds."""

    retryable = True
    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeadlinePassed(Unavailable):
    """The wait is over, the work is not; `job` is the id under which it goes on."""

    code = "deadline-passed"

    def __init__(self, message: str, *, job: str, retry_after: int = 5) -> None:
        super().__init__(message, retry_after=retry_after)
        self.job = job


FetchCode = Literal[
    "blocked-address",
    "robots",
    "too-large",
    "timeout",
    "http-status",
    "unreachable",
    "not-an-article",
    "not-a-feed",
    "too-many-redirects",
    "too-many-articles",
]


class FetchFailed(NewsbriefError):
    """A URL could not be read; `code` is the stable reason."""

    def __init__(self, code: FetchCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotDelivered(NewsbriefError):
    """An event did not arrive; `final` where another attempt would be of no use."""

    code = "not-delivered"

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Cancelled(NewsbriefError):
    code = "cancelled"
