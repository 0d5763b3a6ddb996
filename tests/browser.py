"""A headless Chromium for tests: started once, asked to call nobody outside, its pages kept as screenshots."""

import contextlib
import os
import shutil
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def program():
    """Where the browser is."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "Chromium is missing: make test installs it"
    return found


@contextlib.contextmanager
def chromium():
    """The browser; ends with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program(), args=FLAGS, env={**os.environ, "LANG": "C.UTF-8"}
        )
        yield browser
        browser.close()


class Visitor:
    """One person's browser window: notes every outside address asked for and every error a page throws."""

    def __init__(self, browser, folder, *, dark=False, size=(1280, 860)):
        self.folder = folder
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        self.outside = []
        self.context.on("request", self._note)
        self.page = self.context.new_page()
        self.shots = 0

    def _note(self, request):
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1", "localhost"):
            self.outside.append(request.url)

    def shoot(self, name, page=None):
        """Keeps what the page shows now as a numbered PNG."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.shots += 1
        (page or self.page).screenshot(path=self.folder / f"{self.shots:02d}-{name}.png")
