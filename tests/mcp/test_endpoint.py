"""`/mcp` behind the same gates as every call: keys, rates, sizes, origins; any process answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys
from tests.conftest import PATIENCE_S, wait_for
from tests.mcp.conftest import of, over_http

pytestmark = pytest.mark.slow

Launch = Callable[..., Service]

JSON = {"Accept": "application/json, text/event-stream"}


def post(service: Service, method: str = "tools/list", **given: Any) -> httpx.Response:
    """One message as a host with a handshake sends it."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": given.pop("params", {})}
    return service.client.post("/mcp", json=message, headers={**JSON, **given})


def test_without_a_valid_key_nobody_is_answered(launch: Launch):
    service = launch(require_keys=1)

    answers = [post(service), post(service, **bearer("nb_0_x"))]

    assert [each.status_code for each in answers] == [401, 401]
    assert all("Bearer" in each.headers["WWW-Authenticate"] for each in answers)
    assert answers[0].json()["type"] == "/problems/unauthenticated"


def test_a_tool_acts_for_the_callers_own_key(launch: Launch):
    service = launch(require_keys=1)
    service.worker()
    service.ready()
    desk, rival = (keys("create", "--name", n, redis_url=service.url).strip() for n in "ab")
    made = over_http(service, lambda client: client.call_tool("brief", of("Ours.")), key=desk)
    wanted = {"brief_id": made.structured_content["id"], "article_id": "a0"}

    def read(key: str) -> Any:
        return over_http(service, lambda client: client.call_tool("article", wanted), key=key)

    assert not read(desk).is_error
    assert read(rival).structured_content["status"] == 404


def test_a_key_that_may_only_read_writes_nothing_through_a_tool(launch: Launch):
    service = launch(require_keys=1)
    key = keys("create", "--name", "r", "--scopes", "read", redis_url=service.url).strip()

    made = over_http(service, lambda client: client.call_tool("brief", of("No.")), key=key)

    assert made.is_error
    assert made.structured_content["type"] == "/problems/forbidden"
    assert service.redis.keys("nb:job:*") == []


def test_the_rate_of_a_key_holds_here_too(launch: Launch):
    service = launch(require_keys=1)
    key = bearer(keys("create", "--name", "n", "--rate", "2", redis_url=service.url))

    answers = [post(service, **key) for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert int(answers[2].headers["Retry-After"]) > 0


def test_a_tool_takes_as_many_calls_off_a_key_as_the_guide_says(launch: Launch):
    service = launch(require_keys=1)
    service.worker()
    service.ready()
    key = keys("create", "--name", "n", "--daily", "100", redis_url=service.url).strip()

    def taken(name: str, **arguments: Any) -> int:
        before = left()
        post(service, "tools/call", params={"name": name, "arguments": arguments}, **bearer(key))
        return before - left() - 1

    def left() -> int:
        answer = service.client.get("/v1/models", headers=bearer(key))
        return int(answer.headers["RateLimit-Remaining"])

    brief = of("Counted.")
    assert [taken("brief", **brief), taken("brief", **brief)] == [3, 2]
    check = {"text": "Counted.", "articles": brief["articles"]}
    assert (taken("check", **check) <= 5, taken("check", **check)) == (True, 2)


def test_a_body_that_is_too_large_is_413(launch: Launch):
    service = launch(max_body_bytes=2000)

    answer = post(service, "tools/call", params={"name": "brief", "arguments": of("x" * 3000)})

    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": "\xff"}'])
def test_what_is_no_json_is_400(service: Service, body: bytes):
    headers = {**JSON, "Content-Type": "application/json"}

    answer = service.client.post("/mcp", content=body, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")


def test_a_page_may_call_only_from_an_origin_that_is_named(launch: Launch):
    service = launch(cors_origins="https://desk.example")
    own = f"http://127.0.0.1:{service.port}"

    codes = {o: post(service, Origin=o).status_code for o in ("https://desk.example", own, "null")}

    assert codes == {"https://desk.example": 200, own: 403, "null": 403}
    assert post(service, Origin=own).json()["type"] == "/problems/forbidden"


def test_the_job_of_a_tool_has_the_id_of_the_agents_request(service: Service):
    arguments = {"name": "brief", "arguments": of("Found by its id.")}

    post(service, "tools/call", params=arguments, **{"X-Request-ID": "agent-7f3a.12"})

    records = [service.redis.get(each) for each in service.redis.keys("nb:job:*")]
    assert any(b'"request_id":"agent-7f3a.12"' in each for each in records)


def test_no_stream_is_held_and_no_session_given(service: Service):
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}  # fmt: skip

    begun = post(service, "initialize", params=asked)

    assert begun.status_code == 200
    assert "mcp-session-id" not in begun.headers
    assert service.client.get("/mcp", headers=JSON).status_code == 405


def test_a_stopping_api_withdraws_no_agents_job(launch: Launch):
    service = launch(wait_s=PATIENCE_S, shutdown_grace_s=6)
    worker = service.worker()
    service.ready()
    arguments = {"name": "brief", "arguments": of("ENDLESS, and the API stops.")}

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(post, service, "tools/call", params=arguments)
        wait_for(lambda: service.runs() == 1)
        service.api.terminate()
        assert '"isError":true' in answer.result().text

    worker.kill()
    (job,) = (service.redis.get(each) for each in service.redis.keys("nb:job:*"))
    assert json.loads(job)["status"] in {"queued", "running"}


def test_the_protocols_code_is_not_loaded_before_somebody_calls():
    told = "import service.app, sys; print([each for each in ('mcp', 'starlette') if each in sys.modules])"  # fmt: skip

    loaded = subprocess.run(
        [sys.executable, "-c", told], check=True, capture_output=True, text=True
    )

    assert loaded.stdout.strip() == "[]"
