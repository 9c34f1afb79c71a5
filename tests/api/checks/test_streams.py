"""A check as it is made: each sentence of the draft told once it is judged."""

from __future__ import annotations

import json

import msgspec
import pytest

from service.store.briefs import StoredReport
from tests.api.conftest import Service
from tests.api.jobs.test_job_submission import ended, events

pytestmark = pytest.mark.slow

STREAM = {"Accept": "text/event-stream"}


def check(text: str, **options: str) -> dict[str, object]:
    return {"text": text, "articles": [{"id": "a0", "text": "Rain."}], "options": options}


def heard(service: Service, wanted: dict[str, object]) -> list[dict[str, str]]:
    with service.client.stream("POST", "/v1/checks", json=wanted, headers=STREAM) as answer:
        return list(events(answer.iter_lines()))


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
def test_verdicts_come_one_by_one_in_the_asked_unit_and_are_those_of_the_check(
    service: Service, unit: str
):
    draft = f"TOLD \U0001f600 {unit}.\nThe zweite é.\nThe third."
    told: list[dict[str, str]] = []
    wanted = check(draft, offset_unit=unit)
    with service.client.stream("POST", "/v1/checks", json=wanted, headers=STREAM) as answer:
        for each in events(answer.iter_lines()):
            told.append(each)
            if each["event"] == "verdict":
                service.release(draft)  # it is read before the pipeline goes on

    data = {kind: [json.loads(each["data"]) for each in told if each["event"] == kind] for kind in ("draft", "verdict", "done")}  # fmt: skip
    (split,), (done,) = data["draft"], data["done"]
    assert [each["event"] for each in told if each["event"] != "stage"] == [
        "draft", "verdict", "verdict", "verdict", "done",
    ]  # fmt: skip
    assert data["verdict"] == done["sentences"]
    spans = [{"start": each["start"], "end": each["end"]} for each in done["sentences"]]
    assert split["sentences"] == spans
    units = {"codepoint": 0, "utf16": 1, "utf8": 3}
    assert spans[0]["end"] == draft.index("\n") + units[unit]


def test_a_listener_of_a_check_resumes_behind_the_last_verdict_that_it_heard(service: Service):
    wanted = check("First.\nSecond.\nThird.")
    job = service.client.post("/v1/checks", json=wanted, headers={"Prefer": "respond-async"})
    url = job.headers["Location"] + "/events"
    with service.client.stream("GET", url) as listening:
        everything = list(events(listening.iter_lines()))

    seen = everything[-3]["id"]
    with service.client.stream("GET", url, headers={"Last-Event-ID": seen}) as listening:
        rest = list(events(listening.iter_lines()))

    assert rest == everything[-2:]
    assert [each["event"] for each in rest] == ["verdict", "done"]


def test_a_held_check_is_told_again_and_outlives_its_job(service: Service):
    wanted = check("Kept \U0001f600.\nLonger.", offset_unit="utf16")
    first = heard(service, wanted)
    again = heard(service, wanted)
    for each in service.redis.keys("nb:job:*"):
        service.redis.delete(each)

    (alone,) = heard(service, wanted)

    assert again == first
    assert alone["event"] == "done"
    assert json.loads(alone["data"]) == json.loads(first[-1]["data"])


def test_of_a_check_that_a_release_before_stored_without_its_draft_only_the_job_is_told(
    service: Service,
):
    wanted = check("Stored \U0001f600 before.")
    heard(service, wanted)
    (key,) = [each for each in service.redis.keys("nb:report:*") if b"Stored" in (service.redis.get(each) or b"")]  # fmt: skip
    stored = msgspec.msgpack.decode(service.redis.get(key), type=StoredReport)
    service.redis.set(key, msgspec.msgpack.encode(msgspec.structs.replace(stored, text="")))

    last = heard(service, wanted)[-1]

    assert last["event"] == "done"
    assert list(json.loads(last["data"])) == ["job"]


def test_a_check_that_fails_ends_its_stream_with_the_problem(service: Service):
    told = heard(service, check("UNCHECKABLE.\nMore."))

    assert [each["event"] for each in told[-2:]] == ["verdict", "error"]
    assert json.loads(told[-1]["data"])["type"] == "/problems/nothing-to-brief"


def test_who_ends_the_stream_of_a_check_withdraws(service: Service):
    wanted = check("TOLD, and left.\nNever read.")
    with service.client.stream("POST", "/v1/checks", json=wanted, headers=STREAM) as answer:
        job = answer.headers["X-Job"]
        next(each for each in events(answer.iter_lines()) if each["event"] == "verdict")

    assert ended(service, job) == "cancelled"
