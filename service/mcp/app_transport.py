"""httpx's requests answered by an ASGI application in this process, as they are sent.

httpx's own `ASGITransport` gives an answer only once it is whole; events must come as they are told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
from litestar.types import ASGIApp

from service.logs import request_id

END: dict[str, Any] = {"type": "end"}


class AppTransport(httpx.AsyncBaseTransport):
    """Closing an answer before its end is to the application as if the caller hung up."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(await request.aread())
        running = asyncio.create_task(exchange.run(self._app, scope_of(request)))
        self._running.add(running)  # else nothing would hold it
        running.add_done_callback(self._running.discard)
        try:
            start = await exchange.sent.get()
        except BaseException:
            exchange.closed.set()
            raise
        if start is END:
            raise httpx.RemoteProtocolError("the application gave no answer", request=request)
        return httpx.Response(start["status"], headers=start["headers"], stream=exchange)


class Exchange(httpx.AsyncByteStream):
    """One request and its answer: the application's two channels, and the body that comes of them."""

    def __init__(self, body: bytes) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def run(self, app: ASGIApp, scope: Any) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            self.sent.put_nowait(END)

    async def _send(self, message: Any) -> None:
        self.sent.put_nowait(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.closed.set()  # as ASGI has it: behind a whole answer the caller is gone

    async def _receive(self) -> Any:
        if self._unread:
            return self._unread.pop()
        await self.closed.wait()
        return {"type": "http.disconnect"}

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self.sent.get()) is not END:
            yield message.get("body", b"")

    async def aclose(self) -> None:
        self.closed.set()


def scope_of(request: httpx.Request) -> dict[str, Any]:
    """The request as the application is given it, under the id of the one that caused it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [
            *((name.lower(), value) for name, value in request.headers.raw),
            (b"x-request-id", request_id().encode()),
        ],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.split(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": None,
        "root_path": "",
    }
