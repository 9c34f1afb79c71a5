"""Result files: whole lines of JSON, kept as soon as they are there.

A file that is being written ends in `.part`, and gets its name when it is full or the run ends.
A process that was killed while it wrote may leave half a line in the part; who goes on cuts it
off. So a file of the final name never holds half a line.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from service.errors import InvalidRequest

LINES_A_FILE = 1000


class _Finished(msgspec.Struct, frozen=True):
    line: int
    sha256: str


@contextmanager
def claimed(folder: Path) -> Generator[None]:
    """Keep the folder for this process alone; made if need be.

    Raises `InvalidRequest` while another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidRequest(f"Another batch is writing into {str(folder)!r}.") from None
        yield


class ResultFiles:
    """`KIND-00001.jsonl` and so on in a folder; a context manager.

    `finished` are the lines that have a result there: number → sha256.
    """

    def __init__(self, folder: Path, kind: str, lines_a_file: int = LINES_A_FILE) -> None:
        self._folder = folder
        self._kind = kind
        self._most = lines_a_file
        self.finished: dict[int, str] = {}

    def __enter__(self) -> ResultFiles:
        self._number = 1
        for file in sorted(self._folder.glob(f"{self._kind}-*.jsonl")):
            self._number = int(file.stem.removeprefix(f"{self._kind}-")) + 1
            self._count(file)
        part = self._part()
        _cut(part)
        self._lines = self._count(part)
        self._file = part.open("ab")
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, line: int, sha256: str, content: bytes) -> None:
        """Keep one line's result, `content` without a line break; it is on the disk then."""
        self._file.write(content + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.finished[line] = sha256
        self._lines += 1
        if self._lines >= self._most:
            self._close()
            self._number += 1
            self._lines = 0
            self._file = self._part().open("ab")

    def _part(self) -> Path:
        return self._folder / f"{self._kind}-{self._number:05}.jsonl.part"

    def _close(self) -> None:
        """Give the part its name, or drop it where nothing is in it."""
        self._file.close()
        part = self._part()
        if self._lines:
            part.rename(part.with_suffix(""))
        else:
            part.unlink()

    def _count(self, file: Path) -> int:
        with file.open("rb") as lines:
            found = [msgspec.json.decode(each, type=_Finished) for each in lines]
        self.finished |= {each.line: each.sha256 for each in found}
        return len(found)


def _cut(part: Path) -> None:
    """Make sure that the part is there and ends with a whole line."""
    with part.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            begin = max(0, end - 65536)
            file.seek(begin)
            whole = file.read(end - begin).rfind(b"\n") + 1
            end = begin + whole
            if whole:
                break
        file.truncate(end)
