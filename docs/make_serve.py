"""Make docs/serve.png, a page of `met serve` as Chromium shows it: `met demo`, then `python docs/make_serve.py`."""

import io
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

OUT = Path(__file__).with_name("serve.png")
WORDS = "abdomen"
SIZE = {"width": 1280, "height": 820}
COLOURS = 256


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    command = [str(Path(sys.executable).with_name("met")), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            shot = picture(json.loads(process.stdout.readline())["url"], chromium)
        finally:
            process.send_signal(signal.SIGINT)
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS).save(OUT, optimize=True)


def picture(url: str, chromium: str) -> bytes:
    """Return the page of the first pair that speaks of WORDS, as a PNG."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.goto(f"{url}items")
        page.locator(".card", has_text=WORDS).first.locator(".about a").click()
        page.wait_for_load_state("networkidle")
        shot = page.screenshot()
        browser.close()
    return shot


if __name__ == "__main__":
    main()
