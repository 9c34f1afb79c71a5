"""`/mcp`: the tools over Streamable HTTP, behind the guard of every other call.

Each request is served for itself, so that any API process can answer the next one, and the protocol's
own code is loaded with the first. A caller that closes the connection withdraws what it asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from litestar import Controller, Litestar, Request, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.status_codes import HTTP_200_OK
from litestar.types import ASGIApp, Receive, Scope, Send

from service.api.platform.auth import READ, Forbidden, guard
from service.client import AsyncNewsbriefClient
from service.mcp.app_transport import AppTransport

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

HERE = "http://newsbrief"
"""The base URL of calls that never leave the process."""


class McpEndpoint:
    """Answers each request with a server of its own; `origins` may call from web pages."""

    def __init__(self, app: Litestar, origins: tuple[str, ...], max_body_bytes: int) -> None:
        self.origins = origins
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._manager: Callable[[], StreamableHTTPSessionManager] | None = None

    async def answer(self, body: bytes) -> ASGIApp:
        """The application that answers a request whose body was read already."""
        if self._manager is None:
            self._manager = await asyncio.to_thread(self._load)
        manager = self._manager()

        async def exchange(scope: Scope, receive: Receive, send: Send) -> None:
            unread: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

            async def again() -> Any:
                return unread.pop() if unread else await receive()

            answering: Any = manager.handle_request
            async with manager.run():
                await answering(scope, again, send)

        return exchange

    def _load(self) -> Callable[[], StreamableHTTPSessionManager]:
        """What makes a manager for one request; importing the protocol takes .4 s."""
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        from sse_starlette.sse import AppStatus

        from service.mcp.server import RETRIES, Context, Report, create_server

        # It would hang up on whoever listens as soon as the process is told to stop, which would
        # withdraw their jobs; `Submissions.close` lets them be answered first.
        AppStatus.disable_automatic_graceful_drain()
        transport = AppTransport(self._app)

        @asynccontextmanager
        async def connect(ctx: Context, _: Report) -> AsyncGenerator[AsyncNewsbriefClient]:
            request: Any = ctx.request
            key = request.headers.get("authorization", "").partition(" ")[2].strip() or None
            client = AsyncNewsbriefClient(HERE, key, retries=RETRIES, transport=transport)
            async with client:
                yield client

        server = create_server(connect)
        return lambda: StreamableHTTPSessionManager(
            server, stateless=True, max_request_body_size=self._max_body_bytes
        )


async def known_origin(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Guard: a web page may call only from an origin that the operator named. So no page can reach a
    service on loopback by a name of its own that it lets point there (DNS rebinding)."""
    origin = connection.headers.get("origin")
    if origin is not None and origin not in connection.app.state.mcp_endpoint.origins:
        raise Forbidden(
            f"Pages of the origin {origin[:80]!r} may not call this. Whoever runs the service can name"
            " it in NEWSBRIEF_CORS_ORIGINS; programs that are no web page send no Origin.",
            {},
        )


class McpController(Controller):
    path = "/mcp"
    guards = [known_origin, guard]
    include_in_schema = False

    @post(status_code=HTTP_200_OK, opt=READ)
    async def exchange(
        self, request: Request[Any, Any, Any], mcp_endpoint: NamedDependency[McpEndpoint]
    ) -> ASGIApp:
        return await mcp_endpoint.answer(await request.body())
