"""A worker's process, its pipeline aside."""

from __future__ import annotations

import signal
from pathlib import Path

from service.store.embedded import embedded_server
from tests.conftest import Processes, wait_for


def test_a_worker_touches_its_file_whether_redis_answers_or_not(
    processes: Processes, tmp_path: Path
):
    alive = tmp_path / "alive"

    def touched_again() -> bool:
        return alive.stat().st_mtime_ns > before

    with embedded_server(tmp_path / "valkey") as url:
        worker = processes.start("-m", "tests.fake_worker", redis_url=url, worker_alive_file=alive)
        wait_for(alive.exists)
        before = alive.stat().st_mtime_ns
        wait_for(touched_again)

    wait_for(lambda: "beat_failed" in processes.logged())
    before = alive.stat().st_mtime_ns
    wait_for(touched_again, 30)
    worker.send_signal(signal.SIGKILL)
