"""Work that nobody wants any more stops soon, in every stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest

from service.errors import Cancelled
from service.models.base import Models
from service.pipeline.progress import STAGES
from service.pipeline.run import run
from service.pipeline.types import Article, Event, Memo, Options, Progress, Request
from service.store.computation_cache import MemoryComputationCache

PATIENCE_S = 1.0
"""How long a stopped job may go on where the machine has nothing else to do."""

BATCHES = 4
"""The same in batches of the models, of which a busy machine takes longer for each."""

ARTICLES = 60

NAMES = ("Vos", "Dahl", "Berg", "Lunde", "Moe", "Haug", "Strand", "Solberg", "Eide", "Lie")
TOWNS = ("Oslo", "Bergen", "Lillehammer", "Molde", "Narvik", "Hamar", "Alta")
TOPICS = ("bridge", "ferry", "tunnel", "harbour", "hospital", "railway", "school", "power station")


def article(k: int) -> Article:
    """A report like no other of the set: each sentence has a name, a figure or a place of its own."""
    name, town, topic = NAMES[k % 10], TOWNS[k % 7], TOPICS[k % 8]
    other = NAMES[(k + 3) % 10]
    sentences = [
        f"The ministry closed the {topic} in {town} on Monday after a landslide, officials said.",
        f"Olga {name}, the mayor of {town}, said {k + 2} people had been taken to hospital.",
        f"Police evacuated {10 * k + 30} houses near the {topic}, which was built in {1950 + k}.",
        f"Engineers from {TOWNS[(k + 2) % 7]} will inspect the {topic} before {town} opens it again.",
        f'"We heard a loud noise and ran," said Erik {other}, who lives close to the {topic}.',
        f"He told reporters that his family had lost {k + 5} sheep in the landslide.",
        f"Repairs in {town} could cost {k + 3} million kroner, the ministry said.",
        f"{name} did not rule out that the {topic} would stay closed until December {k % 28 + 1}.",
        f"Rain had fallen on {town} for {k % 9 + 2} days, according to the weather service.",
        f"The government sent {k + 11} soldiers to {town}, while volunteers cooked for the families.",
    ]
    return Article(id=f"a{k:02}", text=" ".join(sentences), language="en")


REQUEST = Request(articles=tuple(map(article, range(ARTICLES))), options=Options(sentences=12))


class Stopped:
    """Raises `Cancelled` where the job is told to stop, as the job runner's `emit` does, and keeps
    when each report came."""

    def __init__(self, stop: Callable[[Progress], bool] = lambda event: False) -> None:
        self._stop = stop
        self.stopped_at: float | None = None
        self.reports: list[tuple[str, float]] = []
        self._stage = ""

    def __call__(self, event: Event) -> None:
        now = time.perf_counter()
        if self.stopped_at is not None:
            raise Cancelled("The job was stopped.")
        if isinstance(event, Progress):
            self._stage = event.stage
            if self._stop(event):
                self.stopped_at = now
        self.reports.append((self._stage, now))


@pytest.fixture(scope="module")
def without_writer(models: Models) -> Models:
    return msgspec.structs.replace(models, writer=None)


@pytest.fixture(scope="module")
def memo() -> Memo:
    return MemoryComputationCache()


@pytest.fixture(scope="module")
def allowed_s(without_writer: Models) -> float:
    """The longest that one piece of work may take: a second, or some batches if each takes long."""
    texts = [f"{k} {REQUEST.articles[k].text[:90]}." for k in range(ARTICLES)]
    begun = time.perf_counter()
    without_writer.encoder.encode(texts)
    without_writer.parser.parse(texts)
    return max(PATIENCE_S, BATCHES * (time.perf_counter() - begun))


@pytest.fixture(scope="module")
def reports(without_writer: Models, memo: Memo) -> list[tuple[str, float]]:
    """Stage and time of every report of one run that is left to its end."""
    emit = Stopped()
    run(REQUEST, without_writer, memo, emit)
    return [*emit.reports, ("end", time.perf_counter())]


@pytest.fixture(scope="module")
def repeated(
    without_writer: Models, memo: Memo, reports: list[tuple[str, float]]
) -> list[tuple[str, float]]:
    """The same of a run that finds everything in the memo: it reports less often."""
    emit = Stopped()
    run(REQUEST, without_writer, memo, emit)
    return emit.reports


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_reports_often(reports: list[tuple[str, float]], allowed_s: float, stage: str):
    gaps = [after - at for (name, at), (_, after) in pairwise(reports) if name == stage]

    assert gaps
    assert max(gaps) <= allowed_s


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_that_is_stopped_in_its_midst_ends_soon(
    without_writer: Models,
    memo: Memo,
    reports: list[tuple[str, float]],
    repeated: list[tuple[str, float]],
    allowed_s: float,
    stage: str,
):
    count = sum(name == stage for name, _ in (reports if stage == "embed" else repeated))
    seen = iter(range(10**6))
    emit = Stopped(lambda event: event.stage == stage and next(seen) == count // 3)
    fresh = MemoryComputationCache() if stage == "embed" else memo

    with pytest.raises(Cancelled):
        run(REQUEST, without_writer, fresh, emit)

    assert emit.stopped_at is not None
    assert time.perf_counter() - emit.stopped_at <= allowed_s


def test_what_was_parsed_before_the_stop_is_kept(without_writer: Models):
    texts = [f"Talks number {k} resumed in Oslo on Tuesday." for k in range(200)]
    calls = iter(range(10))

    def stop() -> None:
        if next(calls) == 2:
            raise Cancelled("The job was stopped.")

    with pytest.raises(Cancelled):
        without_writer.parser.parse(texts, on_step=stop)

    assert len(without_writer.parser.parse(texts)) == len(texts)
