"""Requests to an application in the same process: answers as they are sent, closing as hanging up."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from service.mcp.app_transport import AppTransport

START = {"type": "http.response.start", "status": 200, "headers": []}


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://here", transport=AppTransport(app))


def test_pieces_come_as_they_are_sent():
    heard = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        await send(part(b"one", more=True))
        await heard.wait()
        await send(part(b"two", more=False))
        assert (await receive())["body"] == b"asked"
        assert (await receive())["type"] == "http.disconnect"

    async def call() -> list[bytes]:
        found = []
        async with client(app) as http, http.stream("POST", "/", content=b"asked") as answer:
            async for piece in answer.aiter_raw():
                found.append(piece)
                heard.set()
        return found

    assert asyncio.run(call()) == [b"one", b"two"]


@pytest.mark.parametrize("begun", [False, True])
def test_who_leaves_early_is_gone_to_the_application(begun: bool):
    gone = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begun:
            await send(START)
            await send(part(b"one", more=True))
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    async def call() -> None:
        async with client(app) as http:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await http.get("/")
        async with asyncio.timeout(5):
            await gone.wait()

    asyncio.run(call())


def test_an_application_that_gives_no_answer_is_an_error_of_the_transport():
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    async def call() -> None:
        async with client(app) as http:
            await http.get("/")

    with pytest.raises(httpx.RemoteProtocolError, match="no answer"):
        asyncio.run(call())
