"""Schemathesis against the running service: it keeps to its own OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from service.app import create_app
from service.settings import Settings
from service.store.embedded import embedded_server
from tests.api.conftest import Service
from tests.api.platform.test_auth import bearer, keys
from tests.conftest import PATIENCE_S, Processes

pytestmark = pytest.mark.slow

EXAMPLES = 15
"""Of each operation, beside those that schemathesis derives from the schema's bounds."""

LEFT_OUT = {
    "positive_data_acceptance",  # rules across members (one of text, html and url) answer 422
    "allow_header_conformance",  # Litestar's OPTIONS names the methods of one handler of a path
}

load_all_checks()
CHOSEN = [each for each in CHECKS.get_all() if each.__name__ not in LEFT_OUT]
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def document() -> schemathesis.BaseSchema:
    """The document as the application makes it: pytest wants the operations before a service runs."""
    made = create_app(Settings(redis_url="redis://127.0.0.1:1")).openapi_schema.to_schema()
    return schemathesis.openapi.from_dict(
        msgspec.json.decode(msgspec.json.encode(made, enc_hook=str))
    )


anything = document()
existing = document().include(path_regex=r"\{").exclude(method="DELETE")
existing.config.generation.update(modes=[GenerationMode.POSITIVE])


class Guarded(msgspec.Struct):
    """A service that asks for keys, how to come in, and the ids of what is there."""

    url: str
    headers: dict[str, str]
    ids: dict[str, str]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("service")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        service = Service(url, processes, wait_s=PATIENCE_S, require_keys=1)
        service.worker()
        key = bearer(keys("create", "--name", "contract", "--rate", "0", redis_url=url))
        service.ready().client.headers.update(key)
        brief = service.brief("The bridge reopened.").json()["id"]
        (job,) = (each.decode()[8:-1] for each in service.redis.keys("nb:job:*"))
        yield Guarded(
            str(service.client.base_url),
            key,
            {"brief_id": brief, "job_id": job, "article_id": "a0", "event_id": "msg_none"},
        )
        service.client.close()
        service.redis.close()
        processes.stop_all()


def keeps(case: schemathesis.Case, guarded: Guarded) -> None:
    case.call_and_validate(base_url=guarded.url, headers=guarded.headers, checks=CHOSEN)


@anything.parametrize()
@bounded
def test_the_service_keeps_to_its_document(case: Any, guarded: Guarded):
    keeps(case, guarded)


@existing.parametrize()
@bounded
def test_it_does_so_for_what_is_there(case: Any, guarded: Guarded):
    given = {name: guarded.ids[name] for name in case.path_parameters}
    case.path_parameters.update(given)

    keeps(case, guarded)
