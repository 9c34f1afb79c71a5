"""Events that could not be delivered, and another try."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK

from service.api.platform.auth import READ, WRITE, Caller
from service.api.platform.problems import problems
from service.errors import NotFound
from service.store.webhooks import Delivery, Event, Webhooks


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was given up after `attempts`; `reason` is why the last one failed: what a
    fetch fails by (`timeout`, `unreachable`, `blocked-address`), or `http-` and the status."""

    id: str
    url: str
    event: Event | None
    attempts: int
    reason: str
    tried_at: datetime


class DeadLetters(msgspec.Struct, frozen=True):
    dead: tuple[DeadLetter, ...]


class Retried(msgspec.Struct, frozen=True):
    """The event that is due again."""

    id: str


class WebhookController(Controller):
    path = "/v1/webhooks/dead"
    tags = ["webhooks"]

    @get(responses=problems(500, 503), summary="List undelivered events", opt=READ)
    async def show(
        self, webhooks: NamedDependency[Webhooks], caller: NamedDependency[Caller]
    ) -> DeadLetters:
        """Events that no receiver took, the latest thousand, the latest first."""
        found = await webhooks.dead(caller.namespace)
        return DeadLetters(tuple(dead_letter(each) for each in found))

    @post(
        "/{event_id:str}/retry",
        status_code=HTTP_200_OK,
        responses=problems(404, 500, 503),
        summary="Deliver an event again",
        opt={**WRITE, "bodiless": True},
    )
    async def retry(
        self,
        event_id: FromPath[str],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
    ) -> Retried:
        """It is due at once, with all its attempts before it; no body is needed."""
        if not await webhooks.revive(caller.namespace, event_id):
            raise NotFound(f"No undelivered event {event_id[:64]!r}; GET /v1/webhooks/dead lists.")
        return Retried(event_id)


def dead_letter(given_up: Delivery) -> DeadLetter:
    return DeadLetter(
        id=given_up.id,
        url=given_up.url,
        event=given_up.event,
        attempts=given_up.attempts,
        reason=given_up.reason,
        tried_at=datetime.fromtimestamp(given_up.tried_at or given_up.made_at, UTC),
    )
