"""API keys: who may call, kept as hashes; a key itself is shown once and never stored.

A key reads `nb_<id>_<secret>`. The secret has 256 random bits, so one SHA-256 of it is enough:
there is nothing to guess that a slow hash would protect. Nothing is cached in a process, so
that a revocation holds from the next request on.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any, Literal

import msgspec
from redis.asyncio import Redis

from service.store import keys

Scope = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = ("read", "write")

SECRET_BYTES = 32
UNKNOWN_KEY_SHA256 = hashlib.sha256(b"nobody").hexdigest()
"""What an unknown key's secret is compared with, so that it takes as long as a known one's."""

DAY_S = 24 * 3600


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is stored; times are Unix seconds, a limit of 0 is none."""

    id: str
    name: str
    secret_sha256: str
    namespace: str
    scopes: tuple[Scope, ...]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    per_minute: int = 0
    daily: int = 0

    def state(self) -> Literal["valid", "revoked", "expired"]:
        if self.revoked_at is not None:
            return "revoked"
        expired = self.expires_at is not None and self.expires_at <= time.time()
        return "expired" if expired else "valid"


class ApiKeys:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def create(
        self,
        name: str,
        *,
        scopes: tuple[Scope, ...] = SCOPES,
        days: int | None = None,
        namespace: str | None = None,
        per_minute: int = 0,
        daily: int = 0,
    ) -> tuple[ApiKey, str]:
        """A new key, and its text, which can't be had again. Its namespace is its own by default."""
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
        now = time.time()
        key = ApiKey(
            id=key_id,
            name=name,
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            namespace=namespace or key_id,
            scopes=scopes,
            created_at=now,
            expires_at=None if days is None else now + days * DAY_S,
            per_minute=per_minute,
            daily=daily,
        )
        await self._write(key)
        return key, f"nb_{key_id}_{secret}"

    async def listed(self) -> list[ApiKey]:
        """Every key, the revoked ones too, the oldest first."""
        reply: Any = self._client.hgetall(keys.API_KEYS)
        found = [msgspec.json.decode(each, type=ApiKey) for each in (await reply).values()]
        return sorted(found, key=lambda each: (each.created_at, each.id))

    async def revoke(self, key_id: str) -> ApiKey | None:
        """Refuse the key from now on; None if there is none. Its record stays."""
        key = await self._get(key_id)
        if key is None or key.revoked_at is not None:
            return key
        return await self._write(msgspec.structs.replace(key, revoked_at=time.time()))

    async def matching(self, text: str) -> ApiKey | None:
        """The key with exactly this text, whatever its state; None for every other text."""
        prefix, key_id, secret = [*text.split("_", 2), "", ""][:3]
        key = await self._get(key_id) if prefix == "nb" else None
        known = UNKNOWN_KEY_SHA256 if key is None else key.secret_sha256
        given = hashlib.sha256(secret.encode(errors="replace")).hexdigest()
        return key if hmac.compare_digest(given, known) else None

    async def _get(self, key_id: str) -> ApiKey | None:
        reply: Any = self._client.hget(keys.API_KEYS, key_id)
        data = await reply
        return msgspec.json.decode(data, type=ApiKey) if data else None

    async def _write(self, key: ApiKey) -> ApiKey:
        reply: Any = self._client.hset(keys.API_KEYS, key.id, msgspec.json.encode(key))
        await reply
        return key
