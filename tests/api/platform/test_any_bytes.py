"""Whatever bytes a request is made of, it is served or refused with a problem document."""

from __future__ import annotations

import json
import socket
from http.client import HTTPException, HTTPResponse

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.conftest import Service
from tests.conftest import wait_for

pytestmark = pytest.mark.slow

OK = b'{"articles": [{"text": "The bridge reopened on Monday."}]}'
POSTS = ("/v1/briefs", "/v1/checks", "/v1/articles", "/v1/retractions")
GETS = ("/", "/health/ready", "/metrics", "/problems/", "/schema", "/page/", "/embed/", "/v1/briefs/",
        "/v1/briefs/x/articles/", "/v1/briefs/x/changes", "/v1/jobs/", "/v1/jobs/x/events", "/v1/models",
        "/v1/retractions", "/v1/webhooks/dead")  # fmt: skip
HEADERS = ("Accept", "Accept-Encoding", "Authorization", "Content-Type", "Cookie", "Host", "If-None-Match",
           "Last-Event-ID", "Origin", "Prefer", "X-Request-ID", "traceparent")  # fmt: skip

ANY = st.binary(max_size=40)
ESCAPED = ANY.map(lambda raw: "".join(f"%{byte:02x}" for byte in raw).encode())
NONSENSE = st.sampled_from(
    [b"", b"-1", b"+2", b"0x10", b"1e3", b"\xb2", b"2, 3", b"9" * 40, b"2\r\nContent-Length: 3"]
)
"""Lengths that are none: a body that is announced and does not come is waited for, rightly."""

JSON_LIKE = st.sampled_from(
    [b"", b"{}", b"null", OK, b'{"articles": [{"text": "%s"}]}', b'{"text": "%s", "articles": []}',
     b'{"articles": [{"sha256": "%s"}], "kind": "withdrawn"}', b'{"html": "%s"}']
)  # fmt: skip
BODIES = st.builds(lambda frame, raw: frame.replace(b"%s", raw), JSON_LIKE, ANY) | ANY


def answer(port: int, request: bytes) -> tuple[int, str, bytes]:
    """The status, media type and body of what the service says to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        response = HTTPResponse(connection)
        response.begin()
        return response.status, response.headers.get_content_type(), response.read()


def is_answered_well(service: Service, request: bytes) -> int:
    try:
        status, media_type, body = answer(service.port, request)
    except (HTTPException, OSError) as error:
        pytest.fail(f"no answer to {request!r}: {error!r}")
    assert status < 500, request
    if status >= 400:
        problem = json.loads(body)
        assert media_type == "application/problem+json", request
        assert problem["status"] == status, request
        assert problem["detail"], request
    return status


def request(method: str, path: bytes, headers: dict[str, bytes], body: bytes) -> bytes:
    """A request with headers of its own over the usual ones."""
    usual = {
        "Host": b"desk.example",
        "Content-Type": b"application/json",
        "Content-Length": str(len(body)).encode(),
        "Connection": b"close",
    }
    lines = [b"%s: %s\r\n" % (name.encode(), value) for name, value in (usual | headers).items()]
    return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method.encode(), path, b"".join(lines), body)


REQUESTS = st.one_of(
    st.builds(
        request,
        st.just("POST"),
        st.sampled_from(POSTS).map(str.encode),
        st.dictionaries(st.sampled_from(HEADERS), ANY, max_size=2),
        BODIES,
    ),
    st.builds(
        request,
        st.sampled_from(["GET", "DELETE", "OPTIONS"]),
        st.builds(
            b"%s%s%s".__mod__,
            st.tuples(
                st.sampled_from(GETS).map(str.encode),
                ANY | ESCAPED,
                st.just(b"") | st.builds(b"?since=%s&offset_unit=%s".__mod__, st.tuples(ESCAPED, ANY)),
            ),
        ),
        st.dictionaries(st.sampled_from(HEADERS), ANY, max_size=2),
        st.just(b""),
    ),
    st.builds(
        request,
        st.just("POST"),
        st.sampled_from(POSTS).map(str.encode),
        st.fixed_dictionaries({"Content-Length": NONSENSE}),
        st.just(OK),
    ),
    # empty lines before a request are passed over (RFC 9112, 2.2), and the request is waited for
    ANY.filter(lambda raw: raw.strip(b"\r\n")).map(lambda raw: raw + b"\r\n\r\n"),
)  # fmt: skip


@settings(
    max_examples=300,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(request("GET", b"/v1/briefs/\xff", {}, b""))
@example(request("GET", b"/v1/models", {"Host": b"\xff"}, b""))
@example(request("POST", b"/v1/briefs", {"Content-Length": b"-1"}, OK))
@example(request("POST", b"/v1/retractions", {}, b'{"articles": [{"sha256": "\xff"}]}'))
@given(REQUESTS)
def test_any_bytes_are_served_or_refused_with_a_problem_document(service: Service, sent: bytes):
    is_answered_well(service, sent)


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_not_utf8_is_told_from_which_byte_on(service: Service, path: str):
    answered = service.client.post(
        path, content=b'{"text": "\xff"}', headers={"Content-Type": "application/json"}
    )

    assert (answered.status_code, answered.json()["type"]) == (400, "/problems/malformed-json")
    assert "byte 10" in answered.json()["detail"]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [b"", b" \n"])
def test_an_empty_body_is_told_to_be_empty_and_what_to_send(
    service: Service, path: str, body: bytes
):
    answered = service.client.post(path, content=body, headers={"Content-Type": "application/json"})

    assert (answered.status_code, answered.json()["type"]) == (400, "/problems/malformed-json")
    assert answered.json()["detail"].startswith("The body is empty. Send a JSON object")
    assert "errors" not in answered.json()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html;q=\u00b2", "text/html"),
        ("text/html;q=inf, text/markdown", "text/markdown"),
        ("*/*;q=1e400, text/markdown;q=.2", "text/markdown"),
        ("text/html;q=0.5, text/markdown", "text/markdown"),
        ("text/html; q=0.1, */*; q=0.1", "text/html"),
        ("text/*", "text/markdown"),
        ("text/html;level=1", "text/html"),
        ("application/json;q=0, */*", "text/markdown"),
        ("*/*;q=0, text/html", "text/html"),
        ("text/*;q=0, */*;q=0.1", "application/json"),
        ("image/png, application/vnd.iptc.ninjs+json;q=0.1", "application/vnd.iptc.ninjs+json"),
        ("*/*;q=0", None),
        ("text/html;q=0", None),
        ("text/html;q=nan", None),
        ("image/png", None),
    ],
)
def test_a_brief_comes_in_the_media_type_that_is_liked_best(
    service: Service, accept: str, media_type: str | None
):
    brief_id = service.brief("The bridge reopened on Tuesday.").json()["id"]
    sent = request(
        "GET", f"/v1/briefs/{brief_id}".encode(), {"Accept": accept.encode("latin-1")}, b""
    )

    status, found, _ = answer(service.port, sent)

    assert (status, found) == (
        (406, "application/problem+json") if media_type is None else (200, media_type)
    )


@pytest.mark.parametrize(
    ("accept", "streamed"),
    [
        ("text/event-stream", True),
        ("text/event-stream;q=0, application/json", False),
        ("application/json, text/event-stream;q=0.5", False),
        ("*/*", False),
    ],
)
def test_a_brief_is_streamed_to_those_who_like_that_best(
    service: Service, accept: str, streamed: bool
):
    body = {"articles": [{"text": f"The ferry sails at {accept}."}]}

    answered = service.client.post("/v1/briefs", json=body, headers={"Accept": accept})

    media_type = answered.headers["content-type"].partition(";")[0]
    assert media_type == ("text/event-stream" if streamed else "application/json")


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ('"articles": [{"text": "a", "published_at": "%s"}]', "articles[0].published_at"),
        ('"articles": [{"text": "a"}], "options": {"as_of": "%s"}', "options.as_of"),
    ],
)
@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_a_moment_that_utc_can_not_hold_is_refused(
    service: Service, member: str, path: str, moment: str
):
    answered = service.client.post(
        "/v1/briefs",
        content="{" + member.replace("%s", moment) + "}",
        headers={"Content-Type": "application/json"},
    )

    assert answered.status_code == 422
    assert [error["path"] for error in answered.json()["errors"]] == [path]


def test_a_connection_that_closes_within_its_body_is_no_fault_of_ours(service: Service):
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(request("POST", b"/v1/briefs", {"Content-Length": b"900"}, OK))

    closed = 'method="POST",route="/v1/briefs",status="499"'
    wait_for(lambda: closed in service.client.get("/metrics").text, 5)
    assert "InternalServerException" not in service.processes.logged()


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /%s" % (b"x" * 200_000),
        b"GET / HTTP/1.1\r\nX-Endless: %s" % (b"x" * 200_000),
        b"GET / HTTP/1.1\r\n" + b"X-Many: x\r\n" * 20_000,
        b"POST /v1/briefs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n" + b"X-Trailer: x\r\n" * 20_000,
    ],
    ids=["path", "header", "headers", "trailers"],
)
def test_a_head_without_end_is_refused(service: Service, endless: bytes):
    status, media_type, body = answer(service.port, endless)

    assert (status, media_type) == (400, "application/problem+json")
    assert "65536 bytes" in json.loads(body)["detail"]
