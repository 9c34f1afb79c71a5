"""Access: who calls, what that lets them see, and how much of it.

One guard checks every route under /v1. A route names the scope that it needs in its `opt`; one
that names none answers no request.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.types import Message
from litestar.types import Scope as AsgiScope

from service.errors import NewsbriefError
from service.store.apikeys import SCOPES, ApiKey, ApiKeys, Scope
from service.store.rates import Allowance, Rates

READ: dict[str, Any] = {"scope": "read"}
WRITE: dict[str, Any] = {"scope": "write"}
"""The `opt` of a route that only looks, and of one that causes or undoes work."""

CHALLENGE = 'Bearer realm="newsbrief"'


class Caller(msgspec.Struct, frozen=True):
    """Who sent a request: its namespace holds its briefs and jobs, `key_id` is "" without a key."""

    namespace: str
    key_id: str
    scopes: frozenset[Scope]


ANONYMOUS = Caller("", "", frozenset(SCOPES))


class Refused(NewsbriefError):
    """The caller may not do this, or not now; `headers` go with the answer."""

    status = 401

    def __init__(self, message: str, headers: dict[str, str]) -> None:
        super().__init__(message)
        self.headers = headers


class Unauthenticated(Refused):
    code = "unauthenticated"


class Forbidden(Refused):
    status = 403
    code = "forbidden"


class RateLimited(Refused):
    status = 429
    code = "rate-limited"


class QuotaExceeded(RateLimited):
    code = "quota-exceeded"


class Access:
    """Decides on one request; keeps nothing between two."""

    def __init__(self, keys: ApiKeys, rates: Rates, *, required: bool) -> None:
        self._keys = keys
        self._rates = rates
        self._required = required

    async def admit(
        self, authorization: str | None, scope: Scope
    ) -> tuple[Caller, Allowance | None]:
        """The caller, and what its key's limits leave (None without limits). Takes one call off
        them. Raises `Unauthenticated` or `Forbidden`."""
        if authorization is None and not self._required:
            return ANONYMOUS, None
        key = await self._known(authorization)
        if scope not in key.scopes:
            raise Forbidden(
                f"This key lacks the scope {scope!r}; it has {', '.join(key.scopes)}. Use a key"
                f" made with `newsbrief keys create --scopes {','.join((*key.scopes, scope))}`.",
                {"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
            )
        allowance = await self._rates.take(key.id, key.per_minute, key.daily)
        return Caller(key.namespace, key.id, frozenset(key.scopes)), allowance

    async def _known(self, authorization: str | None) -> ApiKey:
        """The valid key of an Authorization header."""
        if authorization is None:
            raise Unauthenticated(
                "Send an API key as `Authorization: Bearer nb_…`. Whoever runs this service makes"
                " one with `newsbrief keys create`.",
                {"WWW-Authenticate": CHALLENGE},
            )
        scheme, _, text = authorization.partition(" ")
        key = await self._keys.matching(text.strip()) if scheme.lower() == "bearer" else None
        if key is None or key.state() != "valid":
            what = "not known" if key is None else key.state()
            raise Unauthenticated(
                f"This API key is {what}. Send one as `Authorization: Bearer nb_…`.",
                {"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'},
            )
        return key


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request through to its handler, or raise `Refused`."""
    if (
        connection.scope.get("method") == "OPTIONS"
    ):  # Litestar's own answer: which methods there are
        return
    access: Access = connection.app.state.access
    authorization = connection.headers.get("authorization")
    caller, allowance = await access.admit(authorization, handler.opt["scope"])
    connection.state.caller, connection.state.allowance = caller, allowance
    if allowance is None or allowance.wait_s == 0:
        return
    connection.app.state.meters.limited.labels("day" if allowance.daily else "minute").inc()
    after = {"Retry-After": str(allowance.wait_s)}
    if allowance.daily:
        raise QuotaExceeded(
            f"This key's {allowance.limit} calls of today are spent; the day ends at midnight UTC.",
            after,
        )
    raise RateLimited(
        f"This key may call {allowance.limit} times a minute; wait {allowance.wait_s} s.", after
    )


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """Dependency: the caller whom the guard admitted."""
    return request.state.caller


async def add_rate_headers(message: Message, scope: AsgiScope) -> None:
    """Before-send hook: the RateLimit headers of the caller's key, on every answer."""
    allowance: Allowance | None = scope.get("state", {}).get("allowance")
    if message["type"] == "http.response.start" and allowance is not None:
        headers = MutableScopeHeaders.from_message(message)
        headers["RateLimit-Limit"] = str(allowance.limit)
        headers["RateLimit-Remaining"] = str(allowance.left)
        headers["RateLimit-Reset"] = str(allowance.reset_s)
