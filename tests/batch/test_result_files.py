"""Result files hold whole lines, whatever happened to the process that wrote them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from service.batch.result_files import ResultFiles, claimed
from service.errors import InvalidRequest


def line(number: int) -> bytes:
    return msgspec.json.encode({"line": number, "sha256": f"{number:064}", "brief": {"id": "x"}})


def write(folder: Path, *numbers: int, lines_a_file: int = 1000) -> None:
    with ResultFiles(folder, "briefs", lines_a_file) as files:
        for number in numbers:
            files.write(number, f"{number:064}", line(number))


def held(folder: Path) -> dict[str, list[int]]:
    return {
        file.name: [msgspec.json.decode(each)["line"] for each in file.read_bytes().splitlines()]
        for file in sorted(folder.iterdir())
    }


def test_a_full_file_gets_its_name_and_the_next_run_a_new_one(tmp_path: Path):
    write(tmp_path, 3, 1, 2, lines_a_file=2)
    write(tmp_path, 4)

    assert held(tmp_path) == {
        "briefs-00001.jsonl": [3, 1],
        "briefs-00002.jsonl": [2],
        "briefs-00003.jsonl": [4],
    }


def test_a_run_that_writes_nothing_leaves_nothing(tmp_path: Path):
    write(tmp_path)

    assert held(tmp_path) == {}


def test_each_line_is_there_at_once_under_another_name(tmp_path: Path):
    with ResultFiles(tmp_path, "briefs") as files:
        files.write(1, f"{1:064}", line(1))

        assert held(tmp_path) == {"briefs-00001.jsonl.part": [1]}


@pytest.mark.parametrize("torn", [b"", b"{", b'{"line": 3, "text": "' + b"x" * 200_000])
@pytest.mark.parametrize("whole", [0, 2])
def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path: Path, whole: int, torn: bytes):
    lines = [line(number + 1) for number in range(whole)]
    (tmp_path / "briefs-00001.jsonl.part").write_bytes(b"".join(each + b"\n" for each in lines) + torn)  # fmt: skip

    with ResultFiles(tmp_path, "briefs") as files:
        known = dict(files.finished)
        files.write(9, f"{9:064}", line(9))

    assert known == {number + 1: f"{number + 1:064}" for number in range(whole)}
    assert held(tmp_path) == {"briefs-00001.jsonl": [*range(1, whole + 1), 9]}


def test_two_commands_dont_share_a_folder(tmp_path: Path):
    with (
        claimed(tmp_path / "out"),
        pytest.raises(InvalidRequest, match="Another batch"),
        claimed(tmp_path / "out"),
    ):
        pass

    with claimed(tmp_path / "out"):
        pass
