"""Both processes are told to stop while they are at work; nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.conftest import Service
from tests.conftest import PATIENCE_S, wait_for

Launch = Callable[..., Service]


@pytest.mark.slow
def test_a_stopping_api_answers_whoever_waits_and_withdraws_nobody(launch: Launch):
    service = launch(wait_s=PATIENCE_S, shutdown_grace_s=6)
    worker = service.worker()
    service.ready()

    with ThreadPoolExecutor(3) as pool:
        quick = pool.submit(service.brief, "HELD and done in time.")
        wait_for(lambda: service.runs() == 1)
        late = pool.submit(service.brief, "ENDLESS and not in time.")
        listener = pool.submit(listen, service, "ENDLESS and followed.")
        wait_for(lambda: len(service.redis.keys("nb:job:*")) == 3)
        service.api.terminate()
        service.release("HELD and done in time.")

    worker.kill()
    assert service.api.wait(PATIENCE_S) is not None
    assert quick.result().status_code == 200
    assert late.result().status_code == 504
    assert "event: done" not in listener.result().text
    for job in (late.result().json()["job"], listener.result().headers["X-Job"]):
        record = json.loads(service.redis.get(f"nb:job:{{{job.rsplit('/', 1)[-1]}}}"))
        assert record["status"] in {"queued", "running"}


def listen(service: Service, text: str) -> httpx.Response:
    body = {"articles": [{"text": text}]}
    headers = {"Accept": "text/event-stream"}
    return service.client.post("/v1/briefs", json=body, headers=headers)


@pytest.mark.slow
def test_the_next_worker_takes_what_a_stopping_one_could_not_finish(launch: Launch):
    service = launch(wait_s=0, shutdown_grace_s=1)
    first = service.worker()
    service.ready()
    job = service.brief("FOREVER and handed on.").json()["job"]
    wait_for(lambda: service.client.get(job).json()["status"] == "running")

    first.terminate()
    wait_for(lambda: service.client.get("/health/ready").json()["workers"] == 0)
    service.worker()

    wait_for(lambda: service.client.get(job).json()["status"] == "done")
    assert first.wait(PATIENCE_S) == 0
    assert service.runs() == 2
