"""GET /v1/briefs/{id}/changes over real HTTP."""

from __future__ import annotations

from tests.api.conftest import Service


def test_changes_say_what_and_why_in_the_unit_asked_for(service: Service):
    first = service.brief("\U0001f600 Talks have resumed.").json()["id"]
    second = service.brief("\U0001f600 Talks have been resumed.", supersedes=first).json()["id"]

    answer = service.client.get(
        f"/v1/briefs/{second}/changes", params={"since": first, "offset_unit": "utf8"}
    ).json()

    (changed,) = answer["changes"]["changed"]
    assert (changed["cause"], changed["articles"]) == ("corrected-article", ["a0"])
    assert changed["before"]["end"] == len("\U0001f600 Talks have resumed."[:20].encode())
    assert (answer["since"], answer["id"]) == (first, second)


def test_a_brief_has_not_changed_since_itself(service: Service):
    made = service.brief("Talks stay the same.").json()["id"]

    found = service.client.get(f"/v1/briefs/{made}/changes?since={made}").json()["changes"]

    assert [len(found[kind]) for kind in ("added", "changed", "dropped", "kept")] == [0, 0, 0, 1]


def test_an_unknown_brief_is_a_404_and_a_missing_since_a_422(service: Service):
    made = service.brief("Talks to compare.").json()["id"]

    assert service.client.get(f"/v1/briefs/{made}/changes?since=none").status_code == 404
    assert service.client.get(f"/v1/briefs/{made}/changes").status_code == 422
