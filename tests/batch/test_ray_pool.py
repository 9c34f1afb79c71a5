"""A batch on a real Ray: workers and the command itself are killed, and nothing is lost or made twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from tests.conftest import PATIENCE_S, wait_for
from tests.fake_worker import MARKER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray, the extra `batch`, is not installed"),
]

ROOT = Path(__file__).parents[2]


class Started:
    """A batch of an archive with these texts, a line each; `None` is a line that is not JSON."""

    def __init__(self, folder: Path, texts: list[str | None]) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.archive = folder / "archive.jsonl"
        self.archive.write_text("".join(
            "no JSON\n" if each is None else json.dumps({"id": f"c-{number}", "articles": [{"text": each}]}) + "\n"
            for number, each in enumerate(texts, start=1)
        ))  # fmt: skip
        self._process: subprocess.Popen[str] | None = None

    def start(self, workers: int, at_once: int) -> subprocess.Popen[str]:
        given = {"FAKE_BATCH": str(self.folder), "NEWSBRIEF_WRITER": "none"}
        command = ["-m", "tests.batch.fake_batch", self.archive, self.out, workers, at_once]
        with (self.folder / "stderr").open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *map(str, command)], cwd=ROOT, env={**os.environ, **given},
                text=True, stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        return self._process

    def ended(self) -> str:
        """What it printed."""
        assert self._process is not None
        printed, _ = self._process.communicate(timeout=120)
        assert self._process.returncode == 0, (self.folder / "stderr").read_text()
        return printed

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def runs(self) -> list[tuple[str, int]]:
        """Each run of the pipeline: the text, and the process that it was in."""
        file = self.folder / "RUNS"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(text, int(pid)) for text, _, pid in (each.rpartition(" ") for each in lines)]

    def release(self) -> None:
        (self.folder / "release").touch()

    def written(self, kind: str, suffix: str = "") -> list[dict]:
        files = sorted(self.out.glob(f"{kind}-*.jsonl{suffix}"))
        return [json.loads(each) for file in files for each in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Started, str]]:
    """Two workers, of which the one that has line 1 is killed."""
    texts = ["HELD", "two", None, "BROKEN", *(f"more {n}" for n in range(5, 12))]
    batch = Started(tmp_path_factory.mktemp("eventful"), texts)
    try:
        batch.start(workers=2, at_once=1)
        wait_for(lambda: "HELD" in dict(batch.runs()))
        os.kill(dict(batch.runs())["HELD"], signal.SIGKILL)
        batch.release()
        yield batch, batch.ended()
    finally:
        batch.stop()


def test_every_line_has_one_result(eventful: tuple[Started, str]):
    batch, _ = eventful

    briefs, problems = batch.written("briefs"), batch.written("errors")
    assert sorted(each["line"] for each in briefs) == [1, 2, *range(5, 12)]
    assert sorted(each["line"] for each in problems) == [3, 4]
    assert {each["id"] for each in briefs} == {f"c-{each['line']}" for each in briefs}
    assert {each["line"]: each["brief"]["text"] for each in briefs} == {
        1: "HELD",
        2: "two",
        **{n: f"more {n}" for n in range(5, 12)},
    }


def test_a_killed_worker_costs_its_line_alone(eventful: tuple[Started, str]):
    batch, _ = eventful

    runs = Counter(text for text, _ in batch.runs())
    once = {"two", "BROKEN", *(f"more {n}" for n in range(5, 12))}
    assert runs == {**dict.fromkeys(once, 1), "HELD": 2}


def test_problems_tell_why_and_quote_nothing(eventful: tuple[Started, str]):
    batch, _ = eventful

    told = {each["line"]: each["problem"] for each in batch.written("errors")}
    assert [told[3]["type"], told[4]["type"]] == ["/problems/malformed-json", "/problems/internal"]
    assert "RuntimeError at fake_batch.py:run" in told[4]["detail"]
    assert MARKER not in (batch.folder / "stderr").read_text() + json.dumps(told)


def test_the_end_tells_each_workers_pace(eventful: tuple[Started, str]):
    _, printed = eventful

    lines = printed.splitlines()
    assert lines[0].startswith("9 of 11 lines have a brief in ")
    assert lines[1].startswith("2 have none: see ")
    assert lines[3].split() == ["worker", "lines", "s", "a", "line", "an", "hour"]
    assert sum(int(each.split()[1]) for each in lines[4:]) == 11


def test_a_killed_command_goes_on_and_a_line_that_kills_is_told(tmp_path: Path):
    """One worker is on two lines at once. The command is killed while it is held on both; then a line
    kills the worker whenever it meets it, at first with a neighbour."""
    batch = Started(
        tmp_path, ["one", "HELD a", "two", "HELD b", "three", "BESIDE", "DEADLY", "last"]
    )
    command = batch.start(workers=1, at_once=2)
    try:
        wait_for(lambda: {"HELD a", "HELD b"} <= dict(batch.runs()).keys())
        wait_for(lambda: len(batch.written("briefs", ".part")) == 2)
        begun = dict(batch.runs())
        processes = psutil.Process(command.pid).children(recursive=True)
        reached = {
            each.laddr.ip
            for process in (psutil.Process(command.pid), *processes)
            for each in process.net_connections("inet")
            if each.laddr
        }
        # Two of Ray's own, which are idle, take a minute to notice.
        watched = [each for each in processes if "Agent" not in each.name()]
        command.kill()
        gone, alive = psutil.wait_procs(watched, timeout=PATIENCE_S)
    finally:
        batch.stop()
    before = batch.written("briefs", ".part")
    part = next(batch.out.glob("briefs-*.part"))
    with part.open("a") as file:
        file.write('{"line": 5, "half of a li')
    batch.release()

    try:
        batch.start(workers=1, at_once=2)
        batch.ended()
    finally:
        batch.stop()

    assert begun["HELD a"] == begun["HELD b"]
    assert reached <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert (len(gone) > 3, alive) == (True, [])
    after = batch.written("briefs")
    assert sorted(each["line"] for each in after) == [1, 2, 3, 4, 5, 6, 8]
    assert after[: len(before)] == before
    (problem,) = batch.written("errors")
    assert (problem["line"], problem["id"]) == (7, "c-7")
    assert problem["problem"]["type"] == "/problems/unavailable"
    assert problem["problem"]["detail"].startswith("3 workers died on this request")
    runs = Counter(text for text, _ in batch.runs())
    assert [runs[each["brief"]["text"]] for each in before] == [1, 1]
    assert (runs["BESIDE"], runs["DEADLY"]) == (2, 3)
    assert not list(batch.out.glob("*.part"))
