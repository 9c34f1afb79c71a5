"""What each problem type means, and when it is met: the pages that `type` leads to."""

from __future__ import annotations

from litestar import Controller, MediaType, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from service.api.platform.problems import TITLES
from service.templates import page

ANSWERS: dict[int, tuple[str, ...]] = {
    400: ("malformed-request", "malformed-json"),
    401: ("unauthenticated",),
    403: ("forbidden",),
    404: ("not-found",),
    405: ("method-not-allowed",),
    406: ("not-acceptable",),
    409: ("unknown-predecessor",),
    410: ("gone",),
    413: ("too-large",),
    415: ("wrong-media-type",),
    422: ("invalid-request", "nothing-to-brief", "fetch-failed", "retracted-article"),
    429: ("rate-limited", "quota-exceeded"),
    500: ("internal",),
    503: (
        "unavailable",
        "model-error",
        "model-missing",
        "model-corrupt",
        "model-unavailable",
        "writer-unavailable",
    ),
    504: ("deadline-passed",),
}
"""HTTP status -> the codes of the problems that come with it."""

OF_ARTICLES = frozenset({"nothing-to-brief", "fetch-failed", "retracted-article"})
"""Met only where articles are worked on."""

MEANINGS = {
    "malformed-request": "It is not HTTP/1.1, or a header says what it must not. `detail` says which;"
    " mend the client that sends it.",
    "malformed-json": "The body is empty or can't be parsed. Send JSON in UTF-8.",
    "unauthenticated": "There is no key, or it is unknown, expired or revoked. Send"
    " `Authorization: Bearer nb_…`; `newsbrief keys create` makes one.",
    "forbidden": "The key is valid but lacks the scope `read` or `write`: use another key. Or a web page"
    " calls `/mcp` from an origin that NEWSBRIEF_CORS_ORIGINS does not name.",
    "not-found": "The id is unknown, no longer held, or another namespace's. Send the articles again.",
    "method-not-allowed": "`Allow` lists the methods of this path.",
    "not-acceptable": "`detail` lists the media types that can be had; send one in `Accept`.",
    "unknown-predecessor": "`options.supersedes` names no brief of yours, or one that was erased."
    " Send the id of one, or leave it out.",
    "gone": "The brief was erased. The same articles, sent again, make it anew.",
    "too-large": "Send fewer or shorter articles; the limits are the operator's settings.",
    "wrong-media-type": "Send `Content-Type: application/json`.",
    "invalid-request": "`errors` lists what is wrong, each with its path in the request.",
    "nothing-to-brief": "Every article was set aside: empty, of another language, not to be had, or"
    " no article. `detail` lists each with its reason.",
    "fetch-failed": "The one page that was asked for can't be had: `detail` begins with the cause. Send its"
    " `html` instead.",
    "retracted-article": "A text was corrected or withdrawn by its publisher. `errors` names it; send"
    " the corrected text, or leave the article out.",
    "rate-limited": "Wait for as long as `Retry-After` says.",
    "quota-exceeded": "The day ends at midnight UTC; `Retry-After` says when that is.",
    "internal": "It was logged, without your texts. Try again once; then tell the operator when it was.",
    "unavailable": "No worker is alive, too much is waiting, or the store is away. Nothing was lost:"
    " try again after `Retry-After`.",
    "model-error": "The operator must act; trying again does not help.",
    "model-missing": "The operator must run `newsbrief models pull`.",
    "model-corrupt": "The operator must fetch the model again: `newsbrief models verify` names it.",
    "model-unavailable": "What serves the model did not answer. Try again later.",
    "writer-unavailable": "The writing model's server did not answer. Try again later.",
    "deadline-passed": "The result took longer than the service waits. The job goes on: follow the URL"
    " in `job`, or send the same request again and get its result.",
}
"""Code -> when it is met, and the way out."""


class ExplanationController(Controller):
    path = "/problems"
    include_in_schema = False

    @get("/", media_type=MediaType.HTML, sync_to_thread=False)
    def every(self) -> str:
        """All problem types."""
        return problems_page(tuple(TITLES))

    @get("/{code:str}", media_type=MediaType.HTML, sync_to_thread=False)
    def one(self, code: FromPath[str]) -> str:
        """The problem type whose URI this is."""
        if code not in TITLES:
            raise HTTPException(status_code=404, detail="No such problem type; see /problems.")
        return problems_page((code,))


def problems_page(codes: tuple[str, ...]) -> str:
    """The page that explains these problem codes."""
    return page(
        "problems.html",
        problems=[
            {
                "code": code,
                "statuses": statuses(code),
                "title": TITLES[code],
                "meaning": MEANINGS.get(code, ""),
            }
            for code in codes
        ],
    )


def statuses(code: str) -> str:
    """The HTTP statuses that a problem comes with.

    >>> statuses("gone")
    '410'
    """
    return ", ".join(str(status) for status, codes in ANSWERS.items() if code in codes)
