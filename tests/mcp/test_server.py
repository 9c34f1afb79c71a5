"""The server without a service: what no answer of the API can show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from service.mcp.server import create_server
from service.mcp.tools import Report
from tests.mcp.conftest import of


@asynccontextmanager
async def broken(ctx: object, report: Report) -> AsyncGenerator[None]:
    for message in ("starting", "starting", "nearly"):
        await report(message)
    raise RuntimeError("an embargoed sentence")
    yield


def failure(name: str, mode: str) -> MCPError:
    async def call() -> MCPError:
        async with Client(create_server(broken), mode=mode) as client:  # type: ignore[arg-type]
            with pytest.raises(MCPError) as raised:
                await client.call_tool(name, of("One."))
            return raised.value

    return asyncio.run(call())


def test_an_unforeseen_error_is_told_without_its_words(
    mode: str, capfd: pytest.CaptureFixture[str]
):
    told = failure("brief", mode)

    assert (told.error.code, told.error.message) == (-32603, "Something went wrong on our side; it was logged.")  # fmt: skip
    assert "embargoed" not in "".join(capfd.readouterr())


def test_an_unknown_tool_is_refused_with_those_that_there_are(mode: str):
    assert str(failure("publish", mode)) == (
        "No tool 'publish'; there are brief, check, agreement, article."
    )


def test_the_same_words_are_reported_once(mode: str):
    heard: list[tuple[float, str | None]] = []

    async def progress(number: float, total: float | None, message: str | None) -> None:
        heard.append((number, message))

    async def call() -> None:
        async with Client(create_server(broken), mode=mode) as client:  # type: ignore[arg-type]
            with pytest.raises(MCPError):
                await client.call_tool("brief", of("One."), progress_callback=progress)

    asyncio.run(call())

    assert heard == [(1.0, "starting"), (2.0, "nearly")]
