"""The editor's own draft: read sentence by sentence, mended in place, and never lost."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from lxml import html
from playwright.sync_api import Browser, BrowserContext, Page, expect

from service.pipeline.check_draft import PROBLEMS
from tests.browser.conftest import Desk, Visit, violations
from tests.browser.stories import BRIDGE, CARD

TRUE = "Two lanes stay closed until Friday."
WRONG = "Officials said that they counted 13 broken cables."
REPAIR = "Officials said that they counted 12 broken cables."
UNKNOWN = "A cat sat on the roof."


def drafting(visit: Visit, text: str, path: str = "/", allowed: str = "") -> Page:
    """The page with the articles of the bridge and a draft."""
    page = visit(path, allowed=allowed)
    give(page, BRIDGE)
    page.locator("#tab-check").click()
    page.locator("#draft").fill(text)
    return page


def give(page: Page, articles: list[dict[str, Any]]) -> None:
    buffer = json.dumps(articles).encode()
    page.locator("#files").set_input_files(
        {"name": "story.json", "mimeType": "application/json", "buffer": buffer}
    )
    expect(page.locator("#articles > li")).to_have_count(len(articles))


def checked(page: Page) -> Page:
    """Have the draft read, to the end."""
    page.locator("#judge").click()
    expect(page.locator("#halt")).to_be_hidden()
    expect(page.locator("#verdicts .waiting")).to_have_count(0)
    return page


def states(page: Page) -> list[str]:
    return page.locator("#verdicts .verdict").all_text_contents()


def test_verdicts_come_in_order_while_the_rest_is_shown_as_waiting(visit: Visit):
    page = drafting(visit, f"STREAM is what this is. {TRUE} {UNKNOWN} {WRONG}")
    told = page.evaluate_handle("""() => {
        const told = [], list = document.getElementById("verdicts");
        new MutationObserver(() => told.push([...list.querySelectorAll(".verdict")].map((each) => each.textContent)))
            .observe(list, { childList: true });
        return told;
    }""")

    page.get_by_role("button", name="Check the draft").click()
    expect(page.locator("#tally")).to_have_text("2 of 4 read")
    expect(page.get_by_role("progressbar", name="Sentences read")).to_have_js_property("value", 2)
    expect(page.locator("#verdicts .waiting")).to_have_text(
        [f"Waiting{UNKNOWN}", f"Waiting{WRONG}"]
    )
    assert violations(page) == []
    expect(page.locator("#tally")).to_have_text("1 of 4 sentences are supported.")

    waits = [row.count("Waiting") for row in told.json_value() if len(row) == 4]
    assert waits == sorted(waits, reverse=True)
    assert set(waits) >= {0, 1, 2, 3}


def test_a_repair_is_taken_by_one_key_marked_and_undone(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG} {UNKNOWN}"))
    rows = page.locator("#verdicts > li")
    page.locator("#verdicts summary").first.focus()

    page.keyboard.press("j")
    page.keyboard.press("r")

    expect(page.locator("#draft")).to_have_value(f"{TRUE} {REPAIR} {UNKNOWN}")
    expect(rows.nth(1)).to_contain_text(f"Repaired{REPAIR}")
    expect(rows.nth(1).locator("summary")).to_be_focused()
    expect(page.locator("#stale")).to_contain_text("1 sentence has changed")
    page.keyboard.press("k")
    expect(rows.first.locator("summary")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("u")
    expect(page.locator("#draft")).to_have_value(f"{TRUE} {WRONG} {UNKNOWN}")
    expect(page.locator("#stale")).to_be_hidden()
    assert states(page) == ["Supported", "Not supported", "Not supported"]


def test_a_repair_is_a_button_too_and_only_what_changed_is_opened_when_checked_again(visit: Visit):
    page = checked(drafting(visit, f"{WRONG} {UNKNOWN}"))
    page.get_by_role("button", name="Take it").focus()
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Check again").click()
    expect(page.locator("#tally")).to_have_text("1 of 2 sentences are supported.")

    rows = page.locator("#verdicts > li")
    expect(rows.first).to_contain_text("newly read")
    expect(rows.nth(1).locator("details")).not_to_have_attribute("open", "")
    assert states(page) == ["Supported", "Not supported"]


def test_what_no_article_says_offers_the_nearest_words_and_their_article(visit: Visit):
    page = checked(drafting(visit, UNKNOWN))
    page.get_by_role("button", name="Open the article").click()
    dialog = page.get_by_role("dialog", name="Bridge reopens after nine months")
    expect(dialog.locator("mark")).to_have_text(
        "Bridge reopens after nine months\n\nThe bridge"[0:0] or re.compile("The bridge over")
    )
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Use this sentence instead").click()

    expect(page.locator("#draft")).to_have_value(
        re.compile("The bridge over the Orla reopened on Monday")
    )
    assert states(page) == ["The source’s words"]


def test_verdicts_stay_with_their_sentences_while_the_draft_is_edited(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG} {UNKNOWN}"))
    draft = page.locator("#draft")
    draft.press("Control+Home")
    page.keyboard.type("Before all. ")
    page.evaluate("document.getElementById('draft').setSelectionRange(13, 15)")
    page.keyboard.type("wo wide")

    assert states(page) == ["Changed, not read", "Not supported", "Not supported"]
    page.get_by_role("button", name="Take it").click()
    expect(draft).to_have_value(re.compile(f"^Before all. Two wide.*{REPAIR} {UNKNOWN}$"))
    page.locator("#verdicts > li").first.get_by_role("button", name="Undo").click()
    expect(draft).to_have_value(f"Before all. {TRUE} {REPAIR} {UNKNOWN}")


def test_under_any_edits_verdicts_keep_their_order_and_untouched_sentences_their_words(
    visit: Visit,
):
    page = visit()

    wrong = page.evaluate("""async () => {
        const { rowsOf, edited } = await import("/page/sentences.js");
        let seed = 7;
        const any = (n) => (seed = (seed * 48271) % 2147483647) % n;
        for (let round = 0; round < 3000; round += 1) {
            let draft = "One is. Two are. Three! Four?", rows = rowsOf([[0, 7], [8, 16], [17, 23], [24, 29]].map(([start, end]) => ({ start, end })), draft);
            for (let step = 0; step < 4; step += 1) {
                const at = any(draft.length + 1), until = Math.min(draft.length, at + any(9));
                const written = "ab. ".slice(0, any(5)), now = draft.slice(0, at) + written + draft.slice(until);
                const calm = rows.filter(({ start, end }) => end < at || start > until).map(({ start, end }) => draft.slice(start, end));
                rows = edited(rows, draft, now, at + written.length);
                draft = now;
                const held = rows.map(({ start, end }) => draft.slice(start, end));
                const ordered = rows.every(({ start, end }, k) => start <= end && end <= draft.length && (!k || rows[k - 1].end <= start));
                if (!ordered || !calm.every((each) => held.includes(each))) return { draft, rows, calm };
            }
        }
    }""")

    assert wrong is None


def test_a_check_that_is_no_longer_there_is_told_and_what_was_read_stays(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG}", allowed="404"))
    page.wait_for_function("() => sessionStorage.getItem('newsbrief.desk.check')")
    page.evaluate("""() => {
        const held = JSON.parse(sessionStorage.getItem("newsbrief.desk.check"));
        addEventListener("pagehide", () => sessionStorage.setItem("newsbrief.desk.check", JSON.stringify({ ...held, job: "gone" })));
    }""")

    page.reload()

    expect(page.get_by_role("alert")).to_contain_text("The check is no longer there")
    assert states(page) == ["Supported", "Not supported"]


def test_words_put_before_or_behind_a_sentence_take_its_verdict_away(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG}"))
    page.locator("#draft").press("Control+Home")

    page.keyboard.type("Nobody believes that ")
    assert states(page) == ["Changed, not read", "Not supported"]
    page.keyboard.type("now. ")

    assert states(page) == ["Supported", "Not supported"]
    expect(page.locator("#stale")).to_be_visible()
    page.locator("#draft").press("Control+End")
    page.keyboard.type("..")
    assert states(page) == ["Supported", "Changed, not read"]


def test_a_draft_that_was_cut_and_put_back_is_read_as_if_it_were_new(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG}"))

    for _ in range(2):  # the second answer is the very check that is shown
        page.locator("#draft").fill("")
        assert states(page) == ["Taken out", "Taken out"]
        expect(page.locator("#tally")).to_have_text("0 of 2 sentences are supported.")
        page.locator("#draft").fill(f"{TRUE} {WRONG}")
        page.locator("#judge").click()
        expect(page.locator("#tally")).to_have_text("1 of 2 sentences are supported.")
        assert states(page) == ["Supported", "Not supported"]


def test_a_reload_and_a_closed_tab_keep_draft_articles_and_verdicts(
    visit: Visit, context: BrowserContext
):
    page = checked(drafting(visit, f"{TRUE} {WRONG}"))
    page.get_by_role("button", name="Take it").click()

    page.reload()
    expect(page.get_by_role("tabpanel", name="Check my draft")).to_be_visible()
    assert states(page) == ["Supported", "Repaired"]
    page.close()
    page = visit()

    page.locator("#tab-check").click()
    expect(page.locator("#draft")).to_have_value(f"{TRUE} {REPAIR}")
    expect(page.locator("#articles > li")).to_have_count(2)
    page.locator("#verdicts > li").nth(1).get_by_role("button", name="Undo").click()
    assert states(page) == ["Supported", "Not supported"]


def test_a_check_goes_on_over_a_reload(visit: Visit):
    page = drafting(visit, f"STREAM, reloaded. {TRUE} {UNKNOWN} {WRONG}")
    page.locator("#judge").click()
    expect(page.locator("#tally")).to_have_text("1 of 4 read")

    page.reload()

    page.locator("#tab-check").click()
    expect(page.locator("#tally")).to_have_text("1 of 4 sentences are supported.")
    assert states(page) == ["Not supported", "Supported", "Not supported", "Not supported"]


def test_a_check_can_be_stopped_and_what_was_read_stays(visit: Visit):
    page = drafting(visit, f"STREAM, stopped. {TRUE} {UNKNOWN} {WRONG}")
    page.locator("#judge").click()
    expect(page.locator("#tally")).to_have_text("1 of 4 read")

    with page.expect_request(lambda asked: asked.method == "DELETE"):
        page.get_by_role("button", name="Stop").click()

    expect(page.get_by_role("alert")).to_contain_text("The check was stopped")
    assert states(page)[0] == "Not supported"
    assert states(page)[-1] == "Waiting"
    page.get_by_role("button", name="Check the draft").click()
    expect(page.locator("#tally")).to_have_text("1 of 4 sentences are supported.")


@pytest.mark.parametrize("status", [401, 500, 0])
def test_an_error_loses_neither_the_draft_nor_its_verdicts(
    visit: Visit, context: BrowserContext, status: int
):
    page = checked(drafting(visit, f"{TRUE} {WRONG}", allowed="401|500|ERR_FAILED"))
    page.get_by_role("button", name="Take it").click()
    fail = lambda route: route.fulfill(status=status, json={}) if status else route.abort()  # noqa: E731
    context.route("**/v1/checks", fail)

    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("alert")).to_be_visible()

    expect(page.locator("#draft")).to_have_value(f"{TRUE} {REPAIR}")
    assert states(page) == ["Supported", "Repaired"]
    context.unroute("**/v1/checks")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#tally")).to_have_text("2 of 2 sentences are supported.")


def test_a_check_that_fails_midway_keeps_what_was_read(visit: Visit):
    page = drafting(visit, f"BROKEN, it is. {TRUE}")
    page.locator("#judge").click()

    expect(page.get_by_role("alert")).to_contain_text("The harbour is closed")
    assert states(page) == ["Not supported", "Waiting"]
    expect(page.locator("#judge")).to_be_focused()
    page.reload()
    page.locator("#tab-check").click()
    assert states(page) == ["Not supported", "Waiting"]


def test_what_is_discarded_or_removed_is_gone_from_the_browser_and_can_be_had_back(visit: Visit):
    page = checked(drafting(visit, f"{TRUE} {WRONG}"))
    page.get_by_role("button", name="Remove all articles").click()
    page.get_by_role("button", name="Discard the draft").click()
    page.wait_for_function("() => JSON.stringify(localStorage) === '{}'")
    assert states(page) == []

    page.get_by_role("button", name="Undo").last.click()
    page.get_by_role("button", name="Undo").first.click()

    expect(page.locator("#draft")).to_have_value(f"{TRUE} {WRONG}")
    expect(page.locator("#articles > li")).to_have_count(2)
    assert states(page) == ["Supported", "Not supported"]


@pytest.mark.parametrize("refusal", ["full", "refused"])
def test_what_the_browser_cannot_keep_is_said_and_nothing_breaks(
    visit: Visit, context: BrowserContext, refusal: str
):
    full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    refused = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    context.add_init_script(full if refusal == "full" else refused)

    page = checked(drafting(visit, f"{TRUE} {WRONG}"))

    expect(page.locator("#lost")).to_contain_text("can’t keep the articles and your draft")
    assert states(page) == ["Supported", "Not supported"]
    assert violations(page) == []


def test_the_page_speaks_german_to_the_end(visit: Visit, context: BrowserContext):
    page = checked(drafting(visit, f"{TRUE} {WRONG} {UNKNOWN}", "/?lang=de"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#tally")).to_have_text("1 von 3 Sätzen ist belegt.")
    expect(page.locator("#verdicts")).to_contain_text(
        "Keine zitierte Stelle nennt hierfür die Zahl „13“."
    )
    assert states(page) == ["Belegt", "Nicht belegt", "Nicht belegt"]
    assert violations(page) == []
    page.get_by_role("button", name="Übernehmen").click()
    page.get_by_role("tab", name="Briefing").click()
    page.get_by_role("button", name="Briefing schreiben").click()
    expect(page.locator("news-brief")).to_contain_text("1 Satz zurückgehalten")
    english = re.compile(r"\b(the|your|article|check|copy|remove)\b", re.IGNORECASE)
    shown = page.locator("header, #compose, [role=tablist]").all_inner_texts()
    assert not english.search(re.sub("Bridge.*|Traffic.*|The bridge.*", "", " ".join(shown)))

    page.get_by_label("Sprache").select_option("en")

    expect(page.get_by_role("tab", name="Check my draft")).to_be_visible()
    expect(page.locator("news-brief")).to_contain_text("1 sentence withheld")
    page.reload()
    expect(page.get_by_role("button", name="Write the brief")).to_be_visible()


def test_the_browsers_language_is_spoken_unless_another_is_chosen(browser: Browser, desk: Desk):
    context = browser.new_context(locale="de-AT")
    page = context.new_page()
    page.goto(desk.address)

    expect(page.get_by_role("button", name="Briefing schreiben")).to_be_visible()
    page.locator("#files").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * 1234}
    )
    expect(page.locator("#articles summary")).to_contain_text(re.compile(r"1.234 Zeichen"))
    context.close()


def test_the_english_of_the_markup_is_that_of_the_words_and_all_have_german(
    visit: Visit, desk: Desk
):
    words = """async (file) => Object.fromEntries(Object.entries((await import(file)).default)
        .map(([key, word]) => [key, typeof word === "string" ? word : ""]))"""
    page = visit()
    english, german = (page.evaluate(words, f"/page/words{each}.js") for each in ("", ".de"))
    markup = html.fromstring(desk.client.get("/").text)

    for name, place in (("t", None), ("t-label", "aria-label"), ("t-hint", "placeholder")):
        for node in markup.xpath(f"//*[@data-{name}]"):
            text = node.text_content() if place is None else node.get(place)
            assert text == english[node.get(f"data-{name}")]
    assert set(english) <= set(german)
    told = page.evaluate(
        "async () => Object.keys((await import('/page/words.de.js')).default.problems)"
    )
    assert set(told) == set(PROBLEMS)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_draft_is_whole_and_accessible(visit: Visit, width: int, scheme: Any, language: str):
    page = checked(drafting(visit, f"{TRUE} {WRONG} {UNKNOWN}", f"/?lang={language}"))
    page.emulate_media(color_scheme=scheme, forced_colors="active" if width == 360 else "none")
    page.set_viewport_size({"width": width, "height": 800})
    page.locator(".repair button").click()
    for folded in page.locator("#verdicts details:not([open]) summary").all():
        folded.click()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.emulate_media(color_scheme=scheme, forced_colors="none")
    assert violations(page) == []


def test_markup_in_a_draft_its_article_and_its_repair_stays_text(visit: Visit):
    hostile = {"id": "x\"><svg onload=alert(1)>", "publisher": CARD, "text": f"The bridge over the river {CARD} is open."}  # fmt: skip
    page = visit()
    give(page, [hostile])
    page.locator("#tab-check").click()
    page.locator("#draft").fill(f"The bridge over the sea {CARD} is shut.")
    checked(page)

    page.get_by_role("button", name="Open the article").first.click()
    expect(page.locator("#article mark")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()

    assert page.title() == "Newsbrief"
    assert page.locator("img[src=x], svg[onload], main script").count() == 0
