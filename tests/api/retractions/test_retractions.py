"""POST /v1/retractions: what becomes of briefs, and of requests that come later."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx

from tests.api.conftest import Service


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def retract(service: Service, *articles: dict[str, str], **given: Any) -> httpx.Response:
    body = {"articles": articles, "kind": "withdrawn", **given}
    return service.client.post("/v1/retractions", json=body)


def test_every_brief_that_cites_the_text_says_so_at_once(service: Service):
    text = "The mayor resigned on Monday."
    made = service.brief(text).json()["id"]
    before = service.client.get(f"/v1/briefs/{made}")

    answer = retract(service, {"sha256": sha256(text)}, reason="It was another mayor.")
    after = service.client.get(f"/v1/briefs/{made}")

    assert answer.json()["retractions"][0]["briefs"] == [made]
    assert after.json()["status"]["state"] == "affected"
    (told,) = after.json()["status"]["retractions"]
    assert (told["article_id"], told["kind"], told["sentences"]) == ("a0", "withdrawn", ["s1"])
    assert before.headers["ETag"] != after.headers["ETag"]


def test_pages_show_it_too(service: Service):
    text = "The minister resigned on Monday."
    made = service.brief(text).json()["id"]
    retract(service, {"sha256": sha256(text)}, reason="It was another <minister>.")

    pages = {
        media: service.client.get(f"/v1/briefs/{made}", headers={"Accept": media}).text
        for media in ("text/html", "text/markdown", "application/vnd.iptc.ninjs+json")
    }

    assert "another &lt;minister&gt;" in pages["text/html"]
    assert "was withdrawn" in pages["text/markdown"]
    assert '"pubStatus":"withheld"' in pages["application/vnd.iptc.ninjs+json"]


def test_a_request_with_the_text_is_refused_and_the_article_named(service: Service):
    text = "The bridge closed on Monday."
    retract(service, {"sha256": sha256(text)}, kind="corrected", url="https://example.org/new")

    answer = service.brief("Another text.", text)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/retracted-article")
    assert answer.json()["errors"][0]["path"] == "articles[1]"
    assert "https://example.org/new" in answer.json()["detail"]


def test_a_page_whose_text_was_retracted_is_refused_even_from_the_cache(service: Service):
    prose = "The harbour closed on Tuesday, officials of the town said after they had met. " * 4
    page = f"<html><body><article><p>{prose}</p></article></body></html>"
    body = {"articles": [{"id": "p", "html": page}]}
    first = service.client.post("/v1/briefs", json=body)

    retract(service, {"sha256": sha256(prose.strip())})
    cached = service.client.post("/v1/briefs", json=body)
    fresh = service.client.post("/v1/briefs", json={**body, "options": {"focus": "harbour"}})

    assert [each.status_code for each in (first, cached, fresh)] == [200, 422, 422]
    assert fresh.json()["type"] == "/problems/retracted-article"
    assert "'p'" in fresh.json()["detail"]


def test_an_article_id_stands_for_every_text_that_it_had(service: Service):
    articles = [[{"id": "wire-7", "text": f"The road opened at {hour}."}] for hour in ("7", "8")]
    made = [
        service.client.post("/v1/briefs", json={"articles": each}).json()["id"] for each in articles
    ]

    answer = retract(service, {"article_id": "wire-7"})

    citing = {each for found in answer.json()["retractions"] for each in found["briefs"]}
    assert citing == set(made)
    states = [service.client.get(f"/v1/briefs/{each}").json()["status"]["state"] for each in made]
    assert states == ["affected", "affected"]


def test_an_unknown_article_id_and_an_empty_name_are_refused(service: Service):
    unknown = retract(service, {"article_id": "never-seen"})
    neither = retract(service, {})

    assert [each.status_code for each in (unknown, neither)] == [422, 422]
    assert unknown.json()["errors"][0]["path"] == "articles[0].article_id"


def test_retractions_are_listed_newest_first_and_never_expire(service: Service):
    for text in ("One text.", "Two texts."):
        retract(
            service, {"sha256": sha256(text)}, corrected_text="A better text.", kind="corrected"
        )

    found = service.client.get("/v1/retractions").json()["retractions"]

    assert [each["text_sha256"] for each in found[:2]] == [
        sha256("Two texts."),
        sha256("One text."),
    ]
    assert found[0]["corrected_sha256"] == sha256("A better text.")
    assert (
        service.redis.ttl("nb:retractions:{ns:}") == service.redis.ttl("nb:retracted:{ns:}") == -1
    )
