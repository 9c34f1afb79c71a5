"""Makes the pictures of the README with the real models: python docs/pictures.py

It starts a service of its own, takes the sample, waits for its brief, opens the table and a source, and
checks a draft of two sentences, one of them wrong. Needs Chromium and Pillow.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT, SHOWN = 1440, 900, (960, 600)
COLOURS, STILL_COLOURS = 64, 128
"""Enough for text on paper; with them the recording stays below a megabyte."""

LOOK_S, BRIEF_S, CHECK_S = 0.5, 180, 120

DRAFT = (
    "Russian President Vladimir Putin met US envoy Steve Witkoff and Jared Kushner in the Kremlin."
    " The talks lasted nine hours."
)


class Recording:
    """Frames of a page, each shown as long as nothing else is seen, but never very long."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[Image.Image] = []
        self._shown_ms: list[int] = []

    def take(self, ms: int = 700) -> None:
        shot = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB").resize(SHOWN)
        if self._frames and shot.tobytes() == self._frames[-1].tobytes():
            self._shown_ms[-1] = max(self._shown_ms[-1], ms)
            return
        self._frames.append(shot)
        self._shown_ms.append(ms)

    def until(self, selector: str, seconds: float) -> None:
        """Frames until something is there to be seen."""
        end = time.monotonic() + seconds
        while not self._page.locator(selector).first.is_visible():
            if time.monotonic() > end:
                raise TimeoutError(selector)
            self.take(400)
            time.sleep(LOOK_S)
        self.take(1500)

    def save(self, path: Path) -> None:
        palette = self._frames[-1].quantize(COLOURS)
        first, *rest = (
            each.quantize(palette=palette, dither=Image.Dither.NONE) for each in self._frames
        )
        first.save(
            path, save_all=True, append_images=rest, duration=self._shown_ms, loop=0, optimize=True
        )


def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        served = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env={**os.environ, "NEWSBRIEF_PORT": str(port), "NEWSBRIEF_DATA_DIR": folder},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            ready(url)
            record(url)
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait()


def ready(url: str) -> None:
    for _ in range(120):
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    raise TimeoutError(url)


def record(url: str) -> None:
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=arguments
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-GB")
        recording = Recording(page)
        page.goto(f"{url}/")
        recording.take(1200)
        page.get_by_role("button", name="Take the sample").click()
        page.locator("#articles > li").nth(4).wait_for()
        recording.take(900)
        page.get_by_role("button", name="Write the brief").click()
        recording.until("news-brief .bar", BRIEF_S)
        page.locator("news-brief [data-key^='s1/']").first.click()
        page.locator("news-brief mark.active").wait_for()
        page.wait_for_timeout(500)
        recording.take(2500)
        still(page.screenshot(), IMAGES / "brief.png")
        page.keyboard.press("Escape")
        grid(page, recording)
        page.get_by_role("tab", name="Check my draft").click()
        page.get_by_label("Draft", exact=True).fill(DRAFT)
        recording.take(900)
        page.get_by_role("button", name="Check the draft").click()
        recording.until(
            "#verdicts .unsupported, #verdicts .conflicted, #verdicts .partial", CHECK_S
        )
        recording.until("#judge:enabled", CHECK_S)
        recording.take(3000)
        recording.save(IMAGES / "desk.gif")
        browser.close()


def still(shot: bytes, path: Path) -> None:
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(STILL_COLOURS).save(path, optimize=True)


def grid(page: Page, recording: Recording) -> None:
    """The table of who reports what, alone as a picture."""
    view = page.locator("news-brief")
    view.get_by_text("Who reports what").click()
    table = view.locator("[part=agreement]")
    table.locator("td").first.wait_for()
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    recording.take(2500)
    still(table.screenshot(), IMAGES / "agreement.png")
    view.locator("td.part-of").first.click()
    page.wait_for_timeout(500)
    recording.take(2500)
    page.keyboard.press("Escape")


if __name__ == "__main__":
    main()
