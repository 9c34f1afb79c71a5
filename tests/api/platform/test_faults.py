"""What the service does when a part of it is missing, busy, late or killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from litestar import Litestar
from litestar.testing import AsyncTestClient

from service.app import create_app
from service.settings import Settings
from service.store.embedded import embedded_server
from tests.api.conftest import Service
from tests.conftest import PATIENCE_S, wait_for

pytestmark = pytest.mark.slow

Launch = Callable[..., Service]


def test_without_a_worker_the_caller_is_told_to_come_back(launch: Launch):
    answer = launch().brief("Talks resumed.")

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "newsbrief worker" in answer.json()["detail"]


def test_readiness_tells_redis_workers_and_models_apart(launch: Launch):
    service = launch()
    before = service.client.get("/health/ready")
    service.worker()
    after = service.ready().client.get("/health/ready")

    assert (before.status_code, before.json()["redis"], before.json()["workers"]) == (503, True, 0)
    assert after.json() == {
        "status": "ready",
        "redis": True,
        "workers": 1,
        "models": True,
        "writer": None,
    }


def test_a_worker_that_stops_is_not_counted_any_more(launch: Launch):
    service = launch()
    worker = service.worker()
    service.ready()

    worker.terminate()

    wait_for(lambda: service.client.get("/health/ready").json()["workers"] == 0)


def test_without_redis_every_answer_is_a_problem_document(launch: Launch, tmp_path: Path):
    service = launch(url=f"unix://{tmp_path / 'nothing'}")

    ready, live = service.client.get("/health/ready"), service.client.get("/health/live")
    answer, figures = service.brief("Talks resumed."), service.client.get("/metrics")

    assert (ready.status_code, ready.json()["redis"], live.status_code) == (503, False, 200)
    assert "newsbrief_redis_up 0.0" in figures.text
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")


def test_a_full_queue_refuses_instead_of_piling_up(launch: Launch):
    service = launch(max_queued=2, wait_s=0)
    worker = service.worker()
    service.ready()

    first = service.brief("ENDLESS talks 0 resumed.")
    wait_for(lambda: service.runs() == 1)
    others = [service.brief(f"ENDLESS talks {k} resumed.") for k in (1, 2, 3)]
    worker.kill()

    assert [each.status_code for each in (first, *others)] == [504, 504, 504, 503]
    assert others[-1].headers["Retry-After"] == "10"


def test_a_job_over_the_deadline_goes_on_and_its_result_is_kept(launch: Launch):
    service = launch(wait_s=1)
    service.worker()
    service.ready()

    late = service.brief("HELD talks resumed.")
    job = late.json()["job"]
    wait_for(lambda: service.client.get(job).json()["stage"] == "write")
    running = service.client.get(job).json()
    service.release("HELD talks resumed.")
    wait_for(lambda: service.client.get(job).json()["status"] == "done")
    again = service.brief("HELD talks resumed.")

    assert (late.status_code, late.json()["type"]) == (504, "/problems/deadline-passed")
    assert (running["status"], running["stage"], running["total"]) == ("running", "write", 60)
    assert (again.status_code, again.json()["cache"]["status"]) == (200, "hit")
    assert service.runs() == 1


def test_a_passing_failure_is_tried_again(launch: Launch):
    service = launch(wait_s=PATIENCE_S)
    service.worker()
    service.ready()

    answer = service.brief("FLAKY model.")

    assert (answer.status_code, service.runs()) == (200, 2)


@pytest.mark.slow
def test_another_worker_finishes_what_a_killed_one_began(launch: Launch):
    service = launch(wait_s=1)
    first = service.worker()
    service.ready()
    job = service.brief("FOREVER talks resumed.").json()["job"]
    wait_for(lambda: service.runs() == 1)

    first.kill()
    service.worker()

    wait_for(lambda: service.client.get(job).json()["status"] == "done")
    assert service.runs() == 2


@pytest.mark.slow
def test_a_job_that_kills_every_worker_is_given_up(launch: Launch):
    service = launch(wait_s=1, job_attempts=1)
    first = service.worker()
    service.ready()
    job = service.brief("FOREVER talks resumed.").json()["job"]
    wait_for(lambda: service.runs() == 1)

    first.kill()
    service.worker()

    wait_for(lambda: service.client.get(job).json()["status"] == "failed")
    assert "lost" in service.client.get(job).json()["problem"]["detail"]


@pytest.mark.slow
def test_accepted_jobs_and_finished_briefs_outlive_a_restart_of_everything(
    launch: Launch, tmp_path: Path
):
    with embedded_server(tmp_path / "kept") as url:
        service = launch(url=url, wait_s=1)
        worker = service.worker()
        made = service.ready().brief("Talks resumed.").json()
        jobs = [service.brief(f"SLOW talks {k}.").json()["job"] for k in range(2)]
        worker.kill()
        service.api.kill()
        service.redis.close()
    with embedded_server(tmp_path / "kept") as url:
        again = launch(url=url)
        again.worker()

        wait_for(lambda: {again.client.get(job).json()["status"] for job in jobs} == {"done"})
        assert again.client.get(f"/v1/briefs/{made['id']}").status_code == 200
        for process in again.processes.started:
            process.kill()


def test_the_api_process_loads_no_model_library(valkey: str):
    script = f"""
import sys
from litestar.testing import TestClient
from service.app import create_app
from service.settings import Settings
with TestClient(create_app(Settings(redis_url={valkey!r}))) as client:
    assert client.get("/schema/openapi.json").status_code == 200
    assert client.post("/v1/briefs", json={{"articles": [{{"text": "A."}}]}}).status_code == 503
print(sorted({{"torch", "transformers", "spacy", "trafilatura", "safetensors"}} & set(sys.modules)))
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


async def ask(app: Litestar) -> int:
    async with AsyncTestClient(app) as client:
        body = {"articles": [{"id": "a", "text": "Talks resumed."}]}
        made = (await client.post("/v1/briefs", json=body)).json()
        return (await client.get(f"/v1/briefs/{made['id']}")).status_code


@pytest.mark.anyio
async def test_no_request_blocks_the_event_loop(launch: Launch, valkey: str, anyio_backend: str):
    service = launch()
    service.worker()
    service.ready()

    app = create_app(Settings(redis_url=valkey))  # reads its pages once, before any request

    with blockbuster_ctx("service"):
        assert await ask(app) == 200


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
