"""The client against a running service: real uvicorn, real Valkey, fake pipeline."""

from __future__ import annotations

import asyncio
import doctest
import hashlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing

import httpx
import pytest

import service.client as newsbrief
from service.client import (
    ApiProblem,
    ArticleIn,
    AsyncNewsbriefClient,
    BriefResponse,
    DoneEvent,
    DraftEvent,
    HeadlineEvent,
    JobCancelled,
    JobOut,
    NewsbriefClient,
    NotYet,
    OptionsIn,
    RetractedText,
    Retries,
    SentenceEvent,
    Unreachable,
    VerdictEvent,
)
from tests.api.conftest import Service
from tests.conftest import free_port, wait_for
from tests.sources.server import PROSE

pytestmark = pytest.mark.slow

QUICK = Retries(first_s=0.01)


def base(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}"


def articles(*texts: str) -> list[ArticleIn]:
    return [ArticleIn(id=f"a{k}", text=text) for k, text in enumerate(texts)]


@pytest.fixture
def client(service: Service) -> Iterator[NewsbriefClient]:
    with NewsbriefClient(base(service), retries=QUICK) as made:
        yield made


def test_the_example_of_the_docstring_works(service: Service):
    text = str(newsbrief.__doc__).replace("http://127.0.0.1:8000", base(service))
    example = doctest.DocTestParser().get_doctest(text, {}, "service.client", None, 0)

    result = doctest.DocTestRunner().run(example)

    assert (result.attempted, result.failed) == (4, 0)


def test_the_client_imports_no_framework_no_store_and_no_model():
    heavy = {"litestar", "redis", "saq", "uvicorn", "torch", "transformers", "spacy", "numpy"}
    script = f"import sys, service.client; print(*({heavy!r} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert done.stdout.strip() == b""


def test_both_clients_have_the_same_methods():
    def methods(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(each).parameters)
            for name, each in vars(kind).items()
            if callable(each) and not name.startswith("_") and "close" not in name
        }

    assert methods(NewsbriefClient) == methods(AsyncNewsbriefClient)


def test_a_brief_is_waited_for_past_the_time_of_one_request(
    client: NewsbriefClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("service.client.calls.HELD_S", 0)

    made = client.brief(articles("Talks \U0001f600 are not over."), OptionsIn(offset_unit="utf16"))

    assert made.sentences[0].citations[0].end == 20 + 1
    assert made.offset_unit == "utf16"


def test_a_page_is_cleaned_past_the_time_of_one_request(
    client: NewsbriefClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("service.client.calls.HELD_S", 0)
    page = f"<html><body><article><p>{PROSE * 4}</p></article></body></html>"

    assert client.clean(html=page).text == (PROSE * 4).strip()


def test_what_takes_too_long_goes_on_and_can_be_waited_for_again(client: NewsbriefClient):
    with pytest.raises(NotYet) as raised:
        client.brief(articles("STREAM, impatiently."), timeout_s=0)

    assert client.wait(raised.value.job).sentences[0].text == "STREAM, impatiently."


def test_a_job_is_submitted_followed_and_withdrawn(client: NewsbriefClient):
    job = client.submit(articles("ENDLESS, not wanted."))
    assert isinstance(job, JobOut)

    client.withdraw(job)

    with pytest.raises(JobCancelled):
        client.wait(job)
    assert client.job(job).status == "cancelled"


def test_what_is_held_is_submitted_as_the_brief_itself(client: NewsbriefClient):
    made = client.brief(articles("Held by the service."))
    again = client.submit(articles("Held by the service."))

    assert isinstance(again, BriefResponse)
    assert client.wait(again).id == made.id
    assert [type(each) for each in client.stream(articles("Held by the service."))] == [DoneEvent]


def test_sentences_stream_and_are_those_of_the_brief(client: NewsbriefClient):
    events = list(client.stream(articles("STREAM one.", "And two.")))

    done = events[-1]
    assert isinstance(done, DoneEvent)
    assert done.brief is not None
    told = [each.sentence for each in events if isinstance(each, SentenceEvent)]
    assert tuple(told) == done.brief.sentences
    assert isinstance(events[-2], HeadlineEvent)


class Dropping(httpx.HTTPTransport):
    """The real transport, but the first event stream is cut after the first event."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if request.url.path.endswith("/events"):
            self.asked.append(request.headers.get("Last-Event-ID"))
            if len(self.asked) == 1:
                answer.stream = Cut(answer.stream)
        return answer


class Cut(httpx.SyncByteStream):
    def __init__(self, whole: object) -> None:
        self._whole = whole

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._whole:  # type: ignore[attr-defined]
            yield piece
            if b"event: sentence" in piece:
                raise httpx.ReadError("cut")

    def close(self) -> None:
        self._whole.close()  # type: ignore[attr-defined]


def test_a_dropped_stream_goes_on_behind_the_last_event(service: Service):
    wire = Dropping()
    with NewsbriefClient(base(service), retries=QUICK, transport=wire) as client:
        events = list(client.stream(articles("STREAM is cut.", "And mended.")))

    told = [each.sentence.id for each in events if isinstance(each, SentenceEvent)]
    assert told == ["s1", "s2"]
    assert wire.asked[0] is None
    assert wire.asked[1] in {each.id for each in events}


def test_who_leaves_a_stream_withdraws(service: Service, client: NewsbriefClient):
    before = withdrawn(service)
    events = client.stream(articles("ENDLESS, and left early."))
    next(events)
    events.close()

    wait_for(lambda: withdrawn(service) == before + 1)


def withdrawn(service: Service) -> int:
    """How many jobs were stopped since nobody wanted them."""
    records = [service.redis.get(key) for key in service.redis.keys("nb:job:*")]
    return sum(b'"cancelled"' in each for each in records)


def test_a_refusal_carries_the_problem_document(client: NewsbriefClient):
    with pytest.raises(ApiProblem) as raised:
        client.brief([ArticleIn(id="a", text=" ")])

    problem = raised.value
    assert (problem.status, problem.type) == (422, "/problems/invalid-request")
    assert problem.path == "articles[0].text"
    assert "empty" in problem.detail
    assert problem.title


def test_a_failed_job_raises_its_problem_however_it_is_followed(client: NewsbriefClient):
    job = client.submit(articles("EMPTY and followed."))

    for follow in (client.wait, lambda job: list(client.events(job))):
        with pytest.raises(ApiProblem) as raised:
            follow(job)
        assert raised.value.type == "/problems/nothing-to-brief"


def test_a_story_moves_is_compared_retracted_and_erased(client: NewsbriefClient):
    first = client.brief(articles("The ferry is late."))
    second = client.brief(
        articles("The ferry is late.", "It has now arrived."), OptionsIn(supersedes=first.id)
    )
    changes = client.changes(second.id, since=first.id).changes
    text = client.article(second.id, "a1").text
    sha = hashlib.sha256(text.encode()).hexdigest()
    (retraction,) = client.retract([RetractedText(sha256=sha)], "withdrawn").retractions

    assert [each.cause for each in changes.added] == ["new-article"]
    assert retraction.briefs == (second.id,)
    assert client.retractions().retractions[0] == retraction
    assert client.get_brief(second.id).status.state == "affected"
    assert client.get_brief(first.id).status.superseded_by == (second.id,)
    client.delete_brief(first.id)
    with pytest.raises(ApiProblem, match="410"):
        client.get_brief(first.id)


def test_what_is_served_and_whether_it_is_ready(client: NewsbriefClient):
    assert client.models().models[0].kind == "encoder"
    assert client.ready().status == "ready"


def test_nobody_there_is_told_after_the_last_attempt():
    with NewsbriefClient(f"http://127.0.0.1:{free_port()}", retries=QUICK) as client:
        with pytest.raises(Unreachable, match="base URL"):
            client.models()
        with pytest.raises(Unreachable):
            list(client.events("any"))


def test_the_asynchronous_client_does_the_same(service: Service):
    async def use() -> tuple[BriefResponse, list[object], list[BriefResponse]]:
        async with AsyncNewsbriefClient(base(service), retries=QUICK) as client:
            made = await client.brief(articles("Awaited."))
            async with aclosing(
                client.stream(articles("Streamed, and awaited.", "Two."))
            ) as stream:
                events: list[object] = [event async for event in stream]
            both = [client.wait(await client.submit(articles(f"Number {k}."))) for k in "12"]
            with pytest.raises(ApiProblem):
                await client.article(made.id, "none")
            with pytest.raises(ApiProblem):
                await client.check(" ", articles("A."))
            assert (await client.ready()).status == "ready"
            return made, events, await asyncio.gather(*both)

    made, events, both = asyncio.run(use())

    assert made.sentences[0].text == "Awaited."
    assert sum(isinstance(each, SentenceEvent) for each in events) == 2
    assert isinstance(events[-1], DoneEvent)
    assert len({each.id for each in both}) == 2


def test_who_leaves_an_asynchronous_stream_withdraws(service: Service):
    async def leave() -> None:
        async with AsyncNewsbriefClient(base(service), retries=QUICK) as client:
            events = client.stream(articles("ENDLESS, and left by await."))
            async with aclosing(events):
                await anext(events)

    before = withdrawn(service)

    asyncio.run(leave())

    wait_for(lambda: withdrawn(service) == before + 1)


def test_a_check_streams_its_verdicts_and_ends_with_the_whole(client: NewsbriefClient):
    draft = "One is judged.\nThen another."
    *told, done = client.stream_check(draft, articles("Rain."))
    (held,) = client.stream_check(draft, articles("Rain."))

    assert isinstance(done, DoneEvent)
    assert isinstance(held, DoneEvent)
    assert (done.brief, done.check and done.check.statuses) == (None, {"supported": 2})
    assert done.check
    verdicts = [each.sentence for each in told if isinstance(each, VerdictEvent)]
    (split,) = [each.sentences for each in told if isinstance(each, DraftEvent)]
    assert tuple(verdicts) == done.check.sentences
    assert [(each.start, each.end) for each in split] == [(0, 14), (15, 28)]
    assert held.check
    assert held.check.sentences == done.check.sentences
