"""`newsbrief writer` with the real weights, beside the private server that it stands for."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from service.models.base import Message
from service.models.llama_server import private_reader, private_writer
from service.models.loading import ModelConfig, writer_server
from service.models.registry import locate
from service.models.shared_writer import shared_writers
from tests.conftest import Processes, free_port, wait_for

PROMPT = (
    Message("system", "Tell the report in one sentence."),
    Message("user", "Police said on Friday that thieves took 12 coins from the museum in Trier."),
)
CHECK = (Message("user", "Is that in the report? Answer Yes or No."),)


@pytest.mark.timeout(600)
def test_what_it_says_is_what_the_private_server_says_to_the_bit(
    fetched: None, processes: Processes, tmp_path: Path
):
    config = ModelConfig(data_dir=tmp_path)
    located = locate(str(config.writer), "writer")
    port = free_port()
    processes.start("-m", "service", "writer", "--port", str(port), data_dir=tmp_path)
    wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/health/ready").is_success)
    writer, reader = shared_writers(f"http://127.0.0.1:{port}/v1", None)
    with writer_server(config) as home:
        assert home is not None
        own = private_writer(located, home, deadline_s=300)
        own_reader = private_reader(located, home, deadline_s=300)
        assert own_reader is not None
        assert reader is not None

        for _ in range(2):  # the server's state is another one now
            told = writer.write_and_judge([PROMPT], CHECK, max_new_tokens=24)
            assert told == own.write_and_judge([PROMPT], CHECK, max_new_tokens=24)
            chosen = reader.choose([PROMPT], ["yes", "no"])
            assert chosen.tobytes() == own_reader.choose([PROMPT], ["yes", "no"]).tobytes()

    assert (writer.fingerprint, reader.fingerprint) == (own.fingerprint, own_reader.fingerprint)
    assert told[0] is not None
    processes.started[0].send_signal(signal.SIGTERM)
    assert processes.started[0].wait(30) in {0, -signal.SIGTERM}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"NEWSBRIEF_HOST": "0.0.0.0"}, "NEWSBRIEF_WRITER_API_KEY"),  # noqa: S104  # the case itself
        ({"NEWSBRIEF_WRITER": "http://writer:8080/v1#newsbrief-writer"}, "registry or a GGUF"),
        ({"NEWSBRIEF_WRITER": "none"}, "registry or a GGUF"),
    ],
)
def test_it_refuses_strangers_and_what_it_cannot_serve(variables: dict[str, str], said: str):
    done = subprocess.run(
        [sys.executable, "-m", "service", "writer"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "PYTHONPATH": ":".join(sys.path)}
        | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 2
    assert said in done.stderr
