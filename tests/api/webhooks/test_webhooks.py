"""Callbacks: events that are posted, signed, to the URLs that requests name."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from service.callbacks import MOST_UNDELIVERED, Callbacks
from service.errors import InvalidRequest
from service.schemas.wire import BriefRequest, OptionsIn
from service.sources.guard import Policy
from service.store.connect import state_client
from service.store.embedded import embedded_server
from service.store.webhooks import Webhooks
from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys
from tests.conftest import PATIENCE_S, Processes, wait_for
from tests.receiver import Receiver, receiver

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[3] / "docs" / "keys-and-webhooks.md"
SECRET = "only-the-tests-know-this-" * 2


@pytest.fixture(scope="module")
def there() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory, there: Receiver) -> Iterator[Service]:
    """A service that signs, may call the receiver, and tries thrice in quick succession."""
    folder = tmp_path_factory.mktemp("hooked")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        made = Service(url, processes, wait_s=PATIENCE_S, fetch_allow=f"127.0.0.1:{there.port}",
                       webhook_secret=SECRET, webhook_attempts=3, webhook_retry_s=0.05,
                       webhook_deadline_s=60)  # fmt: skip
        made.worker()
        yield made.ready()
        made.client.close()
        made.redis.close()
        processes.stop_all()


@cache
def whsec(namespace: str = "") -> str:
    """What the command prints for the receivers of a namespace."""
    return keys("webhook-secret", namespace, webhook_secret=SECRET).strip()


def dead(service: Service, path: str, **headers: Any) -> list[dict[str, Any]]:
    """The dead letters for a path of the receiver, once there are some."""

    def found() -> list[dict[str, Any]]:
        listed = service.client.get("/v1/webhooks/dead", **headers).json()["dead"]
        return [each for each in listed if each["url"].endswith(path)]

    wait_for(lambda: bool(found()))
    return found()


def test_the_end_of_a_job_is_posted_signed(hooked: Service, there: Receiver):
    made = hooked.brief("The ferry sails again.", callback_url=there.url("/signed")).json()

    (got,) = there.at("/signed")
    event = Webhook(whsec()).verify(got.body, got.headers)
    assert event["type"] == "brief.done"
    assert (event["data"]["brief"], event["data"]["status"]) == (made["id"], "done")
    assert hooked.client.get(event["data"]["url"]).json()["id"] == made["id"]
    assert hooked.client.get(f"/v1/jobs/{event['data']['job']}").json()["status"] == "done"
    assert b"ferry" not in got.body


def test_what_the_guide_verifies_with_takes_this_body_and_namespace_alone(
    hooked: Service, there: Receiver
):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (code,) = (each for each in blocks if "def genuine" in each)
    given: dict[str, Any] = {}
    exec(code, given)  # noqa: S102  # the guide's own lines
    genuine = given["genuine"]

    hooked.brief("The ferry is late.", callback_url=there.url("/forged"))

    (got,) = there.at("/forged")
    assert genuine(whsec(), got.headers, got.body)
    assert not genuine(whsec(), got.headers, got.body + b" ")
    assert not genuine(whsec(), {**got.headers, "webhook-timestamp": "1"}, got.body)
    assert not genuine(whsec("rival"), got.headers, got.body)


def test_joined_callers_each_get_theirs_and_a_url_is_called_once(hooked: Service, there: Receiver):
    text = "STREAM this: the ferry has sunk."
    before = hooked.runs()
    for path in ("/one", "/two", "/one"):
        started = hooked.client.post(
            "/v1/briefs",
            json={"articles": [{"text": text}], "options": {"callback_url": there.url(path)}},
            headers={"Prefer": "respond-async"},
        )
        assert started.status_code == 202

    (one,), (two,) = there.at("/one"), there.at("/two")
    assert one.event["data"] == two.event["data"]
    assert one.headers["webhook-id"] != two.headers["webhook-id"]
    assert hooked.runs() - before == 1


def test_a_held_brief_is_told_at_once_and_the_url_is_no_part_of_the_request(
    hooked: Service, there: Receiver
):
    text = "The ferry was raised."
    made = hooked.brief(text).json()

    again = hooked.brief(text, callback_url=there.url("/held")).json()

    assert (again["id"], again["cache"]["status"]) == (made["id"], "hit")
    (got,) = there.at("/held")
    assert (got.event["type"], got.event["data"]["brief"]) == ("brief.done", made["id"])


@pytest.mark.parametrize(
    ("word", "problem"), [("EMPTY", "nothing-to-brief"), ("BROKEN", "internal")]
)
def test_a_failure_is_told_by_its_problem(
    hooked: Service, there: Receiver, word: str, problem: str
):
    hooked.brief(f"{word}. The ferry.", callback_url=there.url(f"/{word}"))

    (got,) = there.at(f"/{word}")
    assert got.event["type"] == "brief.failed"
    assert got.event["data"]["problem"] == f"/problems/{problem}"
    assert got.event["data"]["url"] is None


def test_a_cancelled_job_and_a_check_are_told(hooked: Service, there: Receiver):
    article = {"text": "ENDLESS. The ferry is slow."}
    options = {"callback_url": there.url("/stopped")}
    job = hooked.client.post(
        "/v1/briefs",
        json={"articles": [article], "options": options},
        headers={"Prefer": "respond-async"},
    ).headers["Location"]
    hooked.client.delete(job)
    options = {"callback_url": there.url("/checked")}
    draft = {"text": "The ferry is slow.", "articles": [article], "options": options}
    hooked.client.post("/v1/checks", json=draft)

    (stopped,), (checked,) = there.at("/stopped"), there.at("/checked")
    assert (stopped.event["type"], stopped.event["data"]["brief"]) == ("brief.cancelled", None)
    assert checked.event["type"] == f"check.{checked.event['data']['status']}"


def test_an_event_is_sent_again_under_its_id_until_it_is_taken(hooked: Service, there: Receiver):
    there.answers["/busy"].extend([500, 302])

    hooked.brief("The ferry is busy.", callback_url=there.url("/busy"))

    attempts = there.at("/busy", 3)
    assert len({(each.headers["webhook-id"], each.body) for each in attempts}) == 1
    assert [Webhook(whsec()).verify(each.body, each.headers) for each in attempts]
    assert not there.all_at("/")
    wait_for(lambda: hooked.redis.scard("nb:{hooks}:undelivered:") == 0)


def test_what_is_never_taken_is_listed_and_can_be_sent_again(hooked: Service, there: Receiver):
    there.answers["/down"].extend([500, 503, 404])
    made = hooked.brief("The ferry is down.", callback_url=there.url("/down")).json()

    (letter,) = dead(hooked, "/down")
    assert (letter["attempts"], letter["reason"]) == (3, "http-404")
    assert letter["event"]["data"]["brief"] == made["id"]
    again = hooked.client.post(f"/v1/webhooks/dead/{letter['id']}/retry")
    assert (again.status_code, again.json()) == (200, {"id": letter["id"]})
    assert there.at("/down", 4)[-1].headers["webhook-id"] == letter["id"]
    twice = hooked.client.post(f"/v1/webhooks/dead/{letter['id']}/retry")
    assert (twice.status_code, twice.json()["type"]) == (404, "/problems/not-found")


def test_another_namespace_sees_no_dead_letters_and_has_its_own_key(
    hooked: Service, there: Receiver
):
    mine, other = (
        bearer(keys("create", "--name", name, "--namespace", name, redis_url=hooked.url))
        for name in ("wires", "rival")
    )
    there.answers["/theirs"].append(410)
    body = {"articles": [{"text": "The ferry."}], "options": {"callback_url": there.url("/theirs")}}
    hooked.client.post("/v1/briefs", json=body, headers=mine)

    (letter,) = dead(hooked, "/theirs", headers=mine)
    retry = f"/v1/webhooks/dead/{letter['id']}/retry"
    assert Webhook(whsec("wires")).verify((got := there.at("/theirs")[0]).body, got.headers)
    assert hooked.client.get("/v1/webhooks/dead", headers=other).json() == {"dead": []}
    assert hooked.client.post(retry, headers=other).status_code == 404
    assert (letter["attempts"], letter["reason"]) == (1, "http-410")


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.7/", "http://169.254.169.254/latest/", "http://[::1]/", "http://127.1/",
     "https://desk.example:22/", "ftp://desk.example/", "https://me:word@desk.example/",
     "desk.example/hook", "http://", "https://desk.example:port/"],
)  # fmt: skip
def test_a_url_that_can_not_be_called_is_refused(hooked: Service, url: str):
    body = {"articles": [{"text": "The ferry asks."}], "options": {"callback_url": url}}
    for headers in ({}, {"Prefer": "respond-async"}, {"Accept": "text/event-stream"}):
        answer = hooked.client.post("/v1/briefs", json=body, headers=headers)

        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
        assert answer.json()["errors"][0]["path"] == "options.callback_url"


def test_a_name_that_leads_to_a_private_address_is_never_called(hooked: Service):
    hooked.brief("The ferry calls.", callback_url="http://localhost/private")

    (letter,) = dead(hooked, "/private")
    assert (letter["attempts"], letter["reason"]) == (1, "blocked-address")


def test_who_was_called_for_a_brief_hears_of_a_retraction(hooked: Service, there: Receiver):
    text = "The ferry was never built."
    made = hooked.brief(text, callback_url=there.url("/marked")).json()
    there.at("/marked")
    sha = hashlib.sha256(text.encode()).hexdigest()

    hooked.client.post("/v1/retractions", json={"articles": [{"sha256": sha}], "kind": "withdrawn"})

    told = there.at("/marked", 2)[1].event
    assert (told["type"], told["data"]["brief"]) == ("brief.affected", made["id"])
    assert told["data"]["retraction"]["text_sha256"] == sha
    assert hooked.client.get(told["data"]["url"]).json()["status"]["state"] == "affected"


def test_who_was_called_for_a_brief_hears_of_its_later_version(hooked: Service, there: Receiver):
    first = hooked.brief("The ferry: version one.", callback_url=there.url("/older")).json()["id"]
    there.at("/older")

    second = hooked.brief("The ferry: version two.", supersedes=first).json()["id"]

    told = there.at("/older", 2)[1].event
    assert (told["type"], told["data"]["brief"]) == ("brief.superseded", first)
    assert told["data"]["superseded_by"] == second


def test_nobody_hears_of_an_erased_brief(hooked: Service, there: Receiver):
    made = hooked.brief("The ferry is sold.", callback_url=there.url("/erased")).json()
    there.at("/erased")

    hooked.client.delete(f"/v1/briefs/{made['id']}")

    assert not hooked.redis.exists(f"nb:followers:{{{made['id']}}}")


def test_neither_secrets_nor_urls_are_logged(hooked: Service, there: Receiver):
    there.answers["/token-7f3a"].extend([500, 410])
    hooked.brief("The ferry is quiet.", callback_url=there.url("/token-7f3a"))
    dead(hooked, "/token-7f3a")

    logged = hooked.processes.logged()

    assert '"webhook.given_up"' in logged
    assert not [each for each in ("token-7f3a", SECRET, whsec()) if each in logged]


def test_an_accepted_callback_outlives_the_worker(hooked: Service, there: Receiver):
    there.answers["/restart"].extend([500, 500])
    worker = hooked.processes.started[-1]
    hooked.brief("The ferry restarts.", callback_url=there.url("/restart"))

    worker.kill()
    worker.wait()
    hooked.worker()

    assert there.at("/restart", 3)[-1].event["type"] == "brief.done"


def test_too_many_undelivered_events_are_refused_before_any_work(hooked: Service):
    undelivered = "nb:{hooks}:undelivered:"
    hooked.redis.sadd(undelivered, *range(MOST_UNDELIVERED))
    runs = hooked.runs()

    answer = hooked.brief("The ferry waits.", callback_url="https://desk.example/")

    hooked.redis.srem(undelivered, *range(MOST_UNDELIVERED))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert hooked.runs() == runs


def test_without_a_secret_a_callback_is_refused():
    unsigned = Callbacks(Webhooks(state_client("redis://unused")), Policy(), signed=False)
    options = OptionsIn(callback_url="https://desk.example/")

    with pytest.raises(InvalidRequest, match="NEWSBRIEF_WEBHOOK_SECRET"):
        asyncio.run(unsigned.admit(BriefRequest(articles=[], options=options), ""))
