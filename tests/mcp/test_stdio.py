"""`newsbrief mcp` as a real process, as an agent's host starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from mcp import Client

from service.cli.mcp import private_service, ready
from service.client import ArticleIn, AsyncNewsbriefClient, Unreachable
from service.settings import Settings
from tests.api.conftest import Service
from tests.api.platform.test_auth import keys
from tests.client.test_client import withdrawn
from tests.conftest import wait_for
from tests.mcp.conftest import of, over_stdio

pytestmark = pytest.mark.slow


def base(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


def test_a_host_gets_a_brief_on_stdout_and_nothing_else(service: Service, tmp_path: Path):
    log = tmp_path / "log"

    made = over_stdio(
        log, lambda client: client.call_tool("brief", of("By pipe.")), NEWSBRIEF_URL=base(service)
    )

    assert made.structured_content["text"] == "By pipe."
    assert log.read_text() == ""


def test_the_key_of_the_environment_is_used(launch: Callable[..., Service], tmp_path: Path):
    service = launch(require_keys=1)
    key = keys("create", "--name", "agent", redis_url=service.url).strip()
    wanted = {"brief_id": "none", "article_id": "a"}

    def status(**environ: str) -> int:
        made = over_stdio(
            tmp_path / "log", lambda client: client.call_tool("article", wanted),
            "--url", base(service), **environ,
        )  # fmt: skip
        return made.structured_content["status"]

    assert (status(), status(NEWSBRIEF_KEY="nb_0_x")) == (401, 401)
    assert status(NEWSBRIEF_KEY=key) == 404


def test_a_cancelled_call_withdraws_the_job(service: Service, tmp_path: Path):
    before = withdrawn(service)

    async def use(client: Client) -> None:
        async with anyio.create_task_group() as group:

            async def progress(*_: object) -> None:
                group.cancel_scope.cancel()

            arguments = of("ENDLESS, and called off by pipe.")
            await client.call_tool("brief", arguments, progress_callback=progress)
        await client.list_tools()  # the server goes on

    over_stdio(tmp_path / "log", use, NEWSBRIEF_URL=base(service))

    wait_for(lambda: withdrawn(service) == before + 1)


def test_a_private_service_is_waited_for_and_ends_with_its_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NEWSBRIEF_DATA_DIR", str(tmp_path))
    heard: list[str] = []

    async def use(url: str, process: subprocess.Popen[bytes]) -> str:
        async def report(message: str) -> None:
            heard.append(message)

        async with AsyncNewsbriefClient(url) as client:
            await ready(client, process, report)
            return (await client.brief([ArticleIn(id="a", text="Ours alone.")])).text

    command = (sys.executable, "-m", "tests.fake_serve")
    with private_service(Settings(), command) as (url, process):
        assert asyncio.run(use(url, process)) == "Ours alone."

    assert heard[0] == "the service is starting, 0 s"
    assert process.returncode == 0


def test_a_private_service_that_dies_is_told(tmp_path: Path):
    async def use(url: str, process: subprocess.Popen[bytes]) -> None:
        async def report(message: str) -> None: ...

        async with AsyncNewsbriefClient(url) as client:
            await ready(client, process, report)

    dead = (sys.executable, "-c", "exit(3)")
    with (
        private_service(Settings(), dead) as (url, process),
        pytest.raises(Unreachable, match=r"exit code 3.*NEWSBRIEF_URL"),
    ):
        asyncio.run(use(url, process))


def test_sigterm_ends_the_private_service_though_stdin_is_open():
    script = (
        "import asyncio, sys; from service.cli.mcp import private_service, run; from service.settings import Settings\n"
        "with private_service(Settings(), (sys.executable, '-c', 'import time; time.sleep(99)')) as (url, p):\n"
        "    print(p.pid, flush=True); asyncio.run(run(url, None, p))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as host:
        child = int(host.stdout.readline())  # type: ignore[union-attr]
        host.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')  # type: ignore[union-attr]
        assert b'"id":1' in host.stdout.readline()  # type: ignore[union-attr]
        host.send_signal(signal.SIGTERM)

        assert host.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.usefixtures("fetched")
def test_without_a_url_the_real_service_is_started(tmp_path: Path):
    text = "A fire destroyed a warehouse in Lombok on Sunday, police said. The fire began at night."
    arguments = of(text, mode="extractive", length={"sentences": 1})
    home = {"NEWSBRIEF_DATA_DIR": str(tmp_path / "data"), "NEWSBRIEF_WRITER": "none"}

    made = over_stdio(tmp_path / "log", lambda client: client.call_tool("brief", arguments), **home)

    assert made.structured_content["sentences"][0]["citations"]
