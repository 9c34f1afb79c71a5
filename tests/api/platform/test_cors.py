"""CORS: the dashboards that the settings name may call, and read what they need."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.errors import InvalidSettings
from service.settings import Settings
from tests.api.conftest import Service

DESK = "https://desk.example"


def test_a_named_origin_may_ask_first_and_reads_even_refusals(launch: Callable[..., Service]):
    service = launch(require_keys=1, cors_origins=f"{DESK}, http://localhost:3000")
    wish = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, prefer, last-event-id",
    }

    preflight = service.client.options("/v1/briefs", headers={"Origin": DESK, **wish})
    stranger = service.client.options("/v1/briefs", headers={"Origin": "https://x.example", **wish})
    refused = service.client.get("/v1/models", headers={"Origin": DESK})

    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == DESK
    assert stranger.status_code == 400
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == DESK
    assert refused.headers["Vary"] == "Accept, Accept-Encoding, Origin"
    assert "RateLimit-Remaining" in refused.headers["Access-Control-Expose-Headers"]


def test_no_origin_is_let_in_unless_named(launch: Callable[..., Service]):
    answer = launch().client.get("/health/live", headers={"Origin": DESK})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_what_is_no_origin_stops_the_start():
    with pytest.raises(InvalidSettings, match="no origin"):
        Settings.from_environ({"NEWSBRIEF_CORS_ORIGINS": "desk.example/page"})
