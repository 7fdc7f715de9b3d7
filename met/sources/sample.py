"""Writes the bundled sample into a folder: articles, texts, ontology, figures rendered from pydicom's test files."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

import numpy as np
import numpy.typing as npt

from met.pixels import encode_png
from met.sources.dicom import render, test_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Where the parts of the sample lie."""

    articles: Path
    texts: Path
    ontologies: tuple[Path, ...]


# figure file -> test file of pydicom, and the window (centre, width) in Hounsfield units where it is CT
RENDERED: dict[str, tuple[str, tuple[float, float] | None]] = {
    "sample-liver-mri/liver_mri.png": ("examples_overlay.dcm", None),
    "sample-lymph-node/lymph_node_doppler.png": ("examples_jpeg2k.dcm", None),
    "sample-lymph-node/lymph_node_doppler_copy.png": ("examples_rgb_color.dcm", None),
    "sample-head-ct/head_ct_bone.png": ("693_J2KI.dcm", (500, 2000)),
    "sample-skull-base/skull_base_ct.png": ("J2K_pixelrep_mismatch.dcm", (500, 2500)),
    "sample-echo/echocardiogram.png": ("examples_ybr_color.dcm", None),
    "sample-obstetric/obstetric_ultrasound.png": ("examples_palette.dcm", None),
    "sample-small-images/vertebra_ct.png": ("CT_small.dcm", (300, 1500)),
    "sample-small-images/small_mri.png": ("MR_small.dcm", None),
}


def write_sample(out: Path) -> Sample:
    """Write the sample below `out`, the same bytes every time, and return where its parts lie."""
    with as_file(files("met.sample")) as root:
        for part in ("articles", "texts", "ontology"):
            copytree(root / part, out / part, dirs_exist_ok=True)
    articles = out / "articles"
    for name, (test_name, window) in RENDERED.items():
        (articles / name).write_bytes(encode_png(render(test_file(test_name), window=window)))
    (articles / "sample-liver-mri" / "enhancement_chart.png").write_bytes(encode_png(curves()))
    (articles / "sample-counting" / "flow_diagram.png").write_bytes(encode_png(flow_diagram()))
    (articles / "sample-counting" / "bar_chart.png").write_bytes(encode_png(bar_chart()))
    # The order matters: the first ontology of a facet is its skeleton.
    ontologies = tuple(out / "ontology" / name for name in ("disease.obo", "anatomy.obo", "symptom.obo"))
    return Sample(articles=articles, texts=out / "texts", ontologies=ontologies)


def _paper(height: int = 420, width: int = 640) -> npt.NDArray[np.uint8]:
    return np.full((height, width, 3), 255, dtype=np.uint8)


def _axes(paper: npt.NDArray[np.uint8]) -> None:
    height, width = paper.shape[:2]
    paper[30 : height - 40, 58:61] = 40
    paper[height - 43 : height - 40, 58 : width - 30] = 40
    for tick in range(60, height - 50, 60):
        paper[tick : tick + 2, 50:58] = 40


def curves() -> npt.NDArray[np.uint8]:
    """Return a line chart of three curves, (420, 640, 3)."""
    paper = _paper()
    _axes(paper)
    steps = np.arange(540)
    for peak, spread, colour in ((120, 60, (31, 119, 180)), (220, 90, (214, 39, 40)), (320, 130, (44, 160, 44))):
        heights = 370 - (280 * np.exp(-(((steps - peak) / spread) ** 2))).astype(int)
        for step, top in zip(steps, heights, strict=True):
            paper[top - 2 : top + 2, 62 + step] = colour
    return paper


def bar_chart() -> npt.NDArray[np.uint8]:
    """Return a chart of eight bars, (420, 640, 3)."""
    paper = _paper()
    _axes(paper)
    for number, share in enumerate((0.2, 0.35, 0.3, 0.55, 0.6, 0.75, 0.7, 0.95)):
        left = 80 + number * 66
        paper[int(378 - 320 * share) : 377, left : left + 42] = (70, 110, 180)
    return paper


def flow_diagram() -> npt.NDArray[np.uint8]:
    """Return four boxes joined by lines, (420, 640, 3)."""
    paper = _paper()
    for number in range(4):
        top = 20 + number * 100
        paper[top : top + 62, 200:440] = 30
        paper[top + 3 : top + 59, 203:437] = 255
        for line in range(2):
            paper[top + 18 + line * 18 : top + 24 + line * 18, 230 : 400 - line * 40 : 2] = 60
        if number < 3:
            paper[top + 62 : top + 100, 318:322] = 30
    return paper
