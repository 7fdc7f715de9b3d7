"""The panels of a figure. The first method takes the figure as one panel."""

from typing import Any

from met.keys import content_key, digest
from met.types import Figure, Image, Panel

METHOD = "whole"


def panels_of(figure: Figure, image: Image) -> tuple[Panel, ...]:
    """Return one panel that covers the whole figure and its whole caption.

    `privacy` is unscreened: nobody has looked for names or faces in the pixels.
    """
    box = (0, 0, image.width, image.height)
    facts: dict[str, Any] = {
        "figure": figure.key,
        "image": image.sha256,
        "box": box,
        "position": 0,
        "letter": None,
        "spans": ((0, len(figure.caption)),),
        "method": METHOD,
        "confidence": 1.0,
        "privacy": "unscreened",
    }
    key = content_key("panel", figure.key, image.sha256, list(box))
    return (Panel(key=key, digest=digest([facts, figure.digest]), **facts),)
