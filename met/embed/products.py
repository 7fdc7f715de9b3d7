"""Products of many vectors with the rows of a matrix in half the precision, where this processor is faster at it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

NODE_ROWS = 2048
# Each number is rounded to 8 bits, off by 2^-9 of itself, and so is the product; rows and vectors have length 1, so
# their products are off by less than 2^-8 + 2^-9, and by what the sum loses.
OFF_BY = 2.0**-7
# What is tried, to see which precision is faster here: so many vectors, the best of so many times.
TRIED = 256
TIMES = 5
# Half precision must take less than this share of the time, or it is not worth its copy of the matrix.
WORTH = 0.8


class HalfProducts:
    """The products with the rows of one matrix of unit rows, in bfloat16."""

    off_by = OFF_BY

    def __init__(self, matrix: Vectors) -> None:
        """Copy the matrix (rows, dimensions) in half precision."""
        import torch

        halves = torch.from_numpy(matrix).to(torch.bfloat16)
        self._parts = [halves[start : start + NODE_ROWS].t() for start in range(0, len(matrix), NODE_ROWS)]

    def __call__(self, vectors: Vectors) -> Iterator[tuple[int, Vectors]]:
        """Yield the number of a row and the products (n, rows) of it and the rows behind it with the unit `vectors`.

        What is yielded stands until the next is asked for.
        """
        import torch

        halves = torch.from_numpy(np.ascontiguousarray(vectors)).to(torch.bfloat16)
        product = torch.empty((len(vectors), NODE_ROWS), dtype=torch.bfloat16)
        told = torch.empty((len(vectors), NODE_ROWS), dtype=torch.float32)
        with torch.inference_mode():
            for number, part in enumerate(self._parts):
                if part.shape[1] < NODE_ROWS:
                    yield number * NODE_ROWS, torch.mm(halves, part).to(torch.float32).numpy()
                else:
                    torch.mm(halves, part, out=product)
                    yield number * NODE_ROWS, told.copy_(product).numpy()


def is_half_faster(dimensions: int) -> bool:
    """Say whether this processor multiplies bfloat16 much faster than float32; what is found does not depend on it."""
    import torch

    def seconds(multiply: Callable[[Any, Any], Any], left: Any, right: Any) -> float:
        times = []
        for _ in range(TIMES):
            began = time.perf_counter()
            multiply(left, right)
            times.append(time.perf_counter() - began)
        return min(times)

    rows, vectors = np.ones((NODE_ROWS, dimensions), dtype=np.float32), np.ones((TRIED, dimensions), dtype=np.float32)
    half_rows, half_vectors = (torch.from_numpy(each).to(torch.bfloat16) for each in (rows, vectors))
    return seconds(torch.mm, half_vectors, half_rows.t()) < WORTH * seconds(np.matmul, vectors, rows.T)


def products_of(matrix: Vectors) -> HalfProducts | None:
    """Return the products with this matrix in half precision; None where that is not faster here."""
    return HalfProducts(matrix) if is_half_faster(matrix.shape[1]) else None
