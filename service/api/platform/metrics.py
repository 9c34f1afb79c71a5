"""Metrics: what this process saw, and what all share: the queue, the workers and their totals.

An API process keeps the figures of its own requests. Those of the workers are summed in Redis, so
every API process shows the same. None names an article, a caller or a key, and every label has a
closed list of values; so `/metrics` asks for no key.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from service.store.jobs import Jobs, Task
from service.store.worker_metrics import BUCKETS_S, Family, Sum, WorkerMetrics
from service.store.workers import Workers

REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160)
"""From an answer of the cache to the longest wait."""


class Meters:
    """What one API process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Histogram(
            "newsbrief_request_seconds",
            "Requests by route, until the answer's last byte.",
            ("method", "route", "status"),
            buckets=REQUEST_BUCKETS_S,
            registry=self.registry,
        )
        self.answers = Counter(
            "newsbrief_answers",
            "Briefs and checks asked for: hit in the cache, joined, or a miss.",
            ("task", "cache"),
            registry=self.registry,
        )
        self.limited = Counter(
            "newsbrief_rate_limited",
            "Calls refused for a key's limit.",
            ("limit",),
            registry=self.registry,
        )

    def answered(self, task: Task, *, held: bool, joined: bool) -> None:
        self.answers.labels(task, "hit" if held else "joined" if joined else "miss").inc()


class Metrics:
    """Everything that `/metrics` shows."""

    def __init__(self, meters: Meters, jobs: Jobs, workers: Workers, totals: WorkerMetrics) -> None:
        self._meters = meters
        self._jobs = jobs
        self._workers = workers
        self._totals = totals

    async def text(self) -> bytes:
        """The exposition; without Redis only what this process knows."""
        return generate_latest(self._meters.registry) + generate_latest(Known(await self._shared()))

    async def _shared(self) -> list[Metric]:
        up = GaugeMetricFamily("newsbrief_redis_up", "1 if Redis answers.")
        try:
            waiting = await self._jobs.waiting()
            memory = await self._workers.memory()
            alive = len(await self._workers.alive())
            totals = await self._totals.read()
        except RedisError:
            up.add_metric((), 0)
            return [up]
        up.add_metric((), 1)
        used = GaugeMetricFamily(
            "newsbrief_worker_memory_bytes",
            "Resident memory of a live worker, which is its models' for the most part.",
            labels=("worker",),
        )
        for worker, held in memory.items():
            used.add_metric((worker,), held)
        return [
            up,
            GaugeMetricFamily("newsbrief_workers", "Live workers.", alive),
            GaugeMetricFamily("newsbrief_queue_jobs", "Jobs that wait.", waiting.jobs),
            GaugeMetricFamily(
                "newsbrief_queue_oldest_seconds", "Age of the first of them.", waiting.oldest_s
            ),
            used,
            *(_metric(family, sums) for family, sums in totals.items()),
        ]


class Known(Collector):
    """A collector of metrics that were read before."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _metric(family: Family, sums: dict[tuple[str, ...], Sum]) -> Metric:
    if not family.timed:
        counter = CounterMetricFamily(family.name, family.help, labels=family.labels)
        for labels, each in sums.items():
            counter.add_metric(labels, each.value)
        return counter
    histogram = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    borders = [*map(str, BUCKETS_S), "+Inf"]
    for labels, each in sums.items():
        counts = zip(borders, accumulate(each.buckets), strict=True)
        histogram.add_metric(labels, list(counts), each.value)
    return histogram


class MetricsController(Controller):
    path = "/metrics"
    tags = ["health"]

    @get(summary="Figures for Prometheus", media_type=CONTENT_TYPE_PLAIN_0_0_4)
    async def show(self, metrics: NamedDependency[Metrics]) -> Response[bytes]:
        """Requests, answers from the cache, queue, workers, jobs, stages, tokens, what was
        withheld and why. No content and no ids of callers; asks for no key."""
        return Response(await metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
