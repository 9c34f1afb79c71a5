"""Asynchronous use: preferences, events, cancelling, and who wants a job."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.api.conftest import Service
from tests.conftest import PATIENCE_S, wait_for

pytestmark = pytest.mark.slow


def body(*texts: str, **options: object) -> dict:
    articles = [{"id": f"a{k}", "text": text} for k, text in enumerate(texts)]
    return {"articles": articles, "options": options}


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Server-sent events, a dict of their fields each."""
    held: dict[str, str] = {}
    for line in lines:
        if not line and held:
            yield held
            held = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            held[name] = value


def ended(service: Service, url: str) -> str:
    wait_for(lambda: service.client.get(url).json()["status"] not in {"queued", "running"})
    return service.client.get(url).json()["status"]


def test_respond_async_gives_a_job_and_later_its_brief(service: Service):
    answer = service.client.post(
        "/v1/briefs", json=body("Async. The bridge is closed."), headers={"Prefer": "respond-async"}
    )

    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert ended(service, answer.headers["Location"]) == "done"
    brief = service.client.get(service.client.get(answer.headers["Location"]).json()["brief"])
    assert brief.json()["sentences"][0]["citations"][0]["article_id"] == "a0"


def test_a_bounded_wait_ends_in_the_job_that_goes_on(service: Service):
    answer = service.client.post(
        "/v1/briefs", json=body("SLOW and bounded."), headers={"Prefer": "wait=1"}
    )

    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "wait=1")
    assert ended(service, answer.headers["Location"]) == "done"


def test_what_is_held_is_answered_at_once_whatever_is_preferred(service: Service):
    service.client.post("/v1/briefs", json=body("Held already."))
    again = service.client.post(
        "/v1/briefs", json=body("Held already."), headers={"Prefer": "respond-async"}
    )

    assert (again.status_code, again.json()["cache"]["status"]) == (200, "hit")


def test_sentences_stream_before_the_brief_is_done_and_are_those_that_are_stored(service: Service):
    told: list[dict[str, str]] = []
    text = "TOLD \U0001f600 1st one."
    with service.client.stream(
        "POST",
        "/v1/briefs",
        json=body(text, "Second one.", "Third one.", offset_unit="utf16"),
        headers={"Accept": "text/event-stream"},
    ) as answer:
        for each in events(answer.iter_lines()):
            told.append(each)
            if each["event"] == "sentence":
                service.release(text)  # it is read before the pipeline goes on

    kinds = [each["event"] for each in told]
    sentences = [json.loads(each["data"]) for each in told if each["event"] == "sentence"]
    done = json.loads(told[-1]["data"])
    assert kinds[-2:] == ["headline", "done"]
    assert sentences == done["sentences"]
    assert sentences[0]["citations"][0]["end"] == len(text) + 1


def test_a_listener_resumes_behind_the_last_event_it_saw(service: Service):
    answer = service.client.post(
        "/v1/briefs", json=body("STREAM resumed.", "More."), headers={"Prefer": "respond-async"}
    )
    url = answer.headers["Location"] + "/events"
    with service.client.stream("GET", url) as listening:
        everything = list(events(listening.iter_lines()))
    seen = everything[-3]["id"]
    with service.client.stream("GET", url, headers={"Last-Event-ID": seen}) as listening:
        rest = list(events(listening.iter_lines()))

    assert rest == everything[-2:]
    assert [each["event"] for each in everything][-2:] == ["headline", "done"]


def test_a_brief_outlives_its_job_for_listeners_too(service: Service):
    wanted = body("Kept longer than its job.")
    url = service.client.post(
        "/v1/briefs", json=wanted, headers={"Prefer": "respond-async"}
    ).headers["Location"]
    assert ended(service, url) == "done"
    service.redis.delete(f"nb:job:{{{url.rsplit('/', 1)[-1]}}}")

    with service.client.stream(
        "POST", "/v1/briefs", json=wanted, headers={"Accept": "text/event-stream"}
    ) as answer:
        assert [each["event"] for each in events(answer.iter_lines())] == ["done"]


def test_a_failed_job_ends_its_events_with_the_problem(service: Service):
    with service.client.stream(
        "POST", "/v1/briefs", json=body("EMPTY stream."), headers={"Accept": "text/event-stream"}
    ) as answer:
        (*_, last) = events(answer.iter_lines())

    assert last["event"] == "error"
    assert json.loads(last["data"])["type"] == "/problems/nothing-to-brief"


def test_work_stops_with_the_last_caller(service: Service):
    wanted = body("ENDLESS and cancelled by both.")
    first, second = (
        service.client.post("/v1/briefs", json=wanted, headers={"Prefer": "respond-async"})
        for _ in range(2)
    )
    url = first.headers["Location"]
    wait_for(lambda: service.client.get(url).json()["status"] == "running")

    assert second.headers["Location"] == url
    service.client.delete(url)
    time.sleep(0.6)
    assert service.client.get(url).json()["status"] == "running"
    service.client.delete(url)
    assert ended(service, url) == "cancelled"


def test_a_cancelled_request_can_be_sent_again_at_once(service: Service):
    wanted = body("SLOW and sent again.")
    url = service.client.post(
        "/v1/briefs", json=wanted, headers={"Prefer": "respond-async"}
    ).headers["Location"]
    service.client.delete(url)

    assert ended(service, url) == "cancelled"
    assert service.client.post("/v1/briefs", json=wanted).status_code == 200


def test_who_hangs_up_is_withdrawn(service: Service):
    wanted = json.dumps(body("ENDLESS and nobody waits.")).encode()
    before = set(service.redis.keys("nb:job:*"))
    head = f"POST /v1/briefs HTTP/1.1\r\nHost: t\r\nContent-Length: {len(wanted)}\r\n"

    with socket.create_connection(("127.0.0.1", service.port)) as line:
        line.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + wanted)
        wait_for(lambda: set(service.redis.keys("nb:job:*")) > before)
    (own,) = set(service.redis.keys("nb:job:*")) - before

    wait_for(lambda: json.loads(service.redis.get(own))["status"] == "cancelled")


def test_two_api_processes_share_one_job(launch: Callable[..., Service]):
    one = launch(wait_s=PATIENCE_S)
    one.worker()
    one.worker()
    other = launch(url=one.url, wait_s=PATIENCE_S)
    one.ready()
    url = one.client.post(
        "/v1/briefs", json=body("STREAM shared.", "By two."), headers={"Prefer": "respond-async"}
    ).headers["Location"]
    with other.client.stream("GET", f"{url}/events") as listening:
        kinds = [each["event"] for each in events(listening.iter_lines())]

    assert kinds.count("sentence") == 2
    assert kinds[-1] == "done"
    assert one.runs() == 1


def test_a_brief_made_without_its_writer_does_not_answer_for_long(service: Service):
    texts = ["UNWRITTEN talks resumed in Oslo.", "Whole talks resumed in Oslo."]

    made = [service.brief(text).json() for text in texts]

    assert [each["warnings"] for each in made] == [["writer-unavailable"], []]
    held = {
        service.redis.get(key).decode(): service.redis.ttl(key)
        for key in service.redis.keys("nb:outcome:*")
    }
    assert 0 < held.get(made[0]["id"], 1) <= 10
    assert held[made[1]["id"]] > 3600
    assert service.client.get(f"/v1/briefs/{made[0]['id']}").status_code == 200
