"""The body of a request: JSON in UTF-8, read before the handler's own types are applied to it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, SerializationException

from service.api.platform.disconnect import ClientDisconnected
from service.errors import NewsbriefError


class MalformedJson(NewsbriefError):
    """The body is empty, is not UTF-8, or is not JSON."""

    code = "malformed-json"


def first_invalid_byte(body: bytes) -> int:
    """The offset of the first byte that is not UTF-8; the body's length if all are.

    >>> first_invalid_byte("café".encode("latin-1"))
    3
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start
    return len(body)


async def answer_or_read(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Before-request hook: the answer that is kept for this very request, or, of every POST that takes
    a body, the body; the request keeps what was parsed.

    Raises `HTTPException` with 415 for another media type or a compressed body, `MalformedJson`, and
    `ClientDisconnected` if the connection closes before the body's end.
    """
    takes_body = request.method == "POST" and not request.route_handler.opt.get("bodiless")
    if takes_body:
        await _read(request)
    if (answer := await request.app.state.kept_answers.answer(request)) is not None:
        return answer
    if takes_body:
        await _parse(request)
    return None


async def _read(request: Request[Any, Any, Any]) -> None:
    media_type, _ = request.content_type
    if media_type != "application/json":
        raise HTTPException(
            status_code=415,
            detail=f"The body is {media_type[:80] or 'of no stated type'!r}; send"
            " Content-Type: application/json.",
        )
    if (coding := request.headers.get("content-encoding", "identity").lower()) != "identity":
        raise HTTPException(
            status_code=415,
            detail=f"The body is {coding[:40]!r}; send it without Content-Encoding.",
        )
    try:
        body = await request.body()
    except InternalServerException as cut_off:  # what Litestar raises then, and only then
        raise ClientDisconnected("The connection closed within the body.") from cut_off
    if not body.strip():
        raise MalformedJson(
            "The body is empty. Send a JSON object; /schema shows an example of each request."
        )


async def _parse(request: Request[Any, Any, Any]) -> None:
    try:
        await request.json()
    except UnicodeDecodeError as error:
        at = first_invalid_byte(await request.body())
        raise MalformedJson(f"The body is not UTF-8 (byte {at}). Send JSON in UTF-8.") from error
    except SerializationException as error:
        raise MalformedJson(f"The body can't be read as JSON: {error}.") from error
