"""Deliver: an event, signed, to the URL that a caller gave, through the guard.

Signed as Standard Webhooks 1.0 has it, so that receivers verify with a library of their
language: HMAC-SHA256 over `id.timestamp.body`. Of the answer nothing is read but its status:
no redirect is followed, no cookie kept, and no body awaited.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import time

import httpx
import msgspec

from service.errors import FetchFailed, NotDelivered
from service.sources.guard import NO_URL, Guarded, Policy, Resolve, resolve

PURPOSE = b"newsbrief webhooks "
"""Sets these keys apart from whatever else is ever derived from the same secret."""

GONE = 410
"""The status by which a receiver says that it wants no further events."""


def signing_key(secret: str, namespace: str) -> bytes:
    """The key that signs one namespace's events. Neither another namespace's key nor the secret
    can be computed from it, and it is not stored."""
    return hmac.digest(secret.encode(), PURPOSE + namespace.encode(), "sha256")


def shown(key: bytes) -> str:
    """A key as libraries take it."""
    return f"whsec_{base64.b64encode(key).decode()}"


def signature(key: bytes, event_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{event_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


class Addressed(msgspec.Struct, frozen=True):
    """An event's body, and where it goes; the namespace's key signs it."""

    event_id: str
    url: str
    namespace: str
    body: bytes

    def __repr__(self) -> str:
        return f"Addressed({self.event_id!r})"


class Sender:
    """Posts events; one serves a whole process. With several secrets each signs, the newest
    first, so that receivers can change over at their own time."""

    def __init__(
        self,
        policy: Policy,
        secrets: tuple[str, ...],
        *,
        deadline_s: float,
        user_agent: str,
        resolve: Resolve = resolve,
    ) -> None:
        self._secrets = secrets
        self._deadline_s = deadline_s
        self._user_agent = user_agent
        trust = httpx.create_ssl_context(trust_env=False)
        self._guard = Guarded(policy, trust=trust, resolve=resolve)

    async def send(self, event: Addressed) -> None:
        """Return once the receiver has taken the event. Raises `NotDelivered`."""
        try:
            async with asyncio.timeout(self._deadline_s):
                response = await self._guard.handle_async_request(self._request(event))
                await response.aclose()
        except FetchFailed as failed:
            raise NotDelivered(failed.code, final=failed.code == "blocked-address") from None
        except (TimeoutError, httpx.TimeoutException):
            raise NotDelivered("timeout") from None
        except (httpx.HTTPError, *NO_URL):
            raise NotDelivered("unreachable") from None
        if not response.is_success:
            status = response.status_code
            raise NotDelivered(f"http-{status}", final=status == GONE)

    async def aclose(self) -> None:
        await self._guard.aclose()

    def _request(self, event: Addressed) -> httpx.Request:
        now = int(time.time())
        keys = [signing_key(secret, event.namespace) for secret in self._secrets]
        signatures = [signature(key, event.event_id, now, event.body) for key in keys]
        return httpx.Request(
            "POST",
            event.url,
            content=event.body,
            headers={
                "Content-Type": "application/json",
                "User-Agent": self._user_agent,
                "webhook-id": event.event_id,
                "webhook-timestamp": str(now),
                "webhook-signature": " ".join(signatures),
            },
            extensions={"timeout": httpx.Timeout(self._deadline_s).as_dict()},
        )
