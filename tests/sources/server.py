"""A web server on loopback that serves what a test lays out."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

PROSE = "Talks resumed in Moscow on Tuesday, officials of both sides said after they had met. "
ARTICLE = f"<html><body><nav>Home</nav><article><p>{PROSE * 4}</p></article></body></html>"


class Reply(msgspec.Struct, frozen=True):
    """What one path answers; `slow_s` is waited before each of the body's pieces. A request whose
    If-None-Match is its ETag is answered 304 with the same headers."""

    body: bytes = ARTICLE.encode()
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(
        default_factory=lambda: {"Content-Type": "text/html"}
    )
    slow_s: float = 0.0
    pieces: int = 1


def redirect(to: str) -> Reply:
    return Reply(b"", 302, {"Location": to})


class Site:
    """Paths and their replies; `seen` are the requests, `asked` their headers by path, `most` how many
    ran at once."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.replies: dict[str, Reply] = {}
        self.seen: list[tuple[str, str]] = []
        self.asked: dict[str, list[Message]] = {}
        self.most = self._now = 0
        self._lock = threading.Lock()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.seen.append((handler.path, handler.headers["User-Agent"]))
            self.asked.setdefault(handler.path, []).append(handler.headers)
            self._now += 1
            self.most = max(self.most, self._now)
        reply = self.replies.get(handler.path, Reply(b"", 404))
        tag = reply.headers.get("ETag")
        if tag is not None and handler.headers["If-None-Match"] == tag:
            reply = msgspec.structs.replace(reply, status=304, pieces=0)
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        try:
            for _ in range(reply.pieces):
                time.sleep(reply.slow_s)
                handler.wfile.write(reply.body)
                handler.wfile.flush()
        except OSError:
            pass  # the fetcher has seen enough
        with self._lock:
            self._now -= 1


@contextmanager
def site(tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.serve(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        served = Site(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
