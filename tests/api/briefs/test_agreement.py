"""GET /v1/briefs/{id}/agreement over real HTTP."""

from __future__ import annotations

import asyncio
import csv
import io
from typing import Any

import httpx

from service.client import (
    AgreementOut,
    ArticleAgreementOut,
    AsyncNewsbriefClient,
    NewsbriefClient,
)
from tests.api.conftest import Service

SMILE = "\U0001f600"


def table(service: Service, brief: str, **headers: str) -> httpx.Response:
    return service.client.get(f"/v1/briefs/{brief}/agreement", headers=headers)


def made(service: Service, *texts: str) -> str:
    return service.brief(*texts).json()["id"]


def test_each_sentence_has_a_row_that_says_who_reports_disputes_or_is_silent(service: Service):
    brief = made(service, "Nine ships have sailed.", "No crew is aboard.", "DISPUTES: ten ships.")

    found = table(service, brief).json()

    assert [each["id"] for each in found["origins"]] == ["a0", "a1", "a2"]
    first, _, last = found["rows"]
    assert [(each["origin"], each["stance"]) for each in first["cells"]] == [
        ("a0", "reports"), ("a2", "disputes"),
    ]  # fmt: skip
    assert (first["sentence"], first["silent"], first["disputed"]) == ("s1", ["a1"], True)
    assert (last["silent"], last["disputed"]) == (["a0", "a1"], False)


def test_characters_are_exact_in_the_unit_asked_for(service: Service):
    text = f"{SMILE} Ships e\u0301coles \u05e9\u05dc\u05d5\u05dd sail."
    brief = made(service, text)

    for unit, encoding, width in (
        ("codepoint", "utf-32-le", 4), ("utf16", "utf-16-le", 2), ("utf8", "utf-8", 1)
    ):  # fmt: skip
        answer = service.client.get(f"/v1/briefs/{brief}/agreement?offset_unit={unit}").json()
        (cited,) = answer["rows"][0]["cells"][0]["citations"]
        (part,) = cited["highlights"]
        data = text.encode(encoding)
        whole, own = (data[width * at["start"] : width * at["end"]] for at in (cited, part))
        assert whole.decode(encoding) == cited["quote"] == text[:20]
        assert own.decode(encoding) == text[2:20]


def test_csv_has_a_line_a_sentence_and_origin_and_runs_no_formula(service: Service):
    brief = made(service, "=HYPERLINK(1) sank today.", "The crew is safe now.")

    answer = table(service, brief, Accept="text/csv")

    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert [(each["origin"], each["stance"]) for each in lines] == [
        ("a0", "reports"), ("a1", "silent"), ("a0", "silent"), ("a1", "reports"),
    ]  # fmt: skip
    assert lines[0]["quote"].startswith("'=HYPERLINK")
    assert lines[3]["quote"] == "The crew is safe now"[:20]


def test_reprints_stand_in_their_origin_s_column(service: Service):
    brief = made(service, "The ferry sank.", "The ferry sank.", "The port closed.")

    origins = table(service, brief).json()["origins"]

    carried = [[each["id"] for each in one["articles"]] for one in origins]
    assert carried == [["a0", "a1"], ["a2"]]
    assert origins[0]["articles"][1]["duplicate_of"] == "a0"


def test_a_table_that_has_not_changed_is_a_304(service: Service):
    brief = made(service, "Unchanged ships sail.")

    tag = table(service, brief).headers["etag"]

    assert table(service, brief, **{"If-None-Match": tag}).status_code == 304
    assert table(service, brief, Accept="text/csv").headers["etag"] != tag
    assert table(service, brief, Accept="image/png").status_code == 406


def test_one_article_is_read_by_a_worker_once(service: Service):
    text = f"{SMILE} Only I know."
    brief = made(service, text, "Other ships sail.")
    url = f"/v1/briefs/{brief}/agreement?article=a0&offset_unit=utf16"

    first, second = (service.client.get(url).json() for _ in range(2))

    (only,) = first["sentences"]
    assert (only["mark"], only["end"]) == ("only-here", len(text) + 1)
    assert (first["cache"]["status"], second["cache"]["status"]) == ("miss", "hit")


def test_an_article_can_be_asked_for_without_waiting(service: Service):
    brief = made(service, "Nobody waits for ships.")

    answer = service.client.get(
        f"/v1/briefs/{brief}/agreement?article=a0", headers={"Prefer": "respond-async"}
    )

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"


def test_what_is_not_there_is_a_404_and_an_unreadable_article_a_422(service: Service):
    brief = made(service, "Ships to be found.", "UNREADABLE menus.")

    def status(path: str) -> Any:
        return service.client.get(f"/v1/briefs/{path}").status_code

    assert status("none/agreement") == 404
    assert status(f"{brief}/agreement?article=none") == 404
    assert status(f"{brief}/agreement?article=a1") == 422
    assert status(f"{brief}/agreement?offset_unit=inch") == 422


def test_what_was_compared_is_erased_with_its_brief(service: Service):
    brief = made(service, "Ships to be erased.")
    service.client.get(f"/v1/briefs/{brief}/agreement?article=a0")
    held = set(service.redis.keys("nb:comparison:*"))

    service.client.delete(f"/v1/briefs/{brief}")

    assert len(held - set(service.redis.keys("nb:comparison:*"))) == 1
    assert table(service, brief).status_code == 410


def test_a_row_streams_behind_its_sentence(service: Service):
    articles = [{"id": "a0", "text": "Streamed ships sail."}]
    headers = {"Accept": "text/event-stream"}

    answer = service.client.post("/v1/briefs", json={"articles": articles}, headers=headers)

    kinds = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert kinds[-4:] == ["sentence", "agreement", "headline", "done"]


def test_both_clients_read_the_table_and_an_article(service: Service):
    brief, url = made(service, "Typed ships sail."), str(service.client.base_url)

    async def asked() -> tuple[AgreementOut, ArticleAgreementOut]:
        async with AsyncNewsbriefClient(url) as client:
            return await client.agreement(brief), await client.article_agreement(brief, "a0")

    table, article = asyncio.run(asked())
    with NewsbriefClient(url) as client:
        assert client.agreement(brief) == table
        assert client.article_agreement(brief, "a0").sentences == article.sentences
    assert [each.cells[0].stance for each in table.rows] == ["reports"]
    assert [each.mark for each in article.sentences] == ["only-here"]
