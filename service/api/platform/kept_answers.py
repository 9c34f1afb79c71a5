"""Kept answers: what was answered from Redis before, given again as it is while nothing has changed.

An answer is kept with the Redis keys that it was made of. A change of any of them forgets it, and before
it is given, one round trip makes certain that no change is unknown (`service.store.tracking`); so it is never
older than what another process would answer. All requests that wait share that round trip.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import msgspec
from litestar import Request, Response

from service.api.platform.compression import Compressed, takes_gzip
from service.api.platform.etags import matches, packed_tag
from service.api.platform.metrics import Meters
from service.schemas.wire import BriefResponse, CacheOut
from service.store.tracking import Tracking

KEPT: dict[str, Any] = {"kept": True}
"""The `opt` of a route whose answers may be kept."""

MOST_BYTES = 64_000_000
"""Of answers and the requests that they belong to; what was not asked for longest goes first."""

MOST_OF_ONE = MOST_BYTES // 16

Name = tuple[str, str, str, str, str, bytes]
"""Namespace, path, query, Accept, Content-Type and body: what an answer depends on besides Redis."""


class Source(msgspec.Struct, frozen=True):
    """What an answer is made of: Redis keys, the first of which expires in `lasts_s` seconds, and
    the fingerprint that the newest live worker must have, "" where that does not matter."""

    keys: frozenset[str]
    lasts_s: float
    fingerprint: str = ""


class KeptAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer, as bytes. One with `made_at` (Unix seconds) ends with its `cache` member, which is
    appended to `body` whenever it is given."""

    body: bytes
    media_type: str
    source: Source
    headers: dict[str, str] = {}
    made_at: float | None = None

    @classmethod
    def aged(cls, response: BriefResponse, made_at: float, source: Source) -> KeptAnswer:
        """The answer to a request for a brief."""
        body = msgspec.json.encode(response).removesuffix(_cache_member(response.cache))
        return cls(body=body, media_type="application/json", source=source, made_at=made_at)

    def tail(self) -> bytes:
        """What follows `body`, now."""
        if self.made_at is None:
            return b""
        return _cache_member(CacheOut("hit", round(time.time() - self.made_at)))


def _cache_member(cache: CacheOut) -> bytes:
    """How a body ends whose last member is `cache`."""
    return b',"cache":' + msgspec.json.encode(cache) + b"}"


class Slot(msgspec.Struct, frozen=True):
    """The name under which a request's answer may be kept, and how many changes were known before it was made."""

    name: Name
    changes: int


class KeptAnswers:
    def __init__(self, tracking: Tracking, meters: Meters) -> None:
        self._tracking = tracking
        self._meters = meters
        self._held: OrderedDict[Name, tuple[float, KeptAnswer]] = OrderedDict()
        self._packed: dict[Name, Compressed] = {}
        self._of: dict[str, set[Name]] = {}
        self._bytes = 0
        tracking.listen(self._changed)

    async def answer(self, request: Request[Any, Any, Any]) -> Response[bytes] | None:
        """The kept answer to a request, if there is one that still holds; else the request gets a
        slot (`request.state.slot`), under which its answer can be kept."""
        name = await named(request)
        if name is None:
            return None
        known = await self._tracking.caught_up()
        if not known:
            return None
        expires, held = self._held.get(name, (0.0, None))
        if held is None or expires <= time.monotonic():
            request.state.slot = Slot(name, self._tracking.changes)
            return None
        newest, made_with = self._tracking.newest, held.source.fingerprint
        if made_with and (newest is None or newest.fingerprint != made_with):
            return None
        self._held.move_to_end(name)
        if held.made_at is not None:
            self._meters.answered("brief", held=True, joined=False)
        return self._given(request, name, held)

    def _given(
        self, request: Request[Any, Any, Any], name: Name, held: KeptAnswer
    ) -> Response[bytes]:
        """A kept answer as it is sent: nothing to who has it, compressed to who takes that."""
        headers, packs = held.headers, takes_gzip(request.headers.get("accept-encoding", ""))
        if (tag := headers.get("ETag")) is not None:
            headers = headers | {"ETag": packed_tag(tag)} if packs else headers
            if matches(request.headers.get("if-none-match", ""), tag):
                return Response(b"", status_code=304, headers=headers)
        if not packs:
            body = held.body + held.tail()
        else:
            if (packed := self._packed.get(name)) is None:
                packed = self._packed[name] = Compressed.of(held.body)
                self._bytes += len(packed.head)
            body, headers = packed.ended(held.tail()), headers | {"Content-Encoding": "gzip"}
        return Response(body, status_code=200, media_type=held.media_type, headers=headers)

    def keep(self, request: Request[Any, Any, Any], answer: KeptAnswer) -> None:
        """Keep the answer to a request, unless something changed while it was made."""
        slot: Slot | None = request.scope.get("state", {}).get("slot")
        if slot is None or slot.changes != self._tracking.changes:
            return
        if (size := _size(slot.name, answer)) > MOST_OF_ONE:
            return
        self._forget(slot.name)
        self._held[slot.name] = (time.monotonic() + answer.source.lasts_s, answer)
        self._bytes += size
        for key in answer.source.keys:
            self._of.setdefault(key, set()).add(slot.name)
        while self._bytes > MOST_BYTES:
            self._forget(next(iter(self._held)))

    def _changed(self, key: str | None) -> None:
        names: Iterable[Name] = self._held if key is None else self._of.get(key, ())
        for name in list(names):
            self._forget(name)

    def _forget(self, name: Name) -> None:
        _, held = self._held.pop(name, (0.0, None))
        if held is None:
            return
        self._bytes -= _size(name, held)
        if (packed := self._packed.pop(name, None)) is not None:
            self._bytes -= len(packed.head)
        for key in held.source.keys:
            self._of[key].discard(name)
            if not self._of[key]:
                del self._of[key]


def _size(name: Name, answer: KeptAnswer) -> int:
    """About how many bytes an answer takes with its request."""
    return len(name[-1]) + len(answer.body)


async def named(request: Request[Any, Any, Any]) -> Name | None:
    """What a request's answer depends on besides Redis; None for a request whose answer is not kept."""
    headers = request.headers
    if not request.route_handler.opt.get("kept") or "prefer" in headers:
        return None
    return (
        request.state.caller.namespace,
        request.scope["path"],
        request.scope["query_string"].decode("latin-1"),
        headers.get("accept", ""),
        headers.get("content-type", ""),
        await request.body() if request.method == "POST" else b"",
    )
