"""Several workers over one store, of one version and of two: each job is worked once, by its own kind."""

from __future__ import annotations

import pytest

from tests.conftest import wait_for
from tests.faults.conftest import Launch
from tests.faults.staged_worker import ENCODER
from tests.faults.store import Store

pytestmark = pytest.mark.slow


def test_many_workers_share_the_jobs_and_each_is_worked_once(launch: Launch, store: Store):
    service = launch(store.url)
    workers = [service.worker() for _ in range(3)]
    wait_for(lambda: service.client.get("/health/ready").json()["workers"] == 3)
    texts = [f"TAKES 100 and is number {k}." for k in range(24)]

    jobs = [service.later(text) for text in texts]

    assert {service.ended(job) for job in jobs} == {"done"}
    runs = [service.runs_of(text) for text in texts]
    assert {len(each) for each in runs} == {1}
    assert {pid for each in runs for pid in each} == {each.pid for each in workers}


def test_two_versions_take_their_own_jobs_and_nothing_is_lost_when_the_old_one_stops(
    launch: Launch, store: Store, monkeypatch: pytest.MonkeyPatch
):
    service = launch(store.url, max_queued=9)
    old = service.worker(shutdown_grace_s=1)
    service.ready()
    texts = [f"AT align for the old {k}." for k in range(3)]
    before = [service.later(text) for text in texts]
    service.begun(texts[0])
    monkeypatch.setenv(ENCODER, "encoder@2")
    new = service.worker()
    wait_for(lambda: len(service.redis.smembers("nb:queues")) == 2)

    made = service.brief("Made beside it.")
    old.terminate()
    old.wait(30)
    after = service.brief("Made after it.")
    waiting = [service.status(job) for job in before]
    monkeypatch.delenv(ENCODER)
    again = service.worker()
    for text in texts:
        service.release(text)

    assert [made.status_code, after.status_code] == [200, 200]
    assert service.runs_of("Made beside it.") == service.runs_of("Made after it.") == [new.pid]
    assert set(waiting) <= {"queued", "running"}
    assert [service.ended(job) for job in before] == ["done"] * 3
    assert {pid for text in texts for pid in service.runs_of(text)} == {old.pid, again.pid}
