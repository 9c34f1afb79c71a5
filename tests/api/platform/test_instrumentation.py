"""Seen from outside: request ids, logs, figures, positions and timings."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from service.logs import configure_logging
from tests.api.conftest import Service
from tests.conftest import wait_for

WORDS = "the minister's unprinted words"


def logged(service: Service, event: str, **wanted: Any) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in service.processes.logged().splitlines()]
    return [each for each in lines if each["event"] == event and wanted.items() <= each.items()]


def figures(service: Service) -> dict[str, float]:
    """`name label=value …` of every sample of /metrics, labels in order → its value."""
    families = text_string_to_metric_families(service.client.get("/metrics").text)
    return {
        " ".join([s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items()))]): s.value
        for each in families
        for s in each.samples
    }


def test_a_request_keeps_its_sane_id_and_any_other_gets_one(service: Service):
    answers = [
        service.client.get("/health/live", headers={"X-Request-ID": given})
        for given in ("desk-7f3a.12", "two words", "x" * 65, "")
    ]

    own = [each.headers["X-Request-ID"] for each in answers]
    assert own[0] == "desk-7f3a.12"
    assert all(len(each) == 32 for each in own[1:])
    assert len(set(own)) == 4


@pytest.mark.parametrize("path", ["/v1/briefs/none", "/nowhere"])
def test_a_problem_names_its_request(service: Service, path: str):
    answer = service.client.get(path)

    assert answer.status_code == 404
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_logs_follow_a_request_into_its_job_without_a_word_of_its_articles(service: Service):
    answer = service.client.post(
        "/v1/briefs?token=hush-hush",
        json={"articles": [{"id": "a", "title": WORDS, "text": f"Logged. {WORDS}"}]},
        headers={"X-Request-ID": "followed-1"},
    )

    made = answer.json()["id"]
    (done,) = logged(service, "job.done", request_id="followed-1")
    assert (done["brief"], done["attempt"], bool(done["job"])) == (made, 1, True)
    wait_for(lambda: bool(logged(service, "request.served", request_id="followed-1")))
    (served,) = logged(service, "request.served", request_id="followed-1")
    assert (served["method"], served["route"], served["status"]) == ("POST", "/v1/briefs", 200)
    assert served["ms"] >= 0
    assert served["key"] == ""
    assert not {WORDS, "hush-hush"} & set(service.processes.logged().split('"'))
    assert "hush" not in service.processes.logged()
    assert "unprinted" not in service.processes.logged()


def test_the_worker_logs_a_crash_without_its_words(service: Service):
    answer = service.brief("BROKEN and logged.")

    assert answer.status_code == 500
    (crash,) = logged(service, "job.crashed")
    assert crash["error"] == "RuntimeError"
    assert crash["frames"][-1].startswith("fake_worker.py:run:")


def test_what_libraries_log_is_json_without_the_words_of_an_exception(
    capsys: pytest.CaptureFixture[str],
):
    configure_logging()
    try:
        raise ValueError(WORDS)
    except ValueError:
        logging.getLogger("saq").exception("Error processing job")
    finally:
        (handler,) = [h for h in logging.getLogger().handlers if h.get_name() == "newsbrief"]
        logging.getLogger().removeHandler(handler)
        structlog.reset_defaults()

    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["logger"], told["error"]) == (
        "Error processing job",
        "saq",
        "ValueError",
    )
    assert WORDS not in str(told)


def test_metrics_tell_of_answers_jobs_and_what_was_withheld(service: Service):
    before = figures(service)
    articles = [{"text": "DOUBTED once."}, {"text": "And told."}]
    for prefer in ("", "respond-async"):
        service.client.post("/v1/briefs", json={"articles": articles}, headers={"Prefer": prefer})
    after = figures(service)

    grown = {name: after[name] - before.get(name, 0.0) for name in after}
    assert grown["newsbrief_answers_total cache=miss task=brief"] == 1
    assert grown["newsbrief_answers_total cache=hit task=brief"] == 1
    assert grown["newsbrief_jobs_total code= outcome=done task=brief"] == 1
    assert grown["newsbrief_job_seconds_count task=brief"] == 1
    assert grown["newsbrief_sentences_withheld_total reason=not-supported"] == 1
    assert grown["newsbrief_verdicts_total status=supported task=brief"] == 2
    assert grown["newsbrief_request_seconds_count method=POST route=/v1/briefs status=200"] == 2
    assert (after["newsbrief_workers"], after["newsbrief_redis_up"]) == (1, 1)
    (memory,) = [after[name] for name in after if name.startswith("newsbrief_worker_memory_bytes ")]
    assert memory > 1_000_000


def test_paths_and_methods_that_callers_make_up_are_one_label(service: Service):
    for path in ("/made/up", "/v1/nothing"):
        service.client.get(path)
    service.client.request("PROPFIND", "/health/live")

    counted = [name for name in figures(service) if name.startswith("newsbrief_request_seconds_c")]
    assert any("route=none status=404" in each for each in counted)
    assert any("method=other" in each for each in counted)
    assert not any(word in each for each in counted for word in ("made", "nothing", "PROPFIND"))


def test_a_job_tells_its_place_in_the_queue_and_how_long_each_stage_took(service: Service):
    urls = [
        service.client.post(
            "/v1/briefs",
            json={"articles": [{"text": f"ENDLESS and {name}."}]},
            headers={"Prefer": "respond-async"},
        ).headers["Location"]
        for name in ("first", "second", "third")
    ]
    job = lambda url: service.client.get(url).json()  # noqa: E731
    wait_for(lambda: job(urls[0])["stage"] == "write")
    first, second, third = map(job, urls)
    figure = figures(service)
    for url in urls:
        service.client.delete(url)

    assert (first["position"], second["position"], third["position"]) == (None, 0, 1)
    assert list(first["timings_ms"]) == ["queued", "write"]
    assert list(third["timings_ms"]) == ["queued"]
    assert figure["newsbrief_queue_jobs"] == 2
    assert figure["newsbrief_queue_oldest_seconds"] > 0
