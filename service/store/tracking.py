"""Tracking: which keys were written, erased, expired or evicted, as Redis itself tells it.

One connection a process asks for it (CLIENT TRACKING in broadcast mode, RESP3, Redis 6 or later). Redis puts
what it tells of a change on this connection before it acknowledges the change, and so before the answer to any command
that is sent later; so one round trip makes certain that all changes before it are known. Requests that come
while one is under way share the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from service.store import keys
from service.store.connect import COMMAND_TIMEOUT_S, DRIVER, UNANNOUNCED
from service.store.workers import ALIVE, ALIVE_S, Announcement, read_announcements

PREFIXES = (
    "nb:article:",
    "nb:brief:",
    "nb:comparison:",
    "nb:outcome:",
    "nb:report:",
    "nb:retracted:",
    "nb:successors:",
    "nb:version:",
)
"""Of which keys changes are told."""

ROUND_TRIP_S = 1.0
"""The longest that a round trip may take: whoever waited for it then asks Redis itself, and waits again."""

RETRY_S = 1.0
"""How long to wait before a lost connection is made again."""

TOLD = object()
"""Read from the connection in place of a message that Redis sent of its own accord."""

Changed = Callable[[str | None], None]
"""Called with each key that changed; with None where any may have."""


class Tracking:
    """`newest` is the live worker that started last, as of the latest round trip; `changes` counts
    the messages so far, so that a reader can tell whether something changed while it read."""

    def __init__(self, url: str) -> None:
        self._client = Redis.from_url(
            url,
            protocol=3,
            socket_timeout=None,
            socket_connect_timeout=COMMAND_TIMEOUT_S,
            driver_info=DRIVER,
            maint_notifications_config=UNANNOUNCED,
        )
        self._listeners: list[Changed] = []
        self._waiting: list[asyncio.Future[bool]] = []
        self._asked = asyncio.Event()
        self._answer: asyncio.Future[Any] = asyncio.Future()
        self._awaited: dict[str, set[asyncio.Future[None]]] = {}
        self._task: asyncio.Task[None] | None = None
        self._follows = False
        self._announced: Any = None
        self.newest: Announcement | None = None
        self.changes = 0

    def listen(self, changed: Changed) -> None:
        """Have `changed` called from now on."""
        self._listeners.append(changed)

    def start(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def aclose(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._release()
        await self._client.aclose()

    async def caught_up(self) -> bool:
        """Wait until every change before this call is known. False where Redis can't tell."""
        if not self._follows:
            return False
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        self._asked.set()
        return await waiting

    async def changed(self, key: str, within_s: float) -> bool:
        """Wait until a key changes. False if it has not within that time."""
        change = asyncio.get_running_loop().create_future()
        awaited = self._awaited.setdefault(key, set())
        awaited.add(change)
        try:
            async with asyncio.timeout(within_s):
                await change
            return True
        except TimeoutError:
            return False
        finally:
            awaited.discard(change)
            if not awaited and self._awaited.get(key) is awaited:
                del self._awaited[key]

    async def _follow(self) -> None:
        """Keep a connection until the process ends; without one everything may have changed."""
        lost = False
        while True:
            connection = self._client.connection_pool.make_connection()
            try:
                await self._track(connection)
                self._follows, lost = True, False
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._read(connection))
                    group.create_task(self._ask(connection))
            except* (RedisError, OSError, TimeoutError) as errors:
                if not lost:
                    error = type(errors.exceptions[0]).__name__
                    structlog.get_logger().warning("tracking.lost", error=error)
                lost = True
            finally:
                self._follows = False
                self._tell(None)
                self._release()
                with suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            await asyncio.sleep(RETRY_S)

    async def _track(self, connection: AbstractConnection) -> None:
        await connection.connect()
        parser: Any = connection._parser  # pyright: ignore[reportPrivateUsage]  # redis-py offers it to its own cache alone
        parser.set_invalidation_push_handler(self._invalidated)
        prefixes = [part for each in PREFIXES for part in ("PREFIX", each)]
        await connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", *prefixes)
        await connection.read_response(timeout=COMMAND_TIMEOUT_S)

    async def _ask(self, connection: AbstractConnection) -> None:
        """Ask who works, for all who wait by then; the answer is read by `_read`."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            self._answer = asyncio.get_running_loop().create_future()
            asked, self._waiting = self._waiting, []
            try:
                await connection.send_command("EVAL", ALIVE, 1, keys.WORKERS, ALIVE_S)
                async with asyncio.timeout(ROUND_TRIP_S):
                    announced: Any = await self._answer
            except BaseException:
                self._waiting = asked + self._waiting  # released as untold
                raise
            if announced != self._announced:
                self._announced = announced
                self.newest = next(iter(read_announcements(announced)), None)
            for each in asked:
                if not each.done():
                    each.set_result(True)

    async def _read(self, connection: AbstractConnection) -> None:
        """Read what Redis says, of its own accord (told by `_invalidated`) or as an answer."""
        while True:
            answer: Any = await connection.read_response(push_request=True)
            if answer is not TOLD and not self._answer.done():
                self._answer.set_result(answer)

    async def _invalidated(self, message: list[Any]) -> object:
        """What Redis says: the keys that changed, or None for all of them."""
        for name in message[1] or [None]:
            self._tell(None if name is None else name.decode())
        return TOLD

    def _tell(self, key: str | None) -> None:
        self.changes += 1
        for changed in self._listeners:
            changed(key)
        names = list(self._awaited) if key is None else [key]
        for change in (each for name in names for each in self._awaited.pop(name, ())):
            if not change.done():
                change.set_result(None)

    def _release(self) -> None:
        """Let go of whoever waits: what changed is not known."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(False)
