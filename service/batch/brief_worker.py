"""A worker of a batch: a process of Ray that holds the models and briefs line after line."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from service.batch.archive import (
    BatchRequest,
    Line,
    LineProblem,
    LongLine,
    Result,
    decoded,
    digest,
    id_of,
    problem_of,
    read,
)
from service.errors import NewsbriefError
from service.jobs.fetch_articles import Gathered, fetch_articles
from service.jobs.job_runner import Run
from service.logs import configure_logging, frames
from service.models.base import Models
from service.models.http_writer import HttpWriter
from service.models.loading import ModelConfig
from service.pipeline.types import Brief, Event, Mode, Request
from service.schemas.conversion import check_limits, to_request, to_response
from service.schemas.ninjs import read_ninjs
from service.schemas.wire import BriefRequest, CacheOut
from service.settings import Settings
from service.sources.extract import extract
from service.store.computation_cache import MemoryComputationCache
from service.worker import fetcher, limits

T = TypeVar("T")
Opened = Callable[[ModelConfig], AbstractContextManager[Models]]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sends for a line: `content` is the `Result` as JSON, `began` in seconds since
    1970. `broken` says why the worker can't work at all."""

    number: int
    sha256: str = ""
    briefed: bool = False
    content: bytes = b""
    worker: str
    began: float
    seconds: float = 0.0
    broken: str = ""


class BriefWorker:
    """Briefs lines of the archive, several at once where it is called by several threads.

    `mode` goes before what the requests say. `opened` and `run` are the models and the pipeline.
    """

    def __init__(
        self,
        archive: Path,
        settings: Settings,
        config: ModelConfig,
        mode: Mode | None,
        opened: Opened,
        run: Run,
    ) -> None:
        configure_logging()
        self._archive = archive
        self._settings = settings
        self._mode = mode
        self._run = run
        self._name = f"{os.uname().nodename}-{os.getpid()}"
        self._open = ExitStack()  # for as long as the process lives
        self._broken = ""
        try:
            self._models = one_at_a_time(self._open.enter_context(opened(config)))
        except NewsbriefError as error:
            self._broken = str(error)  # for the command to tell; an exception would be Ray's

    def __call__(self, line: Line) -> Made:
        began = time.time()
        if self._broken:
            return Made(number=line.number, worker=self._name, began=began, broken=self._broken)
        content = read(self._archive, line)
        sha256 = digest(content)
        try:
            name, brief = self._briefed(content)
            result = Result(line=line.number, id=name, sha256=sha256, brief=brief)
        except NewsbriefError as error:
            result = _problem(line, sha256, content, problem_of(error))
        except Exception as error:  # noqa: BLE001  # one line must not stop the others
            place = (frames(error) or ["?"])[-1]
            detail = f"The worker failed on this request: {type(error).__name__} at {place}."
            result = _problem(line, sha256, content, LineProblem("/problems/internal", detail))
        return Made(
            number=line.number,
            sha256=sha256,
            briefed=result.brief is not msgspec.UNSET,
            content=msgspec.json.encode(result),
            worker=self._name,
            began=began,
            seconds=time.time() - began,
        )

    def _briefed(self, content: bytes) -> tuple[str | None, msgspec.Raw]:
        if len(content) > self._settings.max_body_bytes:
            raise LongLine(
                f"{len(content)} bytes; at most {self._settings.max_body_bytes} are taken."
            )
        asked = decoded(content)
        request = self._request(asked)
        made = self._pipeline(request)
        texts = {article.id: article.text for article in request.articles}
        response = to_response(made, texts, asked.options.offset_unit, CacheOut("miss", 0))
        return asked.id, msgspec.Raw(msgspec.json.encode(response))

    def _request(self, asked: BatchRequest) -> Request:
        """The checked request with all its texts."""
        options = asked.options
        if self._mode is not None:
            options = msgspec.structs.replace(options, mode=self._mode)
        wire = BriefRequest(articles=asked.articles, options=options)
        most = limits(self._settings)
        check_limits(wire := read_ninjs(wire), most)
        gathered = Gathered(wire.articles)
        if any(each.fetched for each in wire.articles):
            fetching = fetch_articles(wire.articles, fetcher(self._settings), extract, most)
            gathered = asyncio.run(fetching)
        wire = msgspec.structs.replace(wire, articles=gathered.articles)
        return to_request(wire, extract, unread=gathered.unread)

    def _pipeline(self, request: Request) -> Brief:
        """The brief. Where the writer failed, it is waited for, and the brief made once more.

        Raises `WriterUnavailable` where it does not come back.
        """
        models, memo = self._models, MemoryComputationCache()
        if request.options.mode == "extractive":  # as `newsbrief brief` does: the id depends on it
            models = msgspec.structs.replace(models, writer=None, support=None)
        made = self._run(request, models, memo, _untold)
        if made.provisional and isinstance(models.writer, HttpWriter):
            models.writer.probe()
            made = self._run(request, models, memo, _untold)
        return made


def _untold(_: Event) -> None:
    """Nobody looks at a single line's progress."""


def _problem(line: Line, sha256: str, content: bytes, problem: LineProblem) -> Result:
    return Result(line=line.number, id=id_of(content), sha256=sha256, problem=problem)


def one_at_a_time(models: Models) -> Models:
    """The models of this process for several threads: one works at a time. A writer behind HTTP
    takes all at once."""
    lock = threading.Lock()
    writer = models.writer
    if writer is not None and not isinstance(writer, HttpWriter):
        writer = _locked(writer, lock)
    return msgspec.structs.replace(
        models,
        encoder=_locked(models.encoder, lock),
        parser=_locked(models.parser, lock),
        reader=_locked(models.reader, lock),
        checker=None if models.checker is None else _locked(models.checker, lock),
        writer=writer,
    )


def _locked(model: T, lock: threading.Lock) -> T:
    stand_in: Any = _Locked(model, lock)
    return stand_in


class _Locked:
    """A model whose methods are called by one thread at a time."""

    def __init__(self, model: object, lock: threading.Lock) -> None:
        self._model = model
        self._lock = lock

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        if not callable(found):
            return found

        def called(*given: Any, **named: Any) -> Any:
            with self._lock:
                return found(*given, **named)

        return called
