"""Who reports what: the marks after sentences, the table of sentences against outlets, the parts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Desk, Visit, expect_marked, violations
from tests.browser.stories import BRIDGE, FLOOD, SCRIPTS, marked
from tests.browser.test_component import brief, job, opened

LIT_PARTS = "() => [...(CSS.highlights.get('news-brief-part') ?? [])].map((range) => {const {data} = range.startContainer; return data.slice(range.startOffset, range.endOffset)})"
FOCUSED = "() => document.querySelector('news-brief').shadowRoot.activeElement?.getAttribute('aria-label')"


def tabled(visit: Visit, made: dict[str, Any]) -> Page:
    """A page with the table open, its outlets named."""
    page = opened(visit, made)
    page.locator("news-brief").get_by_text("Who reports what").click()
    expect(page.locator("news-brief thead th").last).to_contain_text("Northern Courier")
    return page


def test_after_a_sentence_stands_who_alone_has_it_how_many_do_or_who_disputes_it(
    desk: Desk, visit: Visit
):
    alone = {"id": "3-harbor", "publisher": "Harbor Ledger", "text": "Ferries run all night."}
    page = opened(visit, brief(desk, [*BRIDGE, alone]))
    marks = page.locator("news-brief .s button.badge")

    expect(marks).to_have_text([
        "1 outlet + 1 in part", "disputed by Northern Courier", "only Orla Ledger", "only Orla Ledger",
        "only Northern Courier", "only Harbor Ledger",
    ])  # fmt: skip
    expect(marks.first).to_have_attribute(
        "title", "reports: Orla Ledger · in part: Northern Courier"
    )
    expect(marks.nth(2)).to_have_attribute("title", "No outlet but Orla Ledger reports this")


def test_a_figure_that_moved_on_is_told_calmly(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, FLOOD))
    sentence = page.locator("news-brief .s").nth(1)

    expect(sentence.locator(".badge")).to_have_text("earlier figure: Coast Times, Northern Courier")
    expect(sentence.locator(".loud")).to_have_count(0)
    page.goto("about:blank")
    times = ["2025-11-03T08:00:00Z", "2025-11-03T12:00:00Z"]
    later = [{**each, "published_at": at} for each, at in zip(FLOOD, times, strict=False)]
    page = opened(visit, brief(desk, later))

    expect(page.locator("news-brief .s").nth(1)).to_contain_text("newer figure: Coast Times")


def test_where_all_articles_tell_one_report_no_sentence_is_marked(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, FLOOD[2:]))

    expect(page.locator("news-brief .s").first).to_be_visible()
    expect(page.locator("news-brief .s .badge")).to_have_count(0)


def test_a_brief_from_before_there_were_rows_looks_right(
    desk: Desk, visit: Visit, context: BrowserContext
):
    made = brief(desk, FLOOD)
    old = {name: value for name, value in made.items() if name != "agreement"}
    context.route(f"**/v1/briefs/{made['id']}?*", lambda route: route.fulfill(json=old))

    page = opened(visit, made)

    expect(page.locator("news-brief .s .badge")).to_have_text(["disputed", "disputed"])
    expect(page.locator("news-brief [part=agreement]")).to_be_hidden()


def test_the_table_has_a_row_a_sentence_and_a_column_an_outlet_newest_first(
    desk: Desk, visit: Visit
):
    page = tabled(visit, brief(desk, FLOOD))
    table = page.get_by_role("grid", name="3 outlets, newest report first")

    heads = table.get_by_role("columnheader").all_text_contents()
    assert [each.split(" ")[0] for each in heads] == ["Sentence", "Harbor", "Coast", "Northern"]
    assert ["16:40" in heads[1], "15:05" in heads[2], "09:10" in heads[3]] == [True] * 3
    rows = table.locator("tr[data-s]")
    cells = [
        [cell.get_attribute("aria-label") for cell in row.locator("td").all()] for row in rows.all()
    ]
    assert cells == [
        ["reports", "in part", "in part"], ["reports", "earlier figure", "earlier figure"],
        ["reports", "disputes", "silent"], ["reports", "silent", "reports"],
        ["silent", "reports", "reports"],
    ]  # fmt: skip
    left_out = table.locator("tbody").nth(1)
    expect(left_out.locator("tr").first).to_have_text("Left out of the brief: reported by several")
    expect(left_out.locator("tr").nth(1)).to_contain_text("forty people from the roofs")


def test_reprints_stand_in_the_head_of_their_column(desk: Desk, visit: Visit):
    page = tabled(visit, brief(desk, FLOOD))

    head = page.get_by_role("columnheader", name="Northern Courier")
    expect(head).to_contain_text("+1 reprint (also carried by Tessel Mirror)")


def test_a_moved_figure_is_told_by_time_and_outlet_newest_first(desk: Desk, visit: Visit):
    page = tabled(visit, brief(desk, FLOOD))

    expect(page.locator("news-brief table .moved-on li")).to_have_text([
        "16:40 Harbor Ledger: 12 people", "15:05 Coast Times: 9 people", "09:10 Northern Courier: 7 people",
    ])  # fmt: skip


def test_the_keyboard_alone_walks_the_table_opens_a_cell_and_comes_back(desk: Desk, visit: Visit):
    page = tabled(visit, brief(desk, FLOOD))
    page.locator("news-brief [part=agreement] > summary").focus()

    page.keyboard.press("Tab")
    expect(page.get_by_role("region", name="Who reports what")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "reports"
    for key in ["ArrowRight", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"]:
        page.keyboard.press(key)
    assert page.evaluate(FOCUSED) == "disputes"
    page.keyboard.press("Enter")
    expect_marked(page, "Officials said that they counted 510 flooded houses.")
    page.keyboard.press("Escape")
    assert page.evaluate(FOCUSED) == "disputes"
    page.keyboard.press("Control+End")
    assert page.evaluate(FOCUSED) == "reports"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) != "silent"
    expect(page.locator("news-brief td:focus")).to_have_count(0)


def test_pointing_at_a_cell_lights_its_sentence_and_the_part_that_the_outlet_has(
    desk: Desk, visit: Visit
):
    page = tabled(visit, brief(desk, FLOOD))

    page.locator("news-brief td.part-of").first.hover()

    expect(page.locator("news-brief .s.lit")).to_contain_text("The Orla burst its banks")
    expect(page.locator("news-brief .note.lit")).to_have_count(3)
    expect(page.locator("news-brief th.here")).to_contain_text("Coast Times")
    assert set(page.evaluate(LIT_PARTS)) == {"Orla burst its banks at Varn on Monday"}
    page.locator("news-brief tr[data-s=s3] td").first.hover()
    assert page.evaluate(LIT_PARTS) == []


def test_a_cell_opens_its_characters_beside_the_sentence_and_steps_through_the_row(
    desk: Desk, visit: Visit
):
    page = tabled(visit, brief(desk, FLOOD))

    page.locator("news-brief td.part-of").first.click()

    expect_marked(page, "The Orla burst its banks at Varn on Monday, after two days of rain.")
    claim = page.locator("news-brief .claim")
    expect(claim).to_have_text(FLOOD[0]["text"].split(".")[0] + ".")
    expect(claim.locator("mark")).to_have_text("Orla burst its banks at Varn on Monday")
    page.get_by_role("button", name="Next").click()
    expect_marked(page, "The Orla burst its banks at Varn early on Monday.")
    expect(claim.locator("mark")).to_have_text("Orla burst its banks at Varn on Monday")
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("dialog", name="Orla bursts its banks")).to_be_visible()


def test_a_fact_that_was_left_out_opens_its_characters_too(desk: Desk, visit: Visit):
    page = tabled(visit, brief(desk, FLOOD))

    page.locator("news-brief tr[data-s^=left] td.reports").last.click()

    expect_marked(page, "Rescuers brought (ASIDE) forty people from the roofs.")
    expect(page.get_by_role("dialog", name="Flood at Varn")).to_be_visible()


def test_the_mark_after_a_sentence_leads_to_its_row(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, FLOOD))

    page.locator("news-brief .s").nth(2).get_by_role("button", name="disputed by").click()

    expect(page.locator("news-brief tr[data-s=s3] td").first).to_be_focused()


def test_on_a_narrow_screen_it_is_a_list_of_outlets_by_stance(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, FLOOD))
    page.set_viewport_size({"width": 360, "height": 800})
    page.locator("news-brief").get_by_text("Who reports what").click()
    third = page.locator("news-brief .lines li[data-s=s3]")

    expect(third.locator(".stance")).to_have_text([
        "reports: Harbor Ledger", "disputes: Coast Times", "silent: Northern Courier",
    ])  # fmt: skip
    expect(page.get_by_role("grid")).to_be_hidden()
    expect(page.get_by_role("region", name="3 outlets, newest report first")).to_contain_text(
        "Northern Courier 09:10 +1 reprint (also carried by Tessel Mirror)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    third.get_by_role("button", name="Coast Times").click()
    expect_marked(page, "Officials said that they counted 510 flooded houses.")


def test_it_is_said_in_german(desk: Desk, visit: Visit):
    page = opened(visit, brief(desk, FLOOD))
    page.evaluate("document.querySelector('news-brief').lang = 'de'")
    view = page.locator("news-brief")

    view.get_by_text("Wer was berichtet").click()

    expect(view.locator(".s").nth(2)).to_contain_text("Coast Times widerspricht")
    expect(view.locator("table")).to_contain_text("Nicht im Briefing, obwohl mehrere es berichten")
    expect(view.locator("thead")).to_contain_text("+1 Nachdruck (auch bei Tessel Mirror)")
    assert view.locator("td.part-of").first.get_attribute("aria-label") == "zum Teil"


def test_while_a_brief_is_written_the_table_grows(desk: Desk, visit: Visit):
    page = visit(f"/#/jobs/{job(desk, marked(FLOOD, 'STREAM'))}")
    view = page.locator("news-brief")
    view.get_by_text("Who reports what").click()

    expect(view.locator("tr[data-s=s2]")).to_be_visible()
    expect(view.locator("thead")).to_contain_text("Harbor Ledger")
    assert view.locator("tr[data-s]").count() < 5
    view.locator("td[tabindex]").focus()
    page.keyboard.press("ArrowDown")
    expect(view.locator("tr[data-s=s2] td").first).to_be_focused()
    expect(view.locator(".bar")).to_be_visible()
    expect(view.locator("tr[data-s]")).to_have_count(5)
    expect(view.locator("tr[data-s=s2] td:focus")).to_have_count(1)


@pytest.mark.parametrize(
    ("sentence", "evidence", "parts"),
    [
        ("The old bridge reopened on Monday, 12 days late.", "On Monday the bridge reopens.",
         ["bridge reopened on Monday"]),
        ("\U0001f389 Tausende im Cafe\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 am See \U0001f44d\U0001f3fd.", "im CAF\u00c9 waren Tausende",
         ["Tausende im Cafe\u0301"]),
        ("\u05d4\u05d2\u05e9\u05e8 \u05e0\u05e4\u05ea\u05d7 \u05de\u05d7\u05d3\u05e9 \u05d1\u05d9\u05d5\u05dd \u05e9\u05e0\u05d9", "\u05d1\u05d9\u05d5\u05dd \u05e9\u05e0\u05d9 \u05d4\u05d2\u05e9\u05e8 \u05e0\u05e4\u05ea\u05d7",
         ["\u05d4\u05d2\u05e9\u05e8 \u05e0\u05e4\u05ea\u05d7", "\u05d1\u05d9\u05d5\u05dd \u05e9\u05e0\u05d9"]),
        ("\U0001d4e2pa\u0308ter kamen 9 Boote.", "9 Boote fuhren", ["9 Boote"]),
        ("12 people died of it.", "The end of it: 13 people", ["people"]),
        ("Of the lot it is the one.", "of the it is", []),
    ],
    ids=["english", "emoji", "hebrew", "surrogates", "figures", "short words"],
)  # fmt: skip
def test_the_words_of_a_sentence_that_stand_in_the_evidence_are_marked_in_runs(
    visit: Visit, sentence: str, evidence: str, parts: list[str]
):
    found = visit().evaluate(
        """async ([sentence, evidence]) => (await import("/embed/parts.js")).runs(sentence, evidence)
            .map(({ start, end }) => sentence.slice(start, end))""",
        [sentence, evidence],
    )

    assert found == parts


@pytest.mark.parametrize(
    ("text", "others", "figure"),
    [
        ("On Monday 3 boats brought 12 people on deck.", ["3 boats, 9 people"], "12 people"),
        ("It costs \u20ac1,200.50 now.", ["It costs \u20ac900"], "\u20ac1,200.50"),
        ("Up 4.5 % a year", ["Up 3 %"], "4.5 % a year"),
        ("Twelve died.", ["Seven died."], None),
    ],
)
def test_a_figure_is_told_in_a_few_words(
    visit: Visit, text: str, others: list[str], figure: str | None
):
    told = """async ([text, others]) => (await import("/embed/parts.js")).figure(text, others)"""

    found = visit().evaluate(told, [text, others])

    assert found == figure


def test_parts_in_right_to_left_text_are_lit_where_they_stand(desk: Desk, visit: Visit):
    hebrew = SCRIPTS[1]
    shared = hebrew["text"].split(",")[0]
    story = [hebrew, {"id": "3-other", "publisher": "Northern Courier", "text": f"{shared}, 9."}]
    page = tabled(visit, brief(desk, story))

    page.locator("news-brief td.part-of").first.hover()

    assert set(page.evaluate(LIT_PARTS)) == {shared.removeprefix("\U0001f389 ")}


def test_two_hundred_outlets_are_drawn_within_a_second(desk: Desk, visit: Visit):
    facts = [f"Fact {k:02} of the flood was told." for k in range(40)]
    story = [
        {"id": f"{k:03}", "publisher": f"Outlet {k}", "text": " ".join([*(facts[(k * 3 + i) % 40] for i in range(4)), f"Outlet {k} closes."])}
        for k in range(200)
    ]  # fmt: skip
    page = opened(visit, brief(desk, story))

    took = page.evaluate("""async () => {
        const { shadowRoot: root } = document.querySelector("news-brief");
        await import("/embed/grid.js");
        const from = performance.now();
        root.querySelector("[part=agreement]").open = true;
        while (root.querySelectorAll("td").length < 8000) await new Promise(requestAnimationFrame);
        return performance.now() - from;
    }""")
    expect(page.locator("news-brief thead th").last).to_have_text("Outlet 199")
    from_here = page.evaluate("performance.now()")
    page.locator("news-brief td").first.focus()
    for key in ["End", "ArrowDown", "Home"]:
        page.keyboard.press(key)
    walked = page.evaluate("performance.now()") - from_here

    assert took < 1000
    assert walked < 1000
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


def test_printed_it_is_the_list_and_exports_are_as_before(desk: Desk, visit: Visit):
    page = tabled(visit, brief(desk, FLOOD))

    page.emulate_media(media="print")

    expect(page.locator("news-brief .lines").first).to_be_visible()
    expect(page.locator("news-brief .scroll")).to_be_hidden()
    text = page.evaluate("document.querySelector('news-brief').export('text')")
    assert "outlet" not in text


@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]
)
def test_the_table_is_accessible(desk: Desk, visit: Visit, width: int, scheme: Any):
    page = tabled(visit, brief(desk, FLOOD))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    for each in page.locator("news-brief summary").all():
        if each.is_visible() and each.text_content() != "Who reports what":
            each.click()

    assert violations(page) == []
    if width == 1280:
        page.locator("news-brief td.disputes").click()
        expect_marked(page, "Officials said that they counted 510 flooded houses.")
        assert violations(page) == []
