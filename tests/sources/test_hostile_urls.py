"""One table of URLs that must lead nowhere, for everything that a caller or a page can name one for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from service.callbacks import Callbacks
from service.errors import FetchFailed, InvalidRequest, NotDelivered
from service.schemas.wire import ArticleIn, BriefRequest, OptionsIn
from service.sources.deliver import Addressed, Sender
from service.sources.fetch import FEED, PAGE, Fetcher, FetchLimits
from service.sources.guard import Address, Allowed, Policy
from tests.sources.server import Reply, Site, redirect, site

LOOPBACK = (
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "127.1.", "2130706433", "0x7f000001", "0x7F.1", "0x7f.0x0.0x0.0x1",
    "017700000001", "0177.1", "127.0x1", "0", "0.", "0.0.0.0", "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1",  # noqa: S104
    "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "127\u200b.0.0.1", "0177.0.0.01", "127.0.0.1%20", "127%2e0%2e0%2e1",
    "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "[::1%lo]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:127.0.0.1%25lo]", "[::ffff:0:127.0.0.1]", "[2002:7f00:1::]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[127.0.0.1]", "[v1.127.0.0.1]", "localhost", "LOCALHOST.", "loc\u00adalhost", "\u24dbocalhost", "inside.example",
    "both.example", "rebinding.example", "me@127.0.0.1", "news.example@127.0.0.1", "news.example\\@127.0.0.1",
    "127.0.0.1\\@news.example", "127.0.0.1:80@news.example", "127.0.0.1%00.news.example",
)  # fmt: skip
"""Ways to write this machine, or to make one parser read it and another something else."""

ELSEWHERE = (
    "10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "0.0.0.8", "224.0.0.1",
    "[fc00::1]", "[fe80::1]", "[fe80::1%25eth0]", "[ff02::1]", "[fec0::1]", "[::a9fe:a9fe]", "[::ffff:a9fe:a9fe]",
    "[2002:a9fe:a9fe::]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::10.0.0.1]", "[2001:0:a00:1::1]", "[2001:db8::1]",
    "[5f00::1]", "[2001:4860:4860::8888%25eth0]", "xn--a", "xn--", "a..b", "a" * 300, "news.example:0",
    "news.example:22", "news.example:65616", "news.example:80:22",
)  # fmt: skip

NAMES = {"localhost", "localhost.", "inside.example", "both.example", "rebinding.example", "127.0.0.1%20",
         "127%2e0%2e0%2e1", "127.0.0.1%00.news.example", "a..b", "a" * 300}  # fmt: skip
"""The hosts of them that are names, for all that their text says."""

SCHEMES = (
    "file:///etc/passwd", "ftp://news.example/", "gopher://127.0.0.1:6379/_PING", "javascript:go()", "data:text/html,hi",
    "jar:http://news.example!/", "ws://127.0.0.1/", "unix:///run/valkey.sock",
)  # fmt: skip


@pytest.fixture(scope="module")
def inside() -> Iterator[Site]:
    """A server that only this machine is to reach; its port is one of those that are allowed."""
    with site() as served:
        served.replies["/"] = served.replies["/robots.txt"] = Reply()
        yield served


@pytest.fixture(scope="module")
def web() -> Iterator[Site]:
    with site() as served:
        yield served


def urls(inside: Site) -> list[str]:
    return [
        *(f"http://{each}:{inside.port}/" for each in LOOPBACK),
        *(f"http://{each}/" for each in ELSEWHERE),
        *SCHEMES,
    ]


async def names(host: str, port: int) -> list[Address]:
    """As a hostile name server answers: a name of a public address next to a private one, or the one
    after the other."""
    asked.append(host)
    answers = {
        "news.example": ["127.0.0.1"],
        "both.example": ["93.184.215.14", "127.0.0.1"],
        "rebinding.example": ["127.0.0.1"],
        "inside.example": ["127.0.0.1"],
        "localhost": ["::1", "127.0.0.1"],
    }
    if host not in answers:
        raise OSError("no such name")
    return [ip_address(each) for each in answers[host]]


asked: list[str] = []


def policy(web: Site, inside: Site) -> Policy:
    """Nothing but the address stands between a caller and what is inside."""
    outside = Allowed(network=Policy.parse("127.0.0.1").allow[0].network, port=web.port)
    return Policy(ports=frozenset({80, 443, inside.port}), allow=(outside,))


def refused(web: Site, inside: Site, url: str, accepted: frozenset[str] = PAGE, **had: Any) -> str:
    """The code with which a page is refused; "stays" where it is the page itself that is read."""
    reader = Fetcher(policy(web, inside), FetchLimits(), user_agent="test", resolve=names, **had)
    try:
        page = asyncio.run(reader.fetch(url, accepted))
    except FetchFailed as failed:
        return failed.code
    assert page.url == web.url("/away")
    return "stays"


def as_article(web: Site, inside: Site, url: str) -> str:
    return refused(web, inside, url)


def as_feed(web: Site, inside: Site, url: str) -> str:
    return refused(web, inside, url, FEED)


def as_redirect(web: Site, inside: Site, url: str) -> str:
    web.replies["/away"] = redirect(url.encode().decode("latin-1"))
    return refused(web, inside, web.url("/away"), robots=False)


def as_refresh(web: Site, inside: Site, url: str) -> str:
    web.replies["/away"] = Reply(f'<meta http-equiv="refresh" content="0; url={url}">'.encode())
    return refused(web, inside, web.url("/away"), robots=False)


def as_refresh_header(web: Site, inside: Site, url: str) -> str:
    said = {"Content-Type": "text/html", "Refresh": f"0; url={url.encode().decode('latin-1')}"}
    web.replies["/away"] = Reply(headers=said)
    return refused(web, inside, web.url("/away"), robots=False)


def as_robots(web: Site, inside: Site, url: str) -> str:
    web.replies["/robots.txt"] = redirect(url.encode().decode("latin-1"))
    return refused(web, inside, web.url("/story"))


def as_webhook(web: Site, inside: Site, url: str) -> str:
    sender = Sender(
        policy(web, inside), ("s" * 32,), deadline_s=5, user_agent="test", resolve=names
    )
    with pytest.raises(NotDelivered) as failed:
        asyncio.run(sender.send(Addressed("msg_1", url, "", b"{}")))
    return str(failed.value)


WAYS: dict[str, Callable[[Site, Site, str], str]] = {
    "article": as_article, "feed": as_feed, "redirect": as_redirect, "refresh": as_refresh,
    "refresh header": as_refresh_header, "robots.txt": as_robots, "webhook": as_webhook,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_public_is_reached_in_no_way(web: Site, inside: Site, way: str):
    inside.seen.clear()

    codes = {url: WAYS[way](web, inside, url) for url in urls(inside)}

    assert inside.seen == []
    refusals = {"blocked-address", "unreachable", *({"stays"} if "refresh" in way else ())}
    assert set(codes.values()) <= refusals, codes
    plain = [f"http://127.0.0.1:{inside.port}/", "http://169.254.169.254/", "http://[fe80::1]/"]
    assert {codes[url] for url in plain} == {"blocked-address"}


@pytest.mark.parametrize("form", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001"])
def test_the_table_can_fail(web: Site, inside: Site, form: str):
    open_to_all = Policy(allow=(Allowed(network=Policy.parse("0.0.0.0/0").allow[0].network, port=inside.port),))  # fmt: skip
    inside.seen.clear()

    asyncio.run(
        Fetcher(open_to_all, FetchLimits(), user_agent="test", robots=False).fetch(
            f"http://{form}:{inside.port}/"
        )
    )

    assert len(inside.seen) == 1


class Nobody:
    """Webhooks without an undelivered event."""

    async def undelivered(self, namespace: str) -> int:
        return 0


def test_a_callback_to_an_address_is_refused_when_it_is_asked_for(web: Site, inside: Site):
    taken = []
    callbacks = Callbacks(Nobody(), policy(web, inside), signed=True)  # type: ignore[arg-type]
    for url in urls(inside):
        options = OptionsIn(callback_url=url)
        request = BriefRequest(articles=[ArticleIn(text="The ferry.")], options=options)  # type: ignore[arg-type]
        try:
            asyncio.run(callbacks.admit(request, ""))
        except InvalidRequest:
            continue
        taken.append(url)

    # Of a name it is told when it is looked up, at every call.
    assert {httpx.URL(url).host for url in taken} == NAMES
