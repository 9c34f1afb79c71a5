"""`transformers serve`, another server of the chat API, with a tiny model of random weights."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from service.models.base import Message
from service.models.http_writer import SUREST, HttpWriter, remote_writer
from tests.conftest import free_port, wait_for

pytestmark = [pytest.mark.models, pytest.mark.timeout(600)]

SERVES = "from transformers.cli.transformers import main; main()"


@pytest.fixture(scope="module")
def writer(
    tiny: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpWriter]:
    for needed in ("fastapi", "openai"):  # of the extra transformers[serving]
        pytest.importorskip(needed)
    model, port = str(tiny("causal")), free_port()
    said = (tmp_path_factory.mktemp("serve") / "log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVES, "serve", "--port", str(port), "--device", "cpu"],
        env={**os.environ, "HF_HUB_OFFLINE": "1"}, stdout=said, stderr=said,
    )  # fmt: skip
    said.close()
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: httpx.get(f"{url}/health").is_success)
        yield remote_writer(f"{url}/v1", model, None, concurrency=2, deadline_s=300)
    finally:
        process.terminate()
        process.wait(30)


def test_it_tells_no_probabilities_and_judges_by_the_word(writer: HttpWriter):
    writer.probe()

    assert not writer.judges
    assert abs(writer.judge([(Message("user", "yes or no"),)])[0]) == SUREST


def test_a_cut_answer_is_seen(writer: HttpWriter):
    before = writer.written

    assert writer.write([(Message("user", "talks resumed"),)] * 2, max_new_tokens=3) == [None, None]
    assert writer.written > before
