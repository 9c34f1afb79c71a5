"""Whether this process is alive, and whether briefs can be written."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec

from service.api.platform.worker_pool import WorkerPool
from service.schemas.wire import AliveOut, HealthOut


class HealthController(Controller):
    path = "/health"
    tags = ["health"]

    @get("/live", summary="Is this process alive")
    async def live(self) -> AliveOut:
        return AliveOut()

    @get(
        "/ready",
        summary="Can briefs be written",
        responses={
            503: ResponseSpec(
                HealthOut, generate_examples=False, description="Something is missing"
            )
        },
    )
    async def ready(self, worker_pool: NamedDependency[WorkerPool]) -> Response[HealthOut]:
        """Redis, workers, models and the writer apart; 503 unless all but the writer are there."""
        health = await worker_pool.health()
        return Response(health, status_code=200 if health.status == "ready" else 503)
