"""Fetching from a real server on loopback, which the policy allows."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterator
from typing import Any

import pytest

from service.errors import FetchFailed
from service.sources.fetch import FEED, Fetcher, FetchLimits, Page
from service.sources.guard import Policy
from tests.sources.server import ARTICLE, Reply, Site, redirect, site

AGENT = "newsbrief-test/1 (desk@news.example)"


@pytest.fixture
def web() -> Iterator[Site]:
    with site() as served:
        served.replies["/story"] = Reply()
        yield served


def fetcher(web: Site, *, robots: bool = True, **limits: Any) -> Fetcher:
    policy = Policy.parse(f"127.0.0.1:{web.port}")
    return Fetcher(policy, FetchLimits(**limits), user_agent=AGENT, robots=robots)


def fetch(web: Site, path: str, **limits: Any) -> Page:
    return asyncio.run(fetcher(web, **limits).fetch(web.url(path)))


def code(web: Site, path: str, **limits: Any) -> str:
    with pytest.raises(FetchFailed) as failed:
        fetch(web, path, **limits)
    return failed.value.code


def test_a_page_comes_with_the_url_where_redirects_ended(web: Site):
    web.replies["/old"] = redirect("/story")

    page = fetch(web, "/old")

    assert page == Page(web.url("/story"), ARTICLE)
    assert {agent for _, agent in web.seen} == {AGENT}


def test_robots_are_heeded_and_asked_for_once(web: Site):
    web.replies["/robots.txt"] = Reply(b"User-agent: newsbrief-test\nDisallow: /*/private$")
    web.replies["/a/private"] = web.replies["/a/open"] = Reply()
    reader = fetcher(web)

    async def both() -> None:
        await reader.fetch(web.url("/a/open"))
        await reader.fetch(web.url("/a/private"))

    with pytest.raises(FetchFailed) as failed:
        asyncio.run(both())
    assert failed.value.code == "robots"
    assert [path for path, _ in web.seen] == ["/robots.txt", "/a/open"]


def test_robots_count_at_the_end_of_a_redirect_too(web: Site):
    web.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /story")
    web.replies["/old"] = redirect("/story")

    assert code(web, "/old") == "robots"


def test_a_robots_file_that_fails_forbids_and_can_be_ignored(web: Site):
    web.replies["/robots.txt"] = Reply(b"", 503)

    assert code(web, "/story") == "robots"
    assert fetch(web, "/story", robots=False).markup == ARTICLE


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/", "http://localhost:1/", "ftp://a.example/"]
)
def test_a_redirect_to_a_blocked_place_is_refused(web: Site, target: str):
    web.replies["/away"] = redirect(target)

    assert code(web, "/away") in {"blocked-address", "unreachable"}
    assert [path for path, _ in web.seen] == ["/robots.txt", "/away"]


def test_redirects_have_an_end(web: Site):
    web.replies["/loop"] = redirect("/loop")

    assert code(web, "/loop", redirects=3) == "too-many-redirects"
    assert [path for path, _ in web.seen].count("/loop") == 4


def test_a_page_has_as_many_bytes_as_the_limit_at_most(web: Site):
    web.replies["/exact"] = Reply(b"x" * 1000)
    web.replies["/more"] = Reply(b"x" * 1001)

    assert len(fetch(web, "/exact", bytes=1000).markup) == 1000
    assert code(web, "/more", bytes=1000) == "too-large"


def test_bytes_count_after_decompression(web: Site):
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    web.replies["/bomb"] = Reply(gzip.compress(bytes(50_000_000)), headers=packed)
    web.replies["/packed"] = Reply(gzip.compress(ARTICLE.encode()), headers=packed)

    assert code(web, "/bomb", bytes=100_000) == "too-large"
    assert fetch(web, "/packed").markup == ARTICLE


def test_the_deadline_is_for_the_whole_page_however_steadily_it_drips(web: Site):
    web.replies["/drip"] = Reply(b"x", slow_s=0.1, pieces=1800)
    begun = time.monotonic()

    assert code(web, "/drip", deadline_s=0.5) == "timeout"
    assert time.monotonic() - begun < 90  # half of what the whole page takes


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(b"", 404), "http-status"),
        (Reply(b"", 500), "http-status"),
        (Reply(b"%PDF", headers={"Content-Type": "application/pdf"}), "not-an-article"),
        (Reply(b"x", headers={"Content-Encoding": "br"}), "not-an-article"),
        (Reply(b"x", headers={"Content-Encoding": "gzip"}), "unreachable"),
    ],
)
def test_what_is_no_page_has_its_code(web: Site, reply: Reply, expected: str):
    web.replies["/it"] = reply

    assert code(web, "/it") == expected


def test_a_server_that_is_not_there_is_unreachable():
    with site() as gone:
        pass

    assert code(gone, "/story") == "unreachable"


def test_a_host_gets_so_many_requests_at_once_and_waiting_costs_no_deadline(web: Site):
    web.replies["/slow"] = Reply(slow_s=0.3)
    reader = fetcher(web, robots=False, per_host=2, deadline_s=2)

    async def many() -> list[Page]:
        return await asyncio.gather(*(reader.fetch(web.url("/slow")) for _ in range(16)))

    assert len(asyncio.run(many())) == 16
    assert web.most == 2


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>Grüße</p>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        (b'<meta charset="iso-8859-1">' + "<p>Grüße</p>".encode("latin-1"), "text/html"),
        ("<p>Grüße</p>".encode("utf-8-sig"), "text/html; charset=iso-8859-1"),
        ("<p>Grüße</p>".encode(), "text/html; charset=unheard-of"),
        ("<p>Grüße</p>".encode("utf-16"), "text/html; charset=utf-8"),
        (
            '<?xml version="1.0" encoding="iso-8859-1"?><p>Grüße</p>'.encode("latin-1"),
            "application/xhtml+xml",
        ),
    ],
)
def test_characters_are_read_in_the_pages_charset(web: Site, body: bytes, content_type: str):
    web.replies["/it"] = Reply(body, headers={"Content-Type": content_type})

    assert fetch(web, "/it").markup.endswith("<p>Grüße</p>")


def test_a_proxy_of_the_environment_is_not_used(web: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert fetch(web, "/story").markup == ARTICLE


def refresh(to: str, wait: str = "0") -> Reply:
    stub = (
        f'<html><head><meta http-equiv="refresh" content="{wait}; url={to}"></head>'
        "<body><p>The page that was here is somewhere else now, please wait for it.</p></body></html>"
    )
    return Reply(stub.encode())


def test_a_refresh_is_followed_like_a_redirect(web: Site):
    web.replies["/old"] = refresh("/older", "3")
    web.replies["/older"] = redirect("/oldest")
    web.replies["/oldest"] = Reply(
        headers={"Content-Type": "text/html", "Refresh": "0; url=/story"}
    )

    assert fetch(web, "/old") == Page(web.url("/story"), ARTICLE)


def test_refreshes_count_as_redirects_and_have_an_end(web: Site):
    web.replies["/a"], web.replies["/b"] = refresh("/b"), refresh("/a")

    assert code(web, "/a", redirects=3) == "too-many-redirects"
    assert [path for path, _ in web.seen] == ["/robots.txt", "/a", "/b", "/a", "/b"]


def test_a_page_that_loads_itself_again_is_read(web: Site):
    reloads = f'<meta http-equiv="refresh" content="0; url=/live#now">{ARTICLE}'
    web.replies["/live"] = Reply(reloads.encode())
    web.replies["/ticker"] = refresh("/front", "300")

    assert fetch(web, "/live").markup == reloads
    assert fetch(web, "/ticker").url == web.url("/ticker")


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/", "http://10.0.0.8/", "//[::1]/", "http://127.0.0.1:1/",
     "http://2130706433/", "file:///etc/passwd", "http://me:pass@a.example/", "javascript:go()"],
)  # fmt: skip
def test_a_refresh_to_a_blocked_place_is_refused(web: Site, target: str):
    web.replies["/away"] = refresh(target)

    assert code(web, "/away") == "blocked-address"
    assert [path for path, _ in web.seen] == ["/robots.txt", "/away"]


def test_robots_count_at_the_end_of_a_refresh_too(web: Site):
    web.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /story")
    web.replies["/old"] = refresh("/story")

    assert code(web, "/old") == "robots"


def test_headers_tell_what_a_page_reserves(web: Site):
    said = {
        "Content-Type": "text/html",
        "tdm-reservation": "1",
        "tdm-policy": "https://a.example/tdm",
    }
    web.replies["/ours"] = Reply(headers=said)

    assert fetch(web, "/ours").rights == "tdm-reservation: 1; tdm-policy: https://a.example/tdm"


RSS = b'<rss version="2.0"><channel><item><link>/one</link></item></channel></rss>'


def feed(web: Site, path: str, **limits: Any) -> Page:
    return asyncio.run(fetcher(web, **limits).fetch(web.url(path), FEED))


@pytest.mark.parametrize(
    "label",
    ["application/octet-stream", "application/x-rss+xml", "text/rss+xml", "text/rdf", "rss", "",
     "application/rss", "binary/octet-stream", "TEXT/XML; charset=utf-8", "application/vnd.desk.feed"],
)  # fmt: skip
def test_a_feed_is_fetched_whatever_its_label(web: Site, label: str):
    web.replies["/feed"] = Reply(RSS, headers={"Content-Type": label})

    assert feed(web, "/feed").markup == RSS.decode()


@pytest.mark.parametrize(
    "label", ["image/png", "audio/mpeg", "Video/MP4", "font/woff2", "application/pdf"]
)
def test_what_can_be_no_feed_is_not_downloaded(web: Site, label: str):
    web.replies["/it"] = Reply(RSS, headers={"Content-Type": label})

    with pytest.raises(FetchFailed, match=f"It is '{label.lower()}', not a feed") as failed:
        feed(web, "/it")
    assert failed.value.code == "not-a-feed"


@pytest.mark.parametrize("label", ["application/gzip", "application/x-gzip", "text/xml"])
def test_a_gzip_file_is_unpacked(web: Site, label: str):
    web.replies["/feed.xml.gz"] = Reply(gzip.compress(RSS), headers={"Content-Type": label})
    sent = {"Content-Type": label, "Content-Encoding": "gzip"}
    web.replies["/twice"] = Reply(gzip.compress(gzip.compress(RSS)), headers=sent)

    assert feed(web, "/feed.xml.gz").markup == feed(web, "/twice").markup == RSS.decode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [(gzip.compress(bytes(50_000_000)), "too-large"), (gzip.compress(RSS)[:40], "unreachable"),
     (b"\x1f\x8b\x08" + b"no gzip at all", "unreachable")],
)  # fmt: skip
def test_a_gzip_file_that_grows_or_is_damaged_is_refused(web: Site, body: bytes, expected: str):
    web.replies["/feed.xml.gz"] = Reply(body, headers={"Content-Type": "application/gzip"})

    with pytest.raises(FetchFailed, match="The gzip file") as failed:
        feed(web, "/feed.xml.gz", bytes=100_000)
    assert failed.value.code == expected


def test_a_feed_that_moved_by_a_refresh_is_followed_and_a_refresh_in_its_entries_is_not(web: Site):
    web.replies["/moved"] = refresh("/feed")
    quoted = RSS.replace(b"</item>", b'<title><![CDATA[<meta http-equiv="refresh" content="0; url=/x">]]></title></item>')  # fmt: skip
    web.replies["/feed"] = Reply(quoted, headers={"Content-Type": "text/xml"})

    assert feed(web, "/moved").url == web.url("/feed")
