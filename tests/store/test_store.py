"""The store on a real server."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from msgspec import structs

from service.errors import Unavailable
from service.pipeline.types import Retraction
from service.store.apikeys import DAY_S, ApiKey, ApiKeys
from service.store.computation_cache import MemoryComputationCache, RedisComputationCache
from service.store.connect import memo_client, queue_client, state_client
from service.store.embedded import embedded_server
from service.store.jobs import Failure, Jobs
from service.store.retractions import refusal


def test_a_memo_gives_back_what_was_put(valkey: str):
    client = memo_client(valkey)
    memo = RedisComputationCache(client, 60)

    memo.put({"a": b"1", "b": b"\xff"})

    assert memo.get(["b", "none", "a"]) == [b"\xff", None, b"1"]
    assert 0 < client.ttl("nb:memo:a") <= 60
    client.close()


def test_a_memo_without_its_server_forgets_and_does_not_fail(tmp_path: Path):
    client = memo_client(f"unix://{tmp_path / 'none'}")
    memo = RedisComputationCache(client, 60)

    memo.put({"a": b"1"})

    assert memo.get(["a"]) == [None]
    client.close()


def test_the_two_memos_agree(valkey: str):
    client = memo_client(valkey)
    memos = (MemoryComputationCache(), RedisComputationCache(client, 60))

    for memo in memos:
        memo.put({"a": b"1"})
        memo.put({})

    assert memos[0].get(["a", "b"]) == memos[1].get(["a", "b"])
    assert memos[0].get([]) == memos[1].get([]) == []
    client.close()


def test_the_embedded_server_keeps_its_data_and_evicts_only_what_expires(tmp_path: Path):
    with embedded_server(tmp_path / "data") as url, redis.Redis.from_url(url) as client:
        client.set("kept", "1")
        policy = client.config_get("maxmemory-policy")
    with embedded_server(tmp_path / "data") as url, redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"1"
        assert policy == {"maxmemory-policy": "volatile-lru"}


def test_one_data_folder_serves_one_server(tmp_path: Path):
    with (
        embedded_server(tmp_path),
        pytest.raises(Unavailable, match="NEWSBRIEF_DATA_DIR"),
        embedded_server(tmp_path),
    ):
        pass


def test_a_data_folder_that_cannot_be_used_is_told(tmp_path: Path):
    (tmp_path / "appendonlydir").write_text("no folder")

    with pytest.raises(Unavailable, match="NEWSBRIEF_DATA_DIR"), embedded_server(tmp_path):
        pass


def test_a_job_is_queued_once_and_its_request_goes_with_it(valkey: str):
    async def submit_twice() -> None:
        state, queue = state_client(valkey), queue_client(valkey)
        jobs = Jobs(state, queue, timeout_s=9, attempts=2, max_queued=5)
        joined = [await jobs.submit("brief", "k", b"text", "f") for _ in range(2)]
        record = await jobs.get("k")
        assert joined == [False, True]
        assert record is not None
        assert (record.status, await jobs.request("k")) == ("queued", b"text")
        await jobs.fail(record, Failure("internal", "It broke."))
        assert await jobs.request("k") is None
        assert 0 < await state.ttl("nb:job:{k}") <= 24 * 3600
        await state.aclose()
        await queue.aclose()

    asyncio.run(submit_twice())


def test_no_article_text_is_in_the_queue(valkey: str):
    async def submit() -> bytes:
        state, queue = state_client(valkey), queue_client(valkey)
        jobs = Jobs(state, queue, timeout_s=9, attempts=2, max_queued=5)
        await jobs.submit("brief", "k", b"a secret text", "f")
        found = [key async for key in state.scan_iter("saq:*")]
        held = b"".join(
            [await state.get(key) or b"" for key in found if await state.type(key) == b"string"]
        )
        await state.aclose()
        await queue.aclose()
        return held

    held = asyncio.run(submit())

    assert b'"key":"k"' in held.replace(b" ", b"")
    assert b"secret" not in held


@pytest.mark.parametrize(
    ("expires_in", "revoked_in", "state"),
    [(None, None, "valid"), (60, None, "valid"), (-1, None, "expired"), (60, -1, "revoked"), (-1, -1, "revoked")],
)  # fmt: skip
def test_a_key_is_valid_until_it_expires_or_is_revoked(
    expires_in: int | None, revoked_in: int | None, state: str
):
    now = time.time()
    key = ApiKey(
        id="k", name="desk", namespace="k", secret_sha256="", scopes=("read",), created_at=now - 9,
        expires_at=None if expires_in is None else now + expires_in,
        revoked_at=None if revoked_in is None else now + revoked_in,
    )  # fmt: skip

    assert key.state() == state


def test_a_refused_text_says_whether_it_was_corrected_or_withdrawn():
    made = Retraction(
        text_sha256="0" * 64, kind="corrected", made_at=datetime.now(UTC), url="https://a.example/"
    )

    assert refusal(made) == (
        "This text was corrected; send the corrected text. What stands instead: https://a.example/"
    )
    assert refusal(structs.replace(made, kind="withdrawn", url=None)) == (
        "This text was withdrawn; leave the article out."
    )


def test_a_key_is_found_by_its_whole_text_alone_and_keeps_its_days(valkey: str):
    async def steps() -> None:
        client = state_client(valkey)
        held = ApiKeys(client)
        try:
            key, text = await held.create("desk", days=2)
            forever, _ = await held.create("wires", namespace="ours")

            assert key.expires_at == key.created_at + 2 * DAY_S
            assert (key.namespace, forever.namespace, forever.expires_at) == (key.id, "ours", None)
            assert await held.listed() == [key, forever]
            assert await held.matching(text) == key
            for other in (
                text[:-1],
                text + "x",
                f"nb_{key.id}_",
                text.replace(key.id, forever.id),
                "",
            ):
                assert await held.matching(other) is None
            revoked = await held.revoke(key.id)
            assert await held.matching(text) == revoked != key
        finally:
            await client.aclose()

    asyncio.run(steps())
