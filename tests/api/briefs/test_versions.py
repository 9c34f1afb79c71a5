"""Versions of a brief, and what is left of one that was erased."""

from __future__ import annotations

from tests.api.conftest import Service


def test_a_brief_that_supersedes_another_is_its_next_version(service: Service):
    first = service.brief("Talks began on Monday.").json()
    second = service.brief("Talks began on Monday.", supersedes=first["id"]).json()
    third = service.brief("Talks ended.", supersedes=second["id"]).json()

    assert [each["version"] for each in (first, second, third)] == [1, 2, 3]
    assert (first["supersedes"], second["supersedes"]) == (None, first["id"])
    assert second["id"] != first["id"]


def test_a_superseded_brief_says_so_at_once_and_under_another_etag(service: Service):
    first = service.brief("Talks paused on Monday.").json()["id"]
    before = service.client.get(f"/v1/briefs/{first}")

    second = service.brief("Talks paused on Tuesday.", supersedes=first).json()["id"]
    after = service.client.get(f"/v1/briefs/{first}")

    assert before.json()["status"]["state"] == "current"
    assert after.json()["status"]["state"] == "superseded"
    assert after.json()["status"]["superseded_by"] == [second]
    assert before.headers["ETag"] != after.headers["ETag"]


def test_only_a_brief_of_ones_own_can_be_superseded(service: Service):
    answer = service.brief("Talks went on.", supersedes="0" * 32)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/unknown-predecessor")
    assert answer.json()["errors"][0]["path"] == "options.supersedes"


def test_a_brief_of_another_namespace_is_unknown(service: Service):
    service.redis.set("nb:version:{theirs}", b'{"namespace": "another", "version": 1}')

    answer = service.brief("Talks went well.", supersedes="theirs")

    assert answer.status_code == 409
    assert service.client.delete("/v1/briefs/theirs").status_code == 404


def test_version_records_never_expire_and_hold_no_text(service: Service):
    made = service.brief("Talks of record.").json()["id"]

    assert service.redis.ttl(f"nb:version:{{{made}}}") == -1
    assert b"record" not in (service.redis.get(f"nb:version:{{{made}}}") or b"")


def test_an_erased_brief_is_gone_with_its_texts(service: Service):
    made = service.brief("Talks to be forgotten.").json()["id"]

    erased = service.client.delete(f"/v1/briefs/{made}")
    paths = ("", "/articles/a0", "/changes?since=" + made)
    answers = [service.client.get(f"/v1/briefs/{made}{path}") for path in paths]

    assert erased.status_code == 204
    assert {each.status_code for each in answers} == {410}
    assert answers[0].json()["type"] == "/problems/gone"
    for key in service.redis.scan_iter("nb:*"):
        if service.redis.type(key) == b"string":
            assert b"be forgotten" not in (service.redis.get(key) or b"")


def test_an_erased_brief_cannot_be_superseded_but_its_chain_stays(service: Service):
    first = service.brief("Talks of the first kind.").json()["id"]
    second = service.brief("Talks of a second kind.", supersedes=first).json()["id"]
    service.client.delete(f"/v1/briefs/{first}")

    again = service.brief("Talks of a third kind.", supersedes=first)
    held = service.client.get(f"/v1/briefs/{second}").json()

    assert again.status_code == 409
    assert (held["version"], held["supersedes"]) == (2, first)


def test_the_same_articles_make_an_erased_brief_again(service: Service):
    first = service.brief("Talks come back.").json()["id"]
    service.client.delete(f"/v1/briefs/{first}")

    again = service.brief("Talks come back.").json()

    assert (again["id"], again["cache"]["status"]) == (first, "miss")
    assert service.client.get(f"/v1/briefs/{first}").status_code == 200
