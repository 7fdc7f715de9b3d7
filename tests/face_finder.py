"""Finders of faces for tests: one that takes bright squares for faces, and things that are none."""

from collections.abc import Sequence

import numpy as np

from met.pixels import Pixels
from met.types import Box


class BrightSquares:
    """Takes what is brighter than 250 for one face."""

    name = "bright-squares-1"

    def __call__(self, pixels: Pixels) -> Sequence[Box]:
        rows, columns = np.nonzero(pixels.min(axis=2) > 250)
        if not rows.size:
            return []
        return [(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)]


bright_squares = BrightSquares()
nameless = len
