"""The writer's server fails in every way: the brief is finished, in the sources' own words, and says so."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from service.models.base import Models
from service.models.http_writer import remote_writer
from service.pipeline.run import run
from service.pipeline.types import WRITER_UNAVAILABLE, Article, Brief, Options, Request
from service.store.computation_cache import MemoryComputationCache
from tests.models.chat_server import (
    ChatServer,
    Handler,
    Reply,
    chat_server,
    chunk,
    hangs,
    odds,
    raw,
    says,
    status,
)

pytestmark = [pytest.mark.slow, pytest.mark.models]

TEXTS = (
    ("The ferry Brena sank off Orlen on Friday morning, killing 23 people, the coast guard said. The"
     " ferry Brena had left Orlen with 140 passengers on board. Divers from the navy searched the"
     " wreck until nightfall."),
    ("Twenty-three people were killed when the ferry Brena sank off Orlen on Friday morning, the coast"
     " guard said. Some 140 passengers were on board the ferry Brena when it left Orlen. The owner of"
     " the ferry gave no comment."),
    ("The ferry Brena had left Orlen with 140 passengers on board, the owner said. A storm warning was"
     " in force for the whole coast. Schools in Orlen held a minute of silence."),
)  # fmt: skip
ARTICLES = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(TEXTS))
FOREIGN = "The central bank of Norway raised its key rate to 4.5 percent on Thursday."
PAGE = "<html><body><h1>Welcome to nginx!</h1></body></html>"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as made:
        yield made


def briefed(models: Models, server: ChatServer, deadline_s: float = 20) -> Brief:
    writer = remote_writer(server.url, "m", None, concurrency=2, deadline_s=deadline_s)
    asked = Request(articles=ARTICLES, options=Options(sentences=4))
    with_writer = msgspec.structs.replace(models, writer=writer)
    return run(asked, with_writer, MemoryComputationCache(), lambda _: None)


def own_words(brief: Brief) -> bool:
    """Whether there is a brief, all of it in the sources' own words."""
    return bool(brief.sentences) and all(
        each.mode == "extractive"
        and any(each.text == cited.quote for cited in each.citations if cited.role == "supports")
        for each in brief.sentences
    )


def asked_to_judge(body: dict[str, Any]) -> bool:
    return body.get("max_tokens") == 1


def honest(handler: Handler, body: dict[str, Any]) -> None:
    """Yes to what it is asked, and for a text the first report that it was given."""
    if asked_to_judge(body):
        odds(Yes=-0.1, No=-3.0)(handler, body)
        return
    reports = re.findall(r"^1\. (?:\(.*?\) )?(.*)$", body["messages"][-1]["content"], re.MULTILINE)
    says(reports[0] if reports else "The ferry Brena sank")(handler, body)


def lying(text: str) -> Reply:
    """Always the same text, and Yes to whatever it is asked."""

    def reply(handler: Handler, body: dict[str, Any]) -> None:
        (odds(Yes=-0.01, No=-9.0) if asked_to_judge(body) else says(text))(handler, body)

    return reply


def killed(handler: Handler, body: dict[str, Any]) -> None:
    """Gone in the middle of an answer."""
    handler.begin("text/event-stream")
    handler.send(chunk(delta={"content": "The ferry of rubbish"})[:40])
    handler.connection.shutdown(socket.SHUT_RDWR)


def test_one_that_answers_is_no_failure(models: Models, server: ChatServer):
    server.replies = [honest]

    brief = briefed(models, server)

    assert brief.sentences
    assert WRITER_UNAVAILABLE not in brief.warnings
    assert len(server.asked) > 2


def test_one_killed_in_mid_brief_leaves_a_brief_of_the_sources_own_sentences(
    models: Models, server: ChatServer
):
    server.replies = [honest, honest, killed]

    brief = briefed(models, server)

    assert WRITER_UNAVAILABLE in brief.warnings
    assert own_words(brief)
    assert "rubbish" not in brief.text


@pytest.mark.soak
@pytest.mark.parametrize(
    "failing",
    [
        killed,
        raw("data: {not json\n\n"),
        raw('data: {"choices": [{"delta": {"content": 7}}]}\n\n'),
        raw('data: {"choices": []}\n\ndata: [DONE]\n\n'),
        raw('data: {"answer": "The ferry of rubbish"}\n\n'),
        status(200, PAGE),
        raw(f"data: {PAGE}\n\n"),
        status(500, PAGE),
    ],
    ids=["killed", "no-json", "wrong-types", "no-choices", "other-schema", "page", "page-as-event", "500"],
)  # fmt: skip
@pytest.mark.parametrize("after", [0, 2], ids=["at-once", "in-mid-brief"])
def test_one_that_fails_leaves_a_brief_of_the_sources_own_sentences(
    models: Models, server: ChatServer, failing: Reply, after: int
):
    server.replies = [*[honest] * after, failing]

    brief = briefed(models, server)

    assert WRITER_UNAVAILABLE in brief.warnings
    assert own_words(brief)
    assert "rubbish" not in brief.text
    assert "nginx" not in brief.text


def test_one_that_is_too_slow_is_given_up_for_the_brief(models: Models, server: ChatServer):
    server.replies = [hangs]

    brief = briefed(models, server, deadline_s=0.5)

    assert WRITER_UNAVAILABLE in brief.warnings
    assert own_words(brief)
    assert len(server.asked) <= 2


def cut(handler: Handler, body: dict[str, Any]) -> None:
    if asked_to_judge(body):
        honest(handler, body)
    else:
        says("The ferry Brena sank off Orlen and of", "length")(handler, body)


def test_what_it_cuts_is_not_printed(models: Models, server: ChatServer):
    server.replies = [cut]

    brief = briefed(models, server)

    assert brief.sentences
    assert "off Orlen and of" not in brief.text
    assert all(each.mode != "abstractive" for each in brief.sentences)
    assert brief.headline is None or "and of" not in brief.headline.text


@pytest.mark.parametrize(
    "text",
    [
        FOREIGN,
        "As an AI language model, I can't help with that.",
        "I'm sorry, but the reports were not given.",
        "The ferry Brena sank off Orlen on Friday morning, killing 32 people, the coast guard said.",
        "[Insert sentence here]",
        "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "<script>alert(1)</script> The ferry Brena sank off Orlen on Friday morning.",
    ],
    ids=["another-story", "refusal", "apology", "false-figure", "placeholder", "noise", "markup"],
)
def test_what_it_says_that_no_source_says_is_not_printed(
    models: Models, server: ChatServer, text: str
):
    server.replies = [lying(text)]

    brief = briefed(models, server)

    assert brief.sentences
    printed = [each.text for each in brief.sentences]
    printed += [brief.headline.text] if brief.headline is not None else []
    assert not any(text in each or "<script" in each or "32" in each for each in printed)
    assert any(not asked_to_judge(body) for body in server.asked)


def test_answers_that_are_mixed_up_are_not_printed_over_other_evidence(
    models: Models, server: ChatServer
):
    """Each prompt gets what the one before should have got."""
    late: list[str] = [FOREIGN]

    def swapped(handler: Handler, body: dict[str, Any]) -> None:
        if asked_to_judge(body):
            odds(Yes=-0.01, No=-9.0)(handler, body)
            return
        content = body["messages"][-1]["content"]
        reports = re.findall(r"^1\. (?:\(.*?\) )?(.*)$", content, re.MULTILINE)
        late.append(reports[0] if reports else FOREIGN)
        says(late.pop(0))(handler, body)

    server.replies = [swapped]

    brief = briefed(models, server)

    assert brief.sentences
    for each in brief.sentences:
        cited = " ".join(cited.quote for cited in each.citations).casefold()
        facts = re.findall(r"\b(?:[A-Z]\w+|\d+)\b", each.text)
        assert [fact for fact in facts if fact.casefold() not in cited] == []
    assert "bank" not in brief.text
