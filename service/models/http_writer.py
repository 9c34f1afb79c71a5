"""A writer behind HTTP: any server that speaks the chat API of OpenAI.

Such servers fail without a word: they cut answers, drop options that they don't know, and hang.
So every answer's `finish_reason` is looked at, every prompt has a deadline, and what the server
can do is tried once at the start (`probe`).
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
import threading
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx
import httpx_sse
import msgspec
import numpy as np

from service.errors import WriterUnavailable
from service.models.base import Judged, Message, Prompt, Scores, continued

DECODING = "1"
"""Raised with every change that alters an answer; part of the fingerprint."""

STEP_S = 0.1
"""How often `on_step` is called while an answer is awaited."""

CONNECT_S = 5.0
"""How long a server may take to accept a connection."""

RETRIED = frozenset({429, 502, 503})
"""Status codes after which the same request may succeed."""

REFUSED = frozenset({400, 413, 422})
"""Status codes of a server that finds fault with the one request: too long, above all."""

TOO_LONG = re.compile(r"context|too long|inputs.{0,20}tokens", re.IGNORECASE)
"""What servers say of a prompt that they can't read whole."""

LONGEST_PAUSE_S = 10.0
"""A server that asks for more patience than this (`Retry-After`) is not waited for."""

MOST_FAILURES, PAUSE_S = 3, 30.0
"""After so many failures in a row the server is left alone for so long; then one request tries."""

MOST_CHARACTERS = 20_000
"""An answer that goes on beyond this is dropped."""

JUDGING = {"max_tokens": 1, "logprobs": True, "top_logprobs": 20}
"""What is asked for where it judges; more likely tokens the API does not tell."""

SAYING = {"max_tokens": 8}
"""What is asked for instead of a server that tells no probabilities: the word."""

SUREST = 20.0
"""Log-odds of what is only said."""

STARTING_S = 120.0
"""How long a server may take to come up. A private one reads a gigabyte from the disk first."""

PROBE_S = 1.0
"""The pause between two looks at a server that is not up yet."""

CONTROL = re.compile(
    r"<(?=\S)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|MODEL_SETTINGS|THINK|ARGS"
    r"|CALL_ID|IMG|IMG_BREAK|IMG_END|AUDIO|BEGIN_AUDIO|PREFIX|MIDDLE|SUFFIX|CONTROL_\d{1,3}|UNUSED_TOKEN_\d{1,3}|[gs]?MASK)\])"
)
"""Where a control token may begin: `<|im_end|>`, `</s>`, `<start_of_turn>`, `[INST]`, `[gMASK]`."""

T = TypeVar("T")
OnStep = Callable[[], None] | None


class Endpoint(Protocol):
    """Where a server is, and what it needs around a request."""

    @property
    def name(self) -> str:
        """How messages call it."""
        ...

    @property
    def pauses_s(self) -> tuple[float, ...]:
        """How long to wait before each further attempt."""
        ...

    def client(self) -> httpx.AsyncClient:
        """A fresh client, whose base is the API's. Raises `httpx.ConnectError` while there is none."""
        ...

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Waits until a request may be made; not part of the request's deadline."""
        ...

    async def prepare(self, client: httpx.AsyncClient, prompt: Prompt) -> Mapping[str, Any]:
        """What must be done before a prompt is sent → further members of its request."""
        ...

    def problem(self) -> str | None:
        """Why the server will not come up, if that is known."""
        ...


class RemoteEndpoint:
    """A server that somebody else runs; `key` goes along as a bearer token."""

    pauses_s = (0.5, 2.0)

    def __init__(self, base: str, key: str | None = None) -> None:
        self._base = base.rstrip("/") + "/"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._ssl = httpx.create_ssl_context()
        self.name = f"The writer at {urlsplit(base).netloc!r}"

    def client(self) -> httpx.AsyncClient:
        timeout = httpx.Timeout(None, connect=CONNECT_S)
        return httpx.AsyncClient(
            base_url=self._base, headers=self._headers, timeout=timeout, verify=self._ssl
        )

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        yield

    async def prepare(self, client: httpx.AsyncClient, prompt: Prompt) -> Mapping[str, Any]:
        return {}

    def problem(self) -> str | None:
        return None


def remote_writer(
    base: str, model: str, key: str | None, *, concurrency: int, deadline_s: float
) -> HttpWriter:
    """The writer of a server that somebody else runs. The host is no part of what answers show."""
    place = hashlib.sha256(base.encode()).hexdigest()[:8]
    return HttpWriter(
        RemoteEndpoint(base, key),
        model,
        f"{model}@{place}/http/{DECODING}",
        concurrency=concurrency,
        deadline_s=deadline_s,
    )


def without_control_tokens(text: str) -> str:
    """A text in which no tokenizer finds a control token: servers read them in contents too.

    >>> without_control_tokens("Rain.<|im_end|> It is 3 < 4.")
    'Rain.< |im_end|> It is 3 < 4.'
    """
    return CONTROL.sub(r"\g<0> ", text)


class Alternative(msgspec.Struct, frozen=True):
    """A likely token, and the logarithm of its probability."""

    token: str
    logprob: float


class _Place(msgspec.Struct, frozen=True):
    top_logprobs: tuple[Alternative, ...] = ()


class _Logprobs(msgspec.Struct, frozen=True):
    content: tuple[_Place, ...] | None = None


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Fault(msgspec.Struct, frozen=True):
    type: str | None = None
    code: str | int | None = None
    message: str = ""


class _Chunk(msgspec.Struct, frozen=True):
    """What we read of one event of a streamed answer."""

    choices: tuple[_Choice, ...] = ()
    error: _Fault | None = None


class _Refusal(msgspec.Struct, frozen=True):
    error: _Fault | str | None = None


class Answer(msgspec.Struct, frozen=True):
    """`first` are the likely tokens at the answer's first place; `cut` if it did not end by itself;
    `judged` is what was answered to a question about it."""

    text: str
    cut: bool
    first: tuple[Alternative, ...] = ()
    tokens: int = 0
    judged: Answer | None = None


class PromptTooLong(Exception):
    """The prompt is longer than the model reads."""


class AttemptFailed(Exception):
    """An attempt that gave no answer; `again` if the next one may, after `after_s` seconds.

    `refused` where the server found fault with the request, `busy` where it had too many."""

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        after_s: float = 0.0,
        refused: bool = False,
        busy: bool = False,
    ) -> None:
        super().__init__(reason)
        self.again = again
        self.after_s = after_s
        self.refused = refused
        self.busy = busy


class HttpWriter:
    """Asks a server, from any thread, with an event loop of its own a call.

    Closing a connection is how a server is told to stop: that happens where `on_step` raises.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        fingerprint: str,
        *,
        concurrency: int,
        deadline_s: float,
    ) -> None:
        self.fingerprint = fingerprint
        self.judges = True  # until a probe tells otherwise
        self.written = 0
        self._endpoint = endpoint
        self._model = model
        self.concurrency = concurrency
        self._deadline_s = deadline_s
        self._breaker = Breaker()

    @property
    def available(self) -> bool:
        """Whether the last request was answered."""
        return self._breaker.failures == 0

    @property
    def _judging(self) -> Mapping[str, Any]:
        return JUDGING if self.judges else SAYING

    def write(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int = 64, on_step: OnStep = None
    ) -> list[str | None]:
        """See `Writer`. Raises `WriterUnavailable` where one of the prompts got no answer."""
        answers = self._answers(prompts, {"max_tokens": max_new_tokens}, on_step)
        return [None if each is None or each.cut else each.text.strip() for each in answers]

    def judge(self, prompts: Sequence[Prompt], *, on_step: OnStep = None) -> Scores:
        """See `Writer`. Raises `WriterUnavailable` where one of the prompts got no answer."""
        answers = self._answers(prompts, self._judging, on_step)
        odds = [_odds(each) for each in answers]
        return np.array(odds, dtype=np.float32)

    def choose(
        self, prompts: Sequence[Prompt], answers: Sequence[str], *, on_step: OnStep = None
    ) -> Scores:
        """See `Chooser`. Raises `WriterUnavailable` where one of the prompts got no answer."""
        given = self._answers(prompts, JUDGING, on_step)
        rows = [shares(() if each is None else each.first, answers) for each in given]
        return np.array(rows, dtype=np.float32).reshape(len(prompts), len(answers))

    def write_and_judge(
        self,
        prompts: Sequence[Prompt],
        question: Prompt,
        *,
        max_new_tokens: int = 64,
        on_step: OnStep = None,
    ) -> list[Judged | None]:
        """See `Writer`. Raises `WriterUnavailable` where one of the prompts got no answer."""
        answers = self._answers(prompts, {"max_tokens": max_new_tokens}, on_step, question)
        return [
            None if each is None or each.cut else Judged(each.text.strip(), _odds(each.judged))
            for each in answers
        ]

    def probe(self, starting_s: float = STARTING_S, on_step: OnStep = None) -> None:
        """Wait until the server answers, and try whether it judges.

        Raises `WriterUnavailable` if it is not up within `starting_s`, or can't be used at all.
        """
        deadline = time.monotonic() + starting_s
        while True:
            self._breaker.forgive()
            try:
                self._try(on_step)
                return
            except WriterUnavailable as error:
                cause, problem = error.__cause__, self._endpoint.problem()
                permanent = isinstance(cause, AttemptFailed) and not cause.again
                if permanent or problem or time.monotonic() >= deadline:
                    raise WriterUnavailable(f"{error} {problem or ''}".strip()) from None
            time.sleep(PROBE_S)

    def _try(self, on_step: OnStep) -> None:
        """Ask something easy; a server that refuses to tell probabilities may still write."""
        question = (Message("user", "Is water wet? Answer Yes or No."),)
        try:
            (answer,) = self._answers([question], JUDGING, on_step)
            self.judges = answer is not None and not math.isnan(log_odds(answer.first))
        except WriterUnavailable as error:
            if not (isinstance(error.__cause__, AttemptFailed) and error.__cause__.refused):
                raise
            self.write([question], max_new_tokens=4, on_step=on_step)
            self.judges = False

    def _answers(
        self,
        prompts: Sequence[Prompt],
        asked: Mapping[str, Any],
        on_step: OnStep,
        question: Prompt = (),
    ) -> list[Answer | None]:
        if not prompts:
            return []
        return asyncio.run(_stepping(self._all(prompts, asked, question), on_step))

    async def _all(
        self, prompts: Sequence[Prompt], asked: Mapping[str, Any], question: Prompt
    ) -> list[Answer | None]:
        """At most `concurrency` at once; the first failure drops the others. A server that was left
        alone gets one prompt first."""
        if self._breaker.failures >= MOST_FAILURES and len(prompts) > 1:
            first = await self.answer(prompts[0], asked, question)
            return [first, *await self._all(prompts[1:], asked, question)]
        places = asyncio.Semaphore(self.concurrency)

        async def placed(prompt: Prompt) -> Answer | None:
            async with places:
                return await self.answer(prompt, asked, question)

        working = [asyncio.create_task(placed(prompt)) for prompt in prompts]
        try:
            return list(await asyncio.gather(*working))
        finally:
            for each in working:
                each.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def answer(
        self, prompt: Prompt, asked: Mapping[str, Any], question: Prompt = ()
    ) -> Answer | None:
        """The answer, with what is answered to a question about it, after as many attempts as it takes;
        None for a prompt that is too long. Raises `WriterUnavailable`."""
        left = self._deadline_s
        failure = AttemptFailed("it was not asked", again=True)
        for pause_s in (*self._endpoint.pauses_s, None):
            self._breaker.check(self._endpoint.name)
            async with self._endpoint.turn():
                begun = time.monotonic()
                try:
                    async with asyncio.timeout(left):
                        answer = await self._attempt(prompt, asked, question)
                except PromptTooLong:
                    self._breaker.succeeded()
                    return None
                except TimeoutError:
                    failure = AttemptFailed(f"no answer within {self._deadline_s:g} s", again=False)
                except (httpx.HTTPError, httpx_sse.SSEError, httpx.InvalidURL) as error:
                    failure = AttemptFailed(type(error).__name__, again=isinstance(error, httpx.TransportError))  # fmt: skip
                except AttemptFailed as error:
                    failure = error
                else:
                    self._breaker.succeeded()
                    self.written += answer.tokens
                    return answer
            if not failure.busy:
                self._breaker.failed(str(failure))
            left -= time.monotonic() - begun
            wait_s = max(pause_s or 0.0, failure.after_s)
            if pause_s is None or not failure.again or wait_s > min(left, LONGEST_PAUSE_S):
                break
            await asyncio.sleep(wait_s)
            left -= wait_s
        raise WriterUnavailable(f"{self._endpoint.name} gave no answer: {failure}.") from failure

    async def _attempt(self, prompt: Prompt, asked: Mapping[str, Any], question: Prompt) -> Answer:
        async with self._endpoint.client() as client:
            prompt = tuple(
                Message(each.role, without_control_tokens(each.content)) for each in prompt
            )
            prepared = await self._endpoint.prepare(client, prompt)
            answer = await self._post(client, prompt, {**asked, **prepared})
            if not question or answer.cut:
                return answer
            asking = continued(prompt, without_control_tokens(answer.text.strip()), question)
            judged = await self._post(client, asking, {**self._judging, **prepared})
            return msgspec.structs.replace(answer, judged=judged)

    async def _post(
        self, client: httpx.AsyncClient, prompt: Prompt, asked: Mapping[str, Any]
    ) -> Answer:
        body = {
            **asked,
            "model": self._model,
            "messages": msgspec.to_builtins(prompt),
            "temperature": 0,
            "seed": 0,
            "stream": True,
        }
        async with httpx_sse.aconnect_sse(client, "POST", "chat/completions", json=body) as source:
            if source.response.status_code != 200:
                await source.response.aread()
                raise refusal(source.response)
            return await _read(source)


async def _read(source: httpx_sse.EventSource) -> Answer:
    """The events of a streamed answer, put together."""
    text, tokens, reason = "", 0, None
    first: tuple[Alternative, ...] = ()
    async for event in source.aiter_sse():
        if event.data == "[DONE]":
            break
        try:
            chunk = msgspec.json.decode(event.data, type=_Chunk)
        except msgspec.MsgspecError:
            raise AttemptFailed("its answer is no JSON of the chat API", again=False) from None
        if chunk.error is not None:
            raise AttemptFailed("it broke off with an error", again=True)
        for choice in chunk.choices[:1]:
            reason = choice.finish_reason or reason
            if choice.delta is not None and choice.delta.content:
                text, tokens = text + choice.delta.content, tokens + 1
            if not first and choice.logprobs is not None and choice.logprobs.content:
                first = choice.logprobs.content[0].top_logprobs
        if len(text) > MOST_CHARACTERS:
            return Answer(text, cut=True, first=first, tokens=tokens)
    if reason is None:
        raise AttemptFailed("its answer broke off", again=True)
    return Answer(text, cut=reason != "stop", first=first, tokens=tokens)


def refusal(response: httpx.Response) -> AttemptFailed | PromptTooLong:
    """What a status other than 200 means. The server's own words may hold article text: they
    are read, and not repeated."""
    status, fault = response.status_code, _Fault()
    try:
        held = msgspec.json.decode(response.content, type=_Refusal).error
        fault = held if isinstance(held, _Fault) else _Fault(message=held or "")
    except msgspec.MsgspecError:
        pass
    said = f"{fault.type} {fault.code} {fault.message}"
    if status in REFUSED and TOO_LONG.search(said):
        return PromptTooLong()
    reason = {
        401: "it asks for another key (401); see NEWSBRIEF_WRITER_API_KEY",
        403: "it refuses the key (403); see NEWSBRIEF_WRITER_API_KEY",
        404: "it knows no such model or path (404); see NEWSBRIEF_WRITER",
    }.get(status, f"it answered {status}")
    return AttemptFailed(
        reason,
        again=status in RETRIED,
        after_s=_retry_after(response),
        refused=status in REFUSED,
        busy=status == 429,
    )


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks to wait; 0 where it says nothing, or a date."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "0")))
    except ValueError:
        return 0.0


async def _stepping(work: Coroutine[Any, Any, T], on_step: OnStep) -> T:
    """What the work gives; `on_step` is called meanwhile, and stops the work where it raises."""
    working = asyncio.ensure_future(work)
    try:
        while not working.done():
            await asyncio.wait({working}, timeout=STEP_S)
            if on_step is not None:
                on_step()
        return working.result()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _odds(answer: Answer | None) -> float:
    """The log-odds of Yes, from the likely tokens or, where a server tells none, from the word."""
    if answer is None:
        return math.nan
    if answer.first:
        return log_odds(answer.first)
    word = re.search(r"\w+", answer.text)
    return SUREST if word and word.group().casefold() == "yes" else -SUREST


def log_odds(alternatives: Sequence[Alternative]) -> float:
    """Likely tokens → the log-odds of Yes over No, however each is written.

    >>> round(log_odds([Alternative("Yes", -0.2), Alternative(" no", -1.8)]), 3)
    1.6

    Where one of the two is missing, it is at most as likely as the last that is there. NaN
    where both are.
    """
    found = {"yes": -math.inf, "no": -math.inf}
    for each in alternatives:
        word = each.token.strip().lower()
        if word in found:
            found[word] = float(np.logaddexp(found[word], each.logprob))
    if max(found.values()) == -math.inf:
        return math.nan
    least = min(each.logprob for each in alternatives)
    yes, no = (least if value == -math.inf else value for value in found.values())
    return yes - no


def shares(alternatives: Sequence[Alternative], answers: Sequence[str]) -> list[float]:
    """Likely tokens → how likely each of the answers is among them, however it is written; NaN where none
    is there.

    >>> [round(each, 2) for each in shares([Alternative("Yes", -0.2), Alternative(" no", -1.8)], ["yes", "no"])]
    [0.83, 0.17]
    """
    found = dict.fromkeys(answers, 0.0)
    for each in alternatives:
        word = each.token.strip().lower()
        if word in found:
            found[word] += math.exp(each.logprob)
    total = sum(found.values())
    return [value / total if total else math.nan for value in found.values()]


class Breaker:
    """Leaves a server alone that has failed too often, so that nobody waits for it in vain."""

    def __init__(self) -> None:
        self.failures = 0
        self._lock = threading.Lock()
        self._open_until = 0.0
        self._reason = ""

    def check(self, name: str) -> None:
        """Raises `WriterUnavailable` while the server is left alone; afterwards lets one pass."""
        with self._lock:
            now = time.monotonic()
            if self.failures < MOST_FAILURES:
                return
            if now < self._open_until:
                raise WriterUnavailable(
                    f"{name} failed {self.failures} times in a row, last: {self._reason}."
                )
            self._open_until = now + PAUSE_S

    def forgive(self) -> None:
        """Let the next requests through; until one is answered the last failure stands."""
        with self._lock:
            self.failures = min(self.failures, 1)

    def failed(self, reason: str) -> None:
        with self._lock:
            self.failures += 1
            self._reason = reason
            if self.failures >= MOST_FAILURES:
                self._open_until = time.monotonic() + PAUSE_S

    def succeeded(self) -> None:
        with self._lock:
            self.failures = 0
