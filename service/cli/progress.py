"""Progress on stderr."""

from __future__ import annotations

import time
from typing import Any

from service.pipeline.types import Event, Progress


class Bar:
    """A bar in a terminal, nothing elsewhere; a context manager."""

    def __enter__(self) -> Bar:
        from rich import progress
        from rich.console import Console

        console = Console(stderr=True)
        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.fields[amount]}"),
        )
        self._progress = progress.Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._progress.start()
        self._task = self._progress.add_task("starting", total=1, amount="")
        self._pace = Pace()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, what: str, done: int, total: int, amount: str = "") -> None:
        self._progress.update(
            self._task, description=what, completed=done, total=total, amount=amount
        )

    def pipeline_event(self, event: Event) -> None:
        """Show a stage of the pipeline; its other events are not for the bar."""
        if isinstance(event, Progress):
            self.show(event.stage, event.done, event.total)

    def pull_step(self, step: Any) -> None:
        """Show a step of a model's way here: see `service.models.pull`."""
        if step.what != "ready":
            what = f"{step.what} {step.name}"
            amount = self._pace.amount(what, step.done, step.total, time.monotonic())
            self.show(what, step.done, step.total, amount)


class Pace:
    """How much of some bytes is done, and how long the rest will take at the rate so far.

    The rate is counted from the first step: what an earlier pull had brought is no speed of
    this one.
    """

    def __init__(self) -> None:
        self._what, self._began, self._from = "", 0.0, 0

    def amount(self, what: str, done: int, total: int, now: float) -> str:
        """
        >>> pace = Pace()
        >>> pace.amount("fetching", 400_000_000, 1_000_000_000, 7.0)
        '400 of 1000 MB'
        >>> pace.amount("fetching", 500_000_000, 1_000_000_000, 17.0)
        '500 of 1000 MB, 50 s left'
        """
        if what != self._what:
            self._what, self._began, self._from = what, now, done
        amount = f"{done // 1_000_000} of {total // 1_000_000} MB"
        if done == self._from or now == self._began:
            return amount
        left = (total - done) * (now - self._began) / (done - self._from)
        return (
            f"{amount}, {left:.0f} s left" if left < 100 else f"{amount}, {left / 60:.0f} min left"
        )
