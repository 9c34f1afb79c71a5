"""The OpenAPI document: what the signatures of the handlers don't say is added here, once.

Examples and headers go by the names of schemas and parameters, so that a new operation with a
known body needs nothing; `tests/api/docs/test_openapi.py` says what is still missing of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from litestar.openapi.spec import (
    Example,
    OpenAPI,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from service.api.docs.examples import (
    AGREEMENT,
    EVENT,
    FEED,
    JOB_ID,
    METRICS,
    PARAMETERS,
    REPRESENTATIONS,
    REQUESTS,
    RESPONSES,
    TABLE_AS_CSV,
    VERDICT,
)
from service.api.docs.problem_pages import ANSWERS, OF_ARTICLES
from service.api.jobs.event_stream import EVENT_STREAM
from service.api.platform.problems import MEDIA_TYPE, TITLES
from service.representations.atom import ATOM
from service.schemas.wire import Problem, Wire
from service.store.events import Kind

ASKED_FOR = frozenset({"since"})
"""Parameters that must be sent, though handlers have a default: it is refused in our own words."""

VERBS = ("get", "post", "put", "delete")

HEADERS: dict[str, tuple[str, OpenAPIType]] = {
    "Location": ("The URL of the job.", OpenAPIType.STRING),
    "Preference-Applied": ("The preference that was heeded.", OpenAPIType.STRING),
    "ETag": (
        "Changes with the brief, its status, the unit and the media type.",
        OpenAPIType.STRING,
    ),
    "X-Job": ("The URL of the job whose events these are.", OpenAPIType.STRING),
    "Retry-After": ("Seconds until another attempt can succeed.", OpenAPIType.INTEGER),
    "WWW-Authenticate": ("How to authenticate (RFC 6750).", OpenAPIType.STRING),
    "RateLimit-Limit": ("Calls that the key may make in its tighter window.", OpenAPIType.INTEGER),
    "RateLimit-Remaining": ("Calls left in it.", OpenAPIType.INTEGER),
    "RateLimit-Reset": ("Seconds until it is full again.", OpenAPIType.INTEGER),
}
RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
BEFORE_RATES = frozenset({"401", "403"})
"""Answers to those whose allowance is not known yet."""

BY_STATUS: dict[str, tuple[str, ...]] = {
    "202": ("Location", "Preference-Applied"),
    "401": ("WWW-Authenticate",),
    "403": ("WWW-Authenticate",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
    "504": ("Location", "Retry-After"),
}


def complete(document: OpenAPI) -> None:
    """Add examples, problem types, headers, and the media types beside JSON."""
    document.components.headers = {name: _header(name) for name in HEADERS}
    for kind in _subclasses(Wire):
        if kind.__name__ in document.components.schemas:
            document.components.schemas[kind.__name__].additional_properties = False
    for path, item in (document.paths or {}).items():
        for operation in (getattr(item, verb) for verb in VERBS):
            if operation is not None:
                _complete(path, operation)
    _brief(document)
    _agreement(document)


def _complete(path: str, operation: Operation) -> None:
    responses = operation.responses or {}
    if _media_types(responses.get("400")) == ["application/json"]:
        del responses["400"]  # Litestar's own form of it, which is never sent
    operation.parameters = [
        _parameter(each)
        for each in operation.parameters or []
        if isinstance(each, Parameter) and each.name != "Accept"  # said by the media types
    ] or None
    if isinstance(operation.request_body, RequestBody):
        for media in operation.request_body.content.values():
            media.example = REQUESTS.get(_schema_name(media))
    worked_on = path in {"/v1/briefs", "/v1/checks", "/v1/articles"}
    for status, response in responses.items():
        if not isinstance(response, OpenAPIResponse):
            continue
        if operation.security:
            names = BY_STATUS.get(status, ()) + (() if status in BEFORE_RATES else RATES)
            response.headers = {name: Reference(_ref(name)) for name in names}
        for media_type, media in (response.content or {}).items():
            if media_type == MEDIA_TYPE:
                _problems(int(status), response, media, worked_on=worked_on)
            elif media_type == EVENT_STREAM:
                _events(response, media)
            elif media_type == CONTENT_TYPE_PLAIN_0_0_4:
                media.example = METRICS
            elif media_type == ATOM:
                media.example = FEED
            elif (example := RESPONSES.get(_schema_name(media))) is not None:
                media.example = example  # kept as it is: Litestar drops the nulls of dicts


def _problems(
    status: int, response: OpenAPIResponse, media: OpenAPIMediaType, *, worked_on: bool
) -> None:
    codes = [each for each in ANSWERS[status] if worked_on or each not in OF_ARTICLES]
    response.description = "; ".join(f"{TITLES[each]} (`/problems/{each}`)" for each in codes)
    media.examples = {code: Example(value=_example(status, code)) for code in codes}


def _example(status: int, code: str) -> Problem:
    return Problem(
        type=f"/problems/{code}",
        title=TITLES[code],
        status=status,
        detail="What was wrong, and the way out.",
        job=f"/v1/jobs/{JOB_ID}" if code == "deadline-passed" else None,
    )


def _events(response: OpenAPIResponse, media: OpenAPIMediaType, example: Any = EVENT) -> None:
    """OpenAPI 3.1 can't describe a stream: the schema is that of each event's fields."""
    text = Schema(type=OpenAPIType.STRING)
    kinds = [*get_args(Kind), "done", "error", "cancelled"]
    media.schema = Schema(
        type=OpenAPIType.OBJECT,
        description="A server-sent event. `data` is JSON: the stage, the sentence, who"
        " reports it, what was withheld, the conflict or the headline; of a check where the draft's sentences stand, and"
        " each as it is judged; then, as the last, `done` with the brief or the check, `error` with a"
        " problem document, or `cancelled`. Comments keep a silent stream alive.",
        properties={
            "id": text,
            "event": Schema(type=OpenAPIType.STRING, enum=kinds),
            "data": Schema(type=OpenAPIType.STRING, content_media_type="application/json"),
        },
        required=["event", "data"],
    )
    media.example = example
    response.headers = {**(response.headers or {}), "X-Job": Reference(_ref("X-Job"))}


def _brief(document: OpenAPI) -> None:
    """A brief's other representations, 304, and the events that the POSTs can answer with."""
    paths: Any = document.paths
    asked, made = paths["/v1/briefs/{brief_id}"].get, paths["/v1/briefs"].post
    shown, written = asked.responses["200"], made.responses["200"]
    shown.content["application/json"] = written.content["application/json"]
    for media_type, example in REPRESENTATIONS.items():
        kind = OpenAPIType.STRING if isinstance(example, str) else OpenAPIType.OBJECT
        shown.content[media_type] = OpenAPIMediaType(schema=Schema(type=kind), example=example)
    shown.headers = {"ETag": Reference(_ref("ETag")), **shown.headers}
    asked.responses["304"] = OpenAPIResponse(
        description="It has not changed since that `ETag`", headers=shown.headers
    )
    for made, example in ((written, EVENT), (paths["/v1/checks"].post.responses["200"], VERDICT)):
        made.content[EVENT_STREAM] = OpenAPIMediaType()
        _events(made, made.content[EVENT_STREAM], example)


def _agreement(document: OpenAPI) -> None:
    """The table and the view of one article, the table as CSV, and 304."""
    paths: Any = document.paths
    asked = paths["/v1/briefs/{brief_id}/agreement"].get
    shown = asked.responses["200"]
    shown.content["application/json"].examples = {
        name: Example(value=each) for name, each in AGREEMENT.items()
    }
    shown.content["text/csv"] = OpenAPIMediaType(
        schema=Schema(type=OpenAPIType.STRING), example=TABLE_AS_CSV
    )
    shown.headers = {"ETag": Reference(_ref("ETag")), **shown.headers}
    asked.responses["304"] = OpenAPIResponse(
        description="The table has not changed since that `ETag`", headers=shown.headers
    )


def _parameter(parameter: Parameter) -> Parameter:
    meaning, example = PARAMETERS.get(parameter.name, (None, None))
    parameter.description = parameter.description or meaning
    parameter.required = parameter.required or parameter.name in ASKED_FOR
    parameter.example = example if parameter.example is None else parameter.example
    return parameter


def _ref(header: str) -> str:
    return f"#/components/headers/{header}"


def _header(name: str) -> OpenAPIHeader:
    meaning, kind = HEADERS[name]
    return OpenAPIHeader(description=meaning, schema=Schema(type=kind))


def _schema_name(media: OpenAPIMediaType) -> str:
    """The name of the component that a media type refers to, "" for an inline schema."""
    return media.schema.ref.rpartition("/")[2] if isinstance(media.schema, Reference) else ""


def _media_types(response: Any) -> list[str]:
    return list(response.content or {}) if isinstance(response, OpenAPIResponse) else []


def _subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from _subclasses(each)
