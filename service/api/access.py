"""Access: who calls, and what that lets them see."""

from __future__ import annotations

from typing import Literal

import msgspec

Scope = Literal["read", "write"]


class Caller(msgspec.Struct, frozen=True):
    """Who sent a request: its namespace holds its briefs and jobs, `key_id` is "" without a key."""

    namespace: str
    key_id: str
    scopes: frozenset[Scope]


ANONYMOUS = Caller("", "", frozenset({"read", "write"}))
