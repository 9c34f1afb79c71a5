"""A worker process with everything real but the models and the pipeline, which fails as the first article says.

    AT stage          waits in that stage of the pipeline, as long as the test wants
    TAKES 100         works for so many milliseconds
    HANGS             waits and takes no step, so that nothing stops it
    EATS              takes memory until there is none
    DIES              kills its process

The test lets what waits go on by a file; runs are counted in files, so that the store may fail.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from service.logs import configure_logging
from service.models.base import Models
from service.pipeline.types import Brief, Emit, Memo, Progress, Request, SentenceReady
from service.settings import Settings
from service.store.workers import ModelInfo
from service.worker import work
from tests.fake_worker import Named, brief_of, check, compare

FOLDER = "FAULTS_FOLDER"
"""The environment's name of the folder that tests and workers share."""

ENCODER = "FAULTS_ENCODER"
"""The environment's name of what makes this worker's fingerprint another."""


def note(text: str, folder: Path | None = None) -> Path:
    """The file by which the brief of a text is let go on; its runs are lines in one beside it."""
    return (folder or Path(os.environ[FOLDER])) / sha256(text.encode()).hexdigest()


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    text = request.articles[0].text
    go_on = note(text)
    with go_on.with_suffix(".runs").open("a") as runs:
        runs.write(f"{os.getpid()}\n")
    if found := re.match(r"AT (\w+)", text):
        emit(Progress(found.group(1), 0, 60))
        while not go_on.exists():
            emit(Progress(found.group(1), 1, 60))
            time.sleep(0.02)
    if found := re.match(r"TAKES (\d+)", text):
        for step in range(10):
            emit(Progress("write", step, 10))
            time.sleep(int(found.group(1)) / 10_000)
    if text.startswith("HANGS"):
        emit(Progress("align", 0, 60))
        while not go_on.exists():
            time.sleep(0.02)
    if text.startswith("EATS"):
        taken: list[bytearray] = []
        while True:
            taken.append(bytearray(64 << 20))
    if text.startswith("DIES"):
        os.kill(os.getpid(), signal.SIGKILL)
    made = brief_of(request)
    for sentence in made.sentences:
        emit(SentenceReady(sentence))
    return made


def main() -> None:
    configure_logging()
    encoder = os.environ.get(ENCODER, "encoder@1")
    fakes: Any = (Named(encoder), Named("parser@1"), Named("reader@1"))
    served = (ModelInfo("encoder", encoder, "MIT"),)
    asyncio.run(
        work(Settings.from_environ(os.environ), Models(*fakes), served, run, check, compare)
    )


if __name__ == "__main__":
    main()
