"""The dashboard's files over HTTP: types, policies, tags. Needs no browser."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import Desk
from tests.conftest import SEEDS


def test_the_page_has_a_strict_policy_and_names_who_may_frame_it(desk: Desk, host_port: int):
    headers = desk.client.get("/").headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == f"http://localhost:{host_port}"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/page/page.css", "text/css; charset=utf-8"),
        ("/page/page.js", "text/javascript; charset=utf-8"),
        ("/page/icon.svg", "image/svg+xml"),
        ("/embed/news-brief.js", "text/javascript; charset=utf-8"),
    ],
)
def test_files_have_their_type_and_are_sent_once(desk: Desk, path: str, media_type: str):
    first = desk.client.get(path)
    again = desk.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    plain = desk.client.get(path, headers={"Accept-Encoding": "identity"})

    assert first.headers["Content-Type"] == media_type
    assert first.headers["X-Content-Type-Options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")
    assert (plain.content, plain.headers.get("Content-Encoding")) == (first.content, None)
    assert plain.headers["ETag"] != first.headers["ETag"]


def test_only_the_component_may_be_loaded_by_any_page(desk: Desk):
    stranger = {"Origin": "https://stranger.example"}

    component = desk.client.get("/embed/wire.js", headers=stranger).headers
    page = desk.client.get("/page/page.js", headers=stranger).headers

    assert component["Access-Control-Allow-Origin"] == "*"
    assert component["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Origin" not in page


def test_the_sample_is_the_request_of_the_readme(desk: Desk):
    assert desk.client.get("/page/sample.json").json() == json.loads(
        (SEEDS / "request.json").read_text()
    )


@pytest.mark.parametrize("path", ["/page/..%2Findex.html", "/embed/app.py", "/page/nothing.js"])
def test_nothing_else_is_served(desk: Desk, path: str):
    answer = desk.client.get(path)

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
