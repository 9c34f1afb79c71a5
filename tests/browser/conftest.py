"""A real Chromium on a real service; the worker's briefs are made up of the articles' sentences."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from service.store.embedded import embedded_server
from tests.api.conftest import Service
from tests.conftest import PATIENCE_S, Processes, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

PATIENCE_MS = 120_000
"""Far more than anything takes, on a machine that is busy with other things too."""

expect.set_options(timeout=PATIENCE_MS)

Visit = Callable[..., Page]


class Desk(Service):
    """The service with the worker of this folder, and the address of its newsroom page."""

    def worker(self) -> object:
        return self.processes.start("-m", "tests.browser.story_worker", **self._settings)

    @property
    def address(self) -> str:
        return str(self.client.base_url)


@contextmanager
def chromium() -> Generator[Browser]:
    """The installed Chromium; the test is skipped where there is none."""
    if not CHROMIUM:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        # A root user, as in containers, can't have Chromium's own sandbox.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        with playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as started:
            yield started


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Stopped with this package: while it runs, no other event loop can in this thread."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def host_port() -> int:
    """Where the host page of another origin is served."""
    return free_port()


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory, host_port: int) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        origins = f"http://localhost:{host_port}"
        made = Desk(
            url, processes, wait_s=PATIENCE_S, cors_origins=origins, frame_ancestors=origins
        )
        made.worker()
        yield made.ready()
        made.client.close()
        made.redis.close()
        processes.stop_all()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def visit(context: BrowserContext, desk: Desk) -> Iterator[Visit]:
    """Opens a page; whatever it reports as an error, the policy's refusals among them, fails."""
    complaints: list[str] = []

    def open_page(path: str = "/", *, allowed: str = "") -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not (allowed and re.search(allowed, message.text))
                else None
            ),
        )
        page.goto(desk.address + path if path.startswith("/") else path)
        return page

    yield open_page
    assert complaints == []


def violations(page: Page) -> list[str]:
    """What axe-core has against the page as it stands: rule, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", WCAG
    )
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def expect_marked(page: Page, characters: str) -> None:
    """Wait until the source pane marks these characters as cited, all of them and no others."""
    page.wait_for_function(
        """characters => characters === [...document.querySelector("news-brief").shadowRoot
            .querySelectorAll("mark.active")].map((mark) => mark.textContent).join("")""",
        arg=characters,
    )
