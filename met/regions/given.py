"""Regions that a source brought with it: boxes and masks of people, or of whoever made the dataset."""

from collections.abc import Iterable, Mapping

from met.keys import content_key
from met.regions.masks import mask_of, rle_of
from met.types import Box, Dossier, KnownRegion, Region

PRODUCER = "given"
VERSION = "1"


def given_regions(dossier: Dossier, known: Iterable[KnownRegion], nodes: Mapping[str, str]) -> tuple[Region, ...]:
    """Return the known regions of the panel's figure, each cut to the panel; one that lies outside of it is left out.

    `nodes` maps a concept (CURIE, or name in small letters) to the key of the node that it means in this tree; what it
    does not map has no node. The score is 1: nobody here doubts what the source says.
    """
    made = {}
    for region in known:
        box = _common(region.box, dossier.panel.box)
        if region.figure != dossier.figure.key or box is None:
            continue
        node = nodes.get(region.concept.lower()) if region.concept else None
        rle = _cut(region, box)
        if region.rle is not None and rle is None:
            continue
        key = content_key("region", dossier.panel.key, PRODUCER, list(box), rle, region.label, node)
        made[key] = Region(
            key=key,
            panel=dossier.panel.key,
            box=box,
            rle=rle,
            node=node,
            producer=PRODUCER,
            producer_version=VERSION,
            score=1.0,
        )
    return tuple(made[key] for key in sorted(made))


def _common(one: Box, other: Box) -> Box | None:
    box = (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3]))
    return box if box[0] < box[2] and box[1] < box[3] else None


def _cut(region: KnownRegion, box: Box) -> str | None:
    """Return the mask of the region within `box`; None where it has none, or nothing of it is there."""
    if region.rle is None or box == region.box:
        return region.rle
    left, top = region.box[:2]
    part = mask_of(region.rle, region.box)[box[1] - top : box[3] - top, box[0] - left : box[2] - left]
    return rle_of(part) if part.any() else None
