"""A worker whose pipeline hangs, or takes all memory: its job ends, the next one is worked, and it can be stopped."""

from __future__ import annotations

import resource
import subprocess

import psutil
import pytest

from tests.faults.conftest import Launch
from tests.faults.store import Store

pytestmark = pytest.mark.slow

ENDS_S = 20
"""Within this a worker has ended that was told to, with a grace of a second."""


def test_hung_it_fails_the_job_works_on_and_can_be_stopped(launch: Launch, store: Store):
    service = launch(store.url, job_timeout_s=1, job_attempts=1)
    worker = service.worker(shutdown_grace_s=1)
    service.ready()

    hung = service.brief("HANGS in a step.")
    after = service.brief("After it.")
    worker.terminate()

    assert (hung.status_code, hung.json()["type"]) == (503, "/problems/unavailable")
    assert "longer than 1 seconds" in hung.json()["detail"]
    assert after.status_code == 200
    try:
        assert worker.wait(ENDS_S) == 0
    except subprocess.TimeoutExpired:
        pytest.fail("the worker does not end")


def test_out_of_memory_it_fails_the_job_and_works_on(launch: Launch, store: Store):
    service = launch(store.url)
    worker = psutil.Process(service.worker().pid)
    service.ready()
    most = worker.memory_info().vms + (512 << 20)
    worker.rlimit(resource.RLIMIT_AS, (most, most))

    eaten, after = service.brief("EATS all."), service.brief("After it.")

    assert (eaten.status_code, eaten.json()["type"]) == (500, "/problems/internal")
    assert after.status_code == 200
    assert service.runs("EATS all.") == 1
    assert '"error": "MemoryError"' in service.processes.logged()
