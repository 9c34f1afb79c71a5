"""Everything that can go wrong is a problem document that says the way out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Service

OK = {"id": "a", "text": "Talks resumed."}


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ("{", 400, "malformed-json", None),
        ("[]", 422, "invalid-request", ""),
        ("{}", 422, "invalid-request", ""),
        ('{"articles": []}', 422, "invalid-request", "articles"),
        ('{"articles": [{"text": " \\n\\t"}]}', 422, "invalid-request", "articles[0].text"),
        ('{"articles": [{"text": ""}]}', 422, "invalid-request", "articles[0].text"),
        ('{"articles": [{"id": "a"}]}', 422, "invalid-request", "articles[0]"),
        ('{"articles": [{"text": "a", "colour": 1}]}', 422, "invalid-request", "articles[0]"),
        ('{"articles": [{"text": "a", "html": "b"}]}', 422, "invalid-request", "articles[0]"),
        ('{"articles": [{"url": "ftp://a.example/"}]}', 422, "invalid-request", "articles[0].url"),
        ('{"articles": [{"text": 7}]}', 422, "invalid-request", "articles[0].text"),
        ('{"articles": [{"text": "\\ud800"}]}', 400, "malformed-json", None),
        ('{"articles": [{"id": "a", "text": "a"}, {"id": "a", "text": "b"}]}', 422, "invalid-request",
         "articles[1].id"),
        ('{"articles": [{"text": "a"}], "options": {"length": {"sentences": 0}}}', 422,
         "invalid-request", "options.length.sentences"),
        ('{"articles": [{"text": "a"}], "options": {"length": {}}}', 422, "invalid-request",
         "options.length"),
        ('{"articles": [{"text": "a"}], "options": {"length": {"sentences": 3, "words": 90}}}', 422,
         "invalid-request", "options.length"),
        ('{"articles": [{"text": "a"}], "options": {"style": "rhyme"}}', 422, "invalid-request",
         "options.style"),
        ('{"articles": [{"text": "a"}], "options": {"focus": " "}}', 422, "invalid-request",
         "options.focus"),
        ('{"articles": [{"text": "a", "published_at": "yesterday"}]}', 422, "invalid-request",
         "articles[0].published_at"),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_where_and_why(
    service: Service, body: str, status: int, code: str, path: str | None
):
    answer = service.client.post(
        "/v1/briefs", content=body, headers={"Content-Type": "application/json"}
    )

    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/problems/{code}"
    assert problem["detail"]
    if path:
        assert path in {error["path"] for error in problem["errors"]}


@pytest.mark.parametrize(
    ("articles", "path"),
    [
        ([{"text": f"Article {k}."} for k in range(6)], "articles"),
        ([{"text": "word " * 1001}], "articles[0].text"),
    ],
)
def test_limits_are_told_with_what_is_allowed(
    service: Service, articles: list[dict[str, Any]], path: str
):
    answer = service.client.post("/v1/briefs", json={"articles": articles})

    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_all_that_is_wrong_is_told_at_once(service: Service):
    articles = [{"id": "a", "text": ""}, {"id": "a", "text": "b"}, {}]

    answer = service.client.post("/v1/briefs", json={"articles": articles})

    assert len(answer.json()["errors"]) == 3


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/v1/briefs/none", {}, 404, "not-found"),
        ("GET", "/v1/briefs/none/articles/a", {}, 404, "not-found"),
        ("GET", "/v1/jobs/none", {}, 404, "not-found"),
        ("GET", "/nowhere", {}, 404, "not-found"),
        ("PUT", "/v1/models", {}, 405, "method-not-allowed"),
        ("POST", "/v1/briefs", {"Content-Type": "text/plain"}, 415, "wrong-media-type"),
        ("POST", "/v1/briefs", {}, 415, "wrong-media-type"),
        ("GET", "/v1/briefs/none?offset_unit=miles", {}, 422, "invalid-request"),
    ],
)
def test_other_refusals_are_problem_documents_too(
    service: Service, method: str, path: str, headers: dict[str, str], status: int, code: str
):
    answer = service.client.request(method, path, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_media_type_that_a_brief_does_not_have_is_refused(service: Service):
    brief_id = service.brief("Talks resumed on Wednesday.").json()["id"]

    answer = service.client.get(f"/v1/briefs/{brief_id}", headers={"Accept": "image/png"})

    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")


def test_a_body_over_the_limit_is_refused(service: Service):
    body = b'{"articles": [{"text": "' + b"a" * 17_000_000 + b'"}]}'

    answer = service.client.post(
        "/v1/briefs", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


def test_articles_that_cannot_be_used_are_the_callers_problem(service: Service):
    answer = service.brief("EMPTY words.")

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/nothing-to-brief")


def test_a_crash_is_opaque_and_nothing_of_it_is_logged(service: Service):
    from tests.fake_worker import MARKER

    answer = service.brief(f"BROKEN by {MARKER}.")

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal")
    assert MARKER not in answer.text
    assert MARKER not in service.processes.logged()
    assert "job.crashed" in service.processes.logged()
