"""`newsbrief batch`: briefs of an archive, by several workers."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from service.cli.models import pull_chosen
from service.cli.progress import Bar
from service.settings import Settings

if TYPE_CHECKING:
    from service.batch.run_batch import Tally

INCOMPLETE = 6
"""The exit code where lines have no brief: the files of errors say why."""

PLAIN_S = 10.0
"""How often a line of progress is printed where there is no terminal."""


@click.command()
@click.argument(
    "archive",
    metavar="CLUSTERS.jsonl",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.argument("folder", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes (default: one a processor, if there is memory).",
)
@click.option(
    "--at-once",
    type=click.IntRange(1, 256),
    default=1,
    help="Lines that a worker is on at once: more than 1 for a writer at a URL.",
)
@click.option("--mode", type=click.Choice(["abstractive", "extractive"]))
@click.option("--address", help="A Ray cluster that is there already (default: one of our own).")
def batch(archive: Path, folder: Path, mode: Any, **asked: Any) -> None:
    """Brief every line of CLUSTERS.jsonl, a request each, into files in OUT; the same command goes
    on where it was stopped. Exit 6 if lines have no brief."""
    from service.batch.run_batch import Batch, run_batch
    from service.worker import model_config

    settings = Settings.from_environ(os.environ)
    config = model_config(settings)
    if mode == "extractive":
        config = msgspec.structs.replace(config, writer=None)
    with Bar() as bar:
        pull_chosen(config, settings.model_dir, bar)
        bar.show("starting", 0, 1)
        wanted = Batch(archive=archive, folder=folder, mode=mode, **asked)
        tally = run_batch(wanted, settings, Teller(bar).tell)
    click.echo(summary(tally, folder), nl=False)
    if tally.problems:
        sys.exit(INCOMPLETE)


class Teller:
    """Tells how far a batch is: by the bar in a terminal, by lines now and then elsewhere."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._plain = not sys.stderr.isatty()
        self._told = 0.0

    def tell(self, tally: Tally) -> None:
        amount = progress(tally, time.time())
        self._bar.show("briefing", tally.finished, tally.total, amount)
        now = time.monotonic()
        if self._plain and (now - self._told >= PLAIN_S or tally.finished == tally.total):
            self._told = now
            click.echo(f"newsbrief: {amount}", err=True)


def progress(tally: Tally, now: float) -> str:
    """Such as `120 of 200 lines, 3 without a brief, 2 to be tried again, 8 min left`."""
    told = [f"{tally.finished} of {tally.total} lines"]
    if tally.problems:
        told.append(f"{tally.problems} without a brief")
    if tally.lost:
        told.append(f"{tally.lost} to be tried again")
    if tally.made and tally.finished < tally.total:
        left = (tally.total - tally.finished) * (now - tally.began) / tally.made
        told.append(f"{left:.0f} s left" if left < 100 else f"{left / 60:.0f} min left")
    return ", ".join(told)


def summary(tally: Tally, folder: Path) -> str:
    """What came of a batch, and what each worker did, a line each."""
    seconds = time.time() - tally.began
    told = [f"{tally.briefs} of {tally.total} lines have a brief in {folder}"]
    if tally.problems:
        told.append(f"{tally.problems} have none: see {folder / 'errors-*.jsonl'}")
    if tally.made:
        rate = 3600 * tally.made / max(seconds, 1e-3)
        told.append(f"this run: {tally.made} lines in {seconds:.0f} s, {rate:.0f} an hour")
        row = "{:32} {:>7} {:>10} {:>10}".format
        told.append(row("worker", "lines", "s a line", "an hour"))
        told += [
            row(name, pace.lines, f"{pace.seconds / pace.lines:.1f}", f"{pace.an_hour:.0f}")
            for name, pace in sorted(tally.workers.items())
        ]
    return "\n".join(told) + "\n"
