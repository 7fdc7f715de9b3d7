"""Make docs/tree.png, the page of the demo's tree as Chromium shows it: `met demo`, then `python docs/make_tree.py`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

OUT = Path(__file__).with_name("tree.png")
NODE = "UBERON:0002107"
SIZE = (1440, 820)
COLOURS = 256


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "tree.html", Path(folder) / "tree.png"
        subprocess.run([str(Path(sys.executable).with_name("met")), "tree", "plot", "--out", page], check=True)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--window-size={SIZE[0]},{SIZE[1]}"]
        # The page unpacks its data before it draws.
        flags += [f"--screenshot={shot}", "--virtual-time-budget=8000", f"{page.as_uri()}#node={NODE}"]
        subprocess.run([chromium, *flags], check=True, capture_output=True, timeout=120)
        Image.open(shot).convert("RGB").quantize(COLOURS).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
