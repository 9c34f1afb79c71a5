"""Totals: what all workers did, summed in Redis.

Any API process can show them, they outlive workers, and a worker serves no HTTP. They are one
hash; every label has a closed list of values, so its size is bounded. A time is counted in one
bucket; the cumulative counts of Prometheus are made when the totals are shown.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from service.store import keys

BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)
"""Upper borders in seconds: a stage takes from milliseconds up, a job up to its timeout."""


class Family(msgspec.Struct, frozen=True):
    """A metric by its Prometheus name; `timed` ones are histograms of seconds, others counters."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    timed: bool = False


JOBS = Family("newsbrief_jobs", "Jobs by how they ended.", ("task", "outcome", "code"))
QUEUED_SECONDS = Family("newsbrief_job_queued_seconds", "Wait for a worker.", ("task",), timed=True)
JOB_SECONDS = Family("newsbrief_job_seconds", "The last attempt at a job.", ("task",), timed=True)
STAGE_SECONDS = Family("newsbrief_stage_seconds", "Each stage of a job.", ("stage",), timed=True)
TOKENS = Family("newsbrief_tokens_written", "Tokens that the writer decoded.")
SENTENCES = Family("newsbrief_sentences", "Sentences printed, by mode.", ("mode",))
WITHHELD = Family("newsbrief_sentences_withheld", "Sentences not printed, by reason.", ("reason",))
VERDICTS = Family("newsbrief_verdicts", "Verdicts of the checker.", ("task", "status"))
FAMILIES = (
    JOBS, QUEUED_SECONDS, JOB_SECONDS, STAGE_SECONDS, TOKENS, SENTENCES, WITHHELD, VERDICTS,
)  # fmt: skip


class Sample(msgspec.Struct, frozen=True):
    """Something to add: a count, or the seconds that something took."""

    family: Family
    labels: tuple[str, ...] = ()
    value: float = 1.0


class Sum(msgspec.Struct, frozen=True):
    """All samples of one family and labels: their sum, and how many fell into each bucket, the
    one above `BUCKETS_S` last."""

    value: float = 0.0
    buckets: tuple[int, ...] = (0,) * (len(BUCKETS_S) + 1)


class WorkerMetrics:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def add(self, *samples: Sample) -> None:
        """Count the samples, all or none. A Redis that is away costs the count, never the work."""
        try:
            async with self._client.pipeline(transaction=True) as pipe:
                for each in samples:
                    named = (each.family.name, *each.labels)
                    pipe.hincrbyfloat(keys.TOTALS, _field(*named), each.value)
                    if each.family.timed:
                        bucket = bisect_left(BUCKETS_S, each.value)
                        pipe.hincrbyfloat(keys.TOTALS, _field(*named, str(bucket)), 1)
                await pipe.execute()
        except RedisError as error:
            structlog.get_logger().warning("totals.lost", error=type(error).__name__)

    async def read(self) -> dict[Family, dict[tuple[str, ...], Sum]]:
        """Every family, by the values of its labels."""
        reply: Any = self._client.hgetall(keys.TOTALS)
        held = {
            tuple(msgspec.json.decode(k, type=list[str])): float(v)
            for k, v in (await reply).items()
        }
        found: dict[Family, dict[tuple[str, ...], Sum]] = {each: {} for each in FAMILIES}
        for family in FAMILIES:
            size = 1 + len(family.labels)
            for named, value in held.items():
                if named[0] == family.name and len(named) == size:
                    counts = (int(held.get((*named, str(k)), 0)) for k in range(len(BUCKETS_S) + 1))
                    found[family][named[1:]] = Sum(value, tuple(counts))
        return found


def _field(*parts: str) -> str:
    return msgspec.json.encode(parts).decode()
