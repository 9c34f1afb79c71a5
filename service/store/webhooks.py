"""Webhooks: events on their way to the URLs that callers gave, until they have arrived.

A delivery is accepted with the request that asks for it, and lies in one queue, ordered by when
it is next due, until it has been delivered or given up. A worker that takes one holds a lease on it:
if the worker dies, the delivery is due again at the lease's end, and what a worker reports after
that end is ignored. So every event is sent at least once, and by one worker at a time. All times
are those of the Redis server.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from service.store import keys
from service.store.jobs import Task

MOST_DEAD = 1000
"""Given up deliveries that a namespace keeps, the latest ones."""

MOST_FOLLOWERS = 20
"""URLs that are notified of the retractions and later versions of one brief."""

EventType = Literal[
    "brief.done",
    "brief.failed",
    "brief.cancelled",
    "brief.affected",
    "brief.superseded",
    "check.done",
    "check.failed",
    "check.cancelled",
]

NOW = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
"""

ADD = f"""{NOW}
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('SADD', KEYS[3], ARGV[1])
return redis.call('ZADD', KEYS[1], now, ARGV[1])
"""

CLAIM = f"""{NOW}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
if not due then return false end
local lease = string.format('%.6f', now + ARGV[1])
redis.call('ZADD', KEYS[1], lease, due)
return {{redis.call('HGET', KEYS[2], due), lease}}
"""

IF_HELD = """
local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not lease or tonumber(lease) ~= tonumber(ARGV[2]) then return 0 end
"""
"""Nothing happens for a holder whose lease was given to another."""

DELIVERED = f"""{IF_HELD}
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
"""

AGAIN = f"""{IF_HELD}{NOW}
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[4], ARGV[1])
return 1
"""

GIVE_UP = f"""{IF_HELD}{NOW}
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('SREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], now, ARGV[1])
for _, oldest in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1 - ARGV[4])) do
  redis.call('ZREM', KEYS[4], oldest)
  redis.call('HDEL', KEYS[2], oldest)
end
return 1
"""

REVIVE = f"""
if redis.call('ZREM', KEYS[4], ARGV[1]) == 0 then return 0 end
{NOW}
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('SADD', KEYS[3], ARGV[1])
return redis.call('ZADD', KEYS[1], now, ARGV[1])
"""

FOLLOW = """
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
return redis.call('SADD', KEYS[1], ARGV[1])
"""


class RetractedNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Which text was retracted: by its hash and the article id, if one was given."""

    text_sha256: str
    article_id: str | None
    kind: Literal["corrected", "withdrawn"]


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a job or a brief; `url` is the brief's path, `problem` a failure's type,
    `superseded_by` the id of the brief's later version."""

    status: Literal["done", "failed", "cancelled", "affected", "superseded"]
    job: str | None = None
    brief: str | None = None
    url: str | None = None
    problem: str | None = None
    retraction: RetractedNotice | None = None
    superseded_by: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The body that a receiver gets: ids and paths, never an article's text."""

    type: EventType
    timestamp: datetime
    data: EventData


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An event for one URL. `id` stays the same over all attempts: receivers know repeats by it.

    `event` is None until the job that it waits for has ended. `reason` is why the last attempt
    failed. `repr` does not show the URL, which may hold a token.
    """

    id: str
    url: str
    namespace: str
    task: Task = "brief"
    job: str = ""
    made_at: float = msgspec.field(default_factory=time.time)
    event: Event | None = None
    attempts: int = 0
    reason: str = ""
    tried_at: float | None = None

    def __repr__(self) -> str:
        return f"Delivery(id={self.id!r}, attempts={self.attempts})"


class Claim(msgspec.Struct, frozen=True):
    """A delivery, and the lease under which it is held."""

    delivery: Delivery
    lease: str


class Webhooks:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def add(self, delivery: Delivery) -> None:
        """Accept a delivery, due at once; one of the same id is accepted once."""
        await self._run(ADD, delivery, delivery.id, msgspec.json.encode(delivery))

    async def undelivered(self, namespace: str) -> int:
        """How many deliveries of the namespace wait or are under way."""
        reply: Any = self._client.scard(keys.undelivered(namespace))
        return int(await reply)

    async def claim(self, lease_s: float) -> Claim | None:
        """Take the delivery that has been due longest, alone, for `lease_s`; None if none is."""
        reply: Any = self._client.eval(CLAIM, 2, keys.DUE, keys.DELIVERIES, str(lease_s))
        found = await reply
        if found is None:
            return None
        body, lease = found
        return Claim(msgspec.json.decode(body, type=Delivery), lease.decode())

    async def delivered(self, claim: Claim) -> None:
        """It has arrived: forget it."""
        await self._run(DELIVERED, claim.delivery, claim.delivery.id, claim.lease)

    async def again(self, claim: Claim, delivery: Delivery, after_s: float) -> None:
        """Store the delivery as the last attempt left it, due again in `after_s` seconds."""
        body = msgspec.json.encode(delivery)
        await self._run(AGAIN, delivery, delivery.id, claim.lease, body, str(after_s))

    async def give_up(self, claim: Claim, delivery: Delivery) -> None:
        """Make it a dead letter; with too many, the oldest are forgotten."""
        body = msgspec.json.encode(delivery)
        await self._run(GIVE_UP, delivery, delivery.id, claim.lease, body, str(MOST_DEAD))

    async def dead(self, namespace: str) -> list[Delivery]:
        """The dead letters of a namespace, the latest first."""
        ids: Any = await self._client.zrevrange(keys.dead(namespace), 0, -1)
        if not ids:
            return []
        reply: Any = self._client.hmget(keys.DELIVERIES, ids)
        return [msgspec.json.decode(each, type=Delivery) for each in await reply if each]

    async def revive(self, namespace: str, delivery_id: str) -> bool:
        """Make a dead letter due again, all its attempts before it; whether it was one."""
        reply: Any = self._client.hget(keys.DELIVERIES, delivery_id)
        if (body := await reply) is None:
            return False
        delivery = msgspec.json.decode(body, type=Delivery)
        if delivery.namespace != namespace:
            return False
        fresh = msgspec.structs.replace(delivery, attempts=0)
        return bool(await self._run(REVIVE, fresh, fresh.id, msgspec.json.encode(fresh)))

    async def follow(self, brief_id: str, url: str) -> None:
        """Notify the URL of the brief's retractions and later versions from now on; beyond
        `MOST_FOLLOWERS` URLs a further one is ignored."""
        followers = keys.followers(brief_id)
        reply: Any = self._client.eval(FOLLOW, 1, followers, url, str(MOST_FOLLOWERS))
        await reply

    async def followers(self, brief_id: str) -> list[str]:
        reply: Any = self._client.smembers(keys.followers(brief_id))
        return sorted(each.decode() for each in await reply)

    async def unfollow(self, brief_id: str) -> None:
        """Forget every URL that follows the brief, which was erased."""
        await self._client.delete(keys.followers(brief_id))

    async def _run(self, script: str, of: Delivery, *arguments: str | bytes) -> int:
        """A step on the keys of this delivery, whole or not at all."""
        names = (keys.DUE, keys.DELIVERIES, keys.undelivered(of.namespace), keys.dead(of.namespace))
        reply: Any = self._client.eval(script, len(names), *names, *arguments)  # pyright: ignore[reportArgumentType]  # bytes are a value
        return int(await reply)
