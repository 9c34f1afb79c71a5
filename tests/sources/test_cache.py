"""Pages that were fetched before: not asked for, or only asked after."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from service.errors import FetchFailed
from service.sources.cache import Kept, Page, keep
from service.sources.feed import read_feed
from service.sources.fetch import FEED, PAGE, Fetcher, FetchLimits
from service.sources.guard import Policy
from service.store.connect import state_client
from service.store.embedded import embedded_server
from service.store.pages import LARGEST_BYTES, FetchedPages
from tests.sources.server import ARTICLE, Reply, Site, redirect, site

AGENT = "newsbrief-test/1 (desk@news.example)"
HTML = {"Content-Type": "text/html"}
TTL_S = 600
NEW = Reply(b"<p>New</p>")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded_server(tmp_path_factory.mktemp("pages") / "valkey") as url:
        yield url


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as served:
        yield served


Fetch = Callable[[str], Awaitable[str]]


def reading(
    url: str, web: Site, steps: Callable[[Fetch], Awaitable[None]], fresh_s: float = 60.0
) -> None:
    """Run the steps with a fetch that starts anew each time, as in processes of their own."""

    async def run() -> None:
        client = state_client(url)
        cache = FetchedPages(client, TTL_S)

        async def fetch(path: str) -> str:
            policy = Policy.parse(f"127.0.0.1:{web.port}")
            limits = FetchLimits(fresh_s=fresh_s)
            fetcher = Fetcher(policy, limits, user_agent=AGENT, cache=cache)
            return (await fetcher.fetch(web.url(path))).markup

        await steps(fetch)
        await client.aclose()

    asyncio.run(run())


def paths(web: Site) -> list[str]:
    return [path for path, _ in web.seen if path != "/robots.txt"]


def test_a_fresh_page_is_not_asked_for_again_even_by_another_process(redis_url: str, web: Site):
    web.replies["/story"] = Reply()

    async def steps(fetch: Fetch) -> None:
        assert await fetch("/story") == await fetch("/story") == ARTICLE

    reading(redis_url, web, steps)

    assert [path for path, _ in web.seen] == ["/robots.txt", "/story"]


def test_a_page_that_has_not_changed_is_asked_after_and_not_sent_again(redis_url: str, web: Site):
    web.replies["/story"] = Reply(headers={**HTML, "ETag": '"v1"', "Last-Modified": "Tue"})

    async def steps(fetch: Fetch) -> None:
        assert await fetch("/story") == await fetch("/story") == ARTICLE

    reading(redis_url, web, steps, fresh_s=0)

    first, again = web.asked["/story"]
    assert first["If-None-Match"] is None
    assert (again["If-None-Match"], again["If-Modified-Since"]) == ('"v1"', "Tue")


def test_a_page_that_has_changed_comes_anew(redis_url: str, web: Site):
    web.replies["/story"] = Reply(headers={**HTML, "ETag": '"v1"'})

    async def steps(fetch: Fetch) -> None:
        await fetch("/story")
        web.replies["/story"] = Reply(b"<p>New</p>", headers={**HTML, "ETag": '"v2"'})
        assert await fetch("/story") == await fetch("/story") == "<p>New</p>"

    reading(redis_url, web, steps, fresh_s=0)

    assert [each["If-None-Match"] for each in web.asked["/story"]] == [None, '"v1"', '"v2"']


@pytest.mark.parametrize(
    "said",
    [
        {"Cache-Control": "no-store"},
        {"Cache-Control": "public, NO-STORE"},
        {"Cache-Control": "private"},
        {"Vary": "*"},
    ],
)
def test_what_a_site_wants_not_kept_is_not_kept(redis_url: str, web: Site, said: dict[str, str]):
    web.replies["/story"] = Reply(headers={**HTML, "ETag": '"v1"', **said})

    async def steps(fetch: Fetch) -> None:
        await fetch("/story")
        web.replies["/story"] = NEW
        assert await fetch("/story") == "<p>New</p>"

    reading(redis_url, web, steps)

    assert [each["If-None-Match"] for each in web.asked["/story"]] == [None, None]


def test_a_page_that_must_not_be_kept_any_more_is_forgotten(redis_url: str, web: Site):
    web.replies["/story"] = Reply(headers={**HTML, "ETag": '"v1"', "Cache-Control": "no-cache"})

    async def steps(fetch: Fetch) -> None:
        await fetch("/story")
        web.replies["/story"] = Reply(headers={**HTML, "Cache-Control": "no-store"})
        await fetch("/story")
        await fetch("/story")

    reading(redis_url, web, steps)

    assert [each["If-None-Match"] for each in web.asked["/story"]] == [None, '"v1"', None]


def test_a_redirect_is_followed_anew_to_the_page_that_is_kept(redis_url: str, web: Site):
    web.replies["/old"], web.replies["/story"] = redirect("/story"), Reply()

    async def steps(fetch: Fetch) -> None:
        await fetch("/old")
        web.replies["/old"] = redirect("http://169.254.169.254/")
        with pytest.raises(FetchFailed, match="not a public address"):
            await fetch("/old")
        assert await fetch("/story") == ARTICLE

    reading(redis_url, web, steps)

    assert paths(web) == ["/old", "/story", "/old"]


def test_a_page_is_not_taken_for_a_feed(redis_url: str, web: Site):
    web.replies["/both"] = Reply(headers={"Content-Type": "application/xhtml+xml"})

    async def steps(fetch: Fetch) -> None:
        await fetch("/both")
        policy = Policy.parse(f"127.0.0.1:{web.port}")
        fetcher = Fetcher(policy, FetchLimits(), user_agent=AGENT)
        with pytest.raises(FetchFailed, match="an HTML page"):
            read_feed(await fetcher.fetch(web.url("/both"), FEED))

    reading(redis_url, web, steps)
    assert [each["Accept"] for each in web.asked["/both"]] == [
        ", ".join(sorted(accepted)) for accepted in (PAGE, FEED)
    ]


@pytest.mark.parametrize(
    ("said", "fresh_s"),
    [("", 60), ("max-age=10", 10), ("max-age=86400", 60), ("s-maxage=5, max-age=10", 5),
     ("max-age=-1", 0), ("max-age=soon", 0), ("no-cache, max-age=10", 0), ("max-age=0", 0)],
)  # fmt: skip
def test_a_site_shortens_the_time_but_does_not_lengthen_it(said: str, fresh_s: int):
    kept = keep(Kept(Page("u", "m"), etag="v1"), {"cache-control": said}, 1000.0, 60)

    assert kept is not None
    assert kept.fresh_until == 1000.0 + fresh_s


@pytest.mark.parametrize("tag", ["é", "x" * 501])
def test_an_etag_that_could_not_be_sent_back_is_not_kept(tag: str):
    assert keep(Kept(Page("u", "m")), {"etag": tag}, 1000.0, 0) is None


def test_pages_are_kept_within_bounds_of_time_and_size(redis_url: str):
    fresh = time.time() + 5.0
    noise = os.urandom(LARGEST_BYTES + 1).hex()  # which nothing packs into fewer bytes

    async def run() -> list[int]:
        client = state_client(redis_url)
        await client.flushall()
        pages = FetchedPages(client, TTL_S)
        await pages.put("asked after", Kept(Page("u", "m"), fresh, etag="v1"))
        await pages.put("fresh for a while", Kept(Page("u", "m"), fresh))
        await pages.put("too large", Kept(Page("u", noise), fresh, etag="v1"))
        ttls = [await client.ttl(key) for key in await client.keys("*")]
        await client.aclose()
        return sorted(ttls)

    ttls = asyncio.run(run())
    assert len(ttls) == 2
    assert 0 < ttls[0] <= 5 < ttls[1] <= TTL_S


def test_without_a_server_pages_are_fetched_all_the_same(web: Site, tmp_path: Path):
    web.replies["/story"] = Reply()

    async def steps(fetch: Fetch) -> None:
        assert await fetch("/story") == await fetch("/story") == ARTICLE

    reading(f"unix://{tmp_path / 'none'}", web, steps)

    assert paths(web) == ["/story", "/story"]
