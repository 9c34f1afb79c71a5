"""One page or HTML document in, one clean article out."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from service.store import keys
from tests.api.conftest import Service
from tests.sources.server import PROSE, Reply, Site

TEXT = (PROSE * 4).strip()
PAGE = (
    '<html><head><meta property="og:title" content="Envoy arrives in Moscow">'
    '<meta property="og:site_name" content="Meridian Post"><meta name="author" content="Ada Byrne">'
    '<meta property="article:published_time" content="2025-12-02T09:30:00Z"></head>'
    f"<body><nav>Home</nav><article><p>{TEXT}</p></article></body></html>"
)


def clean(reading: Service, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return reading.client.post("/v1/articles", json=body, headers=headers)


def test_html_becomes_an_article_that_can_be_sent_on(reading: Service):
    made = clean(reading, html=PAGE, url="https://meridian.example/a").json()

    assert made == {
        "text": TEXT, "title": "Envoy arrives in Moscow", "author": "Ada Byrne",
        "publisher": "Meridian Post", "published_at": "2025-12-02T09:30:00Z", "language": "en", "rights": None,
        "url": "https://meridian.example/a", "warnings": [],
        "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "cache": {"status": "miss", "age_s": 0},
    }  # fmt: skip
    article = {key: made[key] for key in made.keys() - {"text_sha256", "warnings", "cache"}}
    assert reading.client.post("/v1/briefs", json={"articles": [article]}).status_code == 200


def test_a_url_is_fetched_once_and_answers_again_for_a_while(reading: Service, web: Site):
    web.replies["/clean/once"] = Reply(PAGE.encode())

    first, again = (clean(reading, url=web.url("/clean/once")).json() for _ in range(2))

    assert (first["text"], first["url"]) == (TEXT, web.url("/clean/once"))
    assert (first["cache"]["status"], again["cache"]["status"]) == ("miss", "hit")
    assert [path for path, _ in web.seen].count("/clean/once") == 1
    assert all(
        0 < reading.redis.ttl(key) <= 600 for key in reading.redis.scan_iter(keys.article("*"))
    )


def test_a_brief_of_a_cleaned_page_does_not_fetch_it_again(reading: Service, web: Site):
    web.replies["/clean/brief"] = Reply(PAGE.encode())
    clean(reading, url=web.url("/clean/brief"))

    reading.client.post("/v1/briefs", json={"articles": [{"url": web.url("/clean/brief")}]})

    assert [path for path, _ in web.seen].count("/clean/brief") == 1


def test_what_an_article_lacks_is_told(reading: Service):
    german = (
        "Die Gespräche in Moskau wurden am Dienstag fortgesetzt, sagten Vertreter beider Seiten."
    )

    made = clean(reading, html=f"<article><p>{german * 3}</p></article>").json()

    assert made["language"] == "de"
    assert made["warnings"] == ["unsupported_language", "no_title", "no_published_at"]


@pytest.mark.parametrize(
    ("path", "cause"),
    [("/clean/none", "http-status"), ("/private/clean", "robots"), ("/clean/empty", "not-an-article")],
)  # fmt: skip
def test_a_page_that_gives_no_article_says_why_and_the_way_out(
    reading: Service, web: Site, path: str, cause: str
):
    web.replies["/clean/empty"] = Reply(b"<html><body></body></html>")

    answer = clean(reading, url=web.url(path))

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/fetch-failed")
    assert problem["title"] == "The page gave no article"
    assert problem["errors"][0]["path"] == "url"
    assert problem["detail"].startswith(f"{cause}: ")
    assert problem["detail"].endswith("Send the page as html, or another URL.")


def test_a_blocked_address_is_refused_here_too(reading: Service):
    answer = clean(reading, url=f"http://127.0.0.1:{reading.port}/health/live")

    assert answer.json()["detail"].startswith("blocked-address: ")


def test_html_without_an_article_says_the_way_out(reading: Service):
    answer = clean(reading, html="<html><body></body></html>")

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "html")
    assert "Send the text itself" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, ""),
        ({"url": "ftp://a.example/"}, "url"),
        ({"html": " "}, "html"),
        ({"html": "x" * 5001}, "html"),
    ],
)
def test_what_is_no_page_is_refused_before_any_work(
    reading: Service, body: dict[str, Any], path: str
):
    answer = reading.client.post("/v1/articles", json=body)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert answer.json()["errors"][0]["path"] == path


def test_a_caller_need_not_wait(reading: Service, web: Site):
    web.replies["/clean/later"] = Reply(PAGE.encode())
    body = {"url": web.url("/clean/later")}

    accepted = clean(reading, {"Prefer": "respond-async"}, **body)
    made = clean(reading, **body)

    assert (accepted.status_code, accepted.json()["brief"]) == (202, None)
    assert reading.client.get(accepted.headers["Location"]).json()["status"] == "done"
    assert made.json()["cache"]["status"] in {"hit", "joined"}


def test_a_retracted_text_is_not_given_out_not_even_from_the_cache(reading: Service):
    page = PAGE.replace("Talks resumed", "Talks that were withdrawn resumed")
    sha = clean(reading, html=page).json()["text_sha256"]

    reading.client.post(
        "/v1/retractions", json={"articles": [{"sha256": sha}], "kind": "withdrawn"}
    )

    assert clean(reading, html=page).json()["type"] == "/problems/retracted-article"
