"""What the service answers from its cache, and how long callers wait beside each other.

    python -m benchmarks.service --json service.json

Starts `newsbrief serve` without a writer on a data folder of its own, briefs the sample once, and asks for it
again with `wrk` (to be had from Debian and Homebrew): the same `POST`, the brief by its id, and the
same with `If-None-Match`. Beside it in the same run, behind the same HTTP parser, two bare Litestar routes: one parses the
same request and returns the same bytes, one only returns them; the first again with the ids, log lines and
metrics of every request; and a bare Redis GET over redis-py.

`load`: hits at 16 and 64 connections alone and while distinct requests keep the worker busy; and a crowd
of identical requests for a brief that is not there yet. Latencies are of wrk's own histogram.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import redis.asyncio
import uvicorn
from litestar import Litestar, Response, get, post
from litestar.params import JSONBody

from service.api.platform.http_protocol import ProblemProtocol
from service.api.platform.instrumentation import instrumented
from service.api.platform.metrics import Meters
from service.logs import configure_logging
from service.schemas.wire import BriefRequest
from service.store.embedded import embedded_server

SAMPLE = Path(__file__).parent.parent / "seeds" / "request.json"
CONNECTIONS = (1, 4, 16, 64, 256)
JSON_TYPE = {"Content-Type": "application/json"}
PARSES, RETURNS, WATCHED = "/parse", "/same", "/watched"


def bare(port: int, answer: Path) -> None:
    """Serve the bare routes until the process is ended."""
    body = answer.read_bytes()

    @post([PARSES, WATCHED], status_code=200)
    async def parse(data: JSONBody[BriefRequest]) -> Response[bytes]:
        return Response(body, media_type="application/json")

    @get(RETURNS)
    async def same() -> Response[bytes]:
        return Response(body, media_type="application/json")

    configure_logging()
    app = Litestar([parse, same], logging_config=None, openapi_config=None)
    plain, watched = app.asgi_handler, instrumented(app.asgi_handler, Meters())

    async def route(scope: Any, receive: Any, send: Any) -> None:
        await (watched if scope.get("path") == WATCHED else plain)(scope, receive, send)

    app.asgi_handler = route
    uvicorn.run(app, port=port, http=ProblemProtocol, access_log=False, log_config=None)


@contextmanager
def process(command: list[str], url: str, **environ: str) -> Generator[None]:
    """A process that is ready once `url` answers 200."""
    running = subprocess.Popen(
        [sys.executable, *command], env={**os.environ, **environ}, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(url, timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            if time.monotonic() > deadline or running.poll() is not None:
                raise SystemExit(f"{command} did not come up")
            time.sleep(0.02)
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Load:
    """wrk against one address."""

    def __init__(self, base: str, body: bytes, folder: Path, seconds: int) -> None:
        self._base, self._seconds = base, seconds
        sent, self._script = folder / "body.json", folder / "post.lua"
        sent.write_bytes(body)
        self._script.write_text(
            f'wrk.method = "POST"\nlocal file = io.open("{sent}", "rb")\nwrk.body = file:read("*a")\n'
            'file:close()\nwrk.headers["Content-Type"] = "application/json"\n'
        )

    def __call__(self, path: str, connections: int, **headers: str) -> dict[str, Any]:
        """Answers a second, latencies in milliseconds, and how many were no 2xx or 3xx."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{self._seconds}", "--latency"]
        for name, value in headers.items():
            command += ["-H", f"{name.replace('_', '-')}: {value}"]
        if path in {PARSES, WATCHED, "/v1/briefs"}:
            command += ["-s", str(self._script)]
        said = subprocess.run(
            [*command, self._base + path], check=True, capture_output=True, text=True
        ).stdout
        failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        return {
            "rps": float(_found(r"Requests/sec:\s+([\d.]+)", said)),
            "p50_ms": milliseconds(_found(r"50%\s+(\S+)", said)),
            "p99_ms": milliseconds(_found(r"99%\s+(\S+)", said)),
            "failed": int(failed[1]) if failed else 0,
        }


def _found(pattern: str, text: str) -> str:
    if (found := re.search(pattern, text)) is None:
        raise SystemExit(f"wrk said something else:\n{text}")
    return found[1]


def milliseconds(text: str) -> float:
    """A time as wrk prints it.

    >>> milliseconds("412.00us"), milliseconds("2.50ms"), milliseconds("1.20s")
    (0.412, 2.5, 1200.0)
    """
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # pyright: ignore[reportOptionalMemberAccess]
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


async def redis_gets(url: str, value: bytes, seconds: float) -> float:
    """GETs of one value a second, one after another."""
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.set("value", value)
        begun, gets = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            await client.get("value")
            gets += 1
        return gets / (time.perf_counter() - begun)


class Worked:
    """Keeps the worker busy with requests that were never made before."""

    def __init__(self, base: str, sample: dict[str, Any]) -> None:
        self._base, self._sample = base, sample
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.made, self.seconds = 0, 0.0

    def __enter__(self) -> Worked:
        self._thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        with httpx.Client(base_url=self._base, timeout=120) as client:
            while not self._over.is_set():
                answered = client.post("/v1/briefs", json=another(self._sample, str(self.made)))
                assert answered.json()["cache"]["status"] == "miss"
                self.made += 1
        self.seconds = time.monotonic() - begun


def another(sample: dict[str, Any], name: str) -> dict[str, Any]:
    """A request that nothing was answered to yet."""
    first, *others = sample["articles"]
    text = f"{first['text']}\n\nThe council met for the {name}th time on that day."
    return {**sample, "articles": [{**first, "text": text}, *others]}


def crowd(base: str, body: dict[str, Any], size: int) -> dict[str, Any]:
    """Many callers who ask for the same new brief at once: how often it was made, and their waits."""

    def ask(_: int) -> tuple[str, float]:
        begun = time.monotonic()
        answered = httpx.post(f"{base}/v1/briefs", json=body, timeout=120).json()
        return answered["cache"]["status"], time.monotonic() - begun

    with ThreadPoolExecutor(size) as pool:
        answers = list(pool.map(ask, range(size)))
    waits = sorted(wait for _, wait in answers)
    states = [state for state, _ in answers]
    return {
        "callers": size,
        "miss": states.count("miss"),
        "first_s": round(waits[0], 2),
        "last_s": round(waits[-1], 2),
    }


def measured(folder: Path, seconds: int) -> dict[str, Any]:
    sample = json.loads(SAMPLE.read_bytes())
    sample["options"] = {**sample.get("options", {}), "mode": "extractive"}
    body = json.dumps(sample).encode()
    port, beside = free_port(), free_port()
    base = f"http://127.0.0.1:{port}"
    environ = {
        "NEWSBRIEF_PORT": str(port),
        "NEWSBRIEF_DATA_DIR": str(folder / "data"),
        "NEWSBRIEF_WRITER": "none",
    }
    with process(["-m", "service", "serve"], f"{base}/health/ready", **environ):
        made = httpx.post(f"{base}/v1/briefs", content=body, headers=JSON_TYPE, timeout=120)
        path = f"/v1/briefs/{made.json()['id']}"
        again = httpx.post(f"{base}/v1/briefs", content=body, headers=JSON_TYPE)
        tag = httpx.get(base + path).headers["ETag"]
        (folder / "answer.json").write_bytes(again.content)
        command = ["-m", "benchmarks.service", "--bare", str(beside), str(folder / "answer.json")]
        with process(command, f"http://127.0.0.1:{beside}{RETURNS}"):
            ours = Load(base, body, folder, seconds)
            plain = Load(f"http://127.0.0.1:{beside}", body, folder, seconds)
            rows: dict[str, dict[int, Any]] = {
                "bare route, returns": {k: plain(RETURNS, k) for k in (16,)},
                "bare route, parses and returns": {},
                "the same with ids, logs, metrics": {k: plain(WATCHED, k) for k in (16,)},
                "POST /v1/briefs, cached": {},
                "GET /v1/briefs/{id}": {},
                "GET /v1/briefs/{id}, 304": {},
            }
            for k in CONNECTIONS:
                rows["bare route, parses and returns"][k] = plain(PARSES, k)
                rows["POST /v1/briefs, cached"][k] = ours("/v1/briefs", k)
                rows["GET /v1/briefs/{id}"][k] = ours(path, k)
                rows["GET /v1/briefs/{id}, 304"][k] = ours(path, k, If_None_Match=tag)
        load: dict[str, Any] = {}
        for k in (16, 64):
            load[f"hits_{k}_alone"] = ours("/v1/briefs", k)
            with Worked(base, _numbered(sample, k)) as worked:
                load[f"hits_{k}_beside_misses"] = ours("/v1/briefs", k)
            load[f"hits_{k}_beside_misses"]["misses"] = worked.made
        load["crowd"] = crowd(base, another(sample, "crowded"), 64)
    with embedded_server(folder / "redis") as url:
        gets = asyncio.run(redis_gets(url, made.content, 2))
    hit, parses = rows["POST /v1/briefs, cached"][16], rows["bare route, parses and returns"][16]
    return {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("newsbrief", "litestar", "uvicorn", "redis")},
            "redis_gets_per_second": round(gets),
            "load_average": os.getloadavg()[0],
        },
        "request_bytes": len(body),
        "answer_bytes": len(again.content),
        "cached": {
            "rps": hit["rps"],
            "bare_rps": parses["rps"],
            "ratio": round(hit["rps"] / parses["rps"], 3),
            "p50_ms": hit["p50_ms"],
            "p99_ms": hit["p99_ms"],
        },
        "connections": rows,
        "load": load,
    }


def _numbered(sample: dict[str, Any], k: int) -> dict[str, Any]:
    """The sample with another first article for each run, so that its misses are new."""
    return another(sample, f"{k}-{time.time_ns()}-")


def print_table(found: dict[str, Any]) -> None:
    print(json.dumps(found["machine"]))
    print(f"{'':34}" + "".join(f"{f'{k} conn.':>24}" for k in CONNECTIONS))
    for name, by_connections in found["connections"].items():
        cells = [
            f"{each['rps']:8,.0f}/s p99 {each['p99_ms']:6.1f} ms" if each else ""
            for each in (by_connections.get(k) for k in CONNECTIONS)
        ]
        print(f"{name:34}" + "".join(f"{cell:>24}" for cell in cells))
    print(f"cached to bare at 16 connections: {found['cached']['ratio']}")
    for name, each in found["load"].items():
        print(f"{name:34}{json.dumps(each)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--seconds", type=int, default=5, help="how long each load lasts")
    parser.add_argument("--bare", nargs=2, metavar=("PORT", "ANSWER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        bare(int(given.bare[0]), Path(given.bare[1]))
        return
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not there: apt-get install wrk, or brew install wrk")
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder), given.seconds)
    print_table(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
