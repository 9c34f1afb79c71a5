"""Webhook delivery: carries events to their receivers, again and again until they arrive or are given up.

It runs beside the pipeline in a worker's event loop. What it waits for it reads from Redis, so
it needs no word from whoever ends a job, and what is accepted outlives every process.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Protocol

import msgspec
import structlog
from redis.exceptions import RedisError

from service.callbacks import ended
from service.errors import NotDelivered
from service.sources.deliver import Addressed
from service.store.jobs import Jobs
from service.store.webhooks import Claim, Delivery, Event, Webhooks

AT_ONCE = 16
"""Deliveries that a worker has under way: slow receivers must not hold up the others."""

IDLE_S = 0.25
"""How long to rest when nothing is due."""

LOOK_S = 0.5
"""How often the job that an event waits for is looked at."""

GROWTH = 4.0
"""Each pause is so much longer than the one before: with the defaults 10 s, 40 s, … 11 h."""

LEASE_MARGIN_S = 5.0
"""Beyond its deadline an attempt takes no longer than to write down its outcome."""

LONGEST_S = 12 * 3600.0
JITTER = 0.2
"""Pauses vary by this share, so that what failed together is not tried together again."""


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often an event is tried, the first pause, and how long one attempt may take."""

    attempts: int
    first_s: float
    deadline_s: float

    def pause_s(self, attempts: int) -> float:
        """How long to wait after so many attempts, before jitter."""
        return min(LONGEST_S, self.first_s * GROWTH ** (attempts - 1))


class Sends(Protocol):
    async def send(self, event: Addressed) -> None:
        """Raises `NotDelivered`."""
        ...


class WebhookDelivery:
    def __init__(self, webhooks: Webhooks, jobs: Jobs, sender: Sends, pace: RetryPolicy) -> None:
        self._webhooks = webhooks
        self._jobs = jobs
        self._sender = sender
        self._pace = pace

    async def run(self) -> None:
        """Deliver what is due, until cancelled; what is cut off then is sent again by another."""
        free = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while True:
                await free.acquire()
                if (claim := await self._claim()) is None:
                    free.release()
                    await asyncio.sleep(IDLE_S)
                    continue
                carrying = group.create_task(self._carry(claim))
                carrying.add_done_callback(lambda _: free.release())

    async def _claim(self) -> Claim | None:
        try:
            return await self._webhooks.claim(self._pace.deadline_s + LEASE_MARGIN_S)
        except (RedisError, msgspec.DecodeError) as error:
            # What a later version wrote and this one can't read is left to a later one.
            structlog.get_logger().warning("webhook.not_claimed", error=type(error).__name__)
            return None

    async def _carry(self, claim: Claim) -> None:
        """One attempt; what Redis misses of it is repeated when the lease is over."""
        try:
            await self._attempt(claim)
        except RedisError as error:
            structlog.get_logger().warning("webhook.no_store", error=type(error).__name__)

    async def _attempt(self, claim: Claim) -> None:
        delivery = claim.delivery
        try:
            if delivery.event is None:
                delivery = msgspec.structs.replace(delivery, event=await self._ended(delivery))
            if delivery.event is None:
                await self._webhooks.again(claim, delivery, LOOK_S)
                return
            await self._sender.send(
                Addressed(
                    event_id=delivery.id,
                    url=delivery.url,
                    namespace=delivery.namespace,
                    body=msgspec.json.encode(delivery.event),
                )
            )
        except RedisError:
            raise
        except NotDelivered as failed:
            await self._failed(claim, delivery, failed)
        except Exception as error:  # noqa: BLE001  # one event must not stop the others
            structlog.get_logger().error("webhook.crashed", error=type(error).__name__)
            await self._failed(claim, delivery, NotDelivered("internal"))
        else:
            await self._webhooks.delivered(claim)
            structlog.get_logger().info("webhook.delivered", webhook=delivery.id)

    async def _failed(self, claim: Claim, delivery: Delivery, failed: NotDelivered) -> None:
        """Try again after a pause, or give up."""
        tried = msgspec.structs.replace(
            delivery,
            attempts=delivery.attempts + 1,
            reason=failed.reason,
            tried_at=time.time(),
        )
        log = structlog.get_logger().bind(
            webhook=tried.id, attempts=tried.attempts, reason=failed.reason
        )
        if failed.final or tried.attempts >= self._pace.attempts:
            await self._webhooks.give_up(claim, tried)
            log.warning("webhook.given_up")
            return
        spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret
        pause_s = spread * self._pace.pause_s(tried.attempts)
        await self._webhooks.again(claim, tried, pause_s)
        log.info("webhook.retry", pause_s=round(pause_s, 1))

    async def _ended(self, delivery: Delivery) -> Event | None:
        """How the job that the delivery waits for ended; None while it goes on.

        A record that is gone expired while no worker ran, so what it said is not known.
        """
        record = await self._jobs.get(delivery.job)
        if record is None:
            return ended(delivery.task, delivery.job, "failed", time.time(), problem="not-found")
        record = await self._jobs.settled(record)
        if record.status in ("queued", "running"):
            return None
        if record.brief_id:
            await self._webhooks.follow(record.brief_id, delivery.url)
        return ended(
            delivery.task,
            delivery.job,
            record.status,
            record.finished_at or time.time(),
            brief_id=record.brief_id,
            problem=record.failure.code if record.failure else "",
        )
