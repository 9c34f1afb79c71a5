"""Deliveries on a real server: one sender at a time, nothing lost, nothing kept for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from service.store import webhooks as store
from service.store.connect import state_client
from service.store.embedded import embedded_server
from service.store.webhooks import Claim, Delivery, Webhooks

T = TypeVar("T")


def on(url: str, work: Callable[[Webhooks], Awaitable[T]]) -> T:
    async def run() -> T:
        client = state_client(url)
        try:
            return await work(Webhooks(client))
        finally:
            await client.aclose()

    return asyncio.run(run())


def delivery(name: str = "msg_1", namespace: str = "desk") -> Delivery:
    return Delivery(id=name, url="https://desk.example/token", namespace=namespace)


def test_one_of_many_gets_a_delivery_until_its_lease_is_over(valkey: str):
    async def work(webhooks: Webhooks) -> tuple[list[Claim | None], Claim | None]:
        await webhooks.add(delivery())
        claims = await asyncio.gather(*(webhooks.claim(1.5) for _ in range(8)))
        await asyncio.sleep(1.6)
        return claims, await webhooks.claim(9)

    claims, later = on(valkey, work)

    assert [each.delivery.id for each in claims if each] == ["msg_1"]
    assert later is not None


def test_who_is_late_changes_nothing_any_more(valkey: str):
    async def work(webhooks: Webhooks) -> tuple[int, list[Delivery], Claim | None]:
        await webhooks.add(delivery())
        late = await webhooks.claim(0.0)
        holder = await webhooks.claim(9)
        assert late
        assert holder
        await webhooks.give_up(late, late.delivery)
        await webhooks.delivered(late)
        await webhooks.again(holder, msgspec.structs.replace(holder.delivery, attempts=1), 0)
        return (
            await webhooks.undelivered("desk"),
            await webhooks.dead("desk"),
            await webhooks.claim(9),
        )

    undelivered, dead, again = on(valkey, work)

    assert (undelivered, dead) == (1, [])
    assert again is not None
    assert again.delivery.attempts == 1


def test_what_was_accepted_twice_is_delivered_once_and_then_forgotten(valkey: str):
    async def work(webhooks: Webhooks) -> tuple[int, Claim | None, int]:
        for _ in range(2):
            await webhooks.add(delivery())
        accepted = await webhooks.undelivered("desk")
        claim = await webhooks.claim(0)
        assert claim
        await webhooks.delivered(claim)
        return accepted, await webhooks.claim(9), await webhooks.undelivered("desk")

    assert on(valkey, work) == (1, None, 0)


def test_an_accepted_delivery_outlives_the_server(tmp_path: Path):
    with embedded_server(tmp_path) as url:
        on(url, lambda webhooks: webhooks.add(delivery()))
    with embedded_server(tmp_path) as url:
        claim = on(url, lambda webhooks: webhooks.claim(9))

    assert claim is not None
    assert claim.delivery.url == "https://desk.example/token"


def test_the_latest_dead_letters_of_a_namespace_are_kept(
    valkey: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "MOST_DEAD", 2)

    async def work(webhooks: Webhooks) -> tuple[list[Delivery], list[Delivery], bool, bool]:
        for name in ("msg_1", "msg_2", "msg_3"):
            await webhooks.add(delivery(name))
            claim = await webhooks.claim(9)
            assert claim
            await webhooks.give_up(claim, claim.delivery)
        dead, others = await webhooks.dead("desk"), await webhooks.dead("rival")
        revived = [await webhooks.revive(whose, "msg_3") for whose in ("rival", "desk")]
        return dead, others, *revived

    dead, others, theirs, ours = on(valkey, work)

    assert [each.id for each in dead] == ["msg_3", "msg_2"]
    assert (others, theirs, ours) == ([], False, True)


def test_a_brief_has_so_many_followers(valkey: str):
    async def work(webhooks: Webhooks) -> list[str]:
        for k in range(store.MOST_FOLLOWERS + 5):
            await webhooks.follow("brief", f"https://desk.example/{k}")
        return await webhooks.followers("brief")

    assert len(on(valkey, work)) == store.MOST_FOLLOWERS


def test_a_repr_shows_no_url():
    assert "token" not in repr(Claim(delivery(), "1"))
