"""`newsbrief mcp`: the tools for one agent, on stdin and stdout."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from service.settings import CLIENT_KEY, CLIENT_URL, Settings

if TYPE_CHECKING:
    from service.mcp.server import Report

SERVE = (sys.executable, "-m", "service", "serve")

LOOK_S = 0.5
"""How often a service that is starting is asked whether it is ready."""


@click.command()
@click.option("--url", envvar=CLIENT_URL, help="A running service (default a private one).")
def mcp(url: str | None) -> None:
    """Serve the tools for agents on stdin and stdout (Model Context Protocol).

    They call the service at NEWSBRIEF_URL, with the key in NEWSBRIEF_KEY; without a URL a private
    one that lives as long as this command, started as `newsbrief serve` starts it.
    """
    from service.logs import configure_logging

    configure_logging()
    if url is not None:
        asyncio.run(run(url, os.environ.get(CLIENT_KEY)))
        return
    settings = Settings.from_environ(os.environ)
    with private_service(settings) as (private, process):
        asyncio.run(run(private, None, process))


async def run(url: str, key: str | None, process: subprocess.Popen[bytes] | None = None) -> None:
    """Serve until stdin ends; a `process` is waited for until it is ready to be called."""
    from service.client import AsyncNewsbriefClient
    from service.mcp.server import RETRIES, serve_stdio

    async with AsyncNewsbriefClient(url, key, retries=RETRIES) as client:

        @asynccontextmanager
        async def connect(ctx: Any, report: Report) -> AsyncGenerator[AsyncNewsbriefClient]:
            if process is not None:
                await ready(client, process, report)
            yield client

        await serve_stdio(connect)


@contextmanager
def private_service(
    settings: Settings, command: Sequence[str] = SERVE
) -> Generator[tuple[str, subprocess.Popen[bytes]]]:
    """The URL and the process of a service on a loopback port of its own, which ends with the block
    or with SIGTERM. It has a session of its own, so that whoever kills our group lets it finish."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    ours = {"NEWSBRIEF_HOST": "127.0.0.1", "NEWSBRIEF_PORT": str(port)}
    environ = {name: value for name, value in os.environ.items() if name != CLIENT_KEY}
    process = subprocess.Popen(
        command, env={**environ, **ours}, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(),
        start_new_session=True,
    )  # fmt: skip

    def stop() -> None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(settings.shutdown_grace_s + 10)

    def leave(signum: int, frame: FrameType | None) -> None:
        stop()
        os._exit(128 + signum)  # a thread that reads stdin can't be interrupted otherwise

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        stop()
        signal.signal(signal.SIGTERM, before)


async def ready(client: Any, process: subprocess.Popen[bytes], report: Report) -> None:
    """Return once the service can write briefs. Raises `Unreachable` if its process ended."""
    from service.client import Unreachable

    begun = time.monotonic()
    while process.poll() is None:
        with suppress(Unreachable):
            if (await client.ready()).status == "ready":
                return
        await report(f"the service is starting, {time.monotonic() - begun:.0f} s")
        await asyncio.sleep(LOOK_S)
    raise Unreachable(
        f"The private service ended with the exit code {process.returncode}; why is on this command's"
        f" stderr. If `newsbrief serve` runs already, set {CLIENT_URL} to its address."
    )
