"""The running service of the API's tests, and the protocol's own client to call it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from tests.api.conftest import Service
from tests.api.conftest import launch as launch
from tests.api.conftest import service as service

ROOT = Path(__file__).parents[2]

T = TypeVar("T")

Use = Callable[[Client], Awaitable[T]]


def over_http(service: Service, use: Use[T], mode: str = "auto", key: str = "") -> T:
    """What `use` makes of a client that is connected to the service."""

    async def connected() -> T:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with create_mcp_http_client(headers=headers) as http:
            url = f"http://127.0.0.1:{service.port}/mcp"
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, mode=mode) as client:
                return await use(client)

    return asyncio.run(connected())


def over_stdio(log: Path, use: Use[T], *arguments: str, **environ: str) -> T:
    """The same of `newsbrief mcp`, which writes its stderr to `log`."""

    async def connected() -> T:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "service", "mcp", *arguments], cwd=ROOT, env=environ
        )
        with log.open("w") as errors:
            async with Client(stdio_client(command, errlog=errors)) as client:
                return await use(client)

    return asyncio.run(connected())


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    """The newest protocol version, and the one with a handshake that most hosts speak."""
    return request.param


def of(*texts: str, **options: Any) -> dict[str, Any]:
    """The arguments of `brief`."""
    articles = [{"id": f"a{k}", "text": text} for k, text in enumerate(texts)]
    return {"articles": articles, "options": options}
