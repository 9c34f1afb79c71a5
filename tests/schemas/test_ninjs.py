"""IPTC ninjs items as sources."""

from __future__ import annotations

from typing import Any

import pytest

from service.schemas.conversion import Violations
from service.schemas.ninjs import read_ninjs
from service.schemas.wire import ArticleIn, BriefRequest
from service.sources.extract import extract
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
        ({"type": "picture"}, "its text is a caption"),
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


CREWS = "Ferry crews at Lindholm walked out on Monday after talks over rest hours failed."
PORT = "The port authority of Lindholm said that 14 of 20 sailings were cancelled."
PAGE = f"<p>{CREWS}</p><p>{PORT}</p>"
NITF = (
    '<?xml version="1.0"?><nitf><head><title>Ferries</title></head><body><body.head><hedline><hl1>Ferries'
    f" stop</hl1></hedline></body.head><body.content>{PAGE}</body.content></body></nitf>"
)


def body(value: str, media_type: str | None = None, role: str | None = "main") -> dict[str, Any]:
    return {"role": role, "contentType": media_type, "value": value}


def told(*bodies: dict[str, Any], **members: Any) -> str:
    """What of an item is briefed, paragraphs one a line."""
    (article,) = read({"uri": "urn:x:9", "bodies": list(bodies), **members})
    text = article.text if article.html is None else extract(article.html).text
    return "\n".join(line.strip() for line in (text or "").splitlines() if line.strip())


@pytest.mark.parametrize("value", [PAGE, f"<div>{CREWS}</div><div>{PORT}</div>", f"{CREWS}\n\n{PORT}",
                                   f"{CREWS}<br><br>{PORT}", f"<html><body>{PAGE}</body></html>", NITF,
                                   PAGE.replace("<", "&lt;").replace(">", "&gt;"),
                                   f"<b>{CREWS}</b>\n\n{PORT}"])  # fmt: skip
@pytest.mark.parametrize(
    "media_type",
    ["text/html5", "text/html", "TEXT/HTML; charset=utf-8", "text/vnd.IPTC.NITF", "text/plain", "html",
     "application/xhtml+xml", "application/octet-stream", "", None],
)  # fmt: skip
def test_the_main_body_is_read_by_what_it_looks_like(value: str, media_type: str | None):
    assert told(body(value, media_type)) == f"{CREWS}\n{PORT}"


@pytest.mark.parametrize(
    "role",
    ["caption", "Summary", "social", "socialMedia", "bodyrole:caption", "image-caption", "teaser", "abstract",
     "http://cv.example/role/summary", "pushAlert", "tweet", "seoDescription"],
)  # fmt: skip
def test_a_text_about_the_article_is_never_taken_for_it(role: str):
    beside = body("A ferry lies at the quay of Lindholm on Monday.", "text/plain", role)

    assert told(beside, body(PAGE, "text/html")) == f"{CREWS}\n{PORT}"
    assert told(beside, body(PAGE, "text/html5", "story")) == f"{CREWS}\n{PORT}"
    with pytest.raises(Violations, match=r"bodies\[0\] has the role"):
        told(beside)


def test_what_is_called_main_goes_before_what_has_no_role_and_that_before_the_rest():
    main, bare = body(PAGE, "text/html", "Main"), body("Shorter.", "text/plain", None)
    sidebar = body("The port was built in 1961.", "text/plain", "sidebar")

    assert told(sidebar, bare, main) == f"{CREWS}\n{PORT}"
    assert told(sidebar, bare) == "Shorter."


@pytest.mark.parametrize(
    "members",
    [{"body_text": f"{CREWS}\n\n{PORT}"}, {"body_html": PAGE}, {"body_xhtml": f"<div>{PAGE}</div>"},
     {"body_html": PAGE, "description_text": "A ferry.", "body_text": ""}, {"Body_HTML": PAGE, "body_text": None}],
)  # fmt: skip
def test_an_item_of_ninjs_1_is_read(members: dict[str, Any]):
    old = {
        "guid": "tag:desk.example,2026:4", "type": "text", "headline": "Ferries stop", "byline": "Zoe Adair",
        "versioncreated": "2026-03-04T12:00:00Z", "infosource": [{"name": "Desk"}], "language": "en", **members,
    }  # fmt: skip

    (article,) = read(old)

    assert (article.id, article.title) == ("tag:desk.example,2026:4", "Ferries stop")
    assert (article.author, article.publisher) == ("Zoe Adair", "Desk")
    assert told(**members) == f"{CREWS}\n{PORT}"


@pytest.mark.parametrize(
    ("value", "media_type", "told_why"),
    [("iVBORw0KGgo" + "A" * 300, "text/html", "is data"), ('{"blocks": [{"text": "x"}]}', "text/html", "is data"),
     ("[1, 2]", None, "is data"), ("https://media.example/a.mp4", "text/html", "is an address"),
     ("x", "image/jpeg", "is 'image/jpeg'"), ("x", "Video/mp4", "is 'video/mp4'"), (" \n", "text/html", "is empty")],
)  # fmt: skip
def test_a_body_that_is_no_text_is_refused_with_its_cause(
    value: str, media_type: str | None, told_why: str
):
    with pytest.raises(Violations, match=told_why) as refused:
        told(body(value, media_type))

    assert refused.value.errors[0].path == "articles[0].ninjs"


def test_an_item_without_any_body_is_refused():
    with pytest.raises(Violations, match="nor a body_text or body_html"):
        told(headline="Ferries stop")


@pytest.mark.parametrize(
    "value",
    [
        "Is 3 < 4 and 5 > 4?",
        "Anna & Co",
        "He wrote <p> for a paragraph.",
        "[Editor’s note] Ferries stop.",
    ],
)
def test_plain_text_stays_as_it_is(value: str):
    (article,) = read({"uri": "urn:1", "bodies": [body(value, "text/plain")]})

    assert article.text == value


def test_references_in_a_body_without_markup_are_characters():
    assert told(body("Caf&eacute; &amp; bar", "text/html")) == "Café & bar"


@pytest.mark.parametrize(
    ("members", "said"),
    [({"usageTerms": "Not for use in  Sweden."}, "Not for use in Sweden."),
     ({"usageterms": "<p>No AI &amp; no archive.</p>"}, "No AI & no archive."),
     ({"copyrightNotice": "© 2026 Desk", "usageTerms": "Web only."}, "Web only.; © 2026 Desk"),
     ({"dataMining": "DMI-PROHIBITED"}, "data mining: DMI-PROHIBITED"),
     ({"rightsInfo": {"langid": "http://w3.example/odrl", "linkedRights": "https://desk.example/policy"}},
      "https://desk.example/policy"),
     ({"rightsinfo": [{"encodedRights": "<o:Policy/>", "dataMining": {"uri": "http://ns.example/DMI-ALLOWED"}}]},
      "data mining: http://ns.example/DMI-ALLOWED"),
     ({"usageTerms": None}, None), ({}, None)],
)  # fmt: skip
def test_what_an_item_says_of_its_use_goes_with_the_article(
    members: dict[str, Any], said: str | None
):
    (article,) = read({**ITEM, **members})

    assert article.rights == said


def test_terms_without_end_are_cut():
    (article,) = read({**ITEM, "usageTerms": "Not for use. " * 200})

    assert len(article.rights or "") <= 500
    assert (article.rights or "").endswith("…")


def test_a_headline_loses_its_markup():
    (article,) = read({**ITEM, "headlines": [{"value": "<p>Ferries &amp; trains <b>stop</b></p>"}]})

    assert article.title == "Ferries & trains stop"
