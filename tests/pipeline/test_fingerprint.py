"""What changes a brief makes its cache cold, in every room of the pipeline, and nothing else does."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from service.models.base import Models
from service.pipeline.fingerprint import FOLDER, code_hash, fingerprint
from tests.fake_worker import Named

SUB_PACKAGES = sorted(each.parent.name for each in FOLDER.glob("*/__init__.py"))


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A copy of the pipeline's sources."""
    return Path(shutil.copytree(FOLDER, tmp_path / "pipeline"))


def test_a_copy_has_the_same_hash(pipeline: Path):
    assert code_hash(pipeline) == code_hash()


@pytest.mark.parametrize("room", SUB_PACKAGES)
def test_an_edit_in_any_sub_package_changes_it(pipeline: Path, room: str):
    before = code_hash.__wrapped__(pipeline)
    edited = next(
        each for each in sorted((pipeline / room).glob("*.py")) if each.stem != "__init__"
    )

    edited.write_text(edited.read_text() + "\nEDITED = 1\n")

    assert code_hash.__wrapped__(pipeline) != before


def test_a_changed_constant_a_new_and_a_moved_file_change_it(pipeline: Path):
    seen = {code_hash.__wrapped__(pipeline)}
    ordering = pipeline / "selection" / "ordering.py"

    ordering.write_text(
        ordering.read_text().replace("WORD_TOLERANCE = 0.1", "WORD_TOLERANCE = 0.2")
    )
    seen.add(code_hash.__wrapped__(pipeline))
    (pipeline / "selection" / "other.py").write_text("")
    seen.add(code_hash.__wrapped__(pipeline))
    (pipeline / "selection" / "other.py").rename(pipeline / "writing" / "other.py")
    seen.add(code_hash.__wrapped__(pipeline))

    assert len(seen) == 4


def test_comments_docstrings_and_layout_do_not_change_it(pipeline: Path):
    before = code_hash.__wrapped__(pipeline)
    ordering = pipeline / "selection" / "ordering.py"
    text = ordering.read_text()

    text = text.replace('"""Ordering:', '"""Reworded:').replace("WORD_TOLERANCE = 0.1", "# why\nWORD_TOLERANCE  =  0.1")  # fmt: skip
    ordering.write_text(text)

    assert code_hash.__wrapped__(pipeline) == before


def test_another_model_of_any_kind_changes_it():
    kinds = Models.__struct_fields__
    names = [[f"{kind}@1" for kind in kinds]]
    names += [[*names[0][:k], f"{kind}@2", *names[0][k + 1 :]] for k, kind in enumerate(kinds)]
    named: list[Any] = [[Named(name) for name in each] for each in names]

    seen = {fingerprint(Models(*each)) for each in (*named, named[0])}

    assert len(seen) == len(names)
