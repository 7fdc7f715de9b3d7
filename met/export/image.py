"""The image file of a panel: the original with a clean container, or a lossless crop."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from met.export.samples import is_whole
from met.pixels import clean_container, crop_png
from met.types import Dossier

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/tiff": "tif",
    "image/webp": "webp",
    "image/bmp": "bmp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedImage:
    """An image file of the dataset. `pixels`: the original's pixel stream, or a crop of the decoded image."""

    sha256: str
    extension: str
    data: bytes
    width: int
    height: int
    pixels: Literal["original", "crop"]

    @property
    def path(self) -> str:
        """Where the file lies in the dataset."""
        return f"images/{self.sha256}.{self.extension}"


def image_of(dossier: Dossier, read_blob: Callable[[str], bytes]) -> ExportedImage:
    """Return the original file without its metadata where the panel is the whole figure, else a PNG of its box."""
    data = read_blob(dossier.figure.image)
    x1, y1, x2, y2 = dossier.panel.box
    if is_whole(dossier):
        data = clean_container(data, dossier.image.media_type)
        extension, pixels = EXTENSIONS[dossier.image.media_type], "original"
    else:
        data = crop_png(data, box=dossier.panel.box)
        extension, pixels = "png", "crop"
    return ExportedImage(
        sha256=sha256(data).hexdigest(),
        extension=extension,
        data=data,
        width=x2 - x1,
        height=y2 - y1,
        pixels="original" if pixels == "original" else "crop",
    )
