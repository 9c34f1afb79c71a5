"""An hour's traffic in a minute, and workers that die under it: figures of `make soak`."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections import Counter
from collections.abc import Awaitable

import httpx
import numpy as np
import psutil
import pytest

from tests.conftest import wait_for
from tests.faults.conftest import Failing, Launch
from tests.faults.store import Store

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

CLIENTS = 64
READING = 48
"""Of the clients, those that ask for what is held."""

ALONE_S, LOADED_S = 20, 60
PAUSE_S = 0.5
"""Between two requests of one client that reads: what is measured is an answer, not a queue of them."""

HELD = [f"Held before, number {k}, with words enough to be an article." for k in range(20)]

KEPT = (b"nb:version:", b"nb:citing:", b"nb:known:")
"""State that stays for each brief, by design."""


class Figures:
    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []

    def note(self, answer: httpx.Response, *, held: bool) -> None:
        outcome = answer.json()["cache"]["status"] if answer.is_success else str(answer.status_code)
        self.outcomes[outcome] += 1
        refused = answer.status_code == 503 and "waiting already" in answer.json()["detail"]
        if not answer.is_success and not (refused and int(answer.headers["Retry-After"]) > 0):
            self.wrong.append(answer.text)
        if held:
            self.seconds.append(answer.elapsed.total_seconds())
            if outcome != "hit":
                self.wrong.append(f"not held: {outcome}")

    def told(self) -> str:
        p50, p99 = 1000 * np.percentile(self.seconds, [50, 99])
        return (
            f"{len(self.seconds)} hits, p50 {p50:.1f} ms, p99 {p99:.1f} ms; {dict(self.outcomes)}"
        )

    @property
    def p99_s(self) -> float:
        return float(np.percentile(self.seconds, 99))


def article(text: str) -> dict[str, object]:
    return {"articles": [{"id": "a", "text": text}]}


async def load(url: str, seconds: float, *, reading: int, writing: int) -> Figures:
    """So many clients at once that ask for what is held, and that ask for what is not: half of these one
    text of their own, the others the same text as all."""
    figures, until, numbers = Figures(), time.monotonic() + seconds, itertools.count()

    async def reads(client: httpx.AsyncClient, k: int) -> None:
        await asyncio.sleep(PAUSE_S * k / reading)
        for text in itertools.cycle(HELD[k % len(HELD) :] + HELD[: k % len(HELD)]):
            if time.monotonic() >= until:
                return
            figures.note(await client.post("/v1/briefs", json=article(text)), held=True)
            await asyncio.sleep(PAUSE_S)

    async def writes(client: httpx.AsyncClient, k: int) -> None:
        while time.monotonic() < until:
            own = f"number {next(numbers)}" if k % 2 else f"of second {int(time.monotonic())}"
            text = f"TAKES 100 and is {own}."
            answer = await client.post("/v1/briefs", json=article(text))
            figures.note(answer, held=False)
            await asyncio.sleep(PAUSE_S)

    # Shorter than the server keeps a connection, so that neither closes what the other is just using.
    limits = httpx.Limits(max_connections=CLIENTS, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        working: list[Awaitable[None]] = [reads(client, k) for k in range(reading)]
        working += [writes(client, k) for k in range(writing)]
        await asyncio.gather(*working)
    return figures


def asked(service: Failing, seconds: float, **clients: int) -> Figures:
    return asyncio.run(load(str(service.client.base_url), seconds, **clients))


class Held:
    """What the processes and the store hold on to; connections to the store are pooled, and bounded by
    the pool."""

    def __init__(self, service: Failing, store: Store) -> None:
        found = [psutil.Process(each.pid) for each in service.processes.started]
        self.rss = [each.memory_info().rss for each in found]
        pooled = [
            sum(
                bool(each.raddr) and each.raddr.port == store.port
                for each in process.net_connections()
            )
            for process in found
        ]
        self.files = [each.num_fds() - n for each, n in zip(found, pooled, strict=True)]
        self.keys = {key for key in store.without_expiry() if not key.startswith(KEPT)}


def test_sixty_four_clients_for_a_minute(launch: Launch, store: Store):
    service = launch(store.url, max_queued=8)
    workers = [service.worker() for _ in range(2)]
    wait_for(lambda: service.client.get("/health/ready").json()["workers"] == len(workers))
    for text in HELD:
        assert service.brief(text).status_code == 200
    asked(service, 10, reading=READING, writing=CLIENTS - READING)
    wait_for(lambda: idle(service))
    before = Held(service, store)

    alone = asked(service, ALONE_S, reading=READING, writing=0)
    loaded = asked(service, LOADED_S, reading=READING, writing=CLIENTS - READING)
    wait_for(lambda: idle(service))
    time.sleep(5)
    after = Held(service, store)

    grown = [round((b - a) / 1e6, 1) for a, b in zip(before.rss, after.rss, strict=True)]
    files = [b - a for a, b in zip(before.files, after.files, strict=True)]
    sys.stdout.write(f"\nalone:  {alone.told()}\nloaded: {loaded.told()}\n")
    sys.stdout.write(f"grown: {grown} MB, {files} files, {len(after.keys - before.keys)} keys\n")
    assert alone.wrong + loaded.wrong == []
    assert set(loaded.outcomes) >= {"hit", "miss", "joined"}
    assert loaded.p99_s < max(0.25, 5 * alone.p99_s)
    assert max(grown) < 30
    assert max(files) <= 4
    assert after.keys - before.keys == set()


def idle(service: Failing) -> bool:
    return "newsbrief_queue_jobs 0.0" in service.client.get("/metrics").text


def test_workers_that_die_one_after_another_lose_no_job(launch: Launch, store: Store):
    service = launch(store.url, job_attempts=9)
    workers = [service.worker() for _ in range(3)]
    service.ready()
    texts = [f"TAKES 700 and is number {k}." for k in range(40)]
    jobs = [service.later(text) for text in texts]

    for place in (1, 0, 2, 2, 1, 0):
        time.sleep(2)
        workers[place].kill()
        workers[place] = service.worker()

    assert {service.ended(job) for job in jobs} == {"done"}
    runs = [service.runs(text) for text in texts]
    sys.stdout.write(f"\n6 workers killed: {sum(runs)} runs for {len(texts)} jobs\n")
    assert min(runs) == 1
    assert sum(runs) <= len(texts) + 6
    assert {service.brief(text).json()["cache"]["status"] for text in texts} == {"hit"}
