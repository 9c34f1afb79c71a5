"""An editor's changes of a brief: kept in the browser, and carried over to its later versions."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Desk, Visit, violations
from tests.browser.stories import BRIDGE, LATER, marked
from tests.browser.test_component import brief, opened

OWN = "Two lanes stay closed until Sunday."


def reword(page: Page, number: int, text: str) -> None:
    view = page.locator("news-brief")
    sentence = view.locator(".s").nth(number)
    sentence.get_by_role("button", name="Edit").click()
    view.get_by_role("textbox").fill(text)
    view.get_by_role("button", name="Check and keep").click()
    expect(sentence).to_contain_text("editor’s own")
    expect(sentence).not_to_contain_text("checking")


def editing(page: Page) -> Page:
    page.locator("news-brief").get_by_role("button", name="Edit").click()
    return page


def text(page: Page) -> str:
    return page.evaluate("document.querySelector('news-brief').export('text')")


def test_changes_come_back_with_the_brief_in_another_tab(desk: Desk, visit: Visit):
    made = brief(desk, marked(BRIDGE, "kept"))
    page = editing(opened(visit, made))
    reword(page, 2, OWN)
    page.locator("news-brief .s").first.get_by_role("button", name="Drop").click()
    before = text(page)
    page.close()

    page = opened(visit, made)

    expect(page.locator("news-brief")).to_contain_text("2 changes of yours are kept")
    expect(page.locator("news-brief .s").nth(1)).to_contain_text("not supported")
    assert text(page) == before
    assert violations(page) == []


def test_changes_are_discarded_for_good_once_it_is_confirmed(desk: Desk, visit: Visit):
    made = brief(desk, marked(BRIDGE, "undone"))
    page = editing(opened(visit, made))
    reword(page, 2, OWN)
    page.get_by_role("button", name="Discard changes").click()  # dismissed by Playwright
    expect(page.locator("news-brief")).to_contain_text(OWN)

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Discard changes").click()

    expect(page.locator("news-brief")).not_to_contain_text(OWN)
    assert "newsbrief.edits" not in page.evaluate("JSON.stringify(localStorage)")


def test_a_later_version_carries_the_changes_and_lists_those_that_fit_no_more(
    desk: Desk, visit: Visit
):
    first = brief(desk, marked(BRIDGE, "first"))
    page = editing(opened(visit, first))
    reword(page, 2, OWN)
    reword(page, 3, "It was a day.")
    story = marked(LATER, "second")
    second = brief(desk, [{**each, "text": each["text"].replace("Friday", "Saturday")} for each in story], supersedes=first["id"])  # fmt: skip
    same = brief(desk, [*marked(BRIDGE, "first"), LATER[-1]], supersedes=first["id"])

    page = opened(visit, second)
    view = page.locator("news-brief")
    view.get_by_text("Your wording of the earlier version").click()
    expect(view).to_contain_text(f"{OWN}before: Two lanes stay closed until Friday.")
    expect(view).to_contain_text("changes of yours are kept")
    page.reload()
    view.get_by_text("Your wording of the earlier version").click()
    expect(view).to_contain_text(OWN)
    page = opened(visit, same)
    expect(page.locator("news-brief .s").nth(2)).to_contain_text(
        f"{OWN} editor’s own not supported"
    )


def test_a_verdict_on_other_articles_is_not_carried_over(desk: Desk, visit: Visit):
    first = brief(desk, marked(BRIDGE, "early"))
    page = editing(opened(visit, first))
    reword(page, 2, "The mayor thanked the crews.")
    expect(page.locator("news-brief .s").nth(2)).to_contain_text("editor’s own supported")
    corrected = [{**each, "text": f"{each['text']} It was corrected."} for each in marked(BRIDGE, "early")]  # fmt: skip

    page = opened(visit, brief(desk, corrected, supersedes=first["id"]))

    expect(page.locator("news-brief .s").nth(2)).to_contain_text("editor’s own not checked")
    expect(page.locator("news-brief .s").nth(2).locator(".n")).to_have_count(0)


@pytest.mark.parametrize("refusal", ["get() { throw new DOMException('no'); }", "value: null"])
def test_without_storage_changes_last_as_long_as_the_page_and_it_says_so(
    desk: Desk, visit: Visit, context: BrowserContext, refusal: str
):
    context.add_init_script(f"Object.defineProperty(window, 'localStorage', {{ {refusal} }})")
    page = editing(opened(visit, brief(desk, marked(BRIDGE, "private"))))
    reword(page, 2, OWN)

    expect(page.locator("news-brief")).to_contain_text("This browser can’t keep your changes")
    page.evaluate("document.querySelector('news-brief').load()")

    expect(page.locator("news-brief .s").nth(2)).to_contain_text(OWN)


def test_what_fails_is_said_in_german_too(desk: Desk, visit: Visit):
    made = brief(desk, marked(BRIDGE, "german"))
    page = visit(f"/?lang=de#/briefs/{made['id']}")
    view = page.locator("news-brief")
    view.get_by_role("button", name="Bearbeiten").click()
    view.locator(".s").first.get_by_role("button", name="Bearbeiten").click()
    view.get_by_role("textbox").fill("They counted 99 lanes.")

    view.get_by_role("button", name="Prüfen und behalten").click()

    expect(view.locator(".why").first).to_have_text("Keine Quelle nennt diese Zahl: 99.")
    assert violations(page) == []
