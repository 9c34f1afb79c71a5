"""A caller that closes its connection while it waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request, Response

from service.errors import NewsbriefError

CLIENT_CLOSED_REQUEST = 499
"""The status, as nginx has it, of a request whose caller closed the connection; it is never sent."""


class ClientDisconnected(NewsbriefError):
    """The caller closed the connection; nobody reads an answer."""

    code = "cancelled"


async def client_disconnect(request: Request[Any, Any, Any]) -> AsyncGenerator[asyncio.Event]:
    """Dependency: an event that is set once the caller has closed the connection.

    The body is read before, because it comes over the same channel as the disconnection.
    """
    disconnected = asyncio.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        disconnected.set()

    await request.body()
    watching = asyncio.create_task(watch())
    try:
        yield disconnected
    finally:
        watching.cancel()


def from_client_disconnected(
    _: Request[Any, Any, Any], error: ClientDisconnected
) -> Response[bytes]:
    """Exception handler: an empty answer that nobody reads; its status is what is counted."""
    return Response(b"", status_code=CLIENT_CLOSED_REQUEST)
