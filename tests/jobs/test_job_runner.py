"""One job to its end, by a whole worker whose logs are read: they hold codes and our frames alone."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import re
import threading
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from typing import Any

import msgspec
import pytest
import structlog

from service.errors import ModelUnavailable
from service.logs import configure_logging
from service.models.base import Models
from service.pipeline.run import fingerprint
from service.pipeline.types import Brief, Emit, Memo, Progress, Request
from service.schemas.wire import ArticleIn, BriefRequest
from service.settings import Settings
from service.store.connect import queue_client, state_client
from service.store.jobs import ENDED, Jobs, Record
from service.worker import work
from tests.fake_worker import Named

pytestmark = pytest.mark.slow

WORDS = "the harbor master's unprinted secret"
PATH = re.compile(r"/\w+/|\w+/\w+\.py|Traceback")

Pipeline = Callable[[Request, Models, Memo, Emit], Brief]

JOB_S = 1
"""The time limit of every job here: the least that there is."""


async def worked(url: str, run: Pipeline, ended: threading.Event) -> Record:
    """How the one job of a worker with this pipeline ended; `ended` is set when it has."""
    fakes: Any = (Named("encoder@1"), Named("parser@1"), Named("reader@1"))
    models = Models(*fakes)
    state, queue = state_client(url), queue_client(url)
    jobs = Jobs(state, queue, timeout_s=JOB_S, attempts=3, max_queued=5)
    body = msgspec.json.encode(BriefRequest(articles=[ArticleIn(id="a", text=WORDS)]))
    await jobs.submit("brief", "k", body, fingerprint(models))
    working = asyncio.create_task(work(Settings(redis_url=url), models, (), run))
    try:
        while (
            record := await jobs.get("k")
        ) is None or record.status not in ENDED:  # a record in Redis
            assert not working.done()
            await asyncio.sleep(0.02)
    finally:
        ended.set()
        working.cancel()
    await working
    if left := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(left)
    await state.aclose()
    await queue.aclose()
    return record


class Outcome(msgspec.Struct, frozen=True):
    """How the job ended, and all that was logged of it."""

    status: str
    code: str
    log: str

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]

    def events(self) -> list[str]:
        return [each["event"] for each in self.lines()]

    def told(self) -> list[str]:
        """The lines with words of an exception, or with a path."""
        return [line for line in self.log.splitlines() if WORDS in line or PATH.search(line)]


def outcome(url: str, run: Pipeline, ended: threading.Event) -> Outcome:
    """Logged as workers log, and kept by nobody else: pytest's own handlers would hold the
    exceptions that nobody took, which are told of when they are thrown away."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, []
    try:
        with redirect_stderr(io.StringIO()) as said, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Call to deprecated setex")  # saq's
            configure_logging()
            record = asyncio.run(worked(url, run, ended))
            gc.collect()
    finally:
        root.handlers = before
        structlog.reset_defaults()
    code = record.failure.code if record.failure else ""
    return Outcome(record.status, code, said.getvalue())


def test_a_job_over_its_time_limit_is_stopped_without_a_word_of_what_stopped_it(valkey: str):
    ended = threading.Event()

    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        while not ended.wait(0.01):
            emit(Progress("write", 0, 1))
        raise RuntimeError(WORDS)

    found = outcome(valkey, run, ended)

    assert (found.status, found.code) == ("failed", "unavailable")
    assert "job.stopped" in found.events()
    assert found.told() == []


def test_what_a_pipeline_raises_when_nobody_waits_for_it_is_told_by_its_type_and_place(
    valkey: str, monkeypatch: pytest.MonkeyPatch
):
    for waits in ("service.jobs.job_runner.STOP_S", "service.worker.STOP_S"):
        monkeypatch.setattr(waits, 0.1)
    ended = threading.Event()

    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        ended.wait()
        raise RuntimeError(WORDS)

    found = outcome(valkey, run, ended)

    assert (found.status, found.code) == ("failed", "unavailable")
    (dropped,) = [each for each in found.lines() if each["event"] == "job.dropped"]
    assert dropped["error"] == "RuntimeError"
    assert dropped["frames"][-1].startswith("test_job_runner.py:run:")
    assert found.told() == []


def test_an_attempt_that_fails_again_tells_nothing_of_the_one_before(valkey: str):
    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        raise ModelUnavailable(WORDS)

    found = outcome(valkey, run, threading.Event())

    assert (found.status, found.code) == ("failed", ModelUnavailable.code)
    assert found.events().count("job.retry") == 2
    assert found.told() == []
