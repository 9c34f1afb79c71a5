"""Callbacks: the URLs that requests name, and the events that are posted to them.

Which events there are is decided here; `service.jobs.webhook_delivery` delivers them.
"""

from __future__ import annotations

import hashlib
import time
from datetime import UTC, datetime
from typing import Literal

import httpx

from service.errors import FetchFailed, InvalidRequest, Unavailable
from service.schemas.wire import BriefRequest, CheckRequest, JobRequest
from service.sources.guard import Policy, literal
from service.store.jobs import Record, Task
from service.store.retractions import Retraction
from service.store.webhooks import (
    Delivery,
    Event,
    EventData,
    EventType,
    RetractedNotice,
    Webhooks,
)

MOST_UNDELIVERED = 1000
"""Events of one namespace that may wait or be tried again at once."""

MEMBER = "options.callback_url"

End = Literal["done", "failed", "cancelled"]

TYPES: dict[tuple[Task, End], EventType] = {
    ("brief", "done"): "brief.done",
    ("brief", "failed"): "brief.failed",
    ("brief", "cancelled"): "brief.cancelled",
    ("check", "done"): "check.done",
    ("check", "failed"): "check.failed",
    ("check", "cancelled"): "check.cancelled",
}


class Callbacks:
    """Accepts the callback URLs of requests; none if `signed` is false, because the service then
    has no secret to sign events with."""

    def __init__(self, webhooks: Webhooks, policy: Policy, *, signed: bool) -> None:
        self._webhooks = webhooks
        self._policy = policy
        self._signed = signed

    async def admit(self, request: JobRequest, namespace: str) -> None:
        """Check a request's URL as far as that goes without looking up its host, which is done
        at every delivery. Raises `InvalidRequest`, or `Unavailable` if too much is undelivered."""
        if (url := callback_url(request)) is None:
            return
        if not self._signed:
            raise InvalidRequest(
                "This service can't sign callbacks: whoever runs it has to set"
                " NEWSBRIEF_WEBHOOK_SECRET. Leave options.callback_url out, and follow the job.",
                path=MEMBER,
            )
        try:
            host, port = self._policy.host(httpx.URL(url))
            if (address := literal(host)) is not None:
                self._policy.vet(host, port, address)
        except httpx.InvalidURL:
            raise InvalidRequest("This is no URL.", path=MEMBER) from None
        except FetchFailed as refused:
            raise InvalidRequest(f"This can't be called: {refused}", path=MEMBER) from None
        if await self._webhooks.undelivered(namespace) >= MOST_UNDELIVERED:
            raise Unavailable(
                f"{MOST_UNDELIVERED} of your callbacks are not delivered yet. See that your"
                " receivers answer, or leave options.callback_url out.",
                retry_after=60,
            )

    async def call_at_end(self, task: Task, request: JobRequest, record: Record) -> None:
        """Store a delivery for the end of the job. Several requests that share a job and a URL
        make one delivery."""
        if (url := callback_url(request)) is not None:
            name = event_id(record.id, url, record.created_at)
            await self._webhooks.add(
                Delivery(id=name, url=url, namespace=record.namespace, task=task, job=record.id)
            )

    async def call_at_once(
        self,
        task: Task,
        request: JobRequest,
        job_id: str,
        namespace: str,
        brief_id: str,
    ) -> None:
        """Store a delivery that is due now, for a request whose result was cached."""
        if (url := callback_url(request)) is None:
            return
        event = ended(task, job_id, "done", time.time(), brief_id=brief_id)
        await self._webhooks.add(
            Delivery(
                id=event_id(job_id, url, time.time()),
                url=url,
                namespace=namespace,
                task=task,
                job=job_id,
                event=event,
            )
        )
        if brief_id:
            await self._webhooks.follow(brief_id, url)


def callback_url(request: JobRequest) -> str | None:
    """The URL to call at the job's end; an article is only waited for."""
    asked = isinstance(request, BriefRequest | CheckRequest)
    return request.options.callback_url if asked else None


class BriefNotifier:
    """Notifies the URLs that were called for a brief of its retractions and later versions."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    async def retracted(self, namespace: str, retraction: Retraction) -> None:
        """Notify the followers of every brief that cites the retracted text."""
        notice = RetractedNotice(
            text_sha256=retraction.text_sha256,
            article_id=retraction.article_id,
            kind=retraction.kind,
        )
        for brief_id in retraction.briefs:
            data = EventData(
                status="affected", brief=brief_id, url=path(brief_id), retraction=notice
            )
            event = Event(type="brief.affected", timestamp=retraction.made_at, data=data)
            await self._notify(
                namespace, brief_id, event, f"{notice.text_sha256} {retraction.made_at}"
            )

    async def superseded(self, namespace: str, brief_id: str, later: str) -> None:
        """Notify the followers of a brief that `later` is a newer version of it."""
        data = EventData(
            status="superseded", brief=brief_id, url=path(brief_id), superseded_by=later
        )
        event = Event(type="brief.superseded", timestamp=datetime.now(UTC), data=data)
        await self._notify(namespace, brief_id, event, later)

    async def _notify(self, namespace: str, brief_id: str, event: Event, cause: str) -> None:
        for url in await self._webhooks.followers(brief_id):
            name = event_id(brief_id, url, cause)
            await self._webhooks.add(Delivery(id=name, url=url, namespace=namespace, event=event))


def event_id(*of: str | float) -> str:
    """An id made of its parts: the same event for the same URL has the same id, and is stored
    once."""
    parts = "\n".join(map(str, of))
    return f"msg_{hashlib.sha256(parts.encode()).hexdigest()[:32]}"


def ended(
    task: Task, job_id: str, status: End, at: float, *, brief_id: str = "", problem: str = ""
) -> Event:
    """The event of a job's end at `at` (Unix seconds); `problem` is the code of its failure."""
    return Event(
        type=TYPES[task, status],
        timestamp=datetime.fromtimestamp(at, UTC),
        data=EventData(
            job=job_id,
            status=status,
            brief=brief_id or None,
            url=path(brief_id) if brief_id else None,
            problem=f"/problems/{problem}" if problem else None,
        ),
    )


def path(brief_id: str) -> str:
    return f"/v1/briefs/{brief_id}"
