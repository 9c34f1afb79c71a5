"""IPTC ninjs items as sources."""

from __future__ import annotations

from typing import Any

import pytest

from service.schemas.conversion import Violations
from service.schemas.ninjs import read_ninjs
from service.schemas.wire import ArticleIn, BriefRequest
from tests.api.conftest import Service

TEXT = "Talks resumed in Moscow on Tuesday, officials of both sides said."
ITEM = {
    "uri": "http://agency.example/items/1",
    "standard": {"name": "ninjs", "version": "3.1"},
    "type": "text",
    "versionCreated": "2025-12-02T09:30:00Z",
    "firstCreated": "2025-12-01T09:30:00Z",
    "language": "en",
    "by": "Ada Byrne",
    "infoSources": [{"name": "The News Agency", "role": "supplier"}],
    "headlines": [{"role": "short", "value": "Talks"}, {"role": "main", "value": "Talks resume"}],
    "bodies": [
        {"role": "teaser", "contentType": "text/plain", "value": "Talks."},
        {"role": "main", "contentType": "text/plain", "value": TEXT},
        {"role": "richtext", "contentType": "application/xhtml+xml", "value": f"<p>{TEXT}</p>"},
    ],
    "people": [{"name": "Somebody"}],
}


def read(*items: dict[str, Any], **said: Any) -> list[ArticleIn]:
    return read_ninjs(
        BriefRequest(articles=[ArticleIn(ninjs=each, **said) for each in items])
    ).articles


def test_an_item_becomes_its_main_text_with_what_it_says_of_itself():
    (article,) = read(ITEM)

    assert (article.id, article.text, article.html) == (ITEM["uri"], TEXT, None)
    assert (article.title, article.author) == ("Talks resume", "Ada Byrne")
    assert (article.publisher, article.language) == ("The News Agency", "en")
    assert str(article.published_at) == "2025-12-02 09:30:00+00:00"


def test_an_item_of_ninjs_2_is_read_as_well():
    old = {name.lower(): value for name, value in ITEM.items()}
    old["bodies"] = [{"contenttype": "text/plain; charset=utf-8", "value": TEXT}]

    assert read(old) == read(ITEM)


def test_what_the_caller_says_goes_before_what_the_item_says():
    (article,) = read(ITEM, id="mine", title="My title", publisher="Mine")

    assert (article.id, article.title, article.publisher) == ("mine", "My title", "Mine")
    assert article.author == "Ada Byrne"


@pytest.mark.parametrize(
    "body", [{"contentType": "application/xhtml+xml", "value": "<p>T</p>"}, {"value": " <p>T</p>"}]
)
def test_without_plain_text_the_markup_is_extracted(body: dict[str, str]):
    (article,) = read({"uri": "urn:1", "bodies": [body]})

    assert (article.text, article.html) == (None, body["value"])


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pubStatus": "canceled"}, "must not be used"),
        ({"pubstatus": "withheld"}, "must not be used"),
        ({"bodies": []}, "None of its bodies"),
        ({"bodies": [{"contentType": "image/png", "value": "x"}]}, "None of its bodies"),
        ({"bodies": [{"contentType": "text/plain", "value": " "}]}, "None of its bodies"),
        ({"bodies": TEXT}, "Expected `array`"),
        ({"uri": 7}, "Expected `str`"),
        ({"versionCreated": "yesterday"}, "Invalid RFC3339"),
    ],
)
def test_an_item_that_is_no_article_says_which_and_why(changed: dict[str, Any], told: str):
    with pytest.raises(Violations, match=told) as refused:
        read(ITEM, {**ITEM, **changed})

    assert [each.path for each in refused.value.errors] == ["articles[1].ninjs"]


@pytest.mark.parametrize("said", [{"text": "x"}, {"html": "x"}, {"url": "u"}, {"feed": "u"}])
def test_an_item_stands_alone(said: dict[str, str]):
    with pytest.raises(Violations, match="stands alone"):
        read(ITEM, **said)


def test_an_item_and_its_text_are_one_request(reading: Service):
    text = {"id": ITEM["uri"], "text": TEXT, "title": "Talks resume", "author": "Ada Byrne",
            "publisher": "The News Agency", "published_at": "2025-12-02T09:30:00Z",
            "language": "en"}  # fmt: skip

    by_item, by_text = (
        reading.client.post("/v1/briefs", json={"articles": [each]}).json()
        for each in ({"ninjs": ITEM}, text)
    )

    assert by_item["id"] == by_text["id"]
    assert by_text["cache"]["status"] == "hit"
    stored = reading.client.get(f"/v1/briefs/{by_item['id']}/articles/{ITEM['uri']}").json()
    assert (stored["id"], stored["text"]) == (ITEM["uri"], TEXT)


def test_our_own_ninjs_comes_back_in(reading: Service):
    made = reading.client.post("/v1/briefs", json={"articles": [{"text": TEXT}]}).json()
    ninjs = {"Accept": "application/vnd.iptc.ninjs+json"}
    item = reading.client.get(f"/v1/briefs/{made['id']}", headers=ninjs).json()

    again = reading.client.post("/v1/briefs", json={"articles": [{"ninjs": item}]})

    assert again.status_code == 200
    assert again.json()["text"] == made["text"][:20]


def test_json_that_nests_without_end_is_refused(reading: Service):
    body = b'{"articles": [{"ninjs": {"uri": "u", "x": ' + b"[" * 5000 + b"]" * 5000 + b"}}]}"

    answer = reading.client.post(
        "/v1/briefs", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")
