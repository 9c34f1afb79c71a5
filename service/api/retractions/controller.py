"""Texts that were corrected or withdrawn."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from service.api.platform.auth import READ, WRITE, Caller
from service.api.platform.problems import problems
from service.api.retractions.retract import RetractionIntake
from service.schemas.wire import RetractionRequest, RetractionsOut


class RetractionController(Controller):
    path = "/v1/retractions"
    tags = ["retractions"]

    @post(
        status_code=201,
        responses=problems(400, 413, 415, 422, 500, 503),
        summary="Correct or withdraw articles",
        opt=WRITE,
    )
    async def create(
        self,
        data: JSONBody[RetractionRequest],
        retraction_intake: NamedDependency[RetractionIntake],
        caller: NamedDependency[Caller],
    ) -> RetractionsOut:
        """Every brief that cites the texts says so from now on; new requests with them are refused.

        Answers with a retraction a text, and the briefs that cite it.
        """
        return await retraction_intake.retract(data, caller.namespace)

    @get(responses=problems(500, 503), summary="List retractions", opt=READ)
    async def show(
        self, retraction_intake: NamedDependency[RetractionIntake], caller: NamedDependency[Caller]
    ) -> RetractionsOut:
        """The latest retractions, the newest first."""
        return await retraction_intake.listed(caller.namespace)
