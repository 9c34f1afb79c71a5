"""A chat server on loopback that answers as it is told, badly above all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", dict[str, Any]], None]


def chunk(**choice: Any) -> str:
    return "data: " + json.dumps({"choices": [{"index": 0, "delta": {}, **choice}]}) + "\n\n"


def says(text: str, reason: str | None = "stop", *, wait_s: float = 0) -> Reply:
    """A streamed answer, word by word."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin("text/event-stream")
        for word in text.split(" "):
            time.sleep(wait_s)
            handler.send(chunk(delta={"content": f"{word} "}))
        if reason is not None:
            handler.send(chunk(finish_reason=reason))
            handler.send("data: [DONE]\n\n")

    return reply


def odds(**tokens: float) -> Reply:
    """A first token with the logarithms of its probabilities."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        top = [{"token": token, "logprob": value} for token, value in tokens.items()]
        handler.begin("text/event-stream")
        handler.send(chunk(delta={"content": "Yes"}, logprobs={"content": [{"top_logprobs": top}]}))
        handler.send(chunk(finish_reason="length"))

    return reply


def status(code: int, text: str = "{}", **headers: str) -> Reply:
    def reply(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin("application/json", code, **headers)
        handler.send(text)

    return reply


def raw(text: str) -> Reply:
    def reply(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin("text/event-stream")
        handler.send(text)

    return reply


def hangs(handler: Handler, body: dict[str, Any]) -> None:
    """Sends nothing until the client is gone."""
    handler.begin("text/event-stream")
    with suppress(OSError):
        while True:
            handler.send(": still here\n\n")
            time.sleep(0.05)
    handler.chat.left.set()


class ChatServer:
    """`replies` are used up one by one, the last one again and again; `asked` holds the requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.replies: list[Reply] = [says("Talks resumed.")]
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.at_once, self.most_at_once = 0, 0
        self.left = threading.Event()
        self.lock = threading.Lock()

    def next(self) -> Reply:
        with self.lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class Handler(BaseHTTPRequestHandler):
    chat: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.chat.lock:
            self.chat.asked.append(body)
            self.chat.keys.append(self.headers["Authorization"])
            self.chat.at_once += 1
            self.chat.most_at_once = max(self.chat.most_at_once, self.chat.at_once)
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                self.chat.next()(self, body)
        finally:
            with self.chat.lock:
                self.chat.at_once -= 1

    def begin(self, kind: str, code: int = 200, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    handler = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    handler.chat = ChatServer(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield handler.chat
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
