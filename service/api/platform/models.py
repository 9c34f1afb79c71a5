"""What the workers serve."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency

from service.api.platform.auth import READ
from service.api.platform.problems import problems
from service.api.platform.worker_pool import WorkerPool
from service.schemas.wire import ModelOut, ModelsOut


class ModelController(Controller):
    path = "/v1/models"
    tags = ["models"]

    @get(responses=problems(500, 503), summary="What is served", opt=READ)
    async def show(self, worker_pool: NamedDependency[WorkerPool]) -> ModelsOut:
        """The models that the workers have loaded, with their licences."""
        served = await worker_pool.newest()
        return ModelsOut(
            fingerprint=served.fingerprint,
            workers=await worker_pool.count(served.fingerprint),
            models=tuple(ModelOut(each.kind, each.name, each.licence) for each in served.models),
            checker_error_rates=served.error_rates,
            agreement_error_rates=served.agreement_error_rates,
        )
