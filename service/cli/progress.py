"""Progress on stderr."""

from __future__ import annotations

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
        )
        self._progress = progress.Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._progress.start()
        self._task = self._progress.add_task("starting", total=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, what: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=what, completed=done, total=total)

    def pipeline_event(self, event: Event) -> None:
        """Show a stage of the pipeline; its other events are not for the bar."""
        if isinstance(event, Progress):
            self.show(event.stage, event.done, event.total)

    def pull_step(self, step: Any) -> None:
        """Show a step of a model's way here: see `service.models.pull`."""
        if step.what != "ready":
            self.show(f"{step.what} {step.name}", step.done, step.total)
