"""Fixtures of the whole suite: the real models, and a real Valkey, API and worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.cli.models import registered
from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.models.pull import pull
from service.pipeline.types import Article
from service.store.embedded import embedded_server

SEEDS = Path(__file__).parent.parent / "seeds"
BROWSER = Path(__file__).parent / "browser"
COLLECTED = Path(__file__).parent.parent.parent / "shared" / "seeds"
PATIENCE_S = 200
"""How long anything is waited for. It ends as soon as it has come, so that only a test that fails
takes so long, on a machine that is busy with other things too; pytest's own limit is longer."""


def articles_in(folder: Path) -> tuple[Article, ...]:
    return tuple(
        Article(id=path.stem, text=path.read_bytes().decode())
        for path in sorted(folder.glob("*.txt"))
    )


def pytest_configure(config: pytest.Config) -> None:
    for line in (
        "models: needs the registry's models on disk (by the fixtures `fetched` and `models`)",
        "browser: needs Chromium (all of tests/browser)",
        "slow: waits for a lease, builds the package, tries very many requests, or starts pip or Ray often",
        "soak: takes minutes of load, or of leases that run out (only `make soak` runs them)",
    ):
        config.addinivalue_line("markers", line)


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by what it asks for."""
    for item in items:
        if "fetched" in getattr(item, "fixturenames", ()):
            item.add_marker("models")
        if "parts" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
        if item.get_closest_marker("soak"):
            item.add_marker("slow")
        if BROWSER in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def fetched() -> None:
    """The default models are on disk: for what loads them itself, in a process of its own too."""
    pull(registered(ModelConfig()))


@pytest.fixture(scope="session")
def models(fetched: None) -> Models:
    """The embedded models, loaded once."""
    return load(ModelConfig())


@pytest.fixture(scope="session")
def seeds() -> tuple[Article, ...]:
    return articles_in(SEEDS)


@pytest.fixture(scope="session")
def collected() -> tuple[Article, ...]:
    """The five articles as they were collected, where they are at hand."""
    if not COLLECTED.is_dir():
        pytest.skip("the collected articles are not on this machine")
    return articles_in(COLLECTED)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    """The URL of a real server of this test's own."""
    with embedded_server(tmp_path / "valkey") as url:
        yield url


class Processes:
    """Starts our processes on a Redis and stops every one that it started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **settings: object) -> subprocess.Popen[bytes]:
        given = {f"NEWSBRIEF_{name.upper()}": str(value) for name, value in settings.items()}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("NEWSBRIEF_")}
        log = self.log(len(self.started)).open("wb")
        process = subprocess.Popen(
            [sys.executable, *command], env={**clean, **given}, stdout=log, stderr=log
        )
        log.close()
        self.started.append(process)
        return process

    def log(self, number: int) -> Path:
        return self._folder / f"process-{number}.log"

    def logged(self) -> str:
        return "".join(self.log(k).read_text() for k in range(len(self.started)))

    def stop_all(self) -> None:
        for process in reversed(self.started):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    started = Processes(tmp_path)
    yield started
    started.stop_all()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def wait_for(what: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Return as soon as `what` is true; fail if it is not within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if what():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} seconds")
