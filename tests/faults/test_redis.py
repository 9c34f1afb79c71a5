"""Redis is down, dies, loses its data, freezes, is slow, full or read-only: what callers see, and that
nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest
import redis

from service.store import keys
from service.store.connect import COMMAND_TIMEOUT_S, queue_client
from tests.conftest import wait_for
from tests.faults.conftest import Failing, Launch
from tests.faults.store import Proxy, Store

pytestmark = pytest.mark.slow


def is_refused(answer: httpx.Response) -> bool:
    """A problem document that says to come back."""
    return (
        answer.status_code == 503
        and answer.json()["type"] == "/problems/unavailable"
        and int(answer.headers["Retry-After"]) > 0
    )


def processor_share(worker: Any, seconds: float = 2) -> float:
    """Of one core, what a process uses."""
    process = psutil.Process(worker.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / seconds


def test_down_at_the_start_is_waited_for(launch: Launch, store: Store):
    store.kill()
    service = launch(store.url)
    worker = service.worker()

    refused = service.brief("Talks resumed.")
    wait_for(lambda: "worker.beat_failed" in service.processes.logged())
    store.start()
    service.ready()

    assert is_refused(refused)
    assert worker.poll() is None
    assert service.brief("Talks resumed.").status_code == 200


def test_dying_within_a_job_it_costs_no_work(
    shared: Failing, shared_store: Store, pool: ThreadPoolExecutor
):
    text = "AT write as it dies."
    assert shared.brief("Held before.").status_code == 200
    waiting = pool.submit(shared.brief, text)
    shared.begun(text)

    shared_store.kill()
    during = shared.brief("Held before.")
    shared_store.start()
    shared.release(text)
    repeated = shared.brief(text)

    assert is_refused(during)
    assert waiting.result().status_code == 200 or is_refused(waiting.result())
    assert repeated.status_code == 200
    assert shared.runs(text) == 1
    assert shared.brief("Held before.").json()["cache"]["status"] == "hit"


def test_back_again_it_serves_every_request(
    shared: Failing, shared_store: Store, pool: ThreadPoolExecutor
):
    """Connections that the dead server closed are given to no request."""
    assert {each.status_code for each in pool.map(shared.brief, map(str, range(16)))} == {200}

    shared_store.kill()
    shared_store.start()
    shared.ready()

    assert {shared.brief(f"After {k}.").status_code for k in range(6)} == {200}


def test_back_empty_it_loses_no_request_that_is_waited_for(
    shared: Failing, shared_store: Store, pool: ThreadPoolExecutor
):
    running = pool.submit(shared.brief, "AT write running.")
    shared.begun("AT write running.")
    queued = pool.submit(shared.brief, "Queued.")
    wait_for(lambda: shared_store.client.llen(f"saq:nb-{shared.fingerprint()}:queued") == 1)

    lost = [key for key in shared_store.client.keys("*") if key.decode() != keys.WORKERS]
    shared_store.client.delete(*lost)
    shared.release("AT write running.")

    assert [each.result().status_code for each in (running, queued)] == [200, 200]


def test_back_empty_its_queues_are_counted_again(shared: Failing, shared_store: Store):
    shared_store.client.flushall()
    shared.ready()
    texts = [f"AT write {k}." for k in range(3)]
    jobs = [shared.later(text) for text in texts]
    shared.begun(texts[0])

    figures = shared.client.get("/metrics").text

    assert "newsbrief_queue_jobs 2.0" in figures
    for text, job in zip(texts, jobs, strict=True):
        shared.release(text)
        assert shared.ended(job) == "done"


def test_standing_still_it_holds_nobody_up(shared: Failing, shared_store: Store):
    text = "AT write as it stands still."
    job = shared.later(text)
    shared.begun(text)

    pid, begun = shared_store.freeze(), time.monotonic()
    try:
        refused = shared.brief("Other talks.")
        took_s = time.monotonic() - begun
    finally:
        os.kill(pid, signal.SIGCONT)
    shared.release(text)

    assert is_refused(refused)
    assert took_s < 2 * COMMAND_TIMEOUT_S
    assert shared.ended(job) == "done"
    assert shared.runs(text) == 1


def test_standing_still_it_holds_up_no_command_of_the_queue(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("service.store.connect.QUEUE_TIMEOUT_S", 0.3)

    async def counted() -> None:
        client = queue_client(store.url)
        await client.ping()
        pid = store.freeze()
        try:
            await client.llen("saq:queued")
        finally:
            os.kill(pid, signal.SIGCONT)
            await client.aclose()

    with pytest.raises(redis.exceptions.TimeoutError):
        asyncio.run(asyncio.wait_for(counted(), 20))


def test_slow_it_makes_briefs_slower_and_no_worse(
    launch: Launch, shared: Failing, shared_store: Store
):
    proxy = Proxy(shared_store.port)
    service = launch(f"redis://127.0.0.1:{proxy.port}/0").ready()
    proxy.delay_s = 0.05

    first, again = service.brief("Slow talks."), service.brief("Slow talks.")
    proxy.close()

    assert [each.status_code for each in (first, again)] == [200, 200]
    assert again.json()["cache"]["status"] == "hit"


@pytest.mark.parametrize("policy", ["noeviction", "volatile-lru"])
def test_full_it_refuses_and_keeps_what_was_accepted(
    shared: Failing, shared_store: Store, policy: str
):
    text = f"AT write as it fills by {policy}."
    shared_store.config(maxmemory_policy=policy)
    job = shared.later(text)
    shared.begun(text)

    shared_store.fill()
    refused = shared.brief("More talks.")
    shared_store.config(maxmemory=0)
    shared.release(text)

    assert is_refused(refused)
    assert "full or read-only" in refused.json()["detail"]
    assert shared.ended(job) == "done"
    assert shared.runs(text) == 1
    assert shared.ready().brief("More talks.").status_code == 200


@pytest.mark.soak
def test_full_as_a_brief_is_kept_it_has_the_brief_made_again(shared: Failing, shared_store: Store):
    text = "AT write and full at the end."
    shared_store.config(maxmemory_policy="noeviction")
    job = shared.later(text)
    shared.begun(text)

    shared_store.fill()
    failed = shared.processes.logged().count("Error processing job")
    shared.release(text)
    wait_for(lambda: shared.processes.logged().count("Error processing job") > failed)
    shared_store.config(maxmemory=0)

    assert shared.ended(job) == "done"
    assert shared.runs(text) == 2


def test_read_only_it_refuses_and_keeps_what_was_accepted(shared: Failing, shared_store: Store):
    """As after a failover, while the old primary is still asked."""
    text = "AT write as it turns read-only."
    job = shared.later(text)
    shared.begun(text)

    shared_store.client.replicaof("127.0.0.1", 1)
    refused = shared.brief("Still more talks.")
    shared_store.client.replicaof("no", "one")
    shared.release(text)
    done = shared.ended(job)
    shared_store.client.replicaof("127.0.0.1", 1)
    idle = processor_share(shared.latest)
    shared_store.client.replicaof("no", "one")

    assert is_refused(refused)
    assert "full or read-only" in refused.json()["detail"]
    assert done == "done"
    assert idle < 0.3
    assert shared.ready().brief("Still more talks.").status_code == 200
