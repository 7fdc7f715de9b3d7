"""The place for a finder of faces: none comes with the engine, one of your own is named by setting."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from met.errors import BadSetting
from met.types import Box

NONE: Final = "none"


class Faces(Protocol):
    """Finds faces. `name` tells method and weights: it is part of the version of all that rests on them."""

    @property
    def name(self) -> str: ...

    def __call__(self, pixels: npt.NDArray[np.uint8], /) -> Sequence[Box]:
        """Return the boxes of faces in an image, uint8 (H, W, 3) RGB; the same pixels give the same boxes.

        Threads call it at the same time.
        """
        ...


def load_faces(setting: str) -> Faces | None:
    """Return the finder that `setting` names as `module:attribute`, None for `none`.

    Raises:
        BadSetting: there is no such module or attribute, or it is no finder.
    """
    if setting == NONE:
        return None
    module, _, attribute = setting.partition(":")
    if not module or not attribute:
        raise BadSetting(name="MET_FACES", why=f"{setting!r} is neither none nor MODULE:ATTRIBUTE")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise BadSetting(name="MET_FACES", why=str(error)) from error
    if not callable(found) or not isinstance(getattr(found, "name", None), str):
        raise BadSetting(name="MET_FACES", why=f"{setting} has no name, or cannot be called")
    return cast(Faces, found)
