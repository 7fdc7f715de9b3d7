"""Boxes and masks as outlines that a browser draws over an image: nothing is ever drawn into its pixels."""

from itertools import accumulate, pairwise

from met.types import Box, Region


def outline_of(region: Region) -> str:
    """Return the `d` of an SVG path over a region, in pixels of the original image.

    A mask is one bar a run: runs count row by row within the box, beginning outside of the mask.
    """
    return box_path(region.box) if region.rle is None else mask_path(region.rle, region.box)


def box_path(box: Box) -> str:
    """Return the path around a box.

    >>> box_path((2, 3, 12, 8))
    'M2 3h10v5h-10z'
    """
    left, top, right, bottom = box
    return f"M{left} {top}h{right - left}v{bottom - top}h{left - right}z"


def mask_path(rle: str, box: Box) -> str:
    """Return the path over all runs of a mask.

    >>> mask_path("1 3", (5, 6, 7, 8))
    'M6 6h1v1h-1zM5 7h2v1h-2z'
    """
    left, top, right, _ = box
    width = right - left
    ends = list(accumulate((int(run) for run in rle.split()), initial=0))
    bars = []
    for number, (start, end) in enumerate(pairwise(ends)):
        if number % 2 == 0:
            continue
        while start < end:
            stop = min(end, (start // width + 1) * width)
            length = stop - start
            bars.append(f"M{left + start % width} {top + start // width}h{length}v1h-{length}z")
            start = stop
    return "".join(bars)
