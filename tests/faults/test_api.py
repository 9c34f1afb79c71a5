"""The API is killed, is one of two, or its event stream is cut: the job goes on, and every event comes once."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from tests.conftest import wait_for
from tests.faults.conftest import Failing, Launch
from tests.faults.store import Proxy, Store

pytestmark = pytest.mark.slow


def test_killed_while_a_client_waits_it_leaves_the_job_and_another_answers(
    launch: Launch, store: Store, pool: ThreadPoolExecutor
):
    one = launch(store.url)
    one.worker()
    other = launch(store.url)
    one.ready()
    waiting = pool.submit(one.brief, "AT write and waited for.")
    one.begun("AT write and waited for.")

    one.api.send_signal(signal.SIGKILL)
    with pytest.raises(httpx.TransportError):
        waiting.result()
    joining = pool.submit(other.brief, "AT write and waited for.")
    wait_for(lambda: int(other.redis.get(other.redis.keys("nb:callers:*")[0])) == 2)
    other.release("AT write and waited for.")

    assert (joining.result().status_code, joining.result().json()["cache"]["status"]) == (200, "joined")  # fmt: skip
    assert other.brief("AT write and waited for.").json()["cache"]["status"] == "hit"
    assert other.runs("AT write and waited for.") == 1


def test_two_over_one_store_make_what_both_are_asked_once(
    launch: Launch, shared: Failing, pool: ThreadPoolExecutor
):
    other = launch(shared.url)
    text = "AT plan for both."
    asked = [pool.submit(each.brief, text) for each in (shared, other) * 6]
    shared.begun(text)
    wait_for(lambda: any(int(shared.redis.get(key)) == 12 for key in shared.redis.keys("nb:callers:*")))  # fmt: skip
    shared.release(text)
    statuses = sorted(each.result().json()["cache"]["status"] for each in asked)

    assert statuses == ["joined"] * 11 + ["miss"]
    assert shared.runs(text) == 1


def received(port: int, path: str, after: str, least: int) -> bytes:
    """What a listener has got of a stream when `least` bytes of its body are there: then it is cut off."""
    head = f"GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\nLast-Event-ID: {after}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode())
        got = b""
        while len(body(got)) < least and (piece := line.recv(64)):
            got += piece
    return body(got)


def body(answer: bytes) -> bytes:
    """The bytes of a chunked answer."""
    _, _, rest = answer.partition(b"\r\n\r\n")
    found = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        if not size or not rest:
            break
        found, rest = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return found


def whole(stream: bytes) -> Iterator[tuple[str, str, str]]:
    """The events of which the end has come: id, kind and data."""
    for event in stream.decode(errors="ignore").split("\r\n\r\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in event.split("\r\n") if ": " in line)
        if "id" in fields:
            yield fields["id"], fields["event"], fields["data"]


@pytest.mark.parametrize("step", [90, 700])
def test_a_stream_cut_in_mid_event_goes_on_behind_the_last_whole_one(shared: Failing, step: int):
    texts = [f"Cut by {step}, part {k}." for k in range(6)]
    job = shared.later(*texts)
    assert shared.ended(job) == "done"
    everything = list(whole(received(shared.port, f"{job}/events", "0-0", 1 << 30)))
    got: list[tuple[str, str, str]] = []
    least = step

    while not got or got[-1][1] != "done":
        after = got[-1][0] if got else "0-0"
        found = list(whole(received(shared.port, f"{job}/events", after, least)))
        least = step if found else least + step * 50
        got += found

    assert [kind for _, kind, _ in everything].count("sentence") == 6
    assert got == everything
    assert len({name for name, _, _ in got}) == len(got)
    assert json.loads(got[-1][2])["sentences"]


def test_a_stream_whose_api_is_killed_goes_on_at_another(launch: Launch, shared: Failing):
    one = launch(shared.url)
    text = "AT rank and told to both."
    job = shared.later(text)
    shared.begun(text)
    events: list[str] = []
    with (
        suppress(httpx.TransportError),
        one.client.stream("GET", f"{job}/events") as answer,
    ):
        for line in answer.iter_lines():
            events += [line.removeprefix("id: ")] if line.startswith("id: ") else []
            if events:
                one.api.kill()
    shared.release(text)

    rest = shared.client.get(f"{job}/events", headers={"Last-Event-ID": events[-1]}).text

    assert rest.count("event: sentence") == 1
    assert rest.count("event: done") == 1
    assert f"id: {events[-1]}\n" not in rest.replace("\r", "")


def test_a_stream_whose_store_dies_ends_with_an_error_and_can_be_resumed(
    launch: Launch, shared: Failing, shared_store: Store
):
    proxy = Proxy(shared_store.port)
    one = launch(f"redis://127.0.0.1:{proxy.port}/0")
    text = "AT embed and cut off."
    job = shared.later(text)
    shared.begun(text)
    lines: list[str] = []
    with one.client.stream("GET", f"{job}/events") as answer:
        for line in answer.iter_lines():
            lines.append(line)
            if line.startswith("id: "):
                proxy.close()
    shared.release(text)
    ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]

    rest = shared.client.get(f"{job}/events", headers={"Last-Event-ID": ids[-1]}).text

    assert "event: error" in lines
    assert not any(each.endswith("-end") for each in ids)
    assert (rest.count("event: sentence"), rest.count("event: done")) == (1, 1)
