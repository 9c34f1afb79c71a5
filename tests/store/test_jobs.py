"""Jobs on a real server: who counts, who comes first, and what happens between two steps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
from saq import Status

from service.store import keys
from service.store.connect import queue_client, state_client
from service.store.embedded import embedded_server
from service.store.events import Events
from service.store.jobs import RETENTION_S, Failure, Jobs
from service.store.worker_metrics import BUCKETS_S, JOBS, STAGE_SECONDS, WorkerMetrics

Use = Callable[[Callable[[Jobs, WorkerMetrics], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_server(tmp_path_factory.mktemp("jobs")) as url:
        yield url


@pytest.fixture
def use(server: str) -> Use:
    """Runs a test's steps with jobs on an empty server."""

    async def run(steps: Callable[[Jobs, WorkerMetrics], Awaitable[None]]) -> None:
        state, queue = state_client(server), queue_client(server)
        await state.flushall()
        try:
            await steps(
                Jobs(state, queue, timeout_s=9, attempts=2, max_queued=5), WorkerMetrics(state)
            )
        finally:
            await state.aclose()
            await queue.aclose()

    return lambda steps: asyncio.run(run(steps))


async def queued(jobs: Jobs, job_id: str) -> bool:
    return await jobs.submit("brief", job_id, b"{}", "f")


async def status(jobs: Jobs, job_id: str) -> str:
    record = await jobs.get(job_id)
    return "" if record is None else record.status


def test_callers_who_submit_at_once_are_all_counted(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        joined = await asyncio.gather(*(queued(jobs, "a") for _ in range(20)))
        assert sorted(joined) == [False] + [True] * 19

        await asyncio.gather(*(jobs.withdraw("a") for _ in range(19)))
        assert await status(jobs, "a") == "queued"
        await jobs.withdraw("a")
        assert await status(jobs, "a") == "cancelled"

    use(steps)


def test_a_queued_job_is_told_how_many_come_first(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        for name in ("a", "b", "c"):
            await queued(jobs, name)
        records = [await jobs.get(name) for name in ("a", "b", "c")]
        assert [await jobs.ahead(each) for each in records if each] == [0, 1, 2]

        await jobs.queue("f").dequeue()
        assert [await jobs.ahead(each) for each in records[1:] if each] == [0, 1]

    use(steps)


def test_a_full_queue_still_takes_callers_of_what_waits(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        for k in range(5):
            await queued(jobs, str(k))
        assert await queued(jobs, "0")
        with pytest.raises(Exception, match="too busy"):
            await queued(jobs, "another")
        assert await jobs.get("another") is None

    use(steps)


def test_who_joins_a_job_as_it_stops_keeps_it_going(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        await queued(jobs, "a")
        record = await jobs.get("a")
        assert record
        begun = await jobs.start(record)
        assert begun
        await jobs.withdraw("a")
        assert not await jobs.wanted("a")

        assert await queued(jobs, "a")
        assert not await jobs.cancel(begun)
        await jobs.withdraw("a")
        assert await jobs.cancel(begun)

    use(steps)


def test_a_withdrawn_job_is_not_begun(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        await queued(jobs, "a")
        record = await jobs.get("a")
        await jobs.withdraw("a")

        assert record
        assert await jobs.start(record) is None
        assert await status(jobs, "a") == "cancelled"

    use(steps)


@pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # saq's
def test_a_job_sent_again_while_its_last_run_is_ending_is_queued_behind_it(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        await queued(jobs, "a")
        entry, record = await jobs.queue("f").dequeue(), await jobs.get("a")
        assert entry
        assert record
        await jobs.fail(record, Failure("internal", "It broke."))

        again = asyncio.create_task(queued(jobs, "a"))
        await asyncio.sleep(0.1)
        await entry.finish(Status.COMPLETE)
        assert not await again
        assert await jobs.queue("f").count("queued") == 1

    use(steps)


def test_what_waits_is_counted_where_no_worker_is_left(use: Use):
    async def steps(jobs: Jobs, _: WorkerMetrics) -> None:
        await jobs.serve("f")
        await queued(jobs, "a")
        await queued(jobs, "b")
        await asyncio.sleep(0.05)

        waiting = await jobs.waiting()
        assert waiting.jobs == 2
        assert 0.05 <= waiting.oldest_s < 120

    use(steps)


def test_every_end_of_a_job_is_in_the_totals_with_its_stages(use: Use):
    async def steps(jobs: Jobs, totals: WorkerMetrics) -> None:
        await queued(jobs, "a")
        await queued(jobs, "b")
        await jobs.withdraw("b")
        record = await jobs.get("a")
        assert record
        begun = await jobs.start(record)
        assert begun
        now = begun.started_at or 0.0
        staged = begun.entered("rank", now).entered("write", now + 0.3).entered("", now + 3.3)
        await jobs.finish(staged, brief_id="x")

        held = await totals.read()
        assert {labels: each.value for labels, each in held[JOBS].items()} == {
            ("brief", "done", ""): 1, ("brief", "cancelled", ""): 1,
        }  # fmt: skip
        written = held[STAGE_SECONDS]["write",]
        assert (written.value, sum(written.buckets)) == (3.0, 1)
        assert written.buckets[BUCKETS_S.index(5.0)] == 1

    use(steps)


def test_what_a_job_told_is_kept_for_a_while_and_no_longer(server: str):
    async def left() -> int:
        client = state_client(server)
        try:
            await Events(client).add("told", "stage", b"{}")
            return await client.ttl(keys.events("told"))
        finally:
            await client.aclose()

    assert 0 < asyncio.run(left()) <= RETENTION_S
