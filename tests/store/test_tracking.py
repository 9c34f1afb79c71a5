"""What Redis tells of its changes, on a real server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import redis

from service.store import keys
from service.store.embedded import embedded_server
from service.store.tracking import Tracking
from service.store.workers import Announcement


async def connected(made: Tracking) -> None:
    async with asyncio.timeout(20):
        while not await made.caught_up():  # noqa: ASYNC110  # nothing says when it is connected
            await asyncio.sleep(0.01)


@asynccontextmanager
async def tracking(url: str) -> AsyncGenerator[tuple[Tracking, list[str | None]]]:
    """A tracking that is connected, and what it has told since."""
    told: list[str | None] = []
    made = Tracking(url)
    made.listen(told.append)
    made.start()
    await connected(made)
    told.clear()
    try:
        yield made, told
    finally:
        await made.aclose()


def test_a_change_is_known_before_whoever_asks_after_it_goes_on(valkey: str):
    client = redis.Redis.from_url(valkey)

    async def run() -> None:
        async with tracking(valkey) as (made, told):
            for k in range(200):
                client.set(keys.brief(str(k)), b"a brief")
                client.set("nb:memo:x", b"not tracked")
                assert await made.caught_up()
                assert told[-1] == keys.brief(str(k))
            client.delete(keys.brief("7"))
            assert await made.caught_up()
            assert told[200:] == [keys.brief("7")]
            assert made.changes == 201

    asyncio.run(run())
    client.close()


def test_what_expires_and_a_store_that_is_emptied_are_told(valkey: str):
    client = redis.Redis.from_url(valkey)

    async def run() -> None:
        async with tracking(valkey) as (made, told):
            client.set(keys.outcome("k"), b"b", px=30)
            deadline = time.monotonic() + 10
            while told != [keys.outcome("k")] * 2 and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
                assert await made.caught_up()
            assert told == [keys.outcome("k")] * 2
            client.flushall()
            assert await made.caught_up()
            assert told[-1] is None

    asyncio.run(run())
    client.close()


def test_all_that_wait_share_a_round_trip_and_none_cancels_another(valkey: str):
    client = redis.Redis.from_url(valkey)

    def trips() -> int:
        return client.info("commandstats")["cmdstat_zrangebyscore"]["calls"]

    async def run() -> None:
        async with tracking(valkey) as (made, _):
            before = trips()
            asked = [asyncio.create_task(made.caught_up()) for _ in range(100)]
            await asyncio.sleep(0)
            asked[3].cancel()
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert [each for each in answers if each is not True] == [answers[3]]
            assert isinstance(answers[3], asyncio.CancelledError)
            assert trips() - before <= 3

    asyncio.run(run())
    client.close()


def test_it_knows_the_newest_live_worker(valkey: str):
    client = redis.Redis.from_url(valkey)
    old, new = (Announcement(name, name, at, ()) for name, at in (("old", 1.0), ("new", 2.0)))
    scores = {msgspec.json.encode(each): time.time() for each in (old, new)}

    async def run() -> None:
        async with tracking(valkey) as (made, _):
            assert made.newest is None
            client.zadd(keys.WORKERS, scores)
            assert await made.caught_up()
            assert made.newest == new
            client.zrem(keys.WORKERS, msgspec.json.encode(new))
            assert await made.caught_up()
            assert made.newest == old

    asyncio.run(run())
    client.close()


def test_without_its_server_it_says_so_and_then_follows_the_next(tmp_path: Path):
    async def run() -> None:
        with embedded_server(tmp_path / "a") as url:
            made = Tracking(url)
            told: list[str | None] = []
            made.listen(told.append)
            made.start()
            await connected(made)
            told.clear()
        assert not await made.caught_up()
        assert told == [None]
        await made.aclose()
        assert not await made.caught_up()

    asyncio.run(run())


def test_whoever_waits_for_a_key_is_woken_by_its_change(valkey: str):
    client = redis.Redis.from_url(valkey)

    async def run() -> None:
        async with tracking(valkey) as (made, _):
            waiting = [
                asyncio.create_task(made.changed(keys.outcome("k"), within_s=30)) for _ in range(3)
            ]
            other = asyncio.create_task(made.changed(keys.outcome("other"), within_s=0.3))
            await asyncio.sleep(0.05)
            waiting[0].cancel()
            client.set(keys.outcome("k"), b"b", ex=9)
            async with asyncio.timeout(10):
                assert await asyncio.gather(*waiting[1:]) == [True, True]
                assert await other is False
            assert not made._awaited

    asyncio.run(run())
    client.close()
