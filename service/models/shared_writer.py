"""The client of `newsbrief writer`: our own server, with what was trained of it, for workers of other machines.

A prompt, and the question about its answer, are one request: the server puts itself into the state
that the first one asks for, and answers both. So whatever stands between, and whichever of several
servers answers, gives the same bits as a private one. Its fingerprint is a private one's too: a
request has the same key, and waits in the same queue.

    GET  models     → `Offers`
    POST answers    `Asked` → a stream of events: one, "answer" or "failure", with comments before it
                    while others are served
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from typing import Any

import httpx
import httpx_sse
import msgspec

from service.errors import WriterUnavailable
from service.models.base import Message, Prompt
from service.models.http_writer import (
    CONNECT_S,
    PROBE_S,
    STARTING_S,
    Answer,
    AttemptFailed,
    HttpWriter,
    PromptTooLong,
    RemoteEndpoint,
    refusal,
    without_control_tokens,
)

WRITER, READER = "newsbrief-writer", "newsbrief-reader"
"""What the server's model was trained for. The first stands behind the URL: https://host/v1#newsbrief-writer."""

BEAT_S = 5.0
"""How often a server that has nothing to say yet says so."""

SILENCE_S = 4 * BEAT_S
"""A server that says nothing for so long is gone."""

OTHER_BUILD = 409
"""The status of a server whose answers would not be those of the one that was asked for its models."""


class Offer(msgspec.Struct, frozen=True):
    """A model of a server; the fingerprint is that of a private server's."""

    id: str
    fingerprint: str
    object: str = "model"


class Offers(msgspec.Struct, frozen=True):
    data: tuple[Offer, ...]
    object: str = "list"


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Of what kind an answer may be: see `http_writer.JUDGING`."""

    max_tokens: int
    logprobs: bool = False
    top_logprobs: int = 0


class Asked(msgspec.Struct, frozen=True):
    """`question` is put behind the answer, in the same conversation, if it ended by itself."""

    model: str
    fingerprint: str
    messages: Prompt
    wanted: Wanted
    question: Prompt = ()


class Failure(msgspec.Struct, frozen=True):
    """Why there is no answer; `too_long` if there never is one."""

    reason: str
    too_long: bool = False


class SharedEndpoint(RemoteEndpoint):
    """Where the server is; `replaced` once it is another build than it was at first."""

    pauses_s = (2.0, 10.0)
    """Another one behind the same address answers at once, one that is started again in ten seconds."""

    replaced = False

    def client(self) -> httpx.AsyncClient:
        made = super().client()
        made.timeout = httpx.Timeout(None, connect=CONNECT_S, read=SILENCE_S)
        return made


class SharedWriter(HttpWriter):
    """As `HttpWriter`. How long a prompt may take is the server's business: others may be before it."""

    def __init__(self, endpoint: SharedEndpoint, offer: Offer) -> None:
        super().__init__(endpoint, offer.id, offer.fingerprint, concurrency=1, deadline_s=math.inf)
        self._shared = endpoint

    @property
    def replaced(self) -> bool:
        """Whether the server is another build now, and gives no answers under this fingerprint."""
        return self._shared.replaced and not self.available

    async def _attempt(self, prompt: Prompt, asked: Mapping[str, Any], question: Prompt) -> Answer:
        body = Asked(
            self._model,
            self.fingerprint,
            tuple(Message(each.role, without_control_tokens(each.content)) for each in prompt),
            msgspec.convert(asked, Wanted),
            question,
        )
        async with (
            self._endpoint.client() as client,
            httpx_sse.aconnect_sse(
                client, "POST", "answers", content=msgspec.json.encode(body)
            ) as source,
        ):
            if source.response.status_code == OTHER_BUILD:
                self._shared.replaced = True
                raise AttemptFailed("it is another build than at the start (409)", again=True)
            if source.response.status_code == 413:
                raise PromptTooLong
            if source.response.status_code != 200:
                await source.response.aread()
                raise refusal(source.response)
            async for event in source.aiter_sse():
                return _told(event)
        raise AttemptFailed("its answer broke off", again=True)


def _told(event: httpx_sse.ServerSentEvent) -> Answer:
    try:
        if event.event == "answer":
            return msgspec.json.decode(event.data, type=Answer)
        failure = msgspec.json.decode(event.data, type=Failure)
    except msgspec.MsgspecError:
        raise AttemptFailed("its answer is none of ours", again=False) from None
    if failure.too_long:
        raise PromptTooLong
    raise AttemptFailed(failure.reason, again=True)


def shared_writers(
    base: str, key: str | None, *, starting_s: float = STARTING_S
) -> tuple[SharedWriter, SharedWriter | None]:
    """The writer at a URL, and the reader of claims if the server has one.

    Waits until the server answers; raises `WriterUnavailable` if it does not within `starting_s`, or
    is none of ours.
    """
    endpoint = SharedEndpoint(base, key)
    deadline = time.monotonic() + starting_s
    while True:
        try:
            offers = asyncio.run(_offers(endpoint))
            break
        except AttemptFailed as failure:
            if not failure.again or time.monotonic() >= deadline:
                raise WriterUnavailable(f"{endpoint.name} gave no answer: {failure}.") from None
        time.sleep(PROBE_S)
    if WRITER not in offers:
        raise WriterUnavailable(f"{endpoint.name} is no `newsbrief writer`.")
    reader = offers.get(READER)
    return (
        SharedWriter(endpoint, offers[WRITER]),
        None if reader is None else SharedWriter(endpoint, reader),
    )


async def _offers(endpoint: SharedEndpoint) -> dict[str, Offer]:
    try:
        async with endpoint.client() as client:
            response = await client.get("models")
        if response.status_code != 200:
            raise refusal(response)
        return {each.id: each for each in msgspec.json.decode(response.content, type=Offers).data}
    except httpx.TransportError as error:
        raise AttemptFailed(type(error).__name__, again=True) from error
    except (httpx.InvalidURL, msgspec.MsgspecError) as error:
        raise AttemptFailed("it is no `newsbrief writer`", again=False) from error
