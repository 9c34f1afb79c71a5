"""docs/session.md is run as it stands, by bash, against a real server with the fake pipeline."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.api.conftest import Service
from tests.api.conftest import launch as launch
from tests.conftest import PATIENCE_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent


def script(port: int) -> str:
    """The commands of the document, on this port."""
    text = (ROOT / "docs" / "session.md").read_text()
    commands = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    return commands.replace("127.0.0.1:8000", f"127.0.0.1:{port}")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_session_with_curl_works_as_it_is_written(
    launch: Callable[..., Service], tmp_path: Path
):
    service = launch(require_keys=1)
    service.worker()
    service.ready()
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    command = tmp_path / "newsbrief"
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m service "$@"\n')
    command.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}

    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script(service.port)],
        cwd=tmp_path,
        env={**environ, "NEWSBRIEF_REDIS_URL": service.url},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )

    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert said.count("event: sentence") == 5
    assert said.index("event: done") < said.index("The brief is /v1/briefs/")
    assert '"cause": "new-article"' in said
    assert '"kind": "withdrawn"' in said
    assert "'state': 'affected'" in said
    assert "> **An article that this brief cites (06-evening-wire) was withdrawn:" in said
    assert said.endswith("/problems/retracted-article\n")
