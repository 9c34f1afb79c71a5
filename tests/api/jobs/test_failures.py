"""A failed job's problem is told as every other problem is."""

from __future__ import annotations

import pytest

from service.api.jobs.failures import FAILURE_STATUS, job_problem
from service.api.platform.problems import TITLES
from service.store.jobs import Failure


@pytest.mark.parametrize("code", [*FAILURE_STATUS, "model-error", "unavailable"])
def test_a_failed_job_has_the_title_of_its_type(code: str):
    made = job_problem(Failure(code, "Send fewer articles.", "articles"))

    assert (made.type, made.title) == (f"/problems/{code}", TITLES[code])
    assert made.status == FAILURE_STATUS.get(code, 503)
    assert [(each.path, each.message) for each in made.errors] == [("articles", made.detail)]
