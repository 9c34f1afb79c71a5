"""Serve: the API process, alone or with a worker and a store that live and die with it."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType

import msgspec
import structlog
import uvicorn
from litestar import Litestar
from uvicorn.config import STARTUP_FAILURE

from service import traces
from service.api.platform.http_protocol import ProblemProtocol
from service.app import create_app
from service.errors import InvalidSettings
from service.logs import configure_logging
from service.settings import PREFIX, Settings
from service.store.embedded import embedded_server

ANSWERING_S = 2.0
"""Of the time to stop, what is left for the last answers to be sent."""

KEEP_ALIVE_S = 75
"""How long an idle connection is kept: longer than clients and proxies keep theirs (httpx 5 s, nginx 60 s),
so that none sends a request into one that is just closing."""

RESTART_FIRST_S, RESTART_LONGEST_S = 1.0, 30.0
"""How long to wait before a dead worker is started again; doubled while it keeps dying."""


def serve(settings: Settings) -> None:
    """The API, one worker, the writer's server if it is our own, and a private Valkey unless a
    Redis is named, until SIGINT or SIGTERM.

    Then the API drains, the worker finishes, the writer's server ends and the store saves.
    Raises as `api` does, and `ModelMissing` for a writer that is not here.
    """
    from service.models.loading import writer_server
    from service.worker import model_config

    _refuse_strangers(settings)
    configure_logging()
    signal.signal(signal.SIGTERM, _leave)
    store = (
        nullcontext(settings.redis_url)
        if settings.redis_url is not None
        else embedded_server(settings.data_dir / "valkey")
    )
    # The worker finds the writer's server by the data folder, again after each start.
    with store as url, writer_server(model_config(settings)):
        connected = msgspec.structs.replace(settings, redis_url=url)
        with _worker_process(url, settings.shutdown_grace_s):
            api(connected)


def api(settings: Settings) -> None:
    """The API alone, on the Redis that the settings name, until SIGINT or SIGTERM.

    Raises `InvalidSettings` for an address that others could reach without a key.
    """
    _refuse_strangers(settings)
    traces.configure_tracing(settings.otlp_endpoint, "api")
    app = create_app(settings)
    gc.collect()
    gc.freeze()  # to collect what was made to start held answers up: p99 23 to 45 ms, now 6 to 8
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
        access_log=False,
        log_config=None,
        http=ProblemProtocol,
        ws="none",
        timeout_keep_alive=KEEP_ALIVE_S,
        server_header=False,
    )
    server = _Server(config, app, settings.shutdown_grace_s)
    with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has drained
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """Answers whoever waits before its time to stop is over, instead of hanging up on them."""

    def __init__(self, config: uvicorn.Config, app: Litestar, grace_s: int) -> None:
        super().__init__(config)
        self._app = app
        self._grace_s = grace_s

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if (submissions := self._app.state.get("submissions")) is not None:
            submissions.close(max(0.0, self._grace_s - ANSWERING_S))
        super().handle_exit(sig, frame)


def _refuse_strangers(settings: Settings) -> None:
    if not (is_loopback(settings.host) or settings.require_keys or settings.allow_anonymous):
        raise InvalidSettings(
            f"NEWSBRIEF_HOST={settings.host!r} can be reached from other machines, and no key is"
            " asked for: whoever reaches the port could read and write. Set"
            " NEWSBRIEF_REQUIRE_KEYS=1 and make keys with `newsbrief keys create`, bind to"
            " 127.0.0.1, or set NEWSBRIEF_ALLOW_ANONYMOUS=1 where the network itself is closed."
        )


def _leave(signum: int, frame: FrameType | None) -> None:
    """Unwind instead of dying: uvicorn raises the signal again after it has drained."""
    sys.exit(0)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@contextmanager
def _worker_process(url: str, grace_s: int) -> Generator[None]:
    """A worker kept alive by a watching thread; on exit it is told to finish, and waited for."""
    over = threading.Event()
    watcher = _Watcher(url, over)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.stop(grace_s)


class _Watcher(threading.Thread):
    """Starts the worker again when it dies, later and later."""

    def __init__(self, url: str, over: threading.Event) -> None:
        super().__init__(name="worker-watcher", daemon=True)
        self._environ = {**os.environ, f"{PREFIX}REDIS_URL": url}
        self._over = over
        self._process = self._spawn()

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "service", "worker"]
        return subprocess.Popen(command, env=self._environ, start_new_session=True)

    def run(self) -> None:
        pause = RESTART_FIRST_S
        while not self._over.is_set():
            begun = time.monotonic()
            code = self._process.wait()
            if self._over.is_set():
                return
            pause = (
                RESTART_FIRST_S
                if time.monotonic() - begun > 60
                else min(RESTART_LONGEST_S, 2 * pause)
            )
            structlog.get_logger().error("worker.died", exit_code=code, restart_in_s=pause)
            if not self._over.wait(pause):
                self._process = self._spawn()

    def stop(self, grace_s: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=grace_s + 10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
