"""Secret: a text that no `repr` shows."""

from __future__ import annotations

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """A text that no `repr` shows, and so no log."""

    text: str

    def __repr__(self) -> str:
        return "Secret(…)"
