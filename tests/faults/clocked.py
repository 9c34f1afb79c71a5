"""Runs a module, as `python -m` does, on a clock that is as many seconds off as a file says at the moment."""

from __future__ import annotations

import os
import runpy
import sys
import time
from contextlib import suppress
from pathlib import Path

CLOCK = "FAULTS_CLOCK"
"""The environment's name of the file."""

_true_time = time.time


def time_off() -> float:
    with suppress(OSError, ValueError):
        return _true_time() + float(Path(os.environ[CLOCK]).read_text())
    return _true_time()


def main() -> None:
    time.time = time_off
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
