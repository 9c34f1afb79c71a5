"""A service whose parts can be made to fail: real Valkey, API and workers, a fake pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.store import keys
from tests.api.conftest import Service
from tests.conftest import PATIENCE_S, Processes, wait_for
from tests.faults.staged_worker import FOLDER, note
from tests.faults.store import Store

PATIENT_S = 90
"""How long a job's end is waited for: a lost worker is noticed after fifteen seconds."""


class Failing(Service):
    """A service with what tests of faults ask of it besides."""

    def __init__(self, url: str, processes: Processes, folder: Path, **settings: object) -> None:
        super().__init__(url, processes, **settings)
        self.folder = folder

    def worker(self, *, clocked: bool = False, **settings: object) -> Any:
        """A worker, on a clock that may be wrong."""
        command = [
            "-m",
            *(["tests.faults.clocked"] if clocked else []),
            "tests.faults.staged_worker",
        ]
        self.latest = self.processes.start(*command, **{**self._settings, **settings})
        return self.latest

    def sent(self, *texts: str) -> httpx.Response:
        """Ask for a brief and don't wait."""
        articles = [{"id": f"a{k}", "text": text} for k, text in enumerate(texts)]
        return self.client.post(
            "/v1/briefs", json={"articles": articles}, headers={"Prefer": "respond-async"}
        )

    def later(self, *texts: str) -> str:
        """The URL of the job of such a brief."""
        answer = self.sent(*texts)
        assert answer.status_code == 202, answer.text
        return answer.headers["Location"]

    def fingerprint(self) -> str:
        """What names the one queue."""
        (found,) = {each.decode() for each in self.redis.smembers(keys.QUEUES)}
        return found

    def status(self, job: str) -> str:
        return self.client.get(job).json().get("status", "")

    def ended(self, job: str) -> str:
        """How a job ended; answers that tell nothing of it, since a part is away, are passed over."""
        wait_for(lambda: self.status(job) in {"done", "failed", "cancelled"}, PATIENT_S)
        return self.status(job)

    def release(self, text: str) -> None:
        note(text, self.folder).touch()

    def runs_of(self, text: str) -> list[int]:
        """The process that made each run of a brief."""
        runs = note(text, self.folder).with_suffix(".runs")
        return [int(line) for line in runs.read_text().split()] if runs.exists() else []

    def runs(self, text: str = "") -> int:
        return len(self.runs_of(text))

    def begun(self, text: str, times: int = 1) -> None:
        wait_for(lambda: self.runs(text) >= times, PATIENT_S)


Launch = Callable[..., Failing]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A server of the test's own."""
    with store_at(tmp_path / "store") as made:
        yield made


@contextmanager
def store_at(folder: Path) -> Iterator[Store]:
    made = Store(folder).start()
    yield made
    made.kill()
    made.client.close()


@contextmanager
def launcher(folder: Path, processes: Processes) -> Iterator[Launch]:
    """Starts services with the settings given and no worker yet; each is closed in the end."""
    made: list[Failing] = []
    notes = folder / "notes"
    notes.mkdir()

    def start(url: str, **settings: object) -> Failing:
        made.append(Failing(url, processes, notes, **{"wait_s": PATIENCE_S, **settings}))
        wait_for(lambda: made[-1].client.get("/health/live").status_code == 200)
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER, str(notes))
        yield start
    for each in made:
        each.client.close()
        each.redis.close()


@pytest.fixture
def launch(processes: Processes, tmp_path: Path) -> Iterator[Launch]:
    """Starts a service of the test's own."""
    with launcher(tmp_path, processes) as start:
        yield start


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_at(tmp_path_factory.mktemp("store")) as made:
        yield made


@pytest.fixture(scope="module")
def shared(shared_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    """One service with one worker for the tests of a module, each with texts of its own."""
    folder = tmp_path_factory.mktemp("service")
    processes = Processes(folder)
    with launcher(folder, processes) as start:
        made = start(shared_store.url)
        made.worker()
        yield made.ready()
        processes.stop_all()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Clients that wait while the test goes on."""
    with ThreadPoolExecutor(16) as made:
        yield made
