"""What can't be read as HTTP at all is answered with a problem document too."""

from __future__ import annotations

from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.api.platform.problems import MEDIA_TYPE, TITLES
from service.schemas.wire import Problem

CODE = "malformed-request"

MOST_HEAD_BYTES = 65_536
"""Of a request line with its header fields, of trailers, and between two pieces of a chunked body;
the parser itself would gather them without end."""


class ProblemProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1; its own answer to a request that it can't parse is plain text."""

    _head_bytes = 0
    """Received since the last byte of a body, or the last end of a head."""

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The head of the request has over {MOST_HEAD_BYTES} bytes.")

    def on_headers_complete(self) -> None:
        self._head_bytes = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer `msg` as a problem document and close the connection.

        No application has seen the request, so the document has no `request_id`. Where an answer
        is under way already, the connection is closed without another.
        """
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        if cycle is None or cycle.response_complete or not cycle.response_started:
            document = Problem(type=f"/problems/{CODE}", title=TITLES[CODE], status=400, detail=msg)
            body = msgspec.json.encode(document)
            head = (
                "HTTP/1.1 400 Bad Request\r\n"
                f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
