"""Sends the asks of a model step to the engine and reads the replies as they come."""

from collections.abc import Callable, Iterator, Sequence

from met.pixels import shrink
from met.types import Ask, Dossier, EngineName, Made, Reply
from tasks import doors


def asked(
    dossiers: Sequence[Dossier],
    ask: Callable[[Dossier, bytes], Ask],
    read: Callable[[Dossier, Reply], Made],
    engine: EngineName,
) -> Iterator[Made]:
    """Yield what `read` makes of the engine's reply to each dossier, in the order of the replies."""
    by_item = {dossier.panel.key: dossier for dossier in dossiers}
    replies = doors.engine(engine).answer(ask(dossier, model_image(dossier, engine)) for dossier in dossiers)
    for reply in replies:
        yield read(by_item[reply.item], reply)


def model_image(dossier: Dossier, engine: EngineName) -> bytes:
    """Return the panel as a model sees it. The engine `rules` looks at no pixels, so none are decoded for it."""
    if engine == "rules":
        return b""
    return shrink(doors.blobs().get(dossier.panel.image), box=dossier.panel.box, side=doors.settings().model_image_side)
