"""Write docs/demo.png: every panel of the demo, framed in green where it was kept and in red where it was dropped.

met demo
python docs/make_sheet.py [HOME]
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sample_build import read_build

from met.pixels import decode_rgb
from met.pixels.sheets import contact_sheet
from met.types import Dossier

GREEN, RED, PAPER = (26, 127, 55), (207, 34, 46), (245, 245, 245)
SIDE, FRAME = 240, 6


def framed(pixels: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    """Return the image in the middle of a framed square; small ones are enlarged by whole steps."""
    times = -(-SIDE // max(pixels.shape[:2]))
    pixels = pixels.repeat(times, axis=0).repeat(times, axis=1)
    height, width = pixels.shape[:2]
    inner = max(height, width)
    edge = max(1, round(inner * FRAME / SIDE))
    square = np.full((inner + 2 * edge, inner + 2 * edge, 3), colour, dtype=np.uint8)
    square[edge:-edge, edge:-edge] = PAPER
    top, left = edge + (inner - height) // 2, edge + (inner - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def lines(dossier: Dossier) -> Iterator[str]:
    """Yield what stands below a panel: its fate, its caption, a question."""
    dropped = next((verdict for verdict in dossier.verdicts if not verdict.keep), None)
    if dropped:
        yield f"DROPPED at {dropped.stage}: {dropped.reason}"
        yield f"Text: {dossier.subcaption}"
        return
    node = next(verdict.node for verdict in dossier.verdicts if verdict.stage == "align")
    yield f"KEPT for: {dossier.nodes[node].node.name if node else 'no node'}"
    yield from (f"Caption: {caption.text}" for caption in dossier.captions)
    yield from (
        f"Q: {question.text} {' / '.join(question.options)}. A: {question.answer}" for question in dossier.questions[:1]
    )


def main(home: Path) -> None:
    """The sheet is written beside this file, kept panels first."""
    build = read_build(home)
    tiles = []
    for one in sorted(build.dossiers, key=lambda one: not all(verdict.keep for verdict in one.verdicts)):
        kept = all(verdict.keep for verdict in one.verdicts)
        pixels = framed(decode_rgb(build.blobs.get(one.figure.image or "")), GREEN if kept else RED)
        tiles.append((pixels, list(lines(one))))
    contact_sheet(tiles, Path(__file__).with_name("demo.png"), columns=4, side=SIDE)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".met"))
