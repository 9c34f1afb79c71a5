"""A batch: an archive and a folder → a result for every line of the archive, each made once.

Workers send results, and this process alone writes them: what is on the disk is finished, what
is not is made again. So a killed worker costs the lines that it was on, and a killed command those
of all its workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec

from service.batch.archive import (
    Line,
    LineProblem,
    Result,
    digest,
    id_of,
    read,
    unfinished,
)
from service.batch.brief_worker import Made, Opened
from service.batch.ray_pool import ray_running, results
from service.batch.result_files import ResultFiles, claimed
from service.errors import ModelError
from service.jobs.job_runner import Run
from service.models.loading import opened as opened_models
from service.models.loading import writer_server
from service.pipeline.run import run as run_pipeline
from service.pipeline.types import Mode
from service.settings import Settings
from service.worker import model_config

TRIES = 3
"""How many workers may die on a line before it is reported. From the second on a worker has no
other line beside it, so that none dies of its neighbour."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. Without `workers` there is one for each processor; `mode` goes before
    what the requests say; `at_once` are the lines that a worker is on at the same time."""

    archive: Path
    folder: Path
    address: str | None = None
    workers: int | None = None
    at_once: int = 1
    mode: Mode | None = None


class Pace(msgspec.Struct):
    """What one worker did: times in seconds since 1970, `seconds` the sum over its lines."""

    lines: int = 0
    seconds: float = 0.0
    began: float = float("inf")
    ended: float = 0.0

    @property
    def an_hour(self) -> float:
        return 3600 * self.lines / max(self.ended - self.began, 1e-3)


class Tally(msgspec.Struct):
    """How far a batch is: `briefs` and `problems` of all runs together; of this run the lines `made`,
    and those `lost` with their worker that wait to be tried again."""

    total: int
    briefs: int
    problems: int
    began: float
    lost: int = 0
    made: int = 0
    workers: dict[str, Pace] = {}

    @property
    def finished(self) -> int:
        return self.briefs + self.problems


def run_batch(
    batch: Batch,
    settings: Settings,
    tell: Callable[[Tally], None],
    *,
    opened: Opened = opened_models,
    run: Run = run_pipeline,
) -> Tally:
    """Work off the lines that have no result yet; `tell` is called as it goes on.

    Raises `InvalidRequest` for a folder that is another archive's or in use, `InvalidSettings`
    where Ray is not to be had, `ModelError` where the models can't be used, and `Unavailable`
    where workers don't come up.
    """
    with (
        claimed(batch.folder),
        ResultFiles(batch.folder, "briefs") as briefs,
        ResultFiles(batch.folder, "errors") as problems,
    ):
        left = unfinished(batch.archive, {**briefs.finished, **problems.finished})
        done = len(briefs.finished), len(problems.finished)
        tally = Tally(len(left) + sum(done), *done, began=time.time())
        tell(tally)
        if not left:
            return tally
        config = model_config(settings)
        if batch.mode == "extractive":
            config = msgspec.structs.replace(config, writer=None)
        worker: dict[str, Any] = {
            "archive": batch.archive.resolve(),
            "settings": settings,
            "mode": batch.mode,
            "opened": opened,
            "run": run,
        }
        pending = {each.number: each for each in left}
        with writer_server(config) if batch.address is None else nullcontext():
            for attempt in range(TRIES):
                with ray_running(batch.address, batch.workers, settings.threads) as pool:
                    worker["config"] = msgspec.structs.replace(config, threads=pool.threads)
                    at_once = batch.at_once if attempt == 0 else 1
                    for made in results(list(pending.values()), worker, pool, at_once):
                        if made.broken:
                            raise ModelError(made.broken)
                        files = briefs if made.briefed else problems
                        files.write(made.number, made.sha256, made.content)
                        del pending[made.number]
                        _count(tally, made)
                        tally.lost -= attempt > 0
                        tell(tally)
                if not pending:
                    break
                tally.lost = len(pending)
                tell(tally)
        for line in pending.values():
            _give_up(batch.archive, line, problems)
            tally.problems += 1
            tally.lost -= 1
            tell(tally)
        return tally


def _count(tally: Tally, made: Made) -> None:
    tally.made += 1
    tally.briefs += made.briefed
    tally.problems += not made.briefed
    pace = tally.workers.setdefault(made.worker, Pace())
    pace.lines += 1
    pace.seconds += made.seconds
    pace.began = min(pace.began, made.began)
    pace.ended = max(pace.ended, made.began + made.seconds)


def _give_up(archive: Path, line: Line, problems: ResultFiles) -> None:
    content = read(archive, line)
    detail = f"{TRIES} workers died on this request: of its size, for lack of memory, or of a fault in a library."
    problem = LineProblem("/problems/unavailable", detail)
    result = Result(line=line.number, id=id_of(content), sha256=digest(content), problem=problem)
    problems.write(line.number, result.sha256, msgspec.json.encode(result))
