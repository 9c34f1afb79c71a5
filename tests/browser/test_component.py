"""<news-brief> on the newsroom page: what an editor sees, opens, changes and takes away."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import Desk, Visit, expect_marked, violations
from tests.browser.stories import BRIDGE, CARD, HOSTILE, LATER, SCRIPTS, marked


def brief(desk: Desk, articles: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    body = {"articles": articles, "options": {**options, "offset_unit": "utf16"}}
    answer = desk.client.post("/v1/briefs", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def job(desk: Desk, articles: list[dict[str, Any]]) -> str:
    body = {"articles": articles}
    answer = desk.client.post("/v1/briefs", json=body, headers={"Prefer": "respond-async"})
    return answer.json()["id"]


def opened(visit: Visit, made: dict[str, Any]) -> Page:
    page = visit(f"/#/briefs/{made['id']}")
    expect(page.locator("news-brief .bar")).to_be_visible()
    return page


def in_view(part: Locator, whole: Locator) -> bool:
    inner, outer = part.bounding_box(), whole.bounding_box()
    assert inner is not None
    assert outer is not None
    return outer["y"] <= inner["y"] < outer["y"] + outer["height"]


@pytest.mark.parametrize("story", [LATER, SCRIPTS, HOSTILE], ids=["plain", "scripts", "hostile"])
def test_every_citation_opens_its_article_at_the_very_characters(
    desk: Desk, visit: Visit, story: list[dict[str, Any]]
):
    made = brief(desk, [{**each, "text": "Rain all day\n" * 300 + each["text"]} for each in story])
    page = opened(visit, made)

    for sentence in made["sentences"]:
        buttons = page.locator(f"news-brief [data-s='{sentence['id']}'] .n")
        for number, cited in enumerate(sentence["citations"]):
            buttons.nth(number).click()
            expect_marked(page, cited["quote"])
            pane = page.locator("news-brief .article")
            assert in_view(page.locator("news-brief mark.active").first, pane)
            for part in cited["highlights"]:
                text = "".join(page.locator("news-brief mark.part").all_text_contents())
                offset = part["start"] - cited["start"]
                units = cited["quote"].encode("utf-16-le")
                size = part["end"] - part["start"]
                assert text == units[2 * offset : 2 * (offset + size)].decode("utf-16-le")
    assert page.title() == "Newsbrief"


def test_the_source_pane_names_title_outlet_time_and_original(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))

    page.locator("news-brief .words").first.click()

    pane = page.get_by_role("dialog", name="Bridge reopens after nine months")
    expect(pane).to_contain_text("Orla Ledger · 3 Nov 2025, 08:00")
    link = pane.get_by_role("link", name="Open the original")
    expect(link).to_have_attribute("href", "https://ledger.example/bridge")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    pane.get_by_role("button", name="Next").click()
    expect(page.get_by_role("dialog", name="Traffic is back on the Orla")).to_contain_text(
        "[2] corroborates"
    )


def test_pointing_at_a_sentence_lights_what_it_cites(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))
    notes = page.locator("news-brief .note.lit")

    page.locator("news-brief .s").nth(2).hover()
    expect(notes).to_have_count(1)
    expect(notes).to_contain_text("Two lanes stay closed until Friday.")
    page.locator("news-brief .s .n").first.focus()
    expect(notes).to_have_count(2)


def test_outlets_disputes_and_what_was_withheld_are_told_in_plain_words(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))
    view = page.locator("news-brief")

    expect(view.locator(".s").first).to_contain_text("1 outlet + 1 in part")
    expect(view.locator(".s").nth(1)).to_contain_text("disputed by Northern Courier")
    sides = view.locator(".sides > li")
    expect(sides).to_have_count(2)
    expect(sides.nth(1)).to_contain_text("14 broken cables")
    expect(sides.nth(1)).to_contain_text("Northern Courier")
    view.get_by_text("1 sentence withheld").click()
    expect(view).to_contain_text(
        "No source holds the name: Zorro. No source gives this number: 12."
    )


def test_a_running_job_streams_its_sentences_and_a_broken_stream_is_taken_up(
    desk: Desk, visit: Visit, context: BrowserContext
):
    # The first stream breaks after two sentences, as a network would break it.
    context.add_init_script("""
        const real = window.fetch; window.asked = [];
        window.fetch = async (url, options) => {
          const answer = await real(url, options);
          if (!String(url).includes("/events")) return answer;
          window.asked.push(options.headers["Last-Event-ID"] ?? "");
          if (window.asked.length > 1) return answer;
          let told = "";
          const cut = new TransformStream({ transform(chunk, to) {
            told += new TextDecoder().decode(chunk);
            if (told.split("event: sentence").length > 3) to.error(new TypeError("network error"));
            else to.enqueue(chunk);
          } });
          return new Response(answer.body.pipeThrough(cut), { headers: answer.headers });
        };""")
    page = visit(f"/#/jobs/{job(desk, marked(BRIDGE, 'STREAM'))}")
    view = page.locator("news-brief")

    expect(view.locator("li[aria-current=step]")).to_be_visible()
    expect(view.locator(".s").first).to_contain_text("reopened on Monday")
    expect(view.locator("article")).to_have_attribute("aria-busy", "true")
    expect(view.locator(".bar")).to_be_visible()
    first, second = page.evaluate("window.asked")
    assert first == ""
    assert re.fullmatch(r"\d+-\d+", second)
    texts = view.locator(".words").all_text_contents()
    assert len(texts) == len(set(texts)) == 5
    assert page.url.endswith(
        f"#/briefs/{page.evaluate('document.querySelector(`news-brief`).brief.id')}"
    )


def test_a_job_that_fails_says_why(desk: Desk, visit: Visit):
    page = visit(f"/#/jobs/{job(desk, marked(BRIDGE, 'BROKEN'))}")

    expect(page.get_by_role("alert")).to_contain_text(
        "The harbour is closed. Send another article."
    )
    assert violations(page) == []


def test_too_many_calls_are_waited_for_and_tried_again(
    desk: Desk, visit: Visit, context: BrowserContext
):
    made = brief(desk, BRIDGE)
    answers = iter([{"status": 429, "headers": {"Retry-After": "1"}, "json": {"detail": "Wait."}}])

    def answer(route: Any) -> None:
        told = next(answers, None)
        route.fulfill(**told) if told else route.continue_()

    context.route(f"**/v1/briefs/{made['id']}?*", answer)
    page = visit(f"/#/briefs/{made['id']}", allowed="429")

    expect(page.get_by_role("alert")).to_contain_text("Trying again in 1 s")
    expect(page.locator("news-brief .bar")).to_be_visible()


def test_without_a_connection_it_goes_on_by_itself(desk: Desk, visit: Visit):
    made = brief(desk, BRIDGE)
    page = visit("/", allowed="ERR_INTERNET_DISCONNECTED")

    page.context.set_offline(True)
    page.evaluate(f"location.hash = '#/briefs/{made['id']}'")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.locator("#offline")).to_contain_text("You are offline")
    page.context.set_offline(False)

    expect(page.locator("news-brief .bar")).to_be_visible()
    expect(page.locator("#offline")).to_be_empty()


def test_an_article_that_cannot_be_had_leaves_the_quotation(
    desk: Desk, visit: Visit, context: BrowserContext
):
    made = brief(desk, BRIDGE)
    context.route(
        "**/articles/*", lambda route: route.fulfill(status=404, json={"detail": "Gone."})
    )
    page = visit(f"/#/briefs/{made['id']}", allowed="404")

    page.locator("news-brief .s .n").first.click()

    expect(page.locator("news-brief dialog [role=alert]")).to_contain_text("could not be had")
    expect_marked(page, made["sentences"][0]["citations"][0]["quote"])


def test_a_later_version_shows_what_changed(desk: Desk, visit: Visit):
    first = brief(desk, BRIDGE)
    second = brief(desk, LATER, supersedes=first["id"])
    page = opened(visit, second)
    view = page.locator("news-brief")

    expect(view.locator(".badge.fresh")).to_have_text(["new", "new"])
    view.get_by_text("What changed since version 1").click()
    expect(view).to_contain_text("new (a new article): A cyclist was the first to cross")
    page.evaluate(f"location.hash = '#/briefs/{first['id']}'")
    view.get_by_role("button", name="Open it").click()
    expect(view).to_contain_text("A cyclist was the first")


def test_a_retracted_source_is_told_first(desk: Desk, visit: Visit):
    story = marked(BRIDGE, "windy")
    made = brief(desk, story)
    sha256 = hashlib.sha256(story[0]["text"].encode()).hexdigest()
    withdrawn = {"kind": "withdrawn", "reason": "Not our report.", "articles": [{"sha256": sha256}]}
    desk.client.post("/v1/retractions", json=withdrawn)

    page = opened(visit, made)

    expect(page.locator("news-brief .notice")).to_contain_text(
        "A cited article was withdrawn (1-ledger): Not our report."
    )
    expect(page.locator("news-brief .s").first).to_contain_text("source retracted")


def test_an_edit_is_checked_marked_as_the_editors_own_and_kept_in_what_is_copied(
    desk: Desk, visit: Visit
):
    page = opened(visit, brief(desk, marked(BRIDGE, "dry")))
    view = page.locator("news-brief")
    view.get_by_role("button", name="Edit").click()
    sentences = view.locator(".s")

    def put(number: int, text: str) -> None:
        sentences.nth(number).get_by_role("button", name="Edit").click()
        view.get_by_role("textbox").fill(text)
        view.get_by_role("button", name="Check and keep").click()

    put(2, "Two lanes stay closed until Sunday.")
    expect(sentences.nth(2)).to_contain_text("editor’s own not supported")
    expect(sentences.nth(2)).to_contain_text("No cited sentence says this.")
    put(3, "It was a dry day.")
    expect(sentences.nth(3)).to_contain_text("editor’s own supported")
    sentences.nth(0).get_by_role("button", name="Drop").click()
    view.get_by_role("button", name="Done").click()
    expect(sentences).to_have_count(4)
    view.get_by_role("button", name="Copy text").click()
    expect(view.get_by_role("button", name="Copied")).to_be_visible()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Two lanes stay closed until Sunday. (editor’s own wording, not supported)" in copied
    assert "It was a dry day. [3] (editor’s own wording, supported)" in copied
    assert "[3] Orla Ledger, Bridge reopens after nine months, 3 Nov 2025" in copied
    assert "as the city had promised" not in copied.split("\n\n", 1)[1]


def test_an_edit_that_cannot_be_checked_says_so_and_stays(
    desk: Desk, visit: Visit, context: BrowserContext
):
    problem = {"detail": "This key lacks the scope 'write'."}
    context.route("**/v1/checks", lambda route: route.fulfill(status=403, json=problem))
    made = brief(desk, BRIDGE)
    page = visit(f"/#/briefs/{made['id']}", allowed="403")
    view = page.locator("news-brief")
    view.get_by_role("button", name="Edit").click()
    view.locator(".s").first.get_by_role("button", name="Edit").click()
    view.get_by_role("textbox").fill("The bridge is open.")

    view.get_by_role("button", name="Check and keep").click()

    expect(view.locator(".s").first).to_contain_text("not checked")
    expect(view.locator(".s").first).to_contain_text("lacks the scope")
    assert "The bridge is open." in page.evaluate(
        "document.querySelector('news-brief').export('text')"
    )


def test_markdown_and_html_are_escaped(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, HOSTILE, style="bullets"))
    export = "format => document.querySelector('news-brief').export(format)"

    markdown, html = page.evaluate(export, "markdown"), page.evaluate(export, "html")

    assert CARD not in html
    assert "<script" not in html
    assert "javascript:document" not in html
    assert re.search(r"^- .*\\<img", markdown, re.MULTILINE)
    assert "\\[x\\](javascript" in markdown
    assert html.count("<li>") == markdown.count("\n- ")


def test_a_sentence_is_copied_with_its_sources_and_hosts_are_told(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))
    page.evaluate("""window.told = []; for (const kind of ["sentence-copied", "citation-open"])
        document.addEventListener(kind, ({type, detail}) => told.push([type, detail.text ?? detail.citation.quote]))""")
    view = page.locator("news-brief")

    view.get_by_role("button", name="Edit").click()
    view.locator(".s").nth(2).get_by_role("button", name="Copy").click()
    expect(view.get_by_role("button", name="Copied")).to_be_visible()
    view.locator(".s .n").first.click()
    expect(view.locator("mark.active").first).to_be_visible()

    (copied, text), (opening, quote) = page.evaluate("told")
    assert (copied, opening) == ("sentence-copied", "citation-open")
    assert text.startswith("Two lanes stay closed until Friday. [5]\n\n[5] Orla Ledger")
    assert quote.startswith("The bridge over the Orla reopened on Monday, as")


def test_it_speaks_german(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))

    page.evaluate("document.querySelector('news-brief').lang = 'de-AT'")

    expect(page.locator("news-brief .s").first).to_contain_text("1 Medium + 1 zum Teil")
    expect(page.locator("news-brief")).to_contain_text("1 Satz zurückgehalten")


def test_the_key_comes_from_the_callback_and_is_nowhere_in_the_page(desk: Desk, visit: Visit):
    made = brief(desk, BRIDGE)
    page = visit("/", allowed="401")
    keys: list[str | None] = []
    page.on("request", lambda request: keys.append(request.headers.get("authorization")))

    page.evaluate(f"""() => {{
        const view = document.querySelector("news-brief");
        view.token = async () => "nb_x_secret";
        view.src = "/v1/briefs/{made["id"]}";
        view.hidden = false;
    }}""")

    expect(page.locator("news-brief").get_by_role("alert")).to_contain_text(
        "A valid API key is needed"
    )
    assert "Bearer nb_x_secret" in keys
    assert "nb_x_secret" not in page.content()


def test_the_keyboard_alone_opens_steps_and_comes_back(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))
    focused = "() => document.querySelector('news-brief').shadowRoot.activeElement?.textContent"
    page.locator("[role=tab]").first.focus()
    while page.evaluate(focused) != "1":
        page.keyboard.press("Tab")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(focused) == "Close"
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(focused) == "1"


def test_on_a_phone_a_tap_lights_the_sentence_and_opens_its_source_as_a_sheet(
    desk: Desk, browser: Browser
):
    made = brief(desk, BRIDGE)
    with browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True) as phone:
        page = phone.new_page()
        page.goto(f"{desk.address}/#/briefs/{made['id']}")

        page.locator("news-brief .words").nth(2).tap()

        expect_marked(page, "Two lanes stay closed until Friday.")
        expect(page.locator("news-brief .s.lit")).to_contain_text("Two lanes stay closed")
        assert page.locator("news-brief dialog").evaluate("sheet => sheet.matches(':modal')")
        page.get_by_role("button", name="Close", exact=True).tap()
        expect(page.locator("news-brief dialog")).to_be_hidden()


def test_print_shows_text_and_sources_without_tools(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, BRIDGE))
    page.locator("news-brief .s .n").first.click()

    page.emulate_media(media="print")

    expect(page.locator("news-brief .note").first).to_be_visible()
    expect(page.locator("news-brief .bar")).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#compose")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light"), (3840, "dark")])
def test_nothing_is_cut_off_or_inaccessible(desk: Desk, visit: Visit, width: int, scheme: Any):
    first = brief(desk, BRIDGE)
    page = opened(visit, brief(desk, LATER, supersedes=first["id"]))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    view = page.locator("news-brief")

    for folded in view.locator("summary").all():
        folded.click()
    view.get_by_role("button", name="Edit").click()
    view.locator(".s").nth(1).get_by_role("button", name="Edit").click()
    expect(view.get_by_role("textbox")).to_be_focused()
    assert width != 360 or violations(page) == []  # what is below a sheet is not looked at
    view.locator(".s .n").first.click()
    expect(view.locator("mark.active").first).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert width == 3840 or violations(page) == []
