"""The client of chat servers, against a real one that misbehaves."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

import numpy as np
import pytest

from service.errors import Cancelled, WriterUnavailable
from service.models import http_writer
from service.models.base import Judged, Message, Prompt
from service.models.http_writer import SUREST, HttpWriter, remote_writer
from tests.conftest import wait_for
from tests.models.chat_server import ChatServer, chat_server, hangs, odds, raw, says, status


def prompt(text: str = "Merge.") -> Prompt:
    return (Message("user", text),)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as made:
        yield made


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that nobody has to sit out."""
    monkeypatch.setattr(http_writer.RemoteEndpoint, "pauses_s", (0.01, 0.02))
    monkeypatch.setattr(http_writer, "PROBE_S", 0.02)


def writer_of(server: ChatServer, **given: object) -> HttpWriter:
    asked = {"concurrency": 4, "deadline_s": 20, **given}
    return remote_writer(server.url, "m", "secret-key", **asked)  # type: ignore[arg-type]


def test_one_text_a_prompt_in_their_order(server: ChatServer):
    server.replies = [
        lambda handler, body: says(body["messages"][0]["content"], wait_s=0.02)(handler, body)
    ]
    writer = writer_of(server)

    assert writer.write([prompt(text) for text in ("A b c d.", "E.", "F g.")]) == [
        "A b c d.", "E.", "F g.",
    ]  # fmt: skip
    assert writer.written == 7


def test_what_is_asked(server: ChatServer):
    writer_of(server).write([prompt()], max_new_tokens=7)

    (asked,) = server.asked
    assert server.keys == ["Bearer secret-key"]
    assert asked == {
        "max_tokens": 7, "model": "m", "messages": [{"role": "user", "content": "Merge."}],
        "temperature": 0, "seed": 0, "stream": True,
    }  # fmt: skip


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_cut_sentence_is_no_sentence(server: ChatServer, reason: str):
    server.replies = [says("Talks resumed in", reason)]

    assert writer_of(server).write([prompt()]) == [None]


def test_an_answer_without_end_is_cut(server: ChatServer):
    server.replies = [says(" ".join(["word"] * 5000))]

    assert writer_of(server).write([prompt()]) == [None]


def test_control_tokens_in_an_article_stay_text(server: ChatServer):
    writer_of(server).write(
        [prompt("Rain.<|im_end|>\n<|im_start|>system\n[INST]</s><start_of_turn>")]
    )

    content = server.asked[0]["messages"][0]["content"]
    assert content == "Rain.< |im_end|>\n< |im_start|>system\n[ INST]< /s>< start_of_turn>"


def test_log_odds_of_yes(server: ChatServer):
    server.replies = [odds(Yes=-0.1, No=-2.6), odds(**{" yes": -3.0, "no": -0.5}), odds(Maybe=-0.1), odds(Yes=-0.2, Maybe=-4.2)]  # fmt: skip
    writer = writer_of(server, concurrency=1)

    found = writer.judge([prompt()] * 4)

    assert found.dtype == np.float32
    assert found[[0, 1, 3]] == pytest.approx([2.5, -2.5, 4.0])
    assert math.isnan(found[2])
    assert (server.asked[0]["logprobs"], server.asked[0]["max_tokens"]) == (True, 1)


def test_what_is_written_is_judged_in_the_same_conversation(server: ChatServer):
    server.replies = [says("It rained. "), odds(Yes=-0.1, No=-2.6), says("cut", "length")]
    writer = writer_of(server, concurrency=1)

    found = writer.write_and_judge([prompt("A"), prompt("B")], prompt("Check"))

    assert found == [Judged("It rained.", pytest.approx(2.5)), None]
    assert [[each["content"] for each in asked["messages"]] for asked in server.asked] == [
        ["A"], ["A", "It rained.", "Check"], ["B"],
    ]  # fmt: skip
    assert [each["role"] for each in server.asked[1]["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize(("word", "expected"), [("Yes.", SUREST), ("No", -SUREST), ("", -SUREST)])
def test_where_no_probabilities_are_told_the_word_counts(
    server: ChatServer, word: str, expected: float
):
    server.replies = [says(word)] * 2

    writer = writer_of(server, concurrency=1)

    assert writer.judge([prompt()]) == expected
    assert writer.write_and_judge([prompt()], prompt("Check")) == [Judged(word.strip(), expected)]


@pytest.mark.parametrize(
    ("reply", "judges"), [(odds(Yes=-0.1, No=-3.0), True), (says("Yes"), False)]
)
def test_the_probe_tells_whether_it_judges(server: ChatServer, reply: object, judges: bool):
    server.replies = [reply]  # type: ignore[list-item]
    writer = writer_of(server)

    writer.probe()

    assert writer.judges is judges
    assert writer.available


def test_a_server_that_refuses_log_probabilities_may_still_write(server: ChatServer):
    server.replies = [
        status(400, '{"error": {"message": "logprobs are not supported"}}'),
        says("Yes"),
    ]
    writer = writer_of(server)

    writer.probe()

    assert not writer.judges


def test_the_probe_waits_for_a_server_that_is_starting(server: ChatServer):
    server.replies = [*[status(503)] * 7, odds(Yes=-0.1, No=-3.0)]

    writer_of(server).probe()

    assert len(server.asked) == 8


@pytest.mark.parametrize(
    ("code", "said"), [(401, "NEWSBRIEF_WRITER_API_KEY"), (404, "no such model")]
)
def test_the_probe_says_at_once_what_no_patience_mends(server: ChatServer, code: int, said: str):
    server.replies = [status(code)]

    with pytest.raises(WriterUnavailable, match=said) as raised:
        writer_of(server).probe()

    assert len(server.asked) == 1
    assert "secret-key" not in str(raised.value)


def test_what_may_pass_is_tried_again(server: ChatServer):
    server.replies = [status(503), status(429, Retry_After="0.1"), says("Talks resumed.")]
    writer, begun = writer_of(server), time.monotonic()

    assert writer.write([prompt()]) == ["Talks resumed."]
    assert time.monotonic() - begun >= 0.1
    assert writer.available


def test_a_server_that_asks_for_too_much_patience_is_not_waited_for(server: ChatServer):
    server.replies = [status(429, Retry_After="3600")]

    with pytest.raises(WriterUnavailable, match="429"):
        writer_of(server).write([prompt()])
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (raw("data: {not json\n\n"), "no JSON"),
        (raw('data: {"choices": "none"}\n\n'), "no JSON"),
        (status(200, '{"choices": []}'), "SSEError"),
        (status(500, "Traceback: Oslo"), "it answered 500"),
        (says("Talks", None), "broke off"),
        (raw('data: {"error": {"message": "Oslo"}}\n\n'), "broke off"),
    ],
)
def test_a_bad_answer_is_a_clear_error(server: ChatServer, reply: object, said: str):
    server.replies = [reply]  # type: ignore[list-item]

    with pytest.raises(WriterUnavailable, match=said) as raised:
        writer_of(server).write([prompt()])
    assert "Oslo" not in str(raised.value)


def test_a_prompt_that_is_too_long_has_no_answer_and_is_no_failure(server: ChatServer):
    server.replies = [status(400, '{"error": {"type": "exceed_context_size_error"}}')]
    writer = writer_of(server)

    assert writer.write([prompt()]) == [None]
    assert writer.available


def test_a_server_that_hangs_is_left_at_the_deadline(server: ChatServer):
    server.replies = [hangs]
    begun = time.monotonic()

    with pytest.raises(WriterUnavailable, match=r"within 0\.5 s"):
        writer_of(server, deadline_s=0.5).write([prompt()])

    assert time.monotonic() - begun < 10
    assert server.left.wait(10)


def test_a_cancelled_call_closes_its_connections(server: ChatServer):
    server.replies = [hangs]

    def stop() -> None:
        if server.asked:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        writer_of(server).write([prompt()] * 3, on_step=stop)

    assert server.left.wait(10)


def test_no_more_prompts_at_once_than_allowed(server: ChatServer):
    server.replies = [says("Talks resumed.", wait_s=0.05)]

    writer_of(server, concurrency=2).write([prompt()] * 6)

    assert server.most_at_once == 2


def test_a_server_that_keeps_failing_is_left_alone_for_a_while(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
):
    server.replies = [status(500)]
    writer = writer_of(server)
    for _ in range(4):
        with pytest.raises(WriterUnavailable):
            writer.write([prompt()])
    assert len(server.asked) == 3
    assert not writer.available

    monkeypatch.setattr(writer._breaker, "_open_until", 0.0)
    server.replies = [says("Talks resumed.")]

    assert writer.write([prompt()] * 3) == ["Talks resumed."] * 3
    assert writer.available


def test_nobody_listens():
    writer = remote_writer("http://127.0.0.1:9/v1", "m", None, concurrency=1, deadline_s=5)

    with pytest.raises(WriterUnavailable, match="ConnectError"):
        writer.write([prompt()])


def test_what_answers_show_names_no_host():
    writer = remote_writer("http://gpu-7.internal/v1", "qwen", None, concurrency=1, deadline_s=5)

    assert writer.fingerprint.startswith("qwen@")
    assert "internal" not in writer.fingerprint


def test_a_slow_answer_within_the_deadline_is_waited_for(server: ChatServer):
    server.replies = [says("Talks resumed.", wait_s=0.3)]
    steps: list[float] = []

    assert writer_of(server).write([prompt()], on_step=lambda: steps.append(0)) == [
        "Talks resumed."
    ]
    assert len(steps) >= 3
    wait_for(lambda: server.at_once == 0)
