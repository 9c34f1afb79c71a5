"""`newsbrief writer` and its client: two real processes, the model aside."""

from __future__ import annotations

import asyncio
import math
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import cycle

import httpx
import pytest

from service import worker
from service.errors import Cancelled, WriterUnavailable
from service.models import shared_writer
from service.models.base import Message, Prompt
from service.models.shared_writer import (
    WRITER,
    Offer,
    SharedEndpoint,
    SharedWriter,
    shared_writers,
)
from tests.conftest import Processes, free_port, wait_for
from tests.models.chat_server import Reply, chat_server, raw, status
from tests.models.fake_writer import KEY

Starts = Callable[..., str]
QUESTION = (Message("user", "Is that so?"),)


def prompt(text: str) -> Prompt:
    return (Message("system", "Say it."), Message("user", text))


def url_of(port: int) -> str:
    return f"http://127.0.0.1:{port}/v1"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SharedEndpoint, "pauses_s", (0.05, 3.0))
    monkeypatch.setattr(shared_writer, "PROBE_S", 0.05)


def starting(processes: Processes) -> Starts:
    """Start a writer and wait for it → its URL."""

    def starts(port: int | None = None, fingerprint: str = "model@1") -> str:
        url = url_of(port or free_port())
        processes.start("-m", "tests.models.fake_writer", url.split(":")[2][:-3], fingerprint)
        wait_for(lambda: httpx.get(f"{url[:-3]}/health/ready").is_success)
        return url

    return starts


@pytest.fixture
def start(processes: Processes) -> Starts:
    return starting(processes)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A writer for all tests that leave it alive."""
    started = Processes(tmp_path_factory.mktemp("writer"))
    yield starting(started)()
    started.stop_all()


def both(url: str) -> tuple[SharedWriter, SharedWriter]:
    writer, reader = shared_writers(url, KEY.text, starting_s=5)
    assert reader is not None
    return writer, reader


def test_it_writes_judges_and_chooses_as_its_own_server_does(url: str):
    writer, reader = both(url)
    writer.probe(5)

    (told,) = writer.write_and_judge([prompt("Rain fell.")], QUESTION)

    assert writer.write([prompt(each) for each in ("A b.", "C.")]) == ["A b.", "C."]
    assert told is not None
    assert (told.text, told.odds) == ("Rain fell.", 1.5)
    assert reader.choose([prompt("?")], ["yes", "no"])[0] == pytest.approx(
        [0.8808, 0.1192], abs=1e-3
    )
    assert (writer.fingerprint, reader.fingerprint) == ("model@1", "model@1")
    assert (writer.judges, writer.available, writer.concurrency) == (True, True, 1)


def test_a_prompt_that_is_too_long_has_no_answer(url: str):
    writer, _ = both(url)

    assert writer.write([prompt("LONG"), prompt("word " * 50_000)]) == [None, None]
    assert writer.available


def test_without_the_key_nothing_is_told(url: str):
    with pytest.raises(WriterUnavailable, match="NEWSBRIEF_WRITER_API_KEY"):
        shared_writers(url, "another key", starting_s=5)
    assert httpx.post(f"{url}/answers", json={}).status_code == 401
    assert "newsbrief_writer_waiting 0.0" in httpx.get(f"{url[:-3]}/metrics").text


def test_several_workers_are_answered_one_after_another(url: str):
    name = 'newsbrief_writer_answer_seconds_count{model="newsbrief-writer"}'

    def count() -> float:
        lines = httpx.get(f"{url[:-3]}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    before = count()

    def ask(number: int) -> list[str | None]:
        return both(url)[0].write([prompt(f"Worker {number} asked.")])

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(ask, range(6))) == [[f"Worker {k} asked."] for k in range(6)]
    assert count() == before + 6


def test_who_goes_takes_its_prompt_along(url: str):
    begun = time.monotonic()
    writer, _ = both(url)

    def stop() -> None:
        if time.monotonic() > begun + 1:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        writer.write([prompt("SLOW " * 100)], on_step=stop)

    # The chat server sees half a second later that its caller is gone.
    wait_for(lambda: writer.write([prompt("Next.")]) == ["Next."])
    assert time.monotonic() - begun < 10  # the first would have taken fifty seconds


def test_who_waits_is_told_so(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shared_writer, "SILENCE_S", 1.0)
    writer, _ = both(url)

    assert writer.write([prompt("SLOW and slower still.")]) == ["SLOW and slower still."]


def test_a_server_that_falls_silent_is_left(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shared_writer, "SILENCE_S", 0.2)
    monkeypatch.setattr(SharedEndpoint, "pauses_s", ())
    writer, _ = both(url)

    with pytest.raises(WriterUnavailable, match="ReadTimeout"):
        writer.write([prompt("SLOW and slower")])  # a beat comes every half second


def test_one_that_is_killed_and_started_again_answers_what_it_was_asked(
    start: Starts, processes: Processes
):
    port = free_port()
    writer, _ = both(start(port))
    asked = ThreadPoolExecutor(1).submit(writer.write, [prompt("SLOW but sure.")])
    time.sleep(0.7)

    processes.started[0].kill()
    start(port)

    assert asked.result(30) == ["SLOW but sure."]


class RoundRobin:
    """A TCP proxy: each connection goes to the next server, whether it lives or not."""

    def __init__(self, *ports: int) -> None:
        self._ports = cycle(ports)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.failed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with closing(client):
            try:
                server = socket.create_connection(("127.0.0.1", next(self._ports)))
            except OSError:
                self.failed += 1
                return
            with closing(server):
                back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
                back.start()
                self._copy(client, server)
                back.join()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def two(start: Starts) -> Iterator[RoundRobin]:
    ports = (free_port(), free_port())
    for port in ports:
        start(port)
    proxy = RoundRobin(*ports)
    yield proxy
    proxy.close()


def test_of_two_behind_one_address_one_may_be_killed(two: RoundRobin, processes: Processes):
    writer, _ = both(url_of(two.port))
    texts = [f"SLOW sentence {number}." for number in range(6)]
    asked = ThreadPoolExecutor(1).submit(writer.write, [prompt(text) for text in texts])
    time.sleep(2.0)

    processes.started[0].kill()

    assert asked.result(60) == texts
    assert two.failed > 0
    assert writer.available


def test_another_build_gives_no_answers_and_ends_the_worker(
    start: Starts, processes: Processes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(SharedEndpoint, "pauses_s", ())
    monkeypatch.setattr(worker, "WRITER_LOOK_S", 0.1)
    port = free_port()
    writer, _ = both(start(port))
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    try:
        processes.started[0].kill()
        processes.started[0].wait()
        start(port, "model@2")

        with pytest.raises(WriterUnavailable, match="another build"):
            writer.write([prompt("Rain.")])
        assert writer.replaced
        asyncio.run(asyncio.wait_for(worker._watch(writer), 20))
    finally:
        signal.signal(signal.SIGTERM, before)

    assert told == [signal.SIGTERM]


def test_what_is_no_writer_of_ours_is_said_at_once():
    with chat_server() as server, pytest.raises(WriterUnavailable):
        shared_writers(server.url, None, starting_s=0)


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (raw(": wait\n\n"), "broke off"),
        (raw("event: answer\ndata: {}\n\n"), "none of ours"),
        (status(503), "503"),
    ],
)
def test_an_answer_that_is_none_is_no_answer(answered: Reply, said: str):
    with chat_server() as server:
        server.replies = [answered]
        writer = SharedWriter(SharedEndpoint(server.url), Offer(WRITER, "model@1"))

        with pytest.raises(WriterUnavailable, match=said):
            writer.write([prompt("Rain.")])


def test_a_writer_that_is_not_there_is_waited_for(start: Starts):
    port = free_port()
    found = ThreadPoolExecutor(1).submit(both, url_of(port))
    time.sleep(0.5)

    start(port)

    assert not math.isnan(found.result(20)[0].judge([prompt("?")])[0])
