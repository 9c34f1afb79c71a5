"""The two clients: what they call is in `calls`, what they do is send and pause."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from httpx_sse import EventSource

from service import __version__
from service.client.calls import Answer, Call, Calls, Pause, Retries, Steps, retraction
from service.client.errors import ClientError
from service.client.events import DoneEvent, Event, Following
from service.pipeline.types import RetractionKind
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import (
    AgreementOut,
    ArticleAgreementOut,
    ArticleIn,
    ArticleOut,
    BriefResponse,
    ChangesOut,
    CheckOptionsIn,
    CheckResponse,
    CleanArticleOut,
    HealthOut,
    JobOut,
    ModelsOut,
    OptionsIn,
    RetractedText,
    RetractionsOut,
)

T = TypeVar("T")

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""For one request and one piece of a stream, both of which come within 20 seconds."""

WAIT_S = 600.0
"""How long a result is waited for: as long as the service lets a job run by default."""

OPTIONS = OptionsIn()
CHECK_OPTIONS = CheckOptionsIn()
RETRIES = Retries()


def _connection(
    base_url: str, key: str | None, timeout: httpx.Timeout, transport: object
) -> dict[str, Any]:
    """The arguments of either of httpx's clients."""
    headers = {"User-Agent": f"newsbrief-client/{__version__}"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return {"base_url": base_url, "headers": headers, "timeout": timeout, "transport": transport}


class NewsbriefClient:
    """Calls a Newsbrief service; `AsyncNewsbriefClient` has the same methods to be awaited.

    `key` is the API key. Every method raises `ClientError`: `ApiProblem` for what the service
    refuses, `Unreachable` when it does not answer. Calls are repeated as `retries` says; that is
    safe, since the service works on the same request once. Use it as a context manager, or
    `close` it.
    """

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        retries: Retries = RETRIES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(**_connection(base_url, key, timeout, transport))
        self._calls = Calls(retries)

    def brief(
        self,
        articles: Sequence[ArticleIn],
        options: OptionsIn = OPTIONS,
        *,
        timeout_s: float = WAIT_S,
    ) -> BriefResponse:
        """The brief of the articles, waited for. Raises `NotYet` with the job when it takes longer."""
        return self._run(self._calls.brief(articles, options, timeout_s))

    def submit(
        self, articles: Sequence[ArticleIn], options: OptionsIn = OPTIONS
    ) -> JobOut | BriefResponse:
        """The job that makes the brief; the brief itself where the service holds it already."""
        return self._run(self._calls.submit(articles, options))

    def job(self, job: JobOut | str) -> JobOut:
        """State and progress of a job now."""
        return self._run(self._calls.job(job))

    def wait(
        self,
        job: JobOut | BriefResponse | str,
        *,
        offset_unit: OffsetUnit = "codepoint",
        timeout_s: float = WAIT_S,
    ) -> BriefResponse:
        """The brief of a job, polled for; takes whatever `submit` gave.

        Raises `ApiProblem` if the job failed, `JobCancelled`, and `NotYet` after `timeout_s`.
        """
        return self._run(self._calls.wait(job, offset_unit, timeout_s))

    def withdraw(self, job: JobOut | str) -> JobOut:
        """This caller wants the job no more; the work stops with the last one."""
        return self._run(self._calls.withdraw(job))

    def stream(
        self, articles: Sequence[ArticleIn], options: OptionsIn = OPTIONS
    ) -> Generator[Event]:
        """The events of a brief as it is written, the last a `DoneEvent` with the whole.

        Whoever leaves early (closes the iterator) withdraws. Raises as `wait` does.
        """
        started = self.submit(articles, options)
        if isinstance(started, BriefResponse):
            yield DoneEvent("", started)
            return
        yield from self._followed(started, options.offset_unit)

    def _followed(self, job: JobOut, unit: OffsetUnit) -> Generator[Event]:
        """Its events; a listener who leaves before the end withdraws."""
        try:
            yield from self.events(job, offset_unit=unit)
        except ClientError:
            raise
        except BaseException:
            with suppress(ClientError):
                self.withdraw(job)
            raise

    def events(
        self, job: JobOut | str, *, offset_unit: OffsetUnit = "codepoint", after: str = ""
    ) -> Generator[Event]:
        """The events of a job, behind the event with the id `after`.

        A dropped connection is taken up again behind the last event that was heard.
        """
        following = Following(job, offset_unit, after, self._calls.retries)
        while True:
            try:
                with self._http.stream(**following.call().parts()) as answer:
                    if answer.is_error:
                        answer.read()
                    if following.opened(answer):
                        for told in EventSource(answer).iter_sse():
                            if (event := following.hear(told)) is not None:
                                yield event
            except httpx.TransportError as error:
                following.lost(error)
            if following.ended:
                return
            time.sleep(following.pause())

    def clean(
        self, *, url: str | None = None, html: str | None = None, timeout_s: float = WAIT_S
    ) -> CleanArticleOut:
        """One page, fetched from its `url` or given as `html`, as an article to be sent on."""
        return self._run(self._calls.clean(url, html, timeout_s))

    def check(
        self,
        text: str,
        articles: Sequence[ArticleIn],
        options: CheckOptionsIn = CHECK_OPTIONS,
        *,
        timeout_s: float = WAIT_S,
    ) -> CheckResponse:
        """Your own text against the articles, sentence by sentence. Waits as `brief` does."""
        return self._run(self._calls.check(text, articles, options, timeout_s))

    def stream_check(
        self, text: str, articles: Sequence[ArticleIn], options: CheckOptionsIn = CHECK_OPTIONS
    ) -> Generator[Event]:
        """The events of a check: a `VerdictEvent` a sentence as it is judged, the last a `DoneEvent`
        with the whole. Whoever leaves early withdraws. Raises as `wait` does."""
        started = self._run(self._calls.submit_check(text, articles, options))
        if isinstance(started, CheckResponse):
            yield DoneEvent("", None, started)
            return
        yield from self._followed(started, options.offset_unit)

    def get_brief(self, brief_id: str, *, offset_unit: OffsetUnit = "codepoint") -> BriefResponse:
        """A brief as it stands now: `status` tells what became of it."""
        return self._run(self._calls.get_brief(brief_id, offset_unit))

    def delete_brief(self, brief_id: str) -> None:
        """Erase a brief with its texts."""
        self._run(self._calls.delete_brief(brief_id))

    def article(self, brief_id: str, article_id: str) -> ArticleOut:
        """The stored text that the brief's offsets refer to."""
        return self._run(self._calls.article(brief_id, article_id))

    def agreement(self, brief_id: str, *, offset_unit: OffsetUnit = "codepoint") -> AgreementOut:
        """Who reports each sentence of a brief, and what several report that it left out."""
        return self._run(self._calls.agreement(brief_id, offset_unit))

    def article_agreement(
        self,
        brief_id: str,
        article_id: str,
        *,
        offset_unit: OffsetUnit = "codepoint",
        timeout_s: float = WAIT_S,
    ) -> ArticleAgreementOut:
        """One article of a brief, each sentence corroborated, disputed or only there. Waits as `brief` does."""
        return self._run(
            self._calls.article_agreement(brief_id, article_id, offset_unit, timeout_s)
        )

    def changes(
        self, brief_id: str, *, since: str, offset_unit: OffsetUnit = "codepoint"
    ) -> ChangesOut:
        """Sentences added, changed, dropped and kept since another brief."""
        return self._run(self._calls.changes(brief_id, since, offset_unit))

    def retract(
        self,
        articles: Sequence[RetractedText],
        kind: RetractionKind,
        *,
        reason: str | None = None,
        corrected_text: str | None = None,
        url: str | None = None,
    ) -> RetractionsOut:
        """Say that texts were corrected or withdrawn; the briefs that cite them come back."""
        wanted = retraction(articles, kind, reason, corrected_text, url)
        return self._run(self._calls.retract(wanted))

    def retractions(self) -> RetractionsOut:
        """The latest retractions, the newest first."""
        return self._run(self._calls.retractions())

    def models(self) -> ModelsOut:
        """What the workers serve."""
        return self._run(self._calls.models())

    def ready(self) -> HealthOut:
        """Whether briefs can be written, and what is missing; asked once, never repeated."""
        return self._run(self._calls.ready())

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, steps: Steps[T]) -> T:
        answer: Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return end.value
            answer = self._do(step)

    def _do(self, step: Call | Pause) -> Answer:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        try:
            return self._http.request(**step.parts())
        except httpx.TransportError as error:
            return error


class AsyncNewsbriefClient:
    """`NewsbriefClient` to be awaited; see there what the methods do."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        retries: Retries = RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(**_connection(base_url, key, timeout, transport))
        self._calls = Calls(retries)

    async def brief(
        self,
        articles: Sequence[ArticleIn],
        options: OptionsIn = OPTIONS,
        *,
        timeout_s: float = WAIT_S,
    ) -> BriefResponse:
        return await self._run(self._calls.brief(articles, options, timeout_s))

    async def submit(
        self, articles: Sequence[ArticleIn], options: OptionsIn = OPTIONS
    ) -> JobOut | BriefResponse:
        return await self._run(self._calls.submit(articles, options))

    async def job(self, job: JobOut | str) -> JobOut:
        return await self._run(self._calls.job(job))

    async def wait(
        self,
        job: JobOut | BriefResponse | str,
        *,
        offset_unit: OffsetUnit = "codepoint",
        timeout_s: float = WAIT_S,
    ) -> BriefResponse:
        return await self._run(self._calls.wait(job, offset_unit, timeout_s))

    async def withdraw(self, job: JobOut | str) -> JobOut:
        return await self._run(self._calls.withdraw(job))

    async def stream(
        self, articles: Sequence[ArticleIn], options: OptionsIn = OPTIONS
    ) -> AsyncGenerator[Event]:
        """As `NewsbriefClient.stream`. Who leaves early closes it: `contextlib.aclosing`."""
        started = await self.submit(articles, options)
        if isinstance(started, BriefResponse):
            yield DoneEvent("", started)
            return
        async with aclosing(self._followed(started, options.offset_unit)) as events:
            async for event in events:
                yield event

    async def _followed(self, job: JobOut, unit: OffsetUnit) -> AsyncGenerator[Event]:
        try:
            async with aclosing(self.events(job, offset_unit=unit)) as events:
                async for event in events:
                    yield event
        except ClientError:
            raise
        except BaseException:
            with suppress(ClientError):
                await self.withdraw(job)
            raise

    async def events(
        self, job: JobOut | str, *, offset_unit: OffsetUnit = "codepoint", after: str = ""
    ) -> AsyncGenerator[Event]:
        following = Following(job, offset_unit, after, self._calls.retries)
        while True:
            try:
                async with self._http.stream(**following.call().parts()) as answer:
                    if answer.is_error:
                        await answer.aread()
                    if following.opened(answer):
                        async with aclosing(EventSource(answer).aiter_sse()) as heard:
                            async for told in heard:
                                if (event := following.hear(told)) is not None:
                                    yield event
            except httpx.TransportError as error:
                following.lost(error)
            if following.ended:
                return
            await asyncio.sleep(following.pause())

    async def clean(
        self, *, url: str | None = None, html: str | None = None, timeout_s: float = WAIT_S
    ) -> CleanArticleOut:
        """One page, fetched from its `url` or given as `html`, as an article to be sent on."""
        return await self._run(self._calls.clean(url, html, timeout_s))

    async def check(
        self,
        text: str,
        articles: Sequence[ArticleIn],
        options: CheckOptionsIn = CHECK_OPTIONS,
        *,
        timeout_s: float = WAIT_S,
    ) -> CheckResponse:
        return await self._run(self._calls.check(text, articles, options, timeout_s))

    async def stream_check(
        self, text: str, articles: Sequence[ArticleIn], options: CheckOptionsIn = CHECK_OPTIONS
    ) -> AsyncGenerator[Event]:
        """As `NewsbriefClient.stream_check`. Who leaves early closes it: `contextlib.aclosing`."""
        started = await self._run(self._calls.submit_check(text, articles, options))
        if isinstance(started, CheckResponse):
            yield DoneEvent("", None, started)
            return
        async with aclosing(self._followed(started, options.offset_unit)) as events:
            async for event in events:
                yield event

    async def get_brief(
        self, brief_id: str, *, offset_unit: OffsetUnit = "codepoint"
    ) -> BriefResponse:
        return await self._run(self._calls.get_brief(brief_id, offset_unit))

    async def delete_brief(self, brief_id: str) -> None:
        await self._run(self._calls.delete_brief(brief_id))

    async def article(self, brief_id: str, article_id: str) -> ArticleOut:
        return await self._run(self._calls.article(brief_id, article_id))

    async def agreement(
        self, brief_id: str, *, offset_unit: OffsetUnit = "codepoint"
    ) -> AgreementOut:
        return await self._run(self._calls.agreement(brief_id, offset_unit))

    async def article_agreement(
        self,
        brief_id: str,
        article_id: str,
        *,
        offset_unit: OffsetUnit = "codepoint",
        timeout_s: float = WAIT_S,
    ) -> ArticleAgreementOut:
        return await self._run(
            self._calls.article_agreement(brief_id, article_id, offset_unit, timeout_s)
        )

    async def changes(
        self, brief_id: str, *, since: str, offset_unit: OffsetUnit = "codepoint"
    ) -> ChangesOut:
        return await self._run(self._calls.changes(brief_id, since, offset_unit))

    async def retract(
        self,
        articles: Sequence[RetractedText],
        kind: RetractionKind,
        *,
        reason: str | None = None,
        corrected_text: str | None = None,
        url: str | None = None,
    ) -> RetractionsOut:
        wanted = retraction(articles, kind, reason, corrected_text, url)
        return await self._run(self._calls.retract(wanted))

    async def retractions(self) -> RetractionsOut:
        return await self._run(self._calls.retractions())

    async def models(self) -> ModelsOut:
        return await self._run(self._calls.models())

    async def ready(self) -> HealthOut:
        return await self._run(self._calls.ready())

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _run(self, steps: Steps[T]) -> T:
        answer: Answer = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as end:
                return end.value
            answer = await self._do(step)

    async def _do(self, step: Call | Pause) -> Answer:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            return await self._http.request(**step.parts())
        except httpx.TransportError as error:
            return error
