"""What is kept of answers, and what is not: no service, only what the requests and Redis would say."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from litestar.datastructures import Headers, State

from service.api.platform import kept_answers
from service.api.platform.kept_answers import KeptAnswer, KeptAnswers, Source


class Told:
    """A tracking that always knows everything."""

    changes, newest = 0, None

    def listen(self, changed: Any) -> None:
        self.tell = changed

    async def caught_up(self) -> bool:
        return True


class Kept:
    def __init__(self) -> None:
        self.told = Told()
        self.answers = KeptAnswers(self.told, None)  # pyright: ignore[reportArgumentType]

    def request(self, path: str) -> Any:
        scope: dict[str, Any] = {"path": path, "query_string": b"", "state": {}}
        state = State(scope["state"], deep_copy=False)
        state.caller = SimpleNamespace(namespace="")
        handler = SimpleNamespace(opt={"kept": True})
        return SimpleNamespace(
            scope=scope, state=state, headers=Headers({}), route_handler=handler, method="GET"
        )

    def given(self, path: str) -> bytes | None:
        found = asyncio.run(self.answers.answer(self.request(path)))
        return None if found is None else found.content

    def keep(self, path: str, body: bytes, lasts_s: float = 60, changes: int = 0) -> None:
        """Answer a request; so many changes come while that is made."""
        asyncio.run(self.answers.answer(request := self.request(path)))
        self.told.changes += changes
        source = Source(frozenset({f"nb:brief:{path}"}), lasts_s)
        answer = KeptAnswer(body=body, media_type="application/json", source=source)
        self.answers.keep(request, answer)


def test_an_answer_is_kept_until_one_of_its_keys_changes_or_expires():
    kept = Kept()
    kept.keep("/a", b"a")
    kept.keep("/b", b"b", lasts_s=0)

    assert (kept.given("/a"), kept.given("/b"), kept.given("/c")) == (b"a", None, None)
    kept.told.tell("nb:brief:/other")
    assert kept.given("/a") == b"a"
    kept.told.tell("nb:brief:/a")
    assert kept.given("/a") is None


def test_what_changed_while_an_answer_was_made_is_not_kept():
    kept = Kept()
    kept.keep("/a", b"a", changes=1)

    assert kept.given("/a") is None


def test_what_was_asked_for_last_is_kept_within_a_bound(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept_answers, "MOST_BYTES", 100)
    monkeypatch.setattr(kept_answers, "MOST_OF_ONE", 60)
    kept = Kept()
    kept.keep("/a", bytes(40))
    kept.keep("/b", bytes(40))
    kept.given("/a")
    kept.keep("/c", bytes(40))
    kept.keep("/large", bytes(61))

    assert [path for path in ("/a", "/b", "/c", "/large") if kept.given(path)] == ["/a", "/c"]
    kept.told.tell(None)
    assert not any(map(kept.given, ("/a", "/c")))
    assert kept.answers._bytes == 0
    assert not kept.answers._of
