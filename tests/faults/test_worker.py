"""Workers die, hang, stand still and run out of memory: every job comes to its end, once."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from service.pipeline.progress import STAGES
from tests.conftest import Processes, wait_for
from tests.faults.conftest import Failing, launcher, store_at

pytestmark = pytest.mark.soak

DEADLY = "DIES on this text."
FROZEN = "AT write and frozen."


def stage_text(stage: str) -> str:
    return f"AT {stage} and killed."


class Killed:
    """A service all of whose workers were lost at once, and the jobs that they had."""

    def __init__(self, service: Failing, jobs: dict[str, str], frozen: Any) -> None:
        self.service = service
        self.jobs = jobs
        self.frozen = frozen


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killed]:
    """A worker is killed in every stage, one stands still in its job; then there are two new ones.

    All at once, since a lost worker is noticed after fifteen seconds.
    """
    folder = tmp_path_factory.mktemp("killed")
    processes = Processes(folder)
    texts = [stage_text(stage) for stage in STAGES]
    with store_at(folder / "store") as store, launcher(folder, processes) as launch:
        service = launch(store.url, job_attempts=2)
        workers = [service.worker() for _ in (*texts, FROZEN)]
        wait_for(lambda: service.client.get("/health/ready").json()["workers"] == len(workers))
        jobs = {text: service.later(text) for text in (*texts, FROZEN)}
        for text in jobs:
            service.begun(text)
        (frozen,) = [each for each in workers if [each.pid] == service.runs_of(FROZEN)]
        for each in workers:
            each.send_signal(signal.SIGSTOP if each is frozen else signal.SIGKILL)
        for text in texts:
            service.release(text)
        jobs[DEADLY] = service.later(DEADLY)
        for _ in range(4):
            service.worker()
        yield Killed(service, jobs, frozen)
        frozen.send_signal(signal.SIGCONT)
        processes.stop_all()


@pytest.mark.parametrize("stage", STAGES)
def test_killed_in_any_stage_its_job_is_another_s(killed: Killed, stage: str):
    text = stage_text(stage)

    assert killed.service.ended(killed.jobs[text]) == "done"
    assert killed.service.runs(text) == 2


def test_a_text_that_kills_every_worker_is_given_up_and_blocks_nobody(killed: Killed):
    service = killed.service

    assert service.brief("Beside it.").status_code == 200
    assert service.ended(killed.jobs[DEADLY]) == "failed"
    answer = service.client.get(killed.jobs[DEADLY]).json()["problem"]
    assert answer["type"] == "/problems/unavailable"
    assert "lost 2 times" in answer["detail"]
    assert service.runs(DEADLY) == 2
    assert service.brief("After it.").status_code == 200


def test_one_that_stood_still_changes_nothing_any_more(killed: Killed):
    service, job = killed.service, killed.jobs[FROZEN]
    service.begun(FROZEN, 2)
    key = f"nb:job:{{{job.rsplit('/', 1)[-1]}}}"

    killed.frozen.send_signal(signal.SIGCONT)
    wait_for(lambda: "job.taken_over" in service.processes.logged())
    running = json.loads(service.redis.get(key))
    service.release(FROZEN)

    assert running["status"] == "running"
    assert service.ended(job) == "done"
    time.sleep(1)
    assert service.status(job) == "done"
    assert service.redis.ttl(key) > 0
    kinds = [line for line in service.client.get(f"{job}/events").text.splitlines() if line.startswith("event:")]  # fmt: skip
    assert kinds.count("event: sentence") == 1
    assert service.runs(FROZEN) == 2
