"""What is installed is what works in the checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        folder,
        ROOT,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("newsbrief-*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_prompts_models_registry_and_types(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {"service/_prompts/fuse.md", "service/_prompts/headline.md", "service/_prompts/check.md",
            "service/models/registry.toml", "service/models/checker.json",
            "service/models/checker.safetensors", "service/models/reader.safetensors",
            "service/models/writer-1.5b.gguf", "service/models/reader-1.5b.gguf",
            "service/py.typed", "service/dashboard/index.html",
            "service/dashboard/embed/news-brief.js", "service/dashboard/sample.json",
            "service/templates/brief.html", "service/templates/style.css"} <= names  # fmt: skip
    assert not [name for name in names if name.startswith(("tests/", "seeds/", "benchmarks/"))]


@pytest.mark.slow
def test_the_installed_package_finds_its_prompts(wheel: Path, tmp_path: Path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = (
        "from service.pipeline.prompts import templates, PACKAGED; print(PACKAGED, *templates())"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == [
        str(tmp_path / "service" / "_prompts"),
        "check",
        "fuse",
        "headline",
        "lead",
        "same_fact",
        "support",
    ]


def test_every_direct_dependency_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    asked = [*project["project"]["dependencies"], *(each for group in groups for each in group)]
    pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))

    plain = {name.lower().replace("_", "-") for name in pinned}
    assert {re.split(r"[<>=~\[]", each)[0] for each in asked} <= plain


def test_a_worker_is_given_longer_to_stop_than_it_takes():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]

    from service.settings import Settings

    assert (
        int(services["worker"]["stop_grace_period"].removesuffix("s")) > Settings().shutdown_grace_s
    )
    assert services["redis"]["healthcheck"]
    assert "container_name" not in services["worker"]


def test_the_operators_guide_names_every_setting():
    from service.settings import Settings

    guide = (ROOT / "docs" / "operations.md").read_text()

    missing = [
        name for name in Settings.__struct_fields__ if f"NEWSBRIEF_{name.upper()}" not in guide
    ]
    assert missing == []
