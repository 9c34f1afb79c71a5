"""Articles that are only URLs: fetched by the worker, and told where that fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from service.store import keys
from tests.api.conftest import Service
from tests.sources.server import PROSE, Reply, Site, redirect
from tests.test_cli import within

TTL_S = 600


def brief(reading: Service, *articles: dict[str, Any]) -> httpx.Response:
    return reading.client.post("/v1/briefs", json={"articles": articles})


def test_a_page_is_briefed_beside_one_that_fails(reading: Service, web: Site):
    made = brief(
        reading,
        {"id": "good", "url": web.url("/story")},
        {"id": "shut", "url": web.url("/private")},
    ).json()
    stored = reading.client.get(f"/v1/briefs/{made['id']}/articles/good").json()

    assert (stored["text"], stored["url"]) == ((PROSE * 4).strip(), web.url("/story"))
    assert made["coverage"]["failed"] == 1
    assert [(each["id"], each["used"], each["warnings"]) for each in made["articles"]] == [
        ("shut", False, ["fetch-failed:robots"])
    ]


def test_every_cause_is_told_where_all_fail(reading: Service, web: Site):
    answer = brief(
        reading, {"id": "gone", "url": web.url("/gone")}, {"id": "shut", "url": web.url("/private")}
    )

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, "/problems/nothing-to-brief")
    assert "'gone' The server answers 404." in problem["detail"]
    assert "'shut' The site's robots.txt" in problem["detail"]


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "http://[::1]/"]
)
def test_a_redirect_to_a_blocked_address_is_not_followed(reading: Service, web: Site, target: str):
    web.replies["/away"] = redirect(target)

    made = brief(reading, {"text": f"Talks resumed. {target}"}, {"url": web.url("/away")}).json()

    assert made["articles"][0]["warnings"] == ["fetch-failed:blocked-address"]


def test_the_services_own_redis_is_out_of_reach(reading: Service):
    made = brief(reading, {"text": "Talks went on."}, {"url": f"http://127.0.0.1:{reading.port}/"})

    assert made.json()["articles"][0]["warnings"] == ["fetch-failed:blocked-address"]


def test_an_article_longer_than_the_limit_is_left_out(reading: Service, web: Site):
    long = f"<html><body><article><p>{PROSE * 80}</p></article></body></html>"
    web.replies["/long"] = Reply(long.encode())

    made = brief(reading, {"text": "Talks ended."}, {"url": web.url("/long")}).json()

    assert made["articles"][0]["warnings"] == ["fetch-failed:too-large"]


def test_a_page_without_an_article_is_left_out(reading: Service, web: Site):
    web.replies["/empty"] = Reply(b"<html><body></body></html>")

    made = brief(reading, {"text": "Talks began."}, {"url": web.url("/empty")}).json()

    assert made["articles"][0]["warnings"] == ["fetch-failed:not-an-article"]


def test_a_brief_of_fetched_pages_answers_again_but_not_for_long(reading: Service, web: Site):
    first, again = (brief(reading, {"url": web.url("/story")}).json() for _ in range(2))
    made = {key: reading.redis.ttl(key) for key in reading.redis.scan_iter(keys.outcome("*"))}

    assert (first["cache"]["status"], again["cache"]["status"]) == ("miss", "hit")
    assert min(made.values()) <= TTL_S
    assert reading.redis.ttl(keys.brief(first["id"])) > TTL_S


def test_a_request_without_urls_answers_for_as_long_as_its_brief_is_kept(reading: Service):
    reading.redis.delete(*reading.redis.scan_iter("nb:outcome:*"))

    brief(reading, {"text": "Talks were held."})

    (key,) = reading.redis.scan_iter("nb:outcome:*")
    assert reading.redis.ttl(key) > TTL_S


def test_a_withdrawn_caller_stops_the_fetching(reading: Service, web: Site):
    web.replies["/slow"] = Reply(b"x", slow_s=0.1, pieces=500)
    runs = reading.runs()

    job = reading.client.post(
        "/v1/briefs",
        json={"articles": [{"url": web.url("/slow")}]},
        headers={"Prefer": "respond-async"},
    ).headers["Location"]
    reading.client.delete(job)
    made = brief(reading, {"text": "Talks follow the withdrawn ones."})

    assert reading.client.get(job).json()["status"] == "cancelled"
    assert (made.status_code, reading.runs() - runs) == (200, 1)


def test_logs_hold_no_url(reading: Service, web: Site):
    web.replies["/secret-story"] = Reply()

    brief(reading, {"url": web.url("/secret-story")})

    assert "secret-story" not in reading.processes.logged()


def test_a_check_whose_articles_all_fail_says_so(reading: Service, web: Site):
    body = {"text": "Talks resumed.", "articles": [{"id": "gone", "url": web.url("/gone")}]}

    answer = reading.client.post("/v1/checks", json=body)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/nothing-to-brief")


@pytest.mark.usefixtures("fetched")
def test_the_command_fetches_too(tmp_path: Path):
    asked = tmp_path / "request.json"
    asked.write_text('[{"id": "own", "url": "http://127.0.0.1/"}]')

    done = within("brief", asked)

    assert done.returncode == 4
    assert "'own' '127.0.0.1' is not a public address" in done.stderr
