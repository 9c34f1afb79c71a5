"""Damaged models and a store that can't be written: one clear message, an exit code, and nothing served."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from service.models.loading import ModelConfig
from service.models.registry import cache_folder, entries, entry_folder
from tests.conftest import PATIENCE_S

pytestmark = [pytest.mark.slow, pytest.mark.models]

ENCODER, PARSER = ModelConfig().encoder, ModelConfig().parser


def flipped(file: Path) -> None:
    with file.open("r+b") as held:
        held.seek(file.stat().st_size // 2)
        byte = held.read(1)
        held.seek(-1, os.SEEK_CUR)
        held.write(bytes([byte[0] ^ 1]))


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


@pytest.mark.parametrize(
    ("damaged", "name", "damage", "said"),
    [
        (ENCODER, "model.safetensors", flipped, "model.safetensors has changed"),
        (ENCODER, "model.safetensors", truncated, "model.safetensors has another size"),
        (PARSER, "parser/model", emptied, "parser/model has another size"),
    ],
    ids=["a-flipped-byte", "truncated", "empty"],
)
def test_a_damaged_model_keeps_the_worker_from_starting(
    fetched: None, tmp_path: Path, damaged: str, name: str, damage: Callable[[Path], None], said: str
):  # fmt: skip
    for model in (ENCODER, PARSER):
        folder = entry_folder(entries()[model])
        shutil.copytree(folder, tmp_path / folder.relative_to(cache_folder()))
    damage(entry_folder(entries()[damaged], tmp_path) / name)

    done = subprocess.run(
        [sys.executable, "-m", "service", "worker"], capture_output=True, text=True, timeout=PATIENCE_S,
        env={**os.environ, "NEWSBRIEF_MODEL_DIR": str(tmp_path), "NEWSBRIEF_WRITER": "none",
             "NEWSBRIEF_REDIS_URL": "redis://127.0.0.1:9/0"},
    )  # fmt: skip

    assert done.returncode == 3
    assert said in done.stderr
    assert "newsbrief models pull" in done.stderr
    assert "worker.ready" not in done.stderr
