"""What is tried again, when, and what is not: against answers made here, no server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from service.client import ApiProblem, ArticleIn, NewsbriefClient, Retries, Unreachable
from service.client.calls import retry_after_s

pytestmark = pytest.mark.slow

BUSY = {"type": "/problems/unavailable", "title": "Not now", "status": 503}
MODELS = {"fingerprint": "f", "workers": 1, "models": [], "checker_error_rates": None}
LOST = httpx.ReadError("lost")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for; none is kept."""
    pauses: list[float] = []
    monkeypatch.setattr("service.client.clients.time.sleep", pauses.append)
    return pauses


def answering(*answers: httpx.Response | Exception) -> tuple[NewsbriefClient, list[httpx.Request]]:
    """A client that is given these answers in turn, and the requests it sends."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = answers[len(asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(handle)
    return NewsbriefClient("http://desk.example/news", "nb_k_s", transport=transport), asked


def test_retry_after_is_kept_and_the_same_request_sent_again(slept: list[float]):
    client, asked = answering(
        httpx.Response(503, json=BUSY, headers={"Retry-After": "7"}),
        httpx.Response(429, json=BUSY, headers={"Retry-After": "3"}),
        httpx.Response(200, json=MODELS),
    )

    client.models()

    assert [7 <= slept[0] <= 7.5, 3 <= slept[1] <= 3.5] == [True, True]
    assert {str(each.url) for each in asked} == {"http://desk.example/news/v1/models"}
    assert asked[2].headers["Authorization"] == "Bearer nb_k_s"


def test_waits_double_are_jittered_and_end(slept: list[float]):
    client, asked = answering(*[httpx.Response(503, json=BUSY)] * 5)

    with pytest.raises(ApiProblem, match="503 Not now"):
        client.models()

    assert len(asked) == 5
    assert all(
        0.5 * whole <= pause <= whole for pause, whole in zip(slept, (0.5, 1, 2, 4), strict=True)
    )


def test_a_day_is_not_waited_for(slept: list[float]):
    client, _ = answering(httpx.Response(429, json=BUSY, headers={"Retry-After": "80000"}))

    with pytest.raises(ApiProblem) as raised:
        client.models()

    assert (raised.value.retry_after_s, slept) == (80000, [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 504])
def test_what_another_attempt_does_not_mend_is_raised_at_once(slept: list[float], status: int):
    client, asked = answering(httpx.Response(status, json={**BUSY, "status": status}))

    with pytest.raises(ApiProblem):
        client.models()

    assert (len(asked), slept) == (1, [])


def test_a_lost_answer_is_asked_for_again_unless_that_would_do_it_twice(slept: list[float]):
    reading, read = answering(LOST, httpx.Response(200, json=MODELS))
    leaving, left = answering(LOST)

    reading.models()
    with pytest.raises(Unreachable):
        leaving.withdraw("j")

    assert (len(read), len(left)) == (2, 1)


def test_what_was_never_sent_is_sent_again_whatever_it_is(slept: list[float]):
    client, asked = answering(httpx.ConnectError("refused"), httpx.Response(204))

    client.delete_brief("b")

    assert len(asked) == 2


def test_a_wrong_url_is_not_tried_again(slept: list[float]):
    client, _ = answering(httpx.UnsupportedProtocol("ftp"))

    with pytest.raises(Unreachable, match="ftp"):
        client.models()

    assert slept == []


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_of_something_else_is_no_result_and_no_problem_document(status: int):
    client, _ = answering(httpx.Response(status, text="<html>gateway</html>"))

    with pytest.raises((ApiProblem, Unreachable), match=r"Bad Gateway|base URL"):
        client.models()


def test_a_stream_is_taken_up_again_until_the_attempts_are_spent(slept: list[float]):
    told = b'id: 1-0\nevent: stage\ndata: {"stage": "write", "done": 0, "total": 6}\n\n'
    stream = {"headers": {"Content-Type": "text/event-stream"}}
    client, asked = answering(
        httpx.Response(200, content=told, **stream), *[httpx.Response(200, **stream)] * 5
    )

    with pytest.raises(Unreachable, match="the stream ended"):
        list(client.events("j"))

    assert [each.headers.get("Last-Event-ID") for each in asked] == [None, *["1-0"] * 5]


def test_a_check_under_way_is_asked_for_again_when_its_job_is_done(slept: list[float]):
    job = {"id": "j", "created_at": "2026-01-01T00:00:00Z", "started_at": None, "finished_at": None,
           "stage": "", "done": 0, "total": 0, "position": None, "timings_ms": {}, "brief": None,
           "problem": None}  # fmt: skip
    made = {"id": "c", "sentences": [], "statuses": {}, "articles": [], "warnings": [],
            "generation": {"models": {}, "prompts": {}, "pipeline": "p", "timings_ms": {}},
            "offset_unit": "utf8", "cache": {"status": "hit", "age_s": 0}}  # fmt: skip
    client, asked = answering(
        httpx.Response(202, json={**job, "status": "queued"}),
        httpx.Response(200, json={**job, "status": "running"}),
        httpx.Response(200, json={**job, "status": "done"}),
        httpx.Response(200, json=made),
    )

    found = client.check("A draft.", [ArticleIn(text="A text.")])

    assert found.cache.status == "hit"
    assert [each.method for each in asked] == ["POST", "GET", "GET", "POST"]
    assert asked[0].content == asked[3].content


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("", None), ("soon", None), ("-1", None)],
)
def test_retry_after_is_read_in_seconds(text: str, seconds: float | None):
    assert retry_after_s(httpx.Response(503, headers={"Retry-After": text})) == seconds


def test_retry_after_is_read_as_a_date():
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)

    told = retry_after_s(httpx.Response(503, headers={"Retry-After": at}))

    assert told is not None
    assert 28 < told <= 30


def test_the_attempts_are_what_the_caller_says(slept: list[float]):
    never: Callable[[], float | None] = lambda: Retries(attempts=1).pause(LOST, 1)  # noqa: E731

    assert never() is None
