"""Synthetic articles and trees of any size, for load tests, crash tests and benchmarks: equal seeds give equal bytes.

Article `i` depends on the seed and on `i` alone, so a larger corpus begins with the smaller one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from met.keys import content_key, digest
from met.pixels import encode_png, shrink
from met.types import Edge, Facet, Node

# Licence URL and how often it occurs; the empty one stands for an article without a licence.
LICENCES: Mapping[str, float] = {
    "https://creativecommons.org/licenses/by/4.0/": 0.60,
    "https://creativecommons.org/licenses/by-nc/4.0/": 0.12,
    "https://creativecommons.org/licenses/by-nc-nd/4.0/": 0.08,
    "https://creativecommons.org/licenses/by-nd/4.0/": 0.04,
    "https://creativecommons.org/licenses/by-sa/4.0/": 0.06,
    "https://creativecommons.org/publicdomain/zero/1.0/": 0.05,
    "": 0.05,
}
NAMES = (
    "pneumonia",
    "pleural effusion",
    "pulmonary embolism",
    "hepatocellular carcinoma",
    "osteoarthritis",
    "meningioma",
    "aortic aneurysm",
    "nephrolithiasis",
    "cardiomyopathy",
    "multiple sclerosis",
)
VIEWS = (
    "Chest radiograph",
    "Axial CT image",
    "Coronal T2-weighted MRI",
    "Ultrasound image",
    "Sagittal T1-weighted MRI",
    "Contrast-enhanced CT image",
)
FINDINGS = ("a focal opacity", "a hyperintense lesion", "wall thickening", "a hypoechoic nodule", "an enhancing mass")
PLACES = ("in the right lower lobe", "in the left kidney", "in the liver", "in the frontal lobe", "near the hilum")
_PREFIXES: Mapping[Facet, str] = {"disease": "MONDO", "anatomy": "UBERON", "symptom": "SYMP", "modality": "DCM"}
_SYLLABLES = ("ba", "co", "di", "fe", "gu", "ka", "lo", "mi", "ne", "pu", "ra", "so", "ti", "ve", "zu", "xy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Shares in [0, 1]: of figures whose file is missing, damaged or another's again; of articles cut in the middle."""

    missing_graphic: float = 0.0
    damaged_image: float = 0.0
    repeated_image: float = 0.0
    truncated_xml: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What `write_articles` wrote. Figures and mentions of truncated articles are not counted."""

    articles: int
    truncated_xml: int
    figures: int
    missing_graphic: int
    damaged_image: int
    repeated_image: int
    mentions: int
    licences: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figure:
    name: str
    caption: str
    fault: str | None


def write_articles(
    out: Path,
    *,
    n: int,
    seed: int,
    figures_per_article: int = 3,
    side: int = 128,
    names: Sequence[str] = NAMES,
    faults: Faults = Faults(),
) -> Written:
    """Write `n` JATS articles with their figures under `out`, a folder each, and return what was written.

    Every second figure is a JPEG, the others are PNG, square, `side` pixels; captions name one of `names` each. Each
    figure is cited once or twice in the text.
    """
    count: Counter[str] = Counter()
    licences: Counter[str] = Counter()
    for index in range(n):
        draw = np.random.default_rng([seed, index])
        folder = out / f"SYN{index:07d}"
        folder.mkdir(parents=True, exist_ok=True)
        licence = str(draw.choice(list(LICENCES), p=list(LICENCES.values())))
        figures = [_figure(draw, index, place, names, faults) for place in range(figures_per_article)]
        xml, mentions = _article(draw, index, licence, figures)
        for place, figure in enumerate(figures):
            _write_image(folder, figure, seed=(seed, index, place), side=side)
        count["articles"] += 1
        if draw.random() < faults.truncated_xml:
            xml = xml[: len(xml) // 2]
            count["truncated_xml"] += 1
        else:
            licences[licence] += 1
            count.update(figures=len(figures), mentions=mentions, **Counter(f.fault for f in figures if f.fault))
        (folder / f"{folder.name}.nxml").write_bytes(xml.encode())
    names_of_counts = [name for name in Written.__dataclass_fields__ if name != "licences"]
    return Written(**{name: count[name] for name in names_of_counts}, licences=dict(sorted(licences.items())))


def _figure(draw: np.random.Generator, index: int, place: int, names: Sequence[str], faults: Faults) -> _Figure:
    name, view, finding, where = (str(draw.choice(words)) for words in (names, VIEWS, FINDINGS, PLACES))
    shares = {
        "missing_graphic": faults.missing_graphic,
        "damaged_image": faults.damaged_image,
        "repeated_image": faults.repeated_image,
    }
    edges = np.cumsum(list(shares.values()))
    at = int(np.searchsorted(edges, draw.random(), side="right"))
    return _Figure(
        name=f"SYN{index:07d}-g{place + 1:03d}.{'jpg' if place % 2 else 'png'}",
        caption=f"{view} of a patient with {name} shows {finding} {where} (arrow). Case {index}-{place + 1}.",
        fault=[*shares, None][at],
    )


def _write_image(folder: Path, figure: _Figure, *, seed: Sequence[int], side: int) -> None:
    if figure.fault == "missing_graphic":
        return
    data = encode_png(picture(seed if figure.fault != "repeated_image" else (seed[0], 0, 0), side=side))
    if figure.name.endswith(".jpg"):
        data = shrink(data, box=(0, 0, side, side), side=side)
    if figure.fault == "damaged_image":
        data = data[: len(data) // 3]
    (folder / figure.name).write_bytes(data)


def picture(seed: Sequence[int], *, side: int) -> NDArray[np.uint8]:
    """Return a grey image like a scan, shape (side, side, 3): a bright field with smooth structure and some noise.

    Pictures of different seeds differ in their low frequencies, so that perceptual hashes tell them apart.
    """
    draw = np.random.default_rng([7, *seed])
    coarse = draw.random((8, 8))
    at = np.linspace(0, 7, side)
    rows = np.array([np.interp(at, np.arange(8), line) for line in coarse])
    smooth = np.array([np.interp(at, np.arange(8), column) for column in rows.T]).T
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = (x**2 / 0.8 + y**2 / 0.95) < 1
    grey = np.where(body, 40 + 190 * smooth, 4) + draw.normal(0, 3, (side, side))
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def _article(draw: np.random.Generator, index: int, licence: str, figures: Sequence[_Figure]) -> tuple[str, int]:
    """Return the JATS of an article and the number of passages that cite its figures."""
    body: list[str] = []
    mentions = 0
    for place, figure in enumerate(figures, 1):
        label = f'<xref ref-type="fig" rid="f{place}">Figure {place}</xref>'
        cited = [
            f"The findings are shown in {label}.",
            *([f"As {label} shows, the course was mild."] * (draw.random() < 0.5)),
        ]
        mentions += len(cited)
        body += [f"<p>{sentence}</p>" for sentence in cited]
        body.append(
            f'<fig id="f{place}"><label>Figure {place}</label><caption><p>{escape(figure.caption)}</p></caption>'
            f"<graphic xlink:href={quoteattr(figure.name)}/></fig>"
        )
    link = f'<license xlink:href="{licence}"><license-p>See the link.</license-p></license>' if licence else ""
    return _JATS.format(index=index, year=2000 + index % 25, permissions=link, body="\n".join(body)), mentions


_JATS = """<?xml version="1.0" encoding="UTF-8"?>
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="case-report">
<front>
<journal-meta>
<journal-title-group><journal-title>Synthetic Case Reports</journal-title></journal-title-group>
</journal-meta>
<article-meta>
<article-id pub-id-type="doi">10.0000/synthetic.{index}</article-id>
<title-group><article-title>Synthetic case {index}</article-title></title-group>
<pub-date pub-type="epub"><year>{year}</year></pub-date>
<permissions>{permissions}</permissions>
<abstract><p>We describe synthetic case {index} and its imaging.</p></abstract>
</article-meta>
</front>
<body>
<sec><title>Case presentation</title>
{body}
</sec>
<sec><title>Discussion</title><p>The imaging agrees with what is known.</p></sec>
</body>
</article>
"""


# ---------------------------------------------------------------- trees


def synthetic_tree(
    n: int, *, seed: int, facet: Facet = "disease", branching: int = 8, multi_parent_share: float = 0.37
) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Return `n` nodes of one facet under one root, and their is_a edges; a share of the nodes has a second parent.

    Parents come before their children, so there is no cycle; about `branching` children stand under each inner node.
    Names are unique. 0.37 is the share of diseases with several parents in the ontologies of diseases.
    """
    draw = np.random.default_rng([seed, n])
    nodes = tuple(_node(index, facet) for index in range(n))
    edges: list[Edge] = []
    for child in range(1, n):
        last = (child - 1) // branching
        primary = int(draw.integers(last // 2, last + 1))
        edges.append(_edge(nodes[child], nodes[primary], is_primary=True))
        other = int(draw.integers(0, child))
        if draw.random() < multi_parent_share and other != primary:
            edges.append(_edge(nodes[child], nodes[other], is_primary=False))
    return nodes, tuple(edges)


def _node(index: int, facet: Facet) -> Node:
    curie = f"{_PREFIXES[facet]}:9{index:07d}"
    name = f"{_word(index)} {facet}"
    facts: dict[str, Any] = {
        "facet": facet,
        "curie": curie,
        "name": name,
        "synonyms": (f"{_word(index)}osis",),
        "definition": f"A synthetic {facet}, number {index}.",
        "xrefs": (),
        "provenance": {"source": "synthetic"},
        "licence": "CC0-1.0",
    }
    return Node(key=content_key("node", facet, curie), digest=digest(facts), text_digest=digest(name), **facts)


def _edge(child: Node, parent: Node, *, is_primary: bool) -> Edge:
    provenance = {"source": "synthetic"}
    return Edge(child=child.key, parent=parent.key, kind="is_a", is_primary=is_primary, provenance=provenance)


def _word(index: int) -> str:
    """Return a word that no other index has: its digits to base 16, a syllable each."""
    digits = f"{index:04x}"
    return "".join(_SYLLABLES[int(digit, 16)] for digit in digits)
