"""API keys: who may come in, what a key lets one see, and when it stops doing so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from service.api.platform.auth import guard
from service.app import create_app
from service.cli.server import api
from service.errors import InvalidSettings
from service.settings import Settings
from service.store.embedded import embedded_server
from tests.api.conftest import Service


def keys(*words: str, **settings: object) -> str:
    """What `newsbrief keys` prints."""
    given = {f"NEWSBRIEF_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "service", "keys", *words]
    environ = {**os.environ, **given}
    return subprocess.run(command, env=environ, check=True, capture_output=True, text=True).stdout


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.strip()}"}


def test_one_namespace_knows_nothing_of_another(service: Service):
    mine, other = (
        bearer(keys("create", "--name", name, redis_url=service.url)) for name in ("desk", "rival")
    )
    body = {"articles": [{"id": "a", "text": "Only the desk may read this."}]}
    made = service.client.post("/v1/briefs", json=body, headers=mine)
    brief = f"/v1/briefs/{made.json()['id']}"
    (job,) = (key.decode()[8:-1] for key in service.redis.keys("nb:job:*"))

    assert service.client.get(brief, headers=mine).status_code == 200
    for path in (brief, f"{brief}/articles/a", f"/v1/jobs/{job}", f"/v1/jobs/{job}/events"):
        assert service.client.get(path, headers=other).status_code == 404
        assert service.client.get(path).status_code == 404
    assert service.client.delete(f"/v1/jobs/{job}", headers=other).status_code == 404
    theirs = service.client.post("/v1/briefs", json=body, headers=other).json()
    assert (theirs["cache"]["status"], theirs["id"] == made.json()["id"]) == ("miss", False)


def test_what_is_no_valid_key_is_401_and_a_missing_scope_403(launch: Callable[..., Service]):
    service = launch(require_keys=1)
    key = keys("create", "--name", "reader", "--scopes", "read", redis_url=service.url)
    get = lambda headers: service.client.get("/v1/jobs/none", headers=headers)  # noqa: E731

    refused = [
        get(headers)
        for headers in (
            {},
            bearer("nb_0_x"),
            bearer(key.strip() + "x"),
            {"Authorization": "Basic x"},
        )
    ]
    assert [each.status_code for each in refused] == [401] * 4
    assert all("Bearer" in each.headers["WWW-Authenticate"] for each in refused)
    assert refused[1].json()["detail"] == refused[2].json()["detail"]
    assert refused[0].json()["type"] == "/problems/unauthenticated"
    assert get(bearer(key)).status_code == 404
    denied = service.client.delete("/v1/jobs/none", headers=bearer(key))
    assert (denied.status_code, denied.json()["type"]) == (403, "/problems/forbidden")
    assert "'write'" in denied.json()["detail"]
    assert service.client.get("/health/live").status_code == 200
    assert service.client.get("/schema/openapi.json").status_code == 200


def test_a_revoked_key_is_refused_at_the_next_request_and_stays_listed(
    launch: Callable[..., Service],
):
    service = launch()
    key = keys("create", "--name", "gone", redis_url=service.url)
    before = service.client.get("/v1/jobs/none", headers=bearer(key)).status_code

    keys("revoke", key.split("_")[1], redis_url=service.url)

    after = service.client.get("/v1/jobs/none", headers=bearer(key))
    assert (before, after.status_code) == (404, 401)
    assert "revoked" in after.json()["detail"]
    assert "revoked" in keys("list", redis_url=service.url)
    secret = key.strip().split("_", 2)[2]
    assert secret.encode() not in b"".join(service.redis.hvals("nb:apikeys"))


def test_keys_reach_the_embedded_server_whether_it_runs_or_not(tmp_path: Path):
    keys("create", "--name", "before", data_dir=tmp_path)
    with embedded_server(tmp_path / "valkey"):
        assert (tmp_path / "valkey" / ".url").stat().st_mode & 0o777 == 0o600
        keys("create", "--name", "while", data_dir=tmp_path)

    listed = keys("list", data_dir=tmp_path)

    assert "before" in listed
    assert "while" in listed
    assert not (tmp_path / "valkey" / ".url").exists()


def test_every_route_under_v1_is_guarded_and_names_its_scope():
    app = create_app(Settings(redis_url="redis://unused"))
    handlers = [
        handler
        for route in app.routes
        if route.path.startswith("/v1")
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"}
    ]

    assert len(handlers) >= 8
    for handler in handlers:
        assert handler.opt["scope"] in {"read", "write"}
        assert guard in handler.resolve_guards()


def test_an_address_that_others_reach_needs_keys():
    with pytest.raises(InvalidSettings, match="NEWSBRIEF_REQUIRE_KEYS=1"):
        api(Settings(redis_url="redis://unused", host="0.0.0.0"))  # noqa: S104


def test_options_tells_the_methods_without_a_key(launch: Callable[..., Service]):
    answer: httpx.Response = launch(require_keys=1).client.options("/v1/models")

    assert (answer.status_code, "GET" in answer.headers["Allow"]) == (204, True)
