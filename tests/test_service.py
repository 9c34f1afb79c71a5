"""The whole product: `newsbrief serve` with the real models, asked with the sample request."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.browser.conftest import chromium, expect_marked
from tests.conftest import PATIENCE_S, SEEDS, Processes, free_port, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, fetched: None) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("served")
    processes, port = Processes(folder), free_port()
    process = processes.start(
        "-m", "service", "serve", port=port, data_dir=folder / "data", writer="none"
    )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200)
        yield client
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_S) == 0
    logged = processes.logged()
    assert "job.done" in logged
    assert "Witkoff" not in logged


def test_the_sample_request_gives_eight_cited_sentences_and_then_a_hit(served: httpx.Client):
    body = (SEEDS / "request.json").read_bytes()
    headers = {"Content-Type": "application/json"}

    first = served.post("/v1/briefs", content=body, headers=headers).json()
    second = served.post("/v1/briefs", content=body, headers=headers).json()

    texts = {article["id"]: article["text"] for article in json.loads(body)["articles"]}
    assert len(first["sentences"]) == 8
    for sentence in first["sentences"]:
        assert first["text"][sentence["start"] : sentence["end"]] == sentence["text"]
        assert sentence["citations"]
        for cited in sentence["citations"]:
            assert texts[cited["article_id"]][cited["start"] : cited["end"]] == cited["quote"]
    assert (first["cache"]["status"], second["cache"]["status"]) == ("miss", "hit")
    assert {**second, "cache": None} == {**first, "cache": None}
    assert first["coverage"]["origins"] == 4


def test_what_is_served_is_what_wrote_the_brief(served: httpx.Client):
    models = served.get("/v1/models").json()

    assert {each["kind"] for each in models["models"]} == {
        "encoder", "parser", "checker"
    }  # fmt: skip
    assert models["workers"] == 1
    assert set(models["checker_error_rates"]) == {"refused_of_true", "passed_of_false"}
    assert set(models["agreement_error_rates"]) == {
        "reports_wrong", "part_wrong", "silent_wrong", "disputes_wrong", "disputes_missed"
    }  # fmt: skip


def test_the_reference_needs_nothing_from_elsewhere(served: httpx.Client):
    page = served.get("/schema").text
    document = served.get("/schema/openapi.json").json()

    assert "/v1/briefs" in page
    assert not re.search(r"(src|href|url)\s*[=(]\s*['\"]?(https?:)?//", page)
    assert "<script" not in page
    assert document["openapi"].startswith("3.1")
    assert "422" in document["paths"]["/v1/briefs"]["post"]["responses"]


def test_an_editor_gets_from_the_sample_to_the_very_characters(served: httpx.Client):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(str(served.base_url))
        page.get_by_role("button", name="Try it with the sample").click()
        page.wait_for_selector("news-brief .bar", timeout=1000 * PATIENCE_S)
        made = page.evaluate("document.querySelector('news-brief').brief")

        for sentence in made["sentences"]:
            numbers = page.locator(f"news-brief [data-s='{sentence['id']}'] .n")
            for k, cited in enumerate(sentence["citations"]):
                numbers.nth(k).click()
                expect_marked(page, cited["quote"])

    assert len(made["sentences"]) == 8


FERRY = (
    ("Harbor Ledger", "08:10", ("The ferry Brena sank off Orlen on Friday morning, killing 23 people, the coast guard"
     " said. The ferry Brena had left Orlen with 140 passengers on board. Divers from the navy searched the wreck until"
     " nightfall.")),
    ("Coast Times", "08:40", ("The sinking of the ferry Brena off Orlen on Friday morning killed 31 people, the coast guard"
     " said. Some 140 passengers were on board the ferry Brena when it left Orlen. The owner of the ferry gave no"
     " comment.")),
    ("Northern Courier", "09:00", ("The ferry Brena had left Orlen with 140 passengers on board, the owner said. A storm"
     " warning was in force for the whole coast. Schools in Orlen held a minute of silence.")),
)  # fmt: skip
"""Two outlets give different tolls half an hour apart, all three the passengers, one the divers alone."""


def test_an_editor_sees_who_disputes_who_alone_has_it_and_mends_a_draft(served: httpx.Client):
    articles = [
        {"publisher": outlet, "published_at": f"2025-11-03T{at}:00Z", "title": outlet, "text": text}
        for outlet, at, text in FERRY
    ]
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(str(served.base_url))
        page.get_by_label("Choose files").set_input_files(
            [{"name": "ferry.json", "mimeType": "application/json", "buffer": json.dumps(articles).encode()}]
        )  # fmt: skip
        page.get_by_role("button", name="Write the brief").click()
        page.wait_for_selector("news-brief .bar", timeout=1000 * PATIENCE_S)
        view = page.locator("news-brief")
        view.get_by_text("Who reports what").click()
        view.locator("td.disputes").first.click()
        expect_marked(page, FERRY[1][2].split(". ")[0] + ".")
        marks = view.locator(".s button.badge").all_inner_texts()
        rows = page.evaluate("document.querySelector('news-brief').brief.agreement")
        page.get_by_role("tab", name="Check my draft").click()
        page.get_by_label("Draft", exact=True).fill(
            "The ferry Brena had left Orlen with 150 passengers on board."
        )
        page.get_by_role("button", name="Check the draft").click()
        page.wait_for_selector("#verdicts .unsupported", timeout=1000 * PATIENCE_S)

    assert any("disputed by" in each for each in marks)
    assert any(each.startswith("only ") for each in marks)
    assert {cell["stance"] for row in rows for cell in row["cells"]} >= {"reports", "disputes"}
