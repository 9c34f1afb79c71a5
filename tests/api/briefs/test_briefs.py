"""POST and GET /v1/briefs over real HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.conftest import Service

pytestmark = pytest.mark.slow


def test_a_brief_is_made_then_hit(service: Service):
    first, second = (
        service.brief("Talks resumed on Monday."),
        service.brief("Talks resumed on Monday."),
    )

    assert first.json()["cache"]["status"] == "miss"
    assert second.json()["cache"]["status"] == "hit"
    assert second.json()["id"] == first.json()["id"]


def test_the_order_of_articles_and_of_keys_does_not_matter(service: Service):
    first = service.client.post(
        "/v1/briefs", json={"articles": [{"id": "x", "text": "One."}, {"text": "Two.", "id": "y"}]}
    )
    second = service.client.post(
        "/v1/briefs", json={"articles": [{"id": "y", "text": "Two."}, {"text": "One.", "id": "x"}]}
    )

    assert (first.json()["cache"]["status"], second.json()["cache"]["status"]) == ("miss", "hit")


def test_twenty_identical_requests_at_once_run_the_pipeline_once(service: Service):
    before = service.runs()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: service.brief("SLOW talks resumed."), range(20)))

    assert {answer.status_code for answer in answers} == {200}
    assert service.runs() - before == 1
    assert sorted(answer.json()["cache"]["status"] for answer in answers) == ["joined"] * 19 + [
        "miss"
    ]


def test_offsets_come_in_the_unit_asked_for(service: Service):
    text = "\U0001f600\U0001f600 Gespr\u00e4che f\u00fchren alle."

    ends = {
        unit: service.brief(text, offset_unit=unit).json()["sentences"][0]["citations"][0]["end"]
        for unit in ("codepoint", "utf16", "utf8")
    }

    quote = text[:20]
    assert ends == {
        "codepoint": 20,
        "utf16": len(quote.encode("utf-16-le")) // 2,
        "utf8": len(quote.encode()),
    }


def test_the_unit_does_not_change_the_brief(service: Service):
    answers = [
        service.brief("\U0001f600 One brief.", offset_unit=unit) for unit in ("utf8", "utf16")
    ]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].json()["cache"]["status"] == "hit"


def test_a_stored_brief_has_an_etag_that_answers_304(service: Service):
    brief_id = service.brief("Talks resumed on Friday.").json()["id"]

    first = service.client.get(f"/v1/briefs/{brief_id}")
    again = service.client.get(
        f"/v1/briefs/{brief_id}", headers={"If-None-Match": first.headers["ETag"]}
    )
    other = service.client.get(
        f"/v1/briefs/{brief_id}",
        params={"offset_unit": "utf16"},
        headers={"If-None-Match": first.headers["ETag"]},
    )

    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.content == b""


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/markdown", "text/html", "application/vnd.iptc.ninjs+json"],
)
def test_a_brief_comes_in_the_media_type_asked_for(service: Service, media_type: str):
    brief_id = service.brief("Talks resumed on Sunday.").json()["id"]

    answer = service.client.get(f"/v1/briefs/{brief_id}", headers={"Accept": media_type})

    assert answer.headers["content-type"].startswith(media_type)
    assert "Talks resumed on" in answer.text


def test_the_stored_article_is_what_offsets_refer_to(service: Service):
    answer = service.brief("Talks resumed on Saturday.").json()
    cited = answer["sentences"][0]["citations"][0]

    article = service.client.get(f"/v1/briefs/{answer['id']}/articles/{cited['article_id']}").json()

    assert article["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_html_is_extracted_before_it_is_briefed(service: Service):
    prose = "Talks resumed in Moscow on Tuesday, officials of both sides said after they had met. "
    page = f"<html><body><nav>Home</nav><article><p>{prose * 4}</p></article></body></html>"

    made = service.client.post("/v1/briefs", json={"articles": [{"id": "p", "html": page}]}).json()
    article = service.client.get(f"/v1/briefs/{made['id']}/articles/p").json()

    assert article["text"] == (prose * 4).strip()


def test_a_finished_job_leads_to_its_brief(service: Service):
    made = service.brief("Talks resumed on Thursday.").json()
    keys = [key.decode() for key in service.redis.scan_iter("nb:job:*")]
    jobs = [service.client.get(f"/v1/jobs/{key[8:-1]}").json() for key in keys]

    assert f"/v1/briefs/{made['id']}" in {job["brief"] for job in jobs}
    assert {job["status"] for job in jobs} <= {"done", "failed"}
