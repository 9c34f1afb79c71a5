"""The example host page, on another origin than the service's."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk, Visit, violations
from tests.browser.stories import BRIDGE, marked
from tests.browser.test_component import brief, job

DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.fixture(scope="module")
def host(desk: Desk, host_port: int) -> Iterator[str]:
    """The address of the example, on a server of its own; /frame is a page that frames ours."""
    example = (DOCS / "examples" / "host.html").read_text()
    pages = {
        "/host.html": example.replace("http://127.0.0.1:8000", desk.address),
        "/frame": f"<title>frame</title><iframe src='{desk.address}/'></iframe>",
    }

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(urlsplit(self.path).path, "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", host_port), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{host_port}/host.html"
        server.shutdown()
        thread.join()


def test_a_page_of_another_origin_shows_a_brief_and_hears_of_it(
    desk: Desk, visit: Visit, host: str
):
    page = visit(f"{host}?brief={brief(desk, BRIDGE)['id']}")

    expect(page.locator("#log")).to_have_text("5 sentences")
    page.locator("news-brief .s .n").first.click()
    expect(page.locator("#log")).to_have_text(
        "Opened: The bridge over the Orla reopened on Monday, as the city had promised."
    )
    accent = page.locator("news-brief .s .n").first.evaluate("node => getComputedStyle(node).color")
    assert accent == "rgb(122, 31, 92)"
    assert violations(page) == []


def test_a_page_of_another_origin_streams_a_job(desk: Desk, visit: Visit, host: str):
    page = visit(f"{host}?job={job(desk, marked(BRIDGE, 'STREAM host'))}")

    expect(page.locator("news-brief .s").first).to_be_visible()
    expect(page.locator("#log")).to_have_text("5 sentences")


def test_an_origin_that_is_not_named_loads_the_component_and_no_data(
    desk: Desk, visit: Visit, host: str
):
    stranger = host.replace("localhost", "stranger.localhost")

    page = visit(f"{stranger}?brief={brief(desk, BRIDGE)['id']}", allowed="CORS policy|ERR_FAILED")

    expect(page.get_by_role("alert")).to_contain_text("No connection")


def test_the_page_can_be_framed_by_the_named_origin_alone(visit: Visit, host: str):
    framing = host.replace("host.html", "frame")

    named = visit(framing).frame_locator("iframe")
    expect(named.get_by_role("heading", name="No brief is open")).to_be_visible()
    stranger = visit(
        framing.replace("localhost", "127.0.0.1"), allowed="frame-ancestors|ERR_BLOCKED_BY_RESPONSE"
    )

    expect(stranger.frame_locator("iframe").get_by_role("heading")).to_have_count(0)


def test_what_a_reader_loads_is_small(desk: Desk, visit: Visit, host: str):
    sent: dict[str, int] = {}
    page = visit("about:blank")
    page.on(
        "response",
        lambda answer: sent.update({answer.url: int(answer.headers.get("content-length", 0))}),
    )
    page.goto(f"{host}?brief={brief(desk, BRIDGE)['id']}")
    expect(page.locator("news-brief .bar")).to_be_visible()

    loaded = {url: size for url, size in sent.items() if "/embed/" in url}
    assert sum(loaded.values()) < 20_000
    plain = httpx.get(
        f"{desk.address}/embed/news-brief.js", headers={"Accept-Encoding": "identity"}
    )
    assert len(plain.content) < 30_000


def test_the_guide_names_every_event_part_and_property():
    guide = (DOCS / "embedding.md").read_text()
    sources = "".join(
        each.read_text() for each in (DOCS.parent / "service/dashboard/embed").glob("*.js")
    )

    events = re.findall(r'"((?:brief|citation|sentence)-[a-z]+)"', sources)
    parts = re.findall(r'part: "([a-z]+)"', sources) + re.findall(r'#folded\("([a-z]+)"', sources)
    names = {*events, *parts, *re.findall(r"--nb-[a-z-]+", sources)} - {"news-brief"}
    assert len(names) > 30
    assert [name for name in sorted(names) if f"`{name}`" not in guide] == []
