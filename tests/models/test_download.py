"""A download's size is told while its process makes and removes files and folders."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from service.models.download import Download


def test_a_folder_that_goes_while_it_is_measured_is_passed_over(tmp_path: Path):
    fetched = Download(["this"], tmp_path / "scratch")
    (fetched.scratch / "part.bin").write_bytes(b"x" * 10_000)
    over = threading.Event()

    def busy() -> None:
        while not over.is_set():
            folder = fetched.scratch / "tracker" / "deep"
            folder.mkdir(parents=True)
            shutil.rmtree(folder.parent)

    other = threading.Thread(target=busy)
    other.start()
    try:
        sizes = {fetched.size for _ in range(5000)}
    finally:
        over.set()
        other.join()
        fetched.stop()

    assert sizes == {10_000}
