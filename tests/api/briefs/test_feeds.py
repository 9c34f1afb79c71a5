"""Feeds as sources: each of their newest entries is an article, with a report of its own."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.api.conftest import Service
from tests.sources.server import Reply, Site

XML = {"Content-Type": "application/rss+xml"}


def page(words: str) -> Reply:
    text = f"{words} in Moscow on Tuesday, officials of both sides said after they had met. " * 3
    return Reply(f"<html><body><article><p>{text}</p></article></body></html>".encode())


def item(guid: str, link: str = "", day: int = 1, content: str = "") -> str:
    return (
        f"<item><title>Title of {guid}</title><guid isPermaLink='false'>{escape(guid)}</guid>"
        + (f"<link>{link}</link>" if link else "")
        + f"<description>{escape(content)}</description>"
        + f"<pubDate>{day:02} Dec 2025 09:30:00 GMT</pubDate></item>"
    )


def feed(web: Site, path: str, *items: str) -> str:
    body = f'<rss version="2.0"><channel><title>Desk</title>{"".join(items)}</channel></rss>'
    web.replies[path] = Reply(body.encode(), headers=XML)
    return web.url(path)


def brief(reading: Service, *articles: dict[str, Any]) -> dict[str, Any]:
    answer: httpx.Response = reading.client.post("/v1/briefs", json={"articles": articles})
    return {"status_code": answer.status_code, **answer.json()}


def cited(made: dict[str, Any]) -> list[str]:
    return [each["citations"][0]["article_id"] for each in made["sentences"]]


def test_the_newest_entries_are_articles_under_their_guids(reading: Service, web: Site):
    for name in ("one", "two", "three"):
        web.replies[f"/feed/{name}"] = page(f"Talks number {name} resumed")
    url = feed(web, "/feed/newest", item("g1", web.url("/feed/one"), 1),
               item("g3", web.url("/feed/three"), 3), item("g2", web.url("/feed/two"), 2))  # fmt: skip

    made = brief(reading, {"feed": url, "limit": 2, "publisher": "The Desk"})

    assert cited(made) == ["g3", "g2"]
    stored = reading.client.get(f"/v1/briefs/{made['id']}/articles/g3").json()
    assert (stored["title"], stored["publisher"]) == ("Title of g3", "The Desk")
    assert (stored["url"], stored["published_at"]) == (
        web.url("/feed/three"), "2025-12-03T09:30:00Z"
    )  # fmt: skip


def test_an_entry_that_fails_is_told_and_the_others_go_on(reading: Service, web: Site):
    web.replies["/feed/good"] = page("Talks went well")
    url = feed(web, "/feed/mixed", item("good", web.url("/feed/good"), 3),
               item("gone", web.url("/feed/gone"), 2), item("bare", "", 1))  # fmt: skip

    made = brief(reading, {"feed": url})

    assert [(each["id"], each["warnings"]) for each in made["articles"]] == [
        ("gone", ["fetch-failed:http-status"]), ("bare", ["fetch-failed:not-an-article"])
    ]  # fmt: skip
    assert (made["coverage"]["failed"], cited(made)) == (2, ["good"])


def test_an_entry_without_a_link_is_taken_from_the_feed(reading: Service, web: Site):
    text = (
        "Talks that only the feed reports ended in Moscow on Tuesday, officials of both sides said."
    )
    url = feed(web, "/feed/own", item("own", content=f"<p>{text}</p>"))

    made = brief(reading, {"feed": url})

    stored = reading.client.get(f"/v1/briefs/{made['id']}/articles/own").json()
    assert (stored["text"], stored["url"]) == (text, None)


def test_an_article_is_found_under_an_id_that_is_a_url(reading: Service, web: Site):
    web.replies["/feed/linked"] = page("Talks were linked")
    url = feed(web, "/feed/links", item(link := web.url("/feed/linked"), link))

    made = brief(reading, {"feed": url})
    found = reading.client.get(f"/v1/briefs/{made['id']}/articles/{quote(link, safe='')}")

    assert (cited(made), found.json()["id"]) == ([link], link)


def test_ids_stay_unique(reading: Service, web: Site):
    web.replies["/feed/same"] = page("Talks were reported twice")
    same = item("same", web.url("/feed/same"))
    url = feed(web, "/feed/twice", same, same)

    made = brief(reading, {"id": "same", "text": "Talks of the caller's own."}, {"feed": url})

    assert sorted(cited(made)) == ["same", "same-2", "same-3"]


def test_entries_beyond_the_articles_of_a_request_are_told(reading: Service, web: Site):
    web.replies["/feed/many"] = page("Talks went on and on")
    entries = [item(f"m{k}", web.url("/feed/many"), 30 - k) for k in range(7)]

    made = brief(reading, {"id": "own", "text": "T."}, {"feed": feed(web, "/feed/long", *entries)})

    assert sorted(cited(made)) == ["m0", "m1", "m2", "m3", "m4", "own"]
    assert [(each["id"], each["warnings"]) for each in made["articles"]] == [
        (name, ["fetch-failed:too-many-articles"]) for name in ("m5", "m6")
    ]


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(b"<html><body>No feed</body></html>"), "not-a-feed"),
        (Reply(b"\x89PNG", headers={"Content-Type": "image/png"}), "not-a-feed"),
        (Reply(b"", 404), "http-status"),
    ],
)
def test_a_feed_that_fails_is_told(reading: Service, web: Site, reply: Reply, cause: str):
    web.replies[f"/feed/bad-{reply.status}-{len(reply.body)}"] = reply
    url = web.url(f"/feed/bad-{reply.status}-{len(reply.body)}")

    made = brief(reading, {"text": "Talks."}, {"id": "desk", "feed": url})

    assert made["articles"][0]["id"] == "desk"
    assert made["articles"][0]["warnings"] == [f"fetch-failed:{cause}"]


def test_a_feed_of_pages_that_all_fail_says_every_cause(reading: Service, web: Site):
    url = feed(web, "/feed/lost", item("a", web.url("/feed/gone-a")), item("b", "ftp://a.example/"))

    made = brief(reading, {"feed": url})

    assert (made["status_code"], made["type"]) == (422, "/problems/nothing-to-brief")
    assert "'a' The server answers 404." in made["detail"]
    assert "'b' Only http and https are fetched" in made["detail"]


@pytest.mark.parametrize(
    ("article", "path"),
    [
        ({"feed": "https://a.example/rss", "text": "Talks."}, "articles[0].text"),
        ({"feed": "https://a.example/rss", "published_at": "2025-12-02T09:30:00Z"},
         "articles[0].published_at"),
        ({"feed": "file:///etc/passwd"}, "articles[0].feed"),
        ({"text": "Talks.", "limit": 3}, "articles[0].limit"),
        ({"feed": "https://a.example/rss", "limit": 51}, "articles[0].limit"),
    ],
)  # fmt: skip
def test_a_feed_stands_alone(reading: Service, article: dict[str, Any], path: str):
    refused = brief(reading, article)

    assert (refused["status_code"], refused["errors"][0]["path"]) == (422, path)


def test_a_check_reads_feeds_too(reading: Service, web: Site):
    body = {"text": "Talks resumed.", "articles": [{"id": "desk", "feed": web.url("/feed/none")}]}

    answer = reading.client.post("/v1/checks", json=body)

    assert "'desk' The server answers 404." in answer.json()["detail"]
