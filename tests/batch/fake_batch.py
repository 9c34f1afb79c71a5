"""`newsbrief batch` with everything real but the models and the pipeline.

    python -m tests.batch.fake_batch ARCHIVE OUT WORKERS AT_ONCE

The fake pipeline writes down each run, a line with its text and its process, in the file RUNS of
the folder that FAKE_BATCH names, and obeys words in the first article: HELD waits until there is
a file `release`, DEADLY kills its process, BESIDE waits for that to happen beside it, BROKEN
raises.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from service.batch.run_batch import Batch, run_batch
from service.cli.batch import summary
from service.models.base import Models
from service.models.loading import ModelConfig
from service.pipeline.types import Brief, Emit, Memo, Request
from service.settings import Settings
from tests.fake_worker import MARKER, Named, brief_of


@contextmanager
def opened(config: ModelConfig) -> Generator[Models]:
    fakes: Any = (Named("encoder@1"), Named("parser@1"), Named("reader@1"))
    yield Models(*fakes)


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    folder, text = Path(os.environ["FAKE_BATCH"]), request.articles[0].text
    with (folder / "RUNS").open("a") as runs:
        runs.write(f"{text} {os.getpid()}\n")
    while "HELD" in text and not (folder / "release").exists():
        time.sleep(0.02)
    if "BESIDE" in text:
        beside(folder / "RUNS")
    if "DEADLY" in text:
        os.kill(os.getpid(), signal.SIGKILL)
    if "BROKEN" in text:
        raise RuntimeError(MARKER)
    return brief_of(request)


def beside(runs: Path) -> None:
    """Wait until DEADLY has begun as often as this here, but for the first time four seconds at most."""
    own = runs.read_text().count("BESIDE")
    begun = time.monotonic()
    while runs.read_text().count("DEADLY") < own and (own == 1 or time.monotonic() - begun < 4):
        time.sleep(0.02)
    time.sleep(1)


def main() -> None:
    archive, folder, workers, at_once = sys.argv[1:]
    batch = Batch(
        archive=Path(archive), folder=Path(folder), workers=int(workers), at_once=int(at_once)
    )
    done = run_batch(
        batch, Settings.from_environ(os.environ), lambda _: None, opened=opened, run=run
    )
    sys.stdout.write(summary(done, Path(folder)))


if __name__ == "__main__":
    main()
