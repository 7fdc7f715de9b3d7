"""Which letter stands at which panel, against letters labelled by looking: by the order of the panels, and as read."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from met.evaluate.intervals import bootstrap
from met.evaluate.panels_gold import GoldFigure
from met.harvest.panels import reading_order
from met.harvest.panels.page import Pixels
from met.harvest.subcaptions.letters import completed, letters_at
from met.types import TextLine

Read: TypeAlias = Callable[[Pixels], Sequence[TextLine]]
SEED: Final = 20260101


def letter_facts(
    figures: Sequence[GoldFigure], decode: Callable[[GoldFigure], Pixels], read: Read | None
) -> dict[str, Any]:
    """Return n, figures, and the share of panels with the right letter: `by_order`, and with a reader `by_reading`.

    Figures count that have a letter at every box. Boxes are the gold's, so that nothing but the matching is measured;
    `was_read` is the share of panels whose letter was read. Intervals are drawn over figures.
    """
    lettered = [figure for figure in figures if figure.letters and all(figure.letters)]
    rows: dict[str, list[list[bool]]] = {"by_order": []}
    if read:
        rows |= {"by_reading": [], "was_read": []}
    for figure in lettered:
        boxes = reading_order(figure.boxes)
        gold = [figure.letters[figure.boxes.index(box)] for box in boxes]
        names = sorted(letter for letter in gold if letter)
        rows["by_order"].append(_same(completed([None] * len(boxes), boxes, names), gold))
        if read:
            seen = letters_at(read(decode(figure)), boxes, names)
            rows["by_reading"].append(_same(completed(seen, boxes, names), gold))
            rows["was_read"].append([letter is not None for letter in seen])
    facts: dict[str, Any] = {"n": sum(len(figure.boxes) for figure in lettered), "figures": len(lettered)}
    for name, table in rows.items() if lettered else ():
        groups = [str(number) for number, row in enumerate(table) for _ in row]
        flat = np.array([value for row in table for value in row], dtype=np.float64)
        facts[name] = float(flat.mean())
        facts[f"{name}_interval"] = bootstrap(flat, lambda part: float(part.mean()), seed=SEED, groups=groups)
    return facts


def _same(found: Sequence[str], gold: Sequence[str | None]) -> list[bool]:
    return [one == other for one, other in zip(found, gold, strict=True)]
