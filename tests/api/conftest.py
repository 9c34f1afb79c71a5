"""A running service: real Valkey, real uvicorn, real worker process, fake pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis

from service.store.embedded import embedded_server
from tests.conftest import PATIENCE_S, Processes, free_port, wait_for
from tests.fake_worker import release
from tests.sources.server import Reply, Site, site


class Service:
    """An API, a worker and their Redis, with what tests ask of them."""

    def __init__(self, url: str, processes: Processes, **settings: object) -> None:
        self.url = url
        self.processes = processes
        self.port = free_port()
        self.redis = redis.Redis.from_url(url)
        self._settings = {"redis_url": url, "port": self.port, **settings}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE_S)
        self.api = processes.start("-m", "service", "api", **self._settings)

    def worker(self) -> Any:
        return self.processes.start("-m", "tests.fake_worker", **self._settings)

    def ready(self) -> Service:
        wait_for(lambda: self.client.get("/health/ready").status_code == 200)
        return self

    def brief(self, *texts: str, **options: Any) -> httpx.Response:
        articles = [{"id": f"a{k}", "text": text} for k, text in enumerate(texts)]
        return self.client.post("/v1/briefs", json={"articles": articles, "options": options})

    def release(self, text: str) -> None:
        """Let the brief of a text that says HELD or TOLD go on."""
        self.redis.set(release(text), 1)

    def runs(self) -> int:
        return int(self.redis.get("test:runs") or 0)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for the tests of a module, each with articles of its own."""
    folder = tmp_path_factory.mktemp("service")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        made = Service(
            url, processes, wait_s=PATIENCE_S, max_articles=5, max_article_characters=5000
        )
        made.worker()
        yield made.ready()
        made.client.close()
        made.redis.close()
        processes.stop_all()


@pytest.fixture(scope="session")
def web() -> Iterator[Site]:
    """A site on loopback; a page may be kept by `reading`, so each test has paths of its own."""
    with site() as served:
        served.replies["/story"] = Reply()
        served.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /private")
        yield served


@pytest.fixture(scope="session")
def reading(tmp_path_factory: pytest.TempPathFactory, web: Site) -> Iterator[Service]:
    """A service that may fetch from the site."""
    folder = tmp_path_factory.mktemp("reading")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        made = Service(url, processes, wait_s=PATIENCE_S, fetch_allow=f"127.0.0.1:{web.port}",
                       fetch_deadline_s=60, max_articles=6, max_article_characters=5000)  # fmt: skip
        made.worker()
        yield made.ready()
        made.client.close()
        made.redis.close()
        processes.stop_all()


@pytest.fixture
def launch(valkey: str, processes: Processes) -> Iterator[Callable[..., Service]]:
    """Starts a service of the test's own, with the settings given and no worker yet."""
    made: list[Service] = []

    def start(url: str = valkey, **settings: object) -> Service:
        made.append(Service(url, processes, **settings))
        wait_for(lambda: made[-1].client.get("/health/live").status_code == 200)
        return made[-1]

    yield start
    for each in made:
        each.client.close()
        each.redis.close()
