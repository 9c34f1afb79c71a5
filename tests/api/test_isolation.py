"""No key sees, changes or learns of anything of another namespace, by whichever route.

The routes are those of the application: one that is added and not listed here fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from service.app import create_app
from service.settings import Settings
from service.store.embedded import embedded_server
from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys
from tests.conftest import PATIENCE_S, Processes, wait_for
from tests.mcp.conftest import over_http

pytestmark = pytest.mark.slow

TEXT = "The desk alone knows that the Kestrel Bridge reopened."
DRAFT = "The Kestrel Bridge reopened."
PAGE = f"<html><body><article><p>{TEXT * 4}</p></article></body></html>"
GONE = "The desk erased what it knew of the Osprey Tunnel."
CALLBACK = "http://localhost/kestrel-hook"
"""A name that leads to a private address: its event is given up at once."""

NAMING = {
    ("GET", "/v1/briefs/{brief_id}"),
    ("DELETE", "/v1/briefs/{brief_id}"),
    ("GET", "/v1/briefs/{brief_id}/articles/{article_id}"),
    ("GET", "/v1/briefs/{brief_id}/agreement"),
    ("GET", "/v1/briefs/{brief_id}/changes"),
    ("GET", "/v1/jobs/{job_id}"),
    ("DELETE", "/v1/jobs/{job_id}"),
    ("GET", "/v1/jobs/{job_id}/events"),
    ("POST", "/v1/webhooks/dead/{event_id}/retry"),
}
"""Routes whose path names something that belongs to a namespace."""

LISTING = {
    ("GET", "/v1/feed"),
    ("GET", "/v1/retractions"),
    ("GET", "/v1/webhooks/dead"),
    ("GET", "/v1/models"),
}
"""Routes that list what there is; the last the same for everybody."""

SENDING = {
    ("POST", "/v1/briefs"),
    ("POST", "/v1/checks"),
    ("POST", "/v1/articles"),
    ("POST", "/v1/retractions"),
    ("POST", "/mcp"),
}
"""Routes whose body may name something that belongs to a namespace."""

OPEN = {
    ("GET", "/"), ("GET", "/page/{name}"), ("GET", "/embed/{name}"), ("GET", "/problems"), ("GET", "/problems/{code}"),
    ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"), ("GET", "/schema"), ("GET", "/schema/{path}"),
    ("GET", "/schema/openapi.json"),
}  # fmt: skip
"""Routes that ask for no key and know no namespace."""


class Two(msgspec.Struct):
    """Two keys of a service, and what the first of them has there."""

    service: Service
    mine: dict[str, str]
    theirs: dict[str, str]
    brief: dict[str, Any]
    erased: str
    jobs: list[str]
    event: str
    sha256: str

    def marks(self) -> list[str]:
        """Words and ids that only the first one may read."""
        return [
            "Kestrel",
            "Osprey",
            self.brief["id"],
            self.erased,
            self.event,
            self.sha256,
            *self.jobs,
        ]

    def paths(self, path: str) -> Iterator[tuple[str, str]]:
        """A route's path with what is there, and with what was never anywhere."""
        for brief in (self.brief["id"], self.erased):
            for job in self.jobs if "{job_id}" in path else [""]:
                yield tuple(
                    path.replace("{brief_id}", ids[0])
                    .replace("{article_id}", "a0")
                    .replace("{job_id}", ids[1])
                    .replace("{event_id}", ids[2])
                    for ids in (
                        (brief, job, self.event),
                        ("0" * len(brief), "0" * len(job), "0" * len(self.event)),
                    )
                )  # type: ignore[misc]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        service = Service(
            url, processes, wait_s=PATIENCE_S, require_keys=1, webhook_secret="s" * 32,
            webhook_attempts=1, webhook_retry_s=0.05,
        )  # fmt: skip
        service.worker()
        service.ready()
        mine, theirs = (
            bearer(keys("create", "--name", name, "--rate", "0", redis_url=url))
            for name in ("desk", "rival")
        )
        articles = [{"id": "a0", "text": TEXT}]
        post = lambda path, **body: service.client.post(path, json=body, headers=mine).json()  # noqa: E731
        made = post("/v1/briefs", articles=articles, options={"callback_url": CALLBACK})
        erased = post("/v1/briefs", articles=[{"id": "a0", "text": GONE}])["id"]
        service.client.delete(f"/v1/briefs/{erased}", headers=mine)
        post("/v1/briefs", articles=[{"id": "osprey", "text": f"{GONE} It opened."}])
        post("/v1/checks", articles=articles, text=DRAFT)
        post("/v1/articles", html=PAGE)
        sha = hashlib.sha256(b"The Kestrel Bridge never stood.").hexdigest()
        post("/v1/retractions", articles=[{"sha256": sha}], kind="withdrawn", reason="Kestrel")
        dead = lambda: service.client.get("/v1/webhooks/dead", headers=mine).json()["dead"]  # noqa: E731
        wait_for(lambda: bool(dead()))
        jobs = sorted(key.decode()[8:-1] for key in service.redis.keys("nb:job:*"))
        yield Two(service, mine, theirs, made, erased, jobs, dead()[0]["id"], sha)
        service.client.close()
        service.redis.close()
        processes.stop_all()


def ask(two: Two, method: str, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    return two.service.client.request(method, path, headers=headers, **body)


def test_every_route_is_listed_here():
    app = create_app(Settings(redis_url="redis://unused"))
    found = {
        (method, route.path_format)
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"OPTIONS"}
    }

    assert found == NAMING | LISTING | SENDING | OPEN
    assert {type(route).__name__ for route in app.routes} == {"HTTPRoute"}


def test_what_is_there_is_seen_by_its_own_key(two: Two):
    brief = f"/v1/briefs/{two.brief['id']}"
    for path in (
        brief,
        f"{brief}/articles/a0",
        f"{brief}/agreement",
        *(f"/v1/jobs/{job}" for job in two.jobs),
    ):
        assert ask(two, "GET", path, two.mine).status_code == 200
    assert ask(two, "GET", f"/v1/briefs/{two.erased}", two.mine).status_code == 410
    assert len(two.jobs) >= 4  # two briefs, a check and an article
    listed = "".join(ask(two, "GET", path, two.mine).text for _, path in LISTING)
    assert all(mark in listed for mark in ("Kestrel", two.brief["id"], two.event, two.sha256))


@pytest.mark.parametrize(("method", "path"), sorted(NAMING))
def test_what_belongs_to_another_is_not_there_in_the_same_words(two: Two, method: str, path: str):
    for theirs, nobodys in two.paths(path):
        since = f"?since={two.brief['id']}"
        for query in (since,) if path.endswith("/changes") else ("", "?article=a0", since):
            answers = [ask(two, method, each + query, two.theirs) for each in (theirs, nobodys)]

            assert [each.status_code for each in answers] == [404, 404]
            told, untold = (each.text for each in answers)
            for part, other in zip(theirs.split("/"), nobodys.split("/"), strict=True):
                if part != other:
                    told, untold = told.replace(part, other), untold.replace(part, other)
            assert without_request(told) == without_request(untold)
    test_what_is_there_is_seen_by_its_own_key(two)


def without_request(problem: str) -> dict[str, Any]:
    """A problem but for the id of its request."""
    return {k: v for k, v in msgspec.json.decode(problem).items() if k != "request_id"}


@pytest.mark.parametrize(("method", "path"), sorted(LISTING))
def test_lists_hold_nothing_of_another(two: Two, method: str, path: str):
    answer = ask(two, method, path, two.theirs)

    assert answer.status_code == 200
    assert not [mark for mark in two.marks() if mark in answer.text + str(answer.headers)]


def test_the_same_request_is_worked_on_anew_and_gives_an_id_of_its_own(two: Two):
    body = {"articles": [{"id": "a0", "text": TEXT}]}

    made = ask(two, "POST", "/v1/briefs", two.theirs, json=body).json()
    check = ask(two, "POST", "/v1/checks", two.theirs, json={**body, "text": DRAFT}).json()
    clean = ask(two, "POST", "/v1/articles", two.theirs, json={"html": PAGE}).json()

    assert {each["cache"]["status"] for each in (made, check, clean)} == {"miss"}
    assert made["id"] != two.brief["id"]
    ask(two, "DELETE", f"/v1/briefs/{made['id']}", two.theirs)
    test_what_is_there_is_seen_by_its_own_key(two)


@pytest.mark.parametrize("which", ["theirs", "erased", "nobodys"])
def test_a_brief_of_another_is_no_predecessor(two: Two, which: str):
    before = {"theirs": two.brief["id"], "erased": two.erased, "nobodys": "0" * 32}[which]
    body = {"articles": [{"text": "A heron."}], "options": {"supersedes": before}}

    answer = ask(two, "POST", "/v1/briefs", two.theirs, json=body)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/unknown-predecessor")
    assert before not in answer.text.replace(repr(before), "")
    assert (
        ask(two, "GET", f"/v1/briefs/{two.brief['id']}", two.mine).json()["status"]["superseded_by"]
        == []
    )


def test_a_retraction_reaches_no_brief_of_another(two: Two):
    sha = hashlib.sha256(TEXT.encode()).hexdigest()
    by_id = {"articles": [{"article_id": "osprey"}], "kind": "withdrawn"}

    unknown = ask(two, "POST", "/v1/retractions", {**two.theirs}, json=by_id)
    taken = ask(
        two,
        "POST",
        "/v1/retractions",
        two.theirs,
        json={"articles": [{"sha256": sha}], "kind": "withdrawn"},
    )

    assert unknown.status_code == 422
    assert ask(two, "POST", "/v1/retractions", two.mine, json=by_id).status_code == 201
    assert [each["briefs"] for each in taken.json()["retractions"]] == [[]]
    assert (
        ask(two, "GET", f"/v1/briefs/{two.brief['id']}", two.mine).json()["status"]["state"]
        == "current"
    )


def test_agents_read_nothing_of_another(two: Two):
    key = two.theirs["Authorization"].removeprefix("Bearer ")
    wanted = {"brief_id": two.brief["id"]}

    def read(tool: str, **more: str) -> Any:
        found = over_http(two.service, lambda c: c.call_tool(tool, {**wanted, **more}), key=key)
        return found.structured_content

    for answer in (read("agreement"), read("article", article_id="a0")):
        assert answer["status"] == 404
        assert "Kestrel" not in str(answer)


@pytest.mark.parametrize(("method", "path"), sorted(NAMING | LISTING | SENDING))
def test_without_a_key_nothing_is_there_at_all(two: Two, method: str, path: str):
    for theirs, _ in two.paths(path):
        answer = ask(two, method, theirs, {})

        assert answer.status_code == 401
        assert "Kestrel" not in answer.text
