"""The newsroom page: from articles to a brief, a check of a draft, and what goes wrong meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Desk, Visit, violations
from tests.browser.stories import BRIDGE, HOSTILE, marked


def paste(page: Page, text: str) -> None:
    page.get_by_label("Paste an article").fill(text)
    page.get_by_role("button", name="Add", exact=True).click()


def test_pasted_articles_become_a_brief_and_its_headline_stays_in_this_browser(visit: Visit):
    page = visit()
    expect(page.get_by_role("heading", name="No brief is open")).to_be_visible()
    for each in marked(BRIDGE, "calm"):
        paste(page, each["text"])
    expect(page.locator("#said")).to_have_text("2 articles are ready.")
    page.get_by_label("Length", exact=True).fill("5")
    page.get_by_label("Bullets").check()
    page.get_by_label("Focus").fill("cables")

    with page.expect_request("**/v1/briefs") as sent:
        page.get_by_role("button", name="Write the brief").click()
    expect(page.locator("news-brief .bar")).to_be_visible()

    asked = sent.value.post_data_json
    assert asked["options"] == {
        "length": {"sentences": 5}, "style": "bullets", "focus": "cables", "masked": True, "offset_unit": "utf16"
    }  # fmt: skip
    assert asked["articles"][0]["title"] == "Bridge reopens after nine months"
    expect(page.locator("news-brief .list .s").first).to_be_visible()
    link = page.locator("#history").get_by_role("link", name="The bridge over the Orla")
    stored = json.loads(page.evaluate("localStorage.getItem('newsbrief.history')"))
    assert [set(each) for each in stored] == [{"id", "headline"}]
    page.goto("about:blank")
    page.go_back()
    link.click()
    expect(page.locator("news-brief .bar")).to_be_visible()
    page.get_by_role("button", name="Take this brief’s articles").click()
    expect(page.locator("#articles > li")).to_have_count(2)
    page.get_by_role("button", name="Forget all").click()
    assert page.evaluate("localStorage.getItem('newsbrief.history')") == "[]"


def test_files_and_urls_are_taken_and_what_cannot_be_read_is_named(visit: Visit):
    page = visit()
    files: Any = [
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"The bridge reopened."},
        {"name": "b.html", "mimeType": "text/html", "buffer": b"<html><p>It is open.</p>"},
        {"name": "c.json", "mimeType": "application/json", "buffer": json.dumps(BRIDGE).encode()},
        {"name": "d.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"},
    ]

    page.get_by_label("Choose files").set_input_files(files)
    expect(page.locator("#said")).to_contain_text("Not read: d.pdf")
    paste(page, "https://one.example/story\nhttps://two.example/story")

    expect(page.locator("#articles summary")).to_have_text([
        "a · 20 characters", "b · 24 characters",
        f"Bridge reopens after nine months · {len(BRIDGE[0]['text'])} characters",
        f"Traffic is back on the Orla · {len(BRIDGE[1]['text'])} characters",
        "https://one.example/story · to be fetched", "https://two.example/story · to be fetched",
    ])  # fmt: skip
    page.get_by_role("button", name="Remove a", exact=True).click()
    expect(page.locator("#articles > li")).to_have_count(5)


def test_dropped_text_is_an_article(visit: Visit):
    page = visit()

    page.evaluate("""() => {
        const held = new DataTransfer();
        held.setData("text/plain", "The bridge reopened on Monday.");
        document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: held }));
    }""")

    expect(page.locator("#articles > li")).to_contain_text("30 characters")


def test_a_url_that_cannot_be_fetched_is_told_and_the_brief_goes_on(visit: Visit):
    page = visit()
    paste(page, BRIDGE[0]["text"])
    paste(page, "http://127.0.0.1:9/story")

    page.get_by_role("button", name="Write the brief").click()
    expect(page.locator("news-brief .bar")).to_be_visible()
    page.get_by_text("1 of 2 articles used").click()

    expect(page.locator("news-brief")).to_contain_text("could not be fetched (blocked-address)")


def test_a_running_brief_shows_its_stages_and_can_be_stopped(visit: Visit):
    page = visit()
    for each in marked(BRIDGE, "SLOW"):
        paste(page, each["text"])
    page.get_by_role("button", name="Write the brief").click()
    expect(page.locator("news-brief [aria-current=step]")).to_have_text("Write")
    expect(page.get_by_role("button", name="Write the brief")).to_be_disabled()
    assert violations(page) == []

    page.get_by_role("button", name="Stop").click()

    expect(page.get_by_role("alert")).to_contain_text("The job was withdrawn")
    expect(page.get_by_role("button", name="Write the brief")).to_be_enabled()


def test_a_draft_is_checked_sentence_by_sentence(visit: Visit):
    page = visit()
    for each in BRIDGE:
        paste(page, each["text"])
    page.get_by_role("tab", name="Check my draft").click()
    page.get_by_role("textbox", name="Draft").fill(
        "Two lanes stay closed until Friday. The mayor resigned."
    )

    page.get_by_role("button", name="Check the draft").click()

    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("1 of 2 sentences are supported.")
    expect(verdict.locator("details.supported")).to_contain_text("Two lanes stay closed")
    expect(verdict.locator("details.unsupported")).to_contain_text("No cited sentence says this.")
    assert violations(page) == []


def test_the_developers_panel_gives_commands_that_work(visit: Visit, desk: Desk):
    page = visit()
    page.get_by_role("button", name="Take the sample").click()
    expect(page.locator("#articles > li")).to_have_count(5)
    page.get_by_role("tab", name="Developers").click()

    shell = page.locator("#curl").text_content()
    script = page.locator("#python").text_content()

    ran = subprocess.run(["/bin/bash", "-c", shell], capture_output=True, text=True, check=True)
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    made = json.loads(ran.stdout)
    assert printed.stderr == ""
    assert printed.stdout.startswith(made["sentences"][0]["text"])
    assert violations(page) == []


def test_over_the_limit_it_counts_down_and_tries_again(visit: Visit, context: BrowserContext):
    answers = iter([{"status": 429, "headers": {"Retry-After": "2"}, "json": {"detail": "Wait."}}])

    def answer(route: Any) -> None:
        told = next(answers, None)
        route.fulfill(**told) if told else route.continue_()

    context.route("**/v1/briefs", answer)
    page = visit(allowed="429")
    paste(page, BRIDGE[0]["text"])

    page.get_by_role("button", name="Write the brief").click()

    expect(page.get_by_role("alert")).to_contain_text("Too many calls for now")
    expect(page.get_by_role("alert")).to_contain_text("Trying again in")
    assert violations(page) == []
    expect(page.locator("news-brief .bar")).to_be_visible()


def test_offline_nothing_is_lost(visit: Visit):
    page = visit(allowed="ERR_INTERNET_DISCONNECTED")
    paste(page, BRIDGE[0]["text"])
    page.context.set_offline(True)

    page.get_by_role("button", name="Write the brief").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is lost")
    assert violations(page) == []
    page.context.set_offline(False)

    expect(page.locator("news-brief .bar")).to_be_visible()


def test_what_is_wrong_with_a_request_is_listed(visit: Visit):
    page = visit(allowed="422")
    paste(page, "One.")
    page.get_by_label("Length", exact=True).fill("40")
    page.evaluate("document.getElementById('length').max = 99")
    page.get_by_label("Length", exact=True).fill("99")

    page.get_by_role("button", name="Write the brief").click()

    expect(page.get_by_role("alert")).to_contain_text("options.length.sentences")


def test_the_key_stays_in_this_tab_alone(visit: Visit):
    page = visit(allowed="401")
    page.get_by_text("API key", exact=True).first.click()
    page.get_by_label("API key").fill("nb_x_secret")
    page.get_by_label("API key").press("Tab")
    paste(page, BRIDGE[0]["text"])

    with page.expect_request("**/v1/briefs") as sent:
        page.get_by_role("button", name="Write the brief").click()

    assert sent.value.headers["authorization"] == "Bearer nb_x_secret"
    expect(page.get_by_role("alert")).to_contain_text("A valid API key is needed")
    assert "nb_x_secret" not in page.evaluate("JSON.stringify(localStorage)")
    assert page.evaluate("sessionStorage.getItem('key')") == "nb_x_secret"


def test_markup_in_an_article_stays_text_everywhere(visit: Visit):
    page = visit()
    page.get_by_label("Choose files").set_input_files({
        "name": "card.json", "mimeType": "application/json", "buffer": json.dumps(HOSTILE).encode()
    })  # fmt: skip
    page.get_by_role("button", name="Write the brief").click()
    expect(page.locator("news-brief .bar")).to_be_visible()
    page.get_by_role("tab", name="Developers").click()
    page.get_by_role("tab", name="Check my draft").click()
    page.get_by_role("textbox", name="Draft").fill(HOSTILE[0]["text"])
    page.get_by_role("button", name="Check the draft").click()
    expect(page.locator("#verdict details").first).to_be_visible()

    assert page.title() == "Newsbrief"
    assert page.locator("img[src=x], svg[onload]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_empty_page_works_by_keyboard_and_for_screen_readers(visit: Visit, scheme: Any):
    page = visit()
    page.emulate_media(color_scheme=scheme)

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the brief")).to_be_focused()
    page.get_by_role("tab", name="Brief").focus()
    page.keyboard.press("ArrowLeft")

    expect(page.get_by_role("tabpanel", name="Developers")).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert violations(page) == []
