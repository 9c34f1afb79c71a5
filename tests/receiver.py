"""A receiver of webhooks: a real uvicorn on loopback that keeps what it is sent."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn

from tests.conftest import free_port, wait_for


class Got(msgspec.Struct, frozen=True):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)


class Receiver:
    """`answers` holds the statuses that a path still gives; then it is 204. Every answer names / as
    its location. /endless never ends its answer, /silent never begins it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, deque[int]] = defaultdict(deque)
        self.got: list[Got] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str, count: int = 1) -> list[Got]:
        """What came to a path, once there is so much of it."""
        wait_for(lambda: len(self.all_at(path)) >= count)
        return self.all_at(path)

    def all_at(self, path: str) -> list[Got]:
        return [each for each in self.got if each.path == path]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.got.append(Got(scope["path"], headers, body + message["body"]))
        answers = self.answers[scope["path"]]
        status = answers.popleft() if answers else 204
        if scope["path"] == "/silent":
            await receive()
            return
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"location", b"/")]}
        )
        while scope["path"] == "/endless":
            await send({"type": "http.response.body", "body": b"x" * 4096, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def receiver() -> Iterator[Receiver]:
    made = Receiver(free_port())
    config = uvicorn.Config(made, port=made.port, lifespan="off", ws="none", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started)
        yield made
    finally:
        server.should_exit = True
        thread.join()
