"""The tools through the protocol's own client: real uvicorn, real Valkey, fake pipeline."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_types import CallToolResult

from service.client import ApiProblem, Problem
from service.mcp.tools import DATA, OFFERS, refusal
from tests.api.conftest import Service
from tests.client.test_client import withdrawn
from tests.conftest import wait_for
from tests.mcp.conftest import of, over_http

pytestmark = pytest.mark.slow


def call(service: Service, name: str, arguments: dict[str, Any], mode: str = "auto") -> Any:
    return over_http(service, lambda client: client.call_tool(name, arguments), mode)


def words(made: CallToolResult) -> str:
    return made.content[0].text  # type: ignore[union-attr]


def test_four_tools_are_listed_with_schemas_that_refuse_unknown_fields(service: Service, mode: str):
    tools = over_http(service, lambda client: client.list_tools(), mode).tools

    assert [each.name for each in tools] == ["brief", "check", "agreement", "article"]
    for each in tools:
        assert DATA in str(each.description)
        assert (each.input_schema["type"], each.input_schema["additionalProperties"]) == ("object", False)  # fmt: skip
    assert tools[0].input_schema["$defs"]["ArticleIn"]["additionalProperties"] is False


def test_a_brief_is_told_in_words_as_a_structure_and_by_links(service: Service, mode: str):
    made = call(service, "brief", of(f"The bridge reopened {mode}.", "Two lanes are closed."), mode)

    told = made.structured_content
    cited = told["sentences"][1]["citations"][0]
    assert "Two lanes are closed [2]" in words(made)
    assert DATA in words(made)
    assert [each.type for each in made.content] == ["text", "resource_link", "resource_link"]
    assert made.content[2].uri == f"newsbrief://briefs/{told['id']}/articles/a1#char=0,20"
    assert cited["quote"] == "Two lanes are closed"


def test_stages_and_sentences_are_reported_while_a_brief_is_written(service: Service, mode: str):
    heard: list[tuple[float, str | None]] = []
    text = f"TOLD in two parts {mode}"

    async def progress(number: float, total: float | None, message: str | None) -> None:
        heard.append((number, message))
        if message == f"s1: {text[:20]}":
            service.release(text)  # the second sentence is not written before the first was heard

    async def use(client: Client) -> CallToolResult:
        return await client.call_tool("brief", of(text, "Another."), progress_callback=progress)

    over_http(service, use, mode)

    messages = [message for _, message in heard]
    assert messages[-1] == "s2: Another."
    assert "write 0/60" in messages
    assert [number for number, _ in heard] == [k + 1.0 for k in range(len(heard))]


def test_a_cancelled_call_withdraws_the_job(service: Service):
    before = withdrawn(service)

    async def use(client: Client) -> None:
        async with anyio.create_task_group() as group:

            async def progress(*_: object) -> None:
                group.cancel_scope.cancel()

            arguments = of("ENDLESS and called off.")
            await client.call_tool("brief", arguments, progress_callback=progress)

    over_http(service, use)

    wait_for(lambda: withdrawn(service) == before + 1)


def test_a_draft_is_checked(service: Service, mode: str):
    draft = {"text": f"Fog closed it {mode}.", "articles": of("Fog closed the bridge.")["articles"]}

    made = call(service, "check", draft, mode)

    assert made.structured_content["statuses"] == {"supported": 1}
    assert f"SUPPORTED    Fog closed it {mode}." in words(made)


def test_the_article_behind_a_citation_is_read(service: Service, mode: str):
    brief = call(service, "brief", of("Rain fell in the valley for days.")).structured_content

    made = call(service, "article", {"brief_id": brief["id"], "article_id": "a0"}, mode)

    assert made.structured_content["text"] == "Rain fell in the valley for days."
    assert made.content[1].resource.text == "Rain fell in the valley for days."


def test_who_reports_what_of_a_brief_is_told(service: Service, mode: str):
    brief = call(service, "brief", of("Rain fell.", "Snow fell.")).structured_content

    made = call(service, "agreement", {"brief_id": brief["id"]}, mode)

    assert not made.is_error
    assert [each["id"] for each in made.structured_content["origins"]] == ["a0", "a1"]


def test_one_article_is_told_against_the_others(service: Service, mode: str):
    brief = call(service, "brief", of(f"Rain fell {mode}.", "Snow fell.")).structured_content

    made = call(service, "agreement", {"brief_id": brief["id"], "article": "a1"}, mode)

    assert not made.is_error
    assert (made.structured_content["article"], made.structured_content["id"]) == (
        "a1",
        brief["id"],
    )


def test_what_the_api_refuses_is_an_error_with_its_problem(service: Service, mode: str):
    made = call(service, "brief", of("Fine.", ""), mode)

    assert made.is_error
    assert words(made).startswith("422 The request can't be served as it is: articles[1].text")
    assert made.structured_content["type"] == "/problems/invalid-request"
    assert made.structured_content["errors"][0]["path"] == "articles[1].text"


def test_an_unknown_field_is_refused_with_its_path(service: Service, mode: str):
    made = call(service, "brief", of("Fine.", lenght=3), mode)

    assert made.is_error
    assert made.structured_content["status"] == 422
    assert made.structured_content["errors"][0]["path"] == "options"
    assert "lenght" in words(made)


def test_a_job_that_fails_is_an_error_without_what_it_choked_on(service: Service, mode: str):
    made = call(service, "brief", of(f"BROKEN {mode}"), mode)

    assert made.is_error
    assert words(made).startswith("500 ")
    assert "unprinted secret" not in made.model_dump_json()


def test_an_error_says_when_to_try_again():
    busy = Problem(type="/problems/unavailable", title="Not now", status=503, detail="Too much.")

    told = refusal(ApiProblem(busy, retry_after_s=30.0))

    assert told.content[0].text == "503 Not now: Too much.\nTry again after 30 s."  # type: ignore[union-attr]
    assert told.structured_content["retry_after_s"] == 30.0


def test_only_what_makes_something_is_not_read_only():
    hints = {name: offer.tool.annotations for name, offer in OFFERS.items()}

    read_only = {name for name, each in hints.items() if each and each.read_only_hint}
    assert read_only == {"agreement", "article"}
