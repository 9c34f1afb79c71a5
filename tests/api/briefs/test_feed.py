"""GET /v1/feed over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.api.conftest import Service

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def own(launch: Callable[..., Service]) -> Service:
    """A service that no other test asks."""
    made = launch()
    made.worker()
    return made.ready()


def entries(service: Service) -> list[tuple[str, str]]:
    feed = ElementTree.fromstring(service.client.get("/v1/feed").content)  # noqa: S314  # our own
    return [
        (each.findtext(f"{ATOM}id") or "", each.findtext(f"{ATOM}content") or "")
        for each in feed.iter(f"{ATOM}entry")
    ]


def test_the_newest_briefs_come_first_and_erased_ones_not_at_all(own: Service):
    first, second, third = (
        own.brief(f"{k} <b>ships</b> & \x07 boats.").json()["id"] for k in ("One", "Two", "Six")
    )
    own.client.delete(f"/v1/briefs/{second}")

    answer = own.client.get("/v1/feed")

    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert [name for name, _ in entries(own)] == [
        f"urn:newsbrief:brief:{each}" for each in (third, first)
    ]
    assert entries(own)[0][1] == "Six <b>ships</b> & \ufffd"


def test_a_feed_that_has_not_changed_is_a_304(own: Service):
    assert entries(own) == []
    tag = own.client.get("/v1/feed").headers["etag"]
    assert own.client.get("/v1/feed", headers={"If-None-Match": tag}).status_code == 304

    own.brief("Ships have sailed.")

    assert own.client.get("/v1/feed", headers={"If-None-Match": tag}).status_code == 200
