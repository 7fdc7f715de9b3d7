"""The first producer of regions: the whole panel, for what the text says it shows."""

from met.anchor.focus import focus_of
from met.keys import content_key
from met.types import Dossier, Region

PRODUCER = "whole-panel"
VERSION = "1"


def region_of(dossier: Dossier) -> tuple[Region, ...]:
    """Return one region, the panel's box, of the best depicted node; without one its node is None and its score 0.

    The score is that of the anchor: nothing has looked at the pixels.
    """
    focus = focus_of(dossier)
    panel = dossier.panel
    node = focus.node if focus else None
    return (
        Region(
            key=content_key("region", panel.key, PRODUCER, list(panel.box), node),
            panel=panel.key,
            box=panel.box,
            rle=None,
            node=node,
            producer=PRODUCER,
            producer_version=VERSION,
            score=focus.score if focus else 0.0,
        ),
    )
