"""The OpenAPI document: valid, complete, and true to what the Structs say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from service.api.docs.examples import REQUESTS
from service.api.docs.problem_pages import ANSWERS, MEANINGS
from service.api.platform.problems import TITLES
from service.app import create_app
from service.errors import FetchCode, NewsbriefError
from service.schemas import wire
from service.settings import Settings
from tests.api.conftest import Service

PROBLEM = "application/problem+json"
Operation = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1"))
    return msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema(), enc_hook=str))


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (f"{verb} {path}", operation)
        for path, item in document["paths"].items()
        for verb, operation in item.items()
    ]


def bodies(operations: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every media type of a request or answer, with where it is."""
    for name, operation in operations:
        for media, body in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} sends {media}", body
        for status, answer in operation["responses"].items():
            for media, body in answer.get("content", {}).items():
                yield f"{name} answers {status} {media}", body


def test_it_is_valid_openapi_31(document: dict[str, Any]):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_request_and_answer_has_an_example_that_its_schema_takes(
    document: dict[str, Any], operations: list[Operation]
):
    lacking: list[str] = []
    for where, body in bodies(operations):
        examples = [each["value"] for each in body.get("examples", {}).values()]
        examples += [body["example"]] if "example" in body else []
        schema = {**body["schema"], "components": document["components"]}
        wrong = [each for each in examples if not jsonschema_rs.is_valid(schema, each)]
        if not examples or wrong:
            lacking.append(where)

    assert lacking == []


def test_requests_of_the_examples_are_what_the_api_reads():
    for name, example in REQUESTS.items():
        msgspec.convert(example, getattr(wire, name))


def test_unknown_members_are_refused_by_the_schema_too(document: dict[str, Any]):
    body = {**REQUESTS["BriefRequest"], "colour": 1}
    schema = {"$ref": "#/components/schemas/BriefRequest", "components": document["components"]}

    assert not jsonschema_rs.is_valid(schema, body)


def test_every_refusal_is_documented_as_the_problems_that_it_can_be(operations: list[Operation]):
    for name, operation in operations:
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and "health" not in name:
                media = answer["content"][PROBLEM]
                assert set(media["examples"]) <= set(ANSWERS[int(status)]), (name, status)
                assert all(
                    f"`/problems/{code}`" in answer["description"] for code in media["examples"]
                )


def test_every_operation_under_v1_may_be_refused_by_the_guard(operations: list[Operation]):
    for name, operation in operations:
        if "/v1/" in name:
            assert {"401", "403", "429", "500", "503"} <= set(operation["responses"]), name


def test_parameters_and_headers_are_described(
    document: dict[str, Any], operations: list[Operation]
):
    undescribed = [
        f"{name}: {each['name']}"
        for name, operation in operations
        for each in operation.get("parameters", [])
        if not (each.get("description") and each.get("example"))
    ]
    created = document["paths"]["/v1/briefs"]["post"]["responses"]

    assert undescribed == []
    assert set(created["202"]["headers"]) >= {"Location", "Preference-Applied"}
    assert "Retry-After" in created["429"]["headers"]
    assert "text/event-stream" in created["200"]["content"]
    assert "X-Job" in created["200"]["headers"]
    assert "RateLimit-Reset" not in created["401"]["headers"]


def test_every_problem_is_explained_and_has_its_status():
    codes = {code for codes in ANSWERS.values() for code in codes}

    assert set(TITLES) == set(MEANINGS) == codes


def test_every_error_that_a_caller_can_meet_is_a_known_problem():
    def kinds(kind: type[NewsbriefError]) -> Iterator[type[NewsbriefError]]:
        for each in kind.__subclasses__():
            yield each
            yield from kinds(each)

    inner = {
        "cancelled",
        "invalid-settings",
        "error",
        "client-error",
        "unreachable",
        "not-yet",
        "not-delivered",
    }
    codes = {each.code for each in kinds(NewsbriefError)} - inner - set(get_args(FetchCode))

    assert codes <= set(TITLES)


def test_the_uri_of_a_problem_answers_with_what_it_means(service: Service):
    refused = service.client.get("/v1/jobs/none").json()

    meant = service.client.get(refused["type"])
    listed = service.client.get("/problems")
    unknown = service.client.get("/problems/none")

    assert meant.headers["content-type"].startswith("text/html")
    assert refused["title"] in meant.text
    assert all(title in listed.text for title in ("Not now", "It was erased"))
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, PROBLEM)


def test_the_reference_page_needs_no_other_server(service: Service):
    page = service.client.get("/schema")

    assert page.status_code == 200
    assert "The old bridge reopened" in page.text
    assert not [
        part for part in ("src=", "href='http", 'href="http', "@import") if part in page.text
    ]
