"""Measure how fast the page of review answers a reviewer's keys in a real Chromium, and print one JSON line.

    python benchmarks/review.py --home COPY [--items N] [--seed N]

A plan of N items of the newest build is judged with the keyboard alone, nine of ten items accepted (one key) and one
rejected (two keys), by a reviewer `benchmark` of the kind `model`, whose judgements stay in the home: give it a copy.
`seconds` lie between the press of the key that judges and the first frame that shows the next item with its image.
`per_minute` is the ceiling that follows: what the machine allows somebody who needs no time to look or to think. It is
no figure of people. `floor` is the same browser on the same way (key, form, redirect, page, frame) between two pages
that ask no store and show no image.
"""

import argparse
import json
import os
import platform
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from met.keys import canonical_json

SIZE = {"width": 1280, "height": 900}
REJECT_EVERY = 10
WARM = 5
MET = str(Path(sys.executable).with_name("met"))
# Runs before the scripts of each page; the moment of the key outlives the page on which it was pressed.
CLOCK = """
const pressed = (event) => sessionStorage.setItem("pressed", performance.timeOrigin + event.timeStamp);
addEventListener("keydown", pressed, true);
addEventListener("load", () => requestAnimationFrame(() => setTimeout(() => {
  window.shown = performance.timeOrigin + performance.now() - Number(sessionStorage.getItem("pressed"));
})));
"""
PLAIN = b"""<!doctype html><title>-</title><form method="post" action="/"></form>
<script>addEventListener("keydown", () => document.forms[0].requestSubmit());</script>"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    # The same seed gives the same plan, so a second run needs a reviewer who has judged nothing of it.
    reviewer = f"benchmark-{secrets.token_hex(4)}"
    with tab() as page, served(options.home) as url:
        plan = planned(options.home, options.items + WARM + 1, options.seed)
        page.goto(f"{url}review/next?plan={plan['plan']}&reviewer={reviewer}&kind=model")
        taken = list(judged(page, min(options.items, plan["items"] - WARM - 1)))
        with plain() as place:
            page.goto(place)
            floor = [pressed(page, ("a",)) for _ in range(WARM + 50)][WARM:]
    accepted, rejected = ([seconds for word, seconds in taken if word == which] for which in ("accept", "reject"))
    both = [seconds for _, seconds in taken]
    facts = {
        "what": "review",
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "items": len(taken),
        "screen": f"{SIZE['width']} x {SIZE['height']}",
        "seconds": {"accept": spread(accepted), "reject": spread(rejected), "both": spread(both)},
        "per_minute": round(60 / statistics.mean(both)),
        "floor": spread(floor),
        "ratio": round(statistics.median(both) / statistics.median(floor), 2),
    }
    print(canonical_json(facts), flush=True)


def judged(page: Page, items: int) -> Iterator[tuple[str, float]]:
    """Judge one item after the other, and yield what was said and how long the next one took to stand there."""
    for number in range(WARM + items):
        word, keys = ("reject", ("r", "1")) if number % REJECT_EVERY == REJECT_EVERY - 1 else ("accept", ("a",))
        seconds = pressed(page, keys)
        if number >= WARM:
            yield word, seconds


def pressed(page: Page, keys: Sequence[str]) -> float:
    """Press the keys, the last of which leads to another page, and return the seconds until that one is shown."""
    for key in keys[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(keys[-1])
    while (shown := page.evaluate("window.shown")) is None:
        page.wait_for_timeout(5)
    return float(shown) / 1000


def spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median": round(statistics.median(ordered), 4),
        "p95": round(ordered[round(0.95 * (len(ordered) - 1))], 4),
        "longest": round(ordered[-1], 4),
    }


def planned(home: Path, size: int, seed: int) -> dict[str, Any]:
    command = [MET, "review", "plan", "--size", str(size), "--seed", str(seed), "--home", str(home), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def tab() -> Iterator[Page]:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.add_init_script(CLOCK)
        yield page
        browser.close()


@contextmanager
def served(home: Path) -> Iterator[str]:
    command = [MET, "serve", "--port", "0", "--home", str(home), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.send_signal(signal.SIGINT)


class Plain(BaseHTTPRequestHandler):
    """The same short page for every question; a form leads to it by a redirect, as in the pages of review."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PLAIN)))
        self.end_headers()
        self.wfile.write(PLAIN)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing: what is printed is one line."""


@contextmanager
def plain() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Plain)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    main()
