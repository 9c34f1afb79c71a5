"""Answers that an API process keeps: the same bytes, never older than what Redis holds."""

from __future__ import annotations

import gzip
import hashlib
import time
from typing import Any

import httpx
import msgspec
import pytest

from service.store import keys as names
from service.store.workers import Announcement
from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys


def reads(service: Service) -> int:
    """How often a value was read from Redis so far."""
    return service.redis.info("commandstats")["cmdstat_get"]["calls"]


def kept(service: Service, *texts: str, **options: Any) -> dict[str, Any]:
    """A brief whose answer is kept: made, then found, then given again as it is."""
    assert service.brief(*texts, **options).json()["cache"]["status"] == "miss"
    found = service.brief(*texts, **options)
    before = reads(service)
    again = service.brief(*texts, **options)
    assert reads(service) == before
    assert again.json()["cache"]["status"] == "hit"
    assert again.content.partition(b',"cache":')[0] == found.content.partition(b',"cache":')[0]
    return again.json()


def shown(service: Service, brief: str, **given: Any) -> httpx.Response:
    """A brief that is read twice, the second time from what is kept."""
    service.client.get(f"/v1/briefs/{brief}", **given)
    before = reads(service)
    answered = service.client.get(f"/v1/briefs/{brief}", **given)
    assert reads(service) == before
    return answered


def test_a_kept_answer_tells_its_age(service: Service):
    kept(service, "Talks that grow old.")
    time.sleep(1.1)

    assert service.brief("Talks that grow old.").json()["cache"]["age_s"] >= 1


def test_an_erased_brief_is_gone_from_the_next_request_on_and_made_anew(service: Service):
    brief = kept(service, "Talks to be erased.")["id"]
    assert shown(service, brief).status_code == 200

    service.client.delete(f"/v1/briefs/{brief}")

    assert service.client.get(f"/v1/briefs/{brief}").status_code == 410
    assert service.brief("Talks to be erased.").json()["cache"]["status"] == "miss"
    assert service.client.get(f"/v1/briefs/{brief}").status_code == 200


def test_what_is_retracted_is_refused_and_shown_from_the_next_request_on(service: Service):
    text = "Talks to be withdrawn."
    brief = kept(service, text)["id"]
    assert shown(service, brief).json()["status"]["state"] == "current"

    sha = hashlib.sha256(text.encode()).hexdigest()
    body = {"articles": [{"sha256": sha}], "kind": "withdrawn", "reason": "False."}
    assert service.client.post("/v1/retractions", json=body).status_code < 300

    assert service.client.get(f"/v1/briefs/{brief}").json()["status"]["state"] == "affected"
    assert service.brief(text).status_code == 422


def test_a_superseded_brief_says_so_from_the_next_request_on(service: Service):
    first = kept(service, "Talks to be superseded.")["id"]
    tag = shown(service, first).headers["ETag"]

    second = service.brief("Talks that supersede.", supersedes=first).json()["id"]

    after = service.client.get(f"/v1/briefs/{first}", headers={"If-None-Match": tag})
    assert (after.status_code, after.json()["status"]["superseded_by"]) == (200, [second])
    assert service.brief("Talks to be superseded.").json()["status"]["state"] == "superseded"
    assert shown(service, first).json()["status"]["state"] == "superseded"
    service.client.delete(f"/v1/briefs/{second}")
    assert service.client.get(f"/v1/briefs/{first}").json()["status"]["state"] == "current"


def test_what_redis_lost_is_not_given(service: Service):
    brief = kept(service, "Talks to be evicted.")["id"]
    shown(service, brief)

    service.redis.delete(names.brief(brief))

    assert service.client.get(f"/v1/briefs/{brief}").status_code == 404
    assert service.brief("Talks to be evicted.").json()["cache"]["status"] == "miss"


def test_a_worker_of_another_version_is_asked_anew(service: Service):
    kept(service, "Talks before an upgrade.")
    newer = msgspec.json.encode(Announcement("newer", "another", time.time() + 60, ()))
    service.redis.zadd(names.WORKERS, {newer: time.time()})

    try:
        accepted = service.client.post(
            "/v1/briefs",
            json={"articles": [{"id": "a0", "text": "Talks before an upgrade."}]},
            headers={"Prefer": "respond-async"},
        )
        assert accepted.status_code == 202
        with pytest.raises(httpx.ReadTimeout):  # it waits for that worker
            service.client.post(
                "/v1/briefs",
                json={
                    "articles": [{"id": "a0", "text": "Talks before an upgrade."}],
                    "options": {},
                },
                timeout=1,
            )
    finally:
        service.redis.zrem(names.WORKERS, newer)
    assert service.brief("Talks before an upgrade.").json()["cache"]["status"] == "hit"


def test_units_and_media_types_are_kept_apart_and_304_needs_no_body(service: Service):
    brief = kept(service, "Talks in Zürich 🎉.")["id"]
    seen = {
        (unit, accept): shown(
            service, brief, params={"offset_unit": unit}, headers={"Accept": accept}
        )
        for unit in ("codepoint", "utf8")
        for accept in ("application/json", "text/markdown", "text/html")
    }

    assert len({each.headers["ETag"] for each in seen.values()}) == 6
    for (unit, accept), each in seen.items():
        headers = {"Accept": accept, "If-None-Match": f'"x", {each.headers["ETag"]}'}
        before = reads(service)
        answered = service.client.get(
            f"/v1/briefs/{brief}", params={"offset_unit": unit}, headers=headers
        )
        assert reads(service) == before
        assert (answered.status_code, answered.content) == (304, b"")
        assert answered.headers["ETag"] == each.headers["ETag"]
        assert each.headers["Content-Type"].startswith(accept)
    assert seen["codepoint", "application/json"].json()["offset_unit"] == "codepoint"
    assert seen["utf8", "application/json"].json()["offset_unit"] == "utf8"


def test_a_kept_answer_is_its_namespace_s_and_counts_against_its_key(service: Service):
    mine = keys("create", "--name", "desk", "--rate", "5", redis_url=service.url)
    other = keys("create", "--name", "rival", redis_url=service.url)
    body = {"articles": [{"id": "a", "text": "Talks that only the desk may read."}]}
    ask = lambda key: service.client.post("/v1/briefs", json=body, headers=bearer(key))  # noqa: E731
    brief = ask(mine).json()["id"]
    ask(mine)

    before = reads(service)
    again = ask(mine)

    assert reads(service) == before
    assert (again.json()["id"], again.headers["RateLimit-Remaining"]) == (brief, "2")
    assert ask(other).json()["cache"]["status"] == "miss"
    assert service.client.get(f"/v1/briefs/{brief}", headers=bearer(other)).status_code == 404
    ask(mine), ask(mine)
    assert ask(mine).status_code == 429
    keys("revoke", mine.split("_")[1], redis_url=service.url)
    assert ask(mine).status_code == 401


@pytest.mark.parametrize("headers", [{"Prefer": "wait=5"}, {"Accept": "text/event-stream"}])
def test_what_asks_for_more_than_the_brief_is_not_answered_from_what_is_kept(
    service: Service, headers: dict[str, str]
):
    text = f"Talks asked for with {next(iter(headers))}."
    kept(service, text)
    body = {"articles": [{"id": "a0", "text": text}], "options": {}}

    answered = service.client.post("/v1/briefs", json=body, headers=headers)

    assert answered.status_code == 200
    assert answered.headers.get("Preference-Applied") == headers.get("Prefer")
    assert ("event: done" in answered.text) == ("Accept" in headers)


def test_answers_that_were_kept_are_counted(service: Service):
    def hits() -> float:
        lines = service.client.get("/metrics").text.splitlines()
        return sum(
            float(each.split()[-1])
            for each in lines
            if each.startswith("newsbrief_answers_total") and 'cache="hit",task="brief"' in each
        )

    kept(service, "Talks that are counted.")
    before = hits()
    service.brief("Talks that are counted.")

    assert hits() == before + 1


def test_a_kept_answer_is_compressed_for_who_takes_that(service: Service):
    text = "Talks that are compressed."
    brief = kept(service, text)["id"]
    body = {"articles": [{"id": "a0", "text": text}], "options": {}}

    def raw(method: str, path: str, encoding: str, **given: Any) -> tuple[httpx.Response, bytes]:
        headers = {"Accept-Encoding": encoding, **given.pop("headers", {})}
        with service.client.stream(method, path, headers=headers, **given) as answered:
            return answered, b"".join(answered.iter_raw())

    for method, path, given in (
        ("POST", "/v1/briefs", {"json": body}),
        ("GET", f"/v1/briefs/{brief}", {}),
    ):
        raw(method, path, "identity", **given)
        plain, as_it_is = raw(method, path, "gzip;q=0", **given)
        packed, compressed = raw(method, path, "br, gzip", **given)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert len(compressed) < len(as_it_is) / 2
        ended = gzip.decompress(compressed).partition(b',"cache":')[0]
        assert ended == as_it_is.partition(b',"cache":')[0]
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for each in (packed, plain):
        headers = {"If-None-Match": each.headers["ETag"]}
        assert raw("GET", f"/v1/briefs/{brief}", "gzip", headers=headers)[0].status_code == 304
