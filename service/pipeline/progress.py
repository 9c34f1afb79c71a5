"""Progress and timings of one run."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from service.pipeline.types import Emit, Progress

STAGES = ("intake", "embed", "rank", "plan", "align", "ground", "write", "agree")
"""In the order in which they run."""


class StageClock:
    """Times the stages and reports each; every report may raise `Cancelled`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._done = 0
        self.timings_ms: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str) -> Generator[None]:
        self._name = name
        self.step()
        begun = time.perf_counter()
        yield
        self.timings_ms[name] = round(1000 * (time.perf_counter() - begun))
        self._done += 1

    def step(self) -> None:
        """Report that the current stage goes on."""
        self._emit(Progress(self._name, self._done, len(STAGES)))
