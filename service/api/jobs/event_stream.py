"""A job's events as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar.response import ServerSentEvent, ServerSentEventMessage
from redis.exceptions import RedisError

from service.api.jobs.job_submission import Submissions
from service.api.platform.problems import TITLES
from service.errors import NewsbriefError
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import ENDING, Problem
from service.store.events import FIRST

EVENT_STREAM = "text/event-stream"


class Listener(msgspec.Struct, frozen=True):
    """Who listens to which job: offsets in `unit`, events behind the id `after`. A listener that
    `withdraws` counts as a caller of the job, and is withdrawn if it leaves before the end."""

    job_id: str
    namespace: str
    unit: OffsetUnit
    after: str = FIRST
    withdraws: bool = False


def event_stream(submissions: Submissions, listener: Listener) -> Any:
    """A job's events as they come, with a comment while there is none. Where Redis fails the last
    is an `error` without the ending of the job: the listener may resume."""

    async def messages() -> AsyncGenerator[ServerSentEventMessage]:
        ended = False
        try:
            async for each in submissions.events(
                listener.job_id, listener.namespace, listener.after, listener.unit
            ):
                if each.kind == "keep-alive":
                    yield ServerSentEventMessage(data=None, comment="keep-alive")
                    continue
                ended = each.id.endswith(ENDING)
                yield ServerSentEventMessage(
                    data=each.data.decode(), event=each.kind, id=each.id, retry=None
                )
        except (RedisError, NewsbriefError):
            broken = Problem(type="/problems/unavailable", title=TITLES["unavailable"], status=503)
            yield ServerSentEventMessage(data=msgspec.json.encode(broken).decode(), event="error")
        finally:
            if listener.withdraws and not ended and not submissions.closing:
                await asyncio.shield(submissions.withdraw(listener.job_id, listener.namespace))

    return ServerSentEvent(messages(), headers={"X-Job": f"/v1/jobs/{listener.job_id}"})
