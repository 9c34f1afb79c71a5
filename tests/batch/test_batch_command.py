"""`newsbrief batch` as it is typed."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from service.batch.ray_pool import LOCAL, ray_running
from service.batch.result_files import claimed
from service.batch.run_batch import Pace, Tally
from service.cli.batch import progress, summary
from service.errors import InvalidSettings
from tests.test_cli import TEXT, newsbrief, within


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray, the extra `batch`, is not installed")
@pytest.mark.usefixtures("fetched")
def test_an_archive_is_briefed_as_its_requests_are_one_by_one(tmp_path: Path):
    request = {"articles": [{"id": "a", "text": TEXT}], "options": {"length": {"sentences": 1}}}
    archive, out = tmp_path / "archive.jsonl", tmp_path / "out"
    archive.write_text(json.dumps({"id": "x", **request}) + "\nno JSON\n")
    asked = ("batch", archive, out, "--mode", "extractive", "--workers", "1")

    first = newsbrief(*asked)
    again = newsbrief(*asked)

    alone = json.loads(within("brief", "-", "--format", "json", "--mode", "extractive", stdin=json.dumps(request)).stdout)  # fmt: skip
    (written,) = (json.loads(each) for each in (out / "briefs-00001.jsonl").read_text().splitlines())  # fmt: skip
    for brief in (written["brief"], alone):
        brief["generation"].pop("timings_ms")
    assert (written["line"], written["id"], written["brief"]) == (1, "x", alone)
    assert (first.returncode, again.returncode) == (6, 6)
    assert "this run: 2 lines" in first.stdout
    assert (
        again.stdout
        == f"1 of 2 lines have a brief in {out}\n1 have none: see {out}/errors-*.jsonl\n"
    )
    assert "Traceback" not in first.stderr + again.stderr


@pytest.mark.usefixtures("fetched")
def test_a_folder_in_use_is_refused(tmp_path: Path):
    (tmp_path / "archive.jsonl").write_text("{}\n")

    with claimed(tmp_path / "out"):
        done = within("batch", tmp_path / "archive.jsonl", tmp_path / "out")

    assert (done.returncode, done.stdout) == (2, "")
    assert "Another batch is writing" in done.stderr


def test_an_archive_that_is_not_there_is_refused(tmp_path: Path):
    done = within("batch", tmp_path / "nowhere.jsonl", tmp_path / "out")

    assert done.returncode == 2
    assert "does not exist" in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_ray_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    for name in (*LOCAL, "RAY_AUTH_TOKEN", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, "")  # put back at the end
    monkeypatch.setitem(sys.modules, "ray", None)

    with (
        pytest.raises(InvalidSettings, match=r"pip install 'newsbrief\[batch\]'"),
        ray_running(None, 1, 1),
    ):
        pass


def test_how_far_it_is_and_what_came_of_it_is_told():
    pace = Pace(lines=2, seconds=8.0, began=100.0, ended=110.0)
    tally = Tally(8, 3, 1, began=100.0, lost=1, made=2, workers={"host-1": pace})

    told = progress(tally, 110.0)
    lines = summary(tally, Path("out")).splitlines()

    assert told == "4 of 8 lines, 1 without a brief, 1 to be tried again, 20 s left"
    assert lines[0] == "3 of 8 lines have a brief in out"
    assert lines[4].split() == ["host-1", "2", "4.0", "720"]
