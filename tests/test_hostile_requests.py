"""Bodies that no client of ours sends: compressed, nested, of any characters."""

from __future__ import annotations

import gzip
import json
import time
import zlib

import pytest

from tests.api.conftest import Service
from tests.api.conftest import service as service

pytestmark = pytest.mark.slow

OK = b'{"articles": [{"text": "The weir reopened on Monday."}]}'
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/v1/briefs", "/v1/checks", "/v1/articles", "/v1/retractions", "/mcp"])  # fmt: skip
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(OK)),
        ("deflate", zlib.compress(OK)),
        ("gzip, gzip", gzip.compress(gzip.compress(OK))),
        ("gzip", gzip.compress(bytes(500_000_000), 9)),
    ],
    ids=["gzip", "deflate", "twice", "bomb"],
)
def test_no_body_is_unpacked(service: Service, path: str, encoding: str, body: bytes):
    begun = time.monotonic()

    answer = service.client.post(path, content=body, headers={**JSON, "Content-Encoding": encoding})

    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json()["detail"]
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"articles":[{"text":' + b"[" * 90_000])
def test_nesting_is_refused_before_it_costs_anything(service: Service, body: bytes):
    answer = service.client.post("/v1/briefs", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")
    assert "nested" in answer.json()["detail"]


@pytest.mark.parametrize(
    "escaped", [r"\ud800", r"\udfff", r"\udc00\ud800", r"\ud83d", r"\ud83d\u0041", r"a\ud800 b"]
)
def test_half_a_character_is_no_json(service: Service, escaped: str):
    body = f'{{"articles": [{{"text": "The weir {escaped}."}}]}}'

    answer = service.client.post("/v1/briefs", content=body.encode(), headers=JSON)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")


@pytest.mark.parametrize(
    "piece",
    ["\0", "\u202e\u2066", "e" + "\u0301" * 4000, "\ue000", "\uffff", "\U0010ffff", "\x1b[2J", "\r\n\r\n", "\u2028"],
    ids=repr,
)  # fmt: skip
def test_any_other_character_comes_back_as_it_was_sent(service: Service, piece: str):
    article = {"id": f"a{piece[:2]}", "text": f"The weir {piece} reopened."}

    made = service.client.post("/v1/briefs", json={"articles": [article]}).json()
    citation = made["sentences"][0]["citations"][0]

    assert citation["article_id"] == article["id"]
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    assert json.loads(service.client.get(f"/v1/briefs/{made['id']}").text)["id"] == made["id"]
    for media_type in ("text/html", "text/markdown", "application/vnd.iptc.ninjs+json"):
        shown = service.client.get(f"/v1/briefs/{made['id']}", headers={"Accept": media_type})
        assert shown.status_code == 200
    assert service.client.get("/v1/feed").status_code == 200
