"""A model of the registry with what we trained of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from service.models import registry
from service.models.registry import MANIFEST, entries, entry_folder, locate

WRITER = "Qwen2.5-Coder-0.5B-Instruct"


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The writer, on disk, with an adapter; gives the adapter's file."""
    adapter = tmp_path / "small.gguf"
    adapter.write_bytes(b"one")
    entry = msgspec.structs.replace(entries()[WRITER], adapters=(str(adapter),))
    monkeypatch.setattr(registry, "entries", lambda: {WRITER: entry})
    folder = entry_folder(entry, tmp_path)
    folder.mkdir()
    (folder / MANIFEST).write_text("{}")
    return adapter


def test_an_adapter_lies_in_the_package_and_is_part_of_what_names_the_weights(
    adapted: Path, tmp_path: Path
):
    found = locate(WRITER, "writer", tmp_path)
    adapted.write_bytes(b"other")
    changed = locate(WRITER, "writer", tmp_path)

    assert found.adapters == (adapted,)
    assert found.fingerprint != changed.fingerprint


def test_every_adapter_that_the_registry_names_ships():
    package = Path(registry.__file__).parent

    named = [name for entry in entries().values() for name in entry.adapters]

    assert named
    assert all((package / name).is_file() for name in named)
