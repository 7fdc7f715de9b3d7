"""A real Chromium without a window, driven by Playwright; it is the system's own, so nothing is downloaded."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import ConsoleMessage, Error, Request, sync_playwright
from playwright.sync_api import Page as Tab

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 20_000


def program() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Page:
    """One tab, and what it asked for and complained about since it was last told to forget."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self._asked: list[str] = []
        self._faults: list[str] = []
        tab.set_default_timeout(PATIENCE_MS)
        tab.on("request", self._hear_request)
        tab.on("console", self._hear_console)
        tab.on("pageerror", self._hear_error)

    def _hear_request(self, request: Request) -> None:
        self._asked.append(request.url)

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._faults.append(f"{message.text} ({message.location.get('url', '')})")

    def _hear_error(self, error: Error) -> None:
        self._faults.append(str(error))

    def forget(self) -> None:
        """What was asked for and complained about before counts no more."""
        self._asked.clear()
        self._faults.clear()

    def open(self, address: str) -> int | None:
        """The page at the address is loaded, and where it draws itself it has done so; return its status code."""
        # A change of the fragment alone would load nothing anew.
        self.tab.goto("about:blank")
        answer = self.tab.goto(address)
        return answer.status if answer else None

    def ready(self) -> None:
        """The page says that it has drawn itself."""
        self.until("document.documentElement?.dataset.ready === '1'")

    def until(self, condition: str) -> None:
        """The JavaScript condition holds."""
        # Playwright's own waiting evaluates a string in the page, which the policy of our pages forbids.
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not self._holds(condition):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{condition}; {self.faults()}")
            self.tab.wait_for_timeout(30)

    def _holds(self, condition: str) -> bool:
        try:
            return bool(self.value(f"Boolean({condition})"))
        except Error:
            return False  # The tab is between two pages.

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression."""
        return self.tab.evaluate(expression)

    def press(self, key: str) -> None:
        """Press and release a key, a letter or a name such as ArrowDown."""
        self.tab.keyboard.press(key)

    def write(self, text: str) -> None:
        """Write a text into what has the focus."""
        self.tab.keyboard.insert_text(text)

    def click(self, selector: str) -> None:
        """Click in the middle of what the selector finds first."""
        self.tab.locator(selector).first.click()

    def scheme(self, name: Literal["light", "dark"] | None) -> None:
        """The system prefers light or dark."""
        self.tab.emulate_media(color_scheme=name)

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page, for people to look at."""
        folder = Path(os.environ.get("MET_SCREENSHOTS", ROOT / "ci-artifacts" / "screenshots"))
        folder.mkdir(parents=True, exist_ok=True)
        self.tab.screenshot(path=folder / f"{name}.png", full_page=True)

    def requests(self) -> list[str]:
        """Return the addresses that were asked for, in order."""
        return [asked for asked in self._asked if asked != "about:blank"]

    def faults(self) -> list[str]:
        """Return exceptions of scripts, and errors and warnings of the console."""
        return list(self._faults)


@contextmanager
def chromium(width: int = 1500, height: int = 950) -> Iterator[Page]:
    """Give a tab of a Chromium of its own, which ends with the block."""
    found = program()
    if found is None:
        raise FileNotFoundError("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield Page(browser.new_context(viewport={"width": width, "height": height}).new_page())
        finally:
            browser.close()
