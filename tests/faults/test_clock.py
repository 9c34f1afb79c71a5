"""Clocks that are wrong, or jump: workers stay known, jobs come to their end, limits stay what they are."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from service.store import keys
from service.store.connect import state_client
from service.store.rates import Rates
from tests.faults.clocked import CLOCK
from tests.faults.conftest import Launch
from tests.faults.store import Store

pytestmark = pytest.mark.slow

HOUR_S = 3600


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it is written by how many seconds the clock of the clocked processes is off."""
    file = tmp_path / "clock"
    file.write_text("0")
    monkeypatch.setenv(CLOCK, str(file))
    return file


def test_a_worker_whose_clock_is_behind_is_known_and_works(
    launch: Launch, store: Store, clock: Path
):
    clock.write_text(str(-HOUR_S))
    service = launch(store.url)
    service.worker(clocked=True)

    assert service.ready().brief("Talks resumed.").status_code == 200


@pytest.mark.soak
@pytest.mark.parametrize("off_s", [-HOUR_S, HOUR_S], ids=["back", "forward"])
def test_a_clock_that_jumps_within_a_job_costs_one_attempt_at_most(
    launch: Launch, store: Store, clock: Path, off_s: int
):
    service = launch(store.url)
    service.worker(clocked=True)
    service.ready()
    job = service.later("AT write over the jump.")
    service.begun("AT write over the jump.")

    clock.write_text(str(off_s))
    time.sleep(4)
    service.release("AT write over the jump.")

    assert service.ended(job) == "done"
    assert service.runs("AT write over the jump.") <= 2
    assert service.brief("After the jump.").status_code == 200


def test_a_clock_that_is_put_back_locks_no_key_out(store: Store):
    async def left() -> list[int]:
        client = state_client(store.url)
        rates = Rates(client)
        found = [await rates.take("k", 6, 0)]
        await client.hincrby(keys.rate("k"), "arrival", 10**6 * HOUR_S)
        found.append(await rates.take("k", 6, 0))
        await client.aclose()
        return [each.wait_s for each in found if each is not None]

    assert asyncio.run(left()) == [0, 10]
