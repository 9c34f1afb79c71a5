"""What can't be read as HTTP at all is answered with a problem document too."""

from __future__ import annotations

import h11
import msgspec
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.api.platform.problems import MEDIA_TYPE, TITLES
from service.schemas.wire import Problem

CODE = "malformed-request"


class ProblemProtocol(H11Protocol):
    """uvicorn's HTTP/1.1; its own answer to a request that it can't parse is plain text."""

    def send_400_response(self, msg: str) -> None:
        """Answer `msg` as a problem document and close the connection.

        No application has seen the request, so the document has no `request_id`. Where an answer
        is under way already, the connection is closed without another.
        """
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            document = Problem(type=f"/problems/{CODE}", title=TITLES[CODE], status=400, detail=msg)
            body = msgspec.json.encode(document)
            headers = [
                ("Content-Type", MEDIA_TYPE),
                ("Content-Length", str(len(body))),
                ("Connection", "close"),
            ]
            head = h11.Response(status_code=400, headers=headers, reason="Bad Request")
            for event in (head, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
