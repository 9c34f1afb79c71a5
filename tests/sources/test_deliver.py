"""Sending: through the guard, within the deadline, and nothing read but the status."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from standardwebhooks import Webhook

from service.errors import NotDelivered
from service.sources.deliver import Addressed, Sender, shown, signing_key
from service.sources.guard import Address, Policy
from tests.receiver import Receiver, receiver

OLD, NEW = "the-old-secret" * 3, "the-new-secret" * 3


@pytest.fixture(scope="module")
def there() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


async def rebound(host: str, port: int) -> list[Address]:
    return [ip_address("127.0.0.1")]


def send(url: str, allow: str = "", deadline_s: float = 5) -> None:
    sender = Sender(
        Policy.parse(allow), (NEW, OLD), deadline_s=deadline_s, user_agent="tests", resolve=rebound
    )

    async def run() -> None:
        await sender.send(Addressed("msg_1", url, "desk", b'{"type":"brief.done"}'))
        await sender.aclose()

    asyncio.run(run())


def test_every_secret_signs_so_that_receivers_can_change_over(there: Receiver):
    send(there.url("/both"), f"127.0.0.1:{there.port}")

    (got,) = there.at("/both")
    for secret in (OLD, NEW):
        Webhook(shown(signing_key(secret, "desk"))).verify(got.body, got.headers)
    assert (got.headers["content-type"], got.headers["user-agent"]) == ("application/json", "tests")


@pytest.mark.parametrize(
    ("status", "final"), [(302, False), (404, False), (429, False), (500, False), (410, True)]
)
def test_what_is_not_2xx_is_not_delivered(there: Receiver, status: int, final: bool):
    there.answers["/no"].append(status)

    with pytest.raises(NotDelivered, match=f"http-{status}") as raised:
        send(there.url("/no"), f"127.0.0.1:{there.port}")

    assert raised.value.final is final
    assert not there.all_at("/")


def test_a_name_that_answers_with_a_private_address_is_not_connected_to(there: Receiver):
    with pytest.raises(NotDelivered, match="blocked-address") as raised:
        send("http://desk.example/rebound")

    assert raised.value.final


def test_an_endless_answer_is_not_read_and_a_silent_one_not_awaited(there: Receiver):
    allow = f"127.0.0.1:{there.port}"

    send(there.url("/endless"), allow)
    with pytest.raises(NotDelivered, match="timeout"):
        send(there.url("/silent"), allow, deadline_s=0.2)


def test_nobody_there_is_told_from_a_refusal():
    with pytest.raises(NotDelivered, match="unreachable") as raised:
        send("http://127.0.0.1:9/", "127.0.0.1:9")

    assert not raised.value.final
