"""The score `privacy`: planted identifiers found again, and clean images and sentences that are wrongly flagged.

Gold is a TSV of labelled images as for the score `modality`: invented names, numbers and dates are drawn into a sample
of them, and the images as they are count as clean. Sentences with and without identifiers come from
`met.evaluate.privacy_planted`. Who planted knows the rules, so the recall is an upper bound for what others write.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.errors import BadInput
from met.evaluate.intervals import wilson
from met.evaluate.privacy_planted import CLEAN, drawn_texts, planted_into, written_cases
from met.harvest.privacy import DRAWN
from met.harvest.privacy.drawn import drawn_identifiers
from met.harvest.privacy.text import text_identifiers
from met.pixels import ImageRefused, decode_rgb
from met.types import Box, TextLine

Lines = Callable[[NDArray[np.uint8]], Sequence[TextLine]]
SEED: Final = 20260401
# Images of each of the two samples, patients and drawings, where nobody says how many.
IMAGES: Final = 14
TEXTS_AN_IMAGE: Final = 3
SENTENCES_A_FORM: Final = 20
# Smaller images hold no room for scanner text.
SMALLEST: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Whether a planted identifier was found."""

    kind: str
    found: bool


def score_privacy(
    gold: Sequence[Path],
    *,
    images: Path | None,
    root: Path | None,
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the facts of the score `privacy`; headline recall, of what is drawn into images, else of what is written.

    `options["lines"]` reads the text of an image; without it, or without gold, the written part stands alone.
    `options["limit"]` is the number of images of each sample. `drawn_clean` counts images as they are in which
    something was found, `drawn_clean_charts` those of charts and drawings among them.

    Raises:
        BadInput: a gold file has other columns, or an image is missing or unreadable.
    """
    written = list(_written())
    flagged = [bool(text_identifiers(sentence)) for sentence in CLEAN]
    drawn: list[Outcome] = []
    facts: dict[str, Any] = {}
    lines: Lines | None = options.get("lines")
    if gold and lines is not None:
        rows = [row for path in gold for row in _read(path, images or root)]
        limit = int(options.get("limit") or IMAGES)
        patients = _sample([place for place, label in rows if label not in DRAWN], limit)
        charts = _sample([place for place, label in rows if label in DRAWN], limit)
        drawn = list(_drawn(patients, lines))
        facts["drawn_clean"] = _clean(patients, lines, clinical=True)
        facts["drawn_clean_charts"] = _clean(charts, lines, clinical=False)
    scored = drawn or written
    found = sum(one.found for one in scored)
    return {
        "n": len(scored),
        "headline": "recall",
        "recall": found / len(scored),
        "interval": wilson(found, len(scored)),
        "written": _by_kind(written),
        "drawn": _by_kind(drawn),
        "written_clean": {"n": len(flagged), "flagged": sum(flagged), "interval": wilson(sum(flagged), len(flagged))},
        **facts,
    }


def _written() -> Iterator[Outcome]:
    for case in written_cases(SEED, SENTENCES_A_FORM):
        hits = text_identifiers(case.text)
        found = any(hit.start < case.span[1] and hit.end > case.span[0] for hit in hits)
        yield Outcome(kind=case.kind, found=found)


def _drawn(places: Sequence[Path], lines: Lines) -> Iterator[Outcome]:
    planted = drawn_texts(SEED, len(places) * TEXTS_AN_IMAGE)
    for number, place in enumerate(places):
        texts = planted[number * TEXTS_AN_IMAGE : (number + 1) * TEXTS_AN_IMAGE]
        pixels, boxes = planted_into(_pixels(place), [one.text for one in texts], seed=SEED + number)
        hits = drawn_identifiers(lines(pixels), clinical=True)
        for one, box in zip(texts, boxes, strict=True):
            yield Outcome(kind=one.kind, found=any(touch(hit.box, box) for hit in hits))


def _clean(places: Sequence[Path], lines: Lines, *, clinical: bool) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    flagged = 0
    for place in places:
        hits = drawn_identifiers(lines(_pixels(place)), clinical=clinical)
        flagged += bool(hits)
        kinds.update({hit.kind for hit in hits})
    return {
        "n": len(places),
        "flagged": flagged,
        "interval": wilson(flagged, len(places)),
        "kinds": dict(sorted(kinds.items())),
    }


def _by_kind(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    result = {}
    for kind in sorted({one.kind for one in outcomes}):
        of_kind = [one.found for one in outcomes if one.kind == kind]
        result[kind] = {
            "n": len(of_kind),
            "recall": sum(of_kind) / len(of_kind),
            "interval": wilson(sum(of_kind), len(of_kind)),
        }
    return result


def _read(path: Path, root: Path | None) -> list[tuple[Path, str]]:
    """Return file and label of each image of a gold file that is not "mixed".

    Without `root`, paths start at the nearest parent of `path` under which the first image lies.
    """
    with path.open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream, delimiter="\t"))
    if not table or not {"image", "label"} <= table[0].keys():
        raise BadInput(what=str(path), why="not a TSV with rows and the columns image, label")
    homes = [root] if root else list(path.absolute().parents)
    home = next((place for place in homes if (place / table[0]["image"]).is_file()), None)
    if home is None:
        raise BadInput(what=str(path), why=f"image {table[0]['image']} not found: give --root")
    return [(home / row["image"], row["label"]) for row in table if row["label"] != "mixed"]


def _sample(places: Sequence[Path], limit: int) -> list[Path]:
    """Return up to `limit` images that are large enough, by seed."""
    order = np.random.default_rng(SEED).permutation(len(places))
    large = (places[int(at)] for at in order if min(_pixels(places[int(at)]).shape[:2]) >= SMALLEST)
    return [place for place, _ in zip(large, range(limit), strict=False)]


def _pixels(place: Path) -> NDArray[np.uint8]:
    try:
        return decode_rgb(place.read_bytes())
    except (FileNotFoundError, ImageRefused) as error:
        raise BadInput(what=str(place), why=str(error)) from error


def touch(one: Box, other: Box) -> bool:
    """Return whether two boxes share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
