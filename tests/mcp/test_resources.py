"""Resources: every citation of a brief can be read by its URI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.api.conftest import Service
from tests.mcp.conftest import of, over_http

pytestmark = pytest.mark.slow

EMOJI = "\U0001f600 The harbour reopened on Monday."


def read(service: Service, uri: str, mode: str = "auto") -> Any:
    (found,) = over_http(service, lambda client: client.read_resource(uri), mode).contents
    return found


def refused(service: Service, uri: str) -> str:
    """The protocol's error for a URI."""

    async def use(client: Client) -> str:
        with pytest.raises(MCPError) as raised:
            await client.read_resource(uri)
        return str(raised.value)

    return over_http(service, use)


def brief(service: Service, **options: Any) -> Any:
    arguments = of(EMOJI, **options)
    arguments["articles"][0]["id"] = "https://a.example/one?x=1#top"
    return over_http(service, lambda client: client.call_tool("brief", arguments))


def test_models_and_two_templates_are_listed(service: Service, mode: str):
    listed = over_http(service, lambda client: client.list_resources(), mode).resources
    found = over_http(service, lambda client: client.list_resource_templates(), mode)

    assert [each.uri for each in listed] == ["newsbrief://models"]
    assert [each.name for each in found.resource_templates] == ["brief", "article"]
    assert json.loads(read(service, "newsbrief://models", mode).text)["workers"] == 1


@pytest.mark.parametrize("unit", ["codepoint", "utf16", "utf8"])
def test_a_link_gives_the_very_characters_that_are_quoted(service: Service, unit: str, mode: str):
    made = brief(service, offset_unit=unit)

    (cited,) = made.structured_content["sentences"][0]["citations"]
    found = read(service, made.content[1].uri, mode)
    assert (found.text, found.mime_type) == (cited["quote"], "text/plain")
    assert found.text == EMOJI[:20]


def test_without_a_span_the_whole_article_is_read_and_without_one_the_brief(service: Service):
    made = brief(service)

    article, _, _ = made.content[1].uri.partition("#char")
    whole, _, _ = article.partition("/articles/")
    assert read(service, article).text == EMOJI
    assert json.loads(read(service, whole).text)["id"] == made.structured_content["id"]


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("newsbrief://briefs/none", "404 There is no such thing"),
        ("newsbrief://elsewhere", "there are newsbrief://briefs/{brief_id}"),
        ("file:///etc/passwd", "No resource"),
    ],
)
def test_what_is_no_resource_is_refused_with_the_way_out(service: Service, uri: str, why: str):
    assert why in refused(service, uri)


def test_a_span_outside_of_the_article_is_refused(service: Service):
    article, _, _ = brief(service).content[1].uri.partition("#")

    assert "does not lie within" in refused(service, f"{article}#char=0,4000")
