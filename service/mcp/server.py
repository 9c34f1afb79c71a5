"""The server: the protocol's requests given to tools and resources."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from itertools import count
from typing import Any

import msgspec
import structlog
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)
from pydantic import ValidationError

import service
from service.client import ApiProblem, AsyncNewsbriefClient, ClientError, Retries
from service.logs import frames
from service.mcp.resources import LISTED, TEMPLATES, read
from service.mcp.tools import DATA, OFFERS, Report, arguments, refusal

Context = ServerRequestContext[Any, Any]

Connect = Callable[[Context, Report], AbstractAsyncContextManager[AsyncNewsbriefClient]]
"""The client for one request of an agent; it may report what must be waited for first."""

RETRIES = Retries(attempts=3, longest_s=5.0)
"""An agent is told of what takes longer, and may do something else meanwhile."""

INSTRUCTIONS = (
    "Newsbrief turns articles on one event into a brief in which every sentence cites the exact"
    " characters that support it. Call `brief` with the articles, `check` with a text of your own,"
    f" `article` and `agreement` to look behind a citation. Keep the citations when you quote. {DATA}"
)


def create_server(connect: Connect) -> Server[Any]:
    """The server on whatever transport; it holds nothing between two requests."""

    async def list_tools(ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[offer.tool for offer in OFFERS.values()])

    async def call_tool(ctx: Context, params: CallToolRequestParams) -> CallToolResult:
        if (offer := OFFERS.get(params.name)) is None:
            known = ", ".join(OFFERS)
            raise MCPError(INVALID_PARAMS, f"No tool {params.name[:60]!r}; there are {known}.")
        report = reporter(ctx)
        try:
            asked = arguments(offer.takes, params.arguments)
            async with connect(ctx, report) as client:
                return await offer.call(asked, client, report)
        except ClientError as error:
            return refusal(error)

    async def list_resources(
        ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        return ListResourcesResult(resources=LISTED)

    async def list_templates(
        ctx: Context, params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=TEMPLATES)

    async def read_resource(ctx: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        try:
            async with connect(ctx, reporter(ctx)) as client:
                return await read(params.uri, client)
        except ClientError as error:
            problem = msgspec.to_builtins(error.problem) if isinstance(error, ApiProblem) else None
            raise MCPError(INVALID_PARAMS, str(error), problem) from None

    made: Server[Any] = Server(
        "newsbrief",
        version=service.__version__,
        title="Newsbrief",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=input_schema,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
    )
    # Its own is for traces; ours are made around the HTTP request, and never hold an error's words.
    made.middleware = [opaque]
    return made


def input_schema(name: str) -> dict[str, Any] | None:
    return OFFERS[name].tool.input_schema if name in OFFERS else None


def reporter(ctx: Context) -> Report:
    """Progress as the protocol has it: a number that grows, and words; never the same words twice
    in a row."""
    numbers, last = count(1), ""

    async def report(message: str) -> None:
        nonlocal last
        if message != last:
            last = message
            await ctx.session.report_progress(next(numbers), message=message)

    return report


async def opaque(ctx: Context, call_next: CallNext) -> HandlerResult:
    """An unforeseen error is logged by its type and place, and the agent is told neither."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Exception as error:  # noqa: BLE001  # the one border behind which nothing else speaks
        structlog.get_logger().error("mcp.failed", error=type(error).__name__, frames=frames(error))
        raise MCPError(INTERNAL_ERROR, "Something went wrong on our side; it was logged.") from None


async def serve_stdio(connect: Connect) -> None:
    """Serve one agent on stdin and stdout until stdin ends."""
    server = create_server(connect)
    async with stdio_server() as (heard, told):
        await server.run(heard, told, server.create_initialization_options())
