"""Rates: limits of a key hold over concurrent calls, and say when to come back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys


def test_of_twenty_calls_at_once_exactly_the_limit_passes(launch: Callable[..., Service]):
    service = launch()
    key = keys("create", "--name", "n", "--rate", "5", "--daily", "9", redis_url=service.url)

    def call(_: int) -> int:
        return service.client.get("/v1/jobs/none", headers=bearer(key)).status_code

    with ThreadPoolExecutor(20) as pool:
        codes = sorted(pool.map(call, range(20)))

    assert codes == [404] * 5 + [429] * 15
    used = service.redis.hget(f"nb:rate:{{{key.split('_')[1]}}}", "used")
    assert used == b"5"


def test_answers_say_what_is_left_and_when_to_come_back(launch: Callable[..., Service]):
    service = launch()
    key = keys("create", "--name", "n", "--rate", "2", redis_url=service.url)

    first, _, third = (service.client.get("/v1/jobs/none", headers=bearer(key)) for _ in range(3))

    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(first.headers["RateLimit-Reset"]) <= 30
    assert (third.status_code, third.json()["type"]) == (429, "/problems/rate-limited")
    assert 0 < int(third.headers["Retry-After"]) <= 30
    assert third.headers["RateLimit-Remaining"] == "0"
    assert "RateLimit-Limit" not in service.client.get("/v1/jobs/none").headers


def test_a_spent_day_is_told_apart_from_a_full_minute(launch: Callable[..., Service]):
    service = launch()
    key = keys("create", "--name", "n", "--rate", "0", "--daily", "1", redis_url=service.url)

    answers = [service.client.get("/v1/jobs/none", headers=bearer(key)) for _ in range(3)]

    assert [each.status_code for each in answers] == [404, 429, 429]
    assert answers[1].json()["type"] == "/problems/quota-exceeded"
    assert 0 < int(answers[1].headers["Retry-After"]) <= 24 * 3600
    assert 'newsbrief_rate_limited_total{limit="day"} 2.0' in service.client.get("/metrics").text
    assert key.split("_")[1] in service.processes.logged()  # who called, not with what
    assert key.strip().split("_", 2)[2] not in service.processes.logged()
