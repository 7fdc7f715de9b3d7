"""Lines of text that are drawn into an image, as rows."""

from collections.abc import Sequence

from met.keys import content_key
from met.types import DrawnText, TextLine


def drawn_texts(image: str, lines: Sequence[TextLine]) -> tuple[DrawnText, ...]:
    """Return the lines of an image as rows, in their order; `image` is the sha256 of its file."""
    return tuple(
        DrawnText(
            key=content_key("drawn_text", image, position, list(line.box), line.text),
            image=image,
            position=position,
            box=line.box,
            text=line.text,
            score=line.score,
        )
        for position, line in enumerate(lines)
    )
