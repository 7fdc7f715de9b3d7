"""Where things lie: on the server, or in a folder of files that stand by themselves."""

from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import quote, urlencode

from met.types import Image

# What browsers show as it is; everything else they get as PNG.
SHOWN_AS_THEY_ARE: Final[Mapping[str, str]] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/bmp": "bmp",
}


class Links(Protocol):
    """How a page names what it leads to; None where there is nothing to lead to."""

    @property
    def static(self) -> bool:
        """Whether there is no server behind the page."""

    def asset(self, name: str, /) -> str:
        """Return the address of a file of met/serve/static."""

    def image(self, image: Image, /) -> str:
        """Return the address of an image file."""

    def item(self, key: str, /) -> str | None:
        """Return the address of the page of a panel."""

    def node(self, key: str, /) -> str | None:
        """Return the address of the page of a node."""

    def to(self, path: str, /, **query: object) -> str | None:
        """Return the address of another page of the server; parts of the query that are None are left out."""


class ServerLinks:
    """Addresses on the server."""

    static = False

    def asset(self, name: str, /) -> str:
        """Return the address of a file of met/serve/static."""
        return f"/static/{quote(name)}"

    def image(self, image: Image, /) -> str:
        """Return the address of an image file."""
        return f"/image/{image.sha256}"

    def item(self, key: str, /) -> str | None:
        """Return the address of the page of a panel."""
        return f"/item/{quote(key, safe=':')}"

    def node(self, key: str, /) -> str | None:
        """Return the address of the page of a node."""
        return f"/node/{quote(key, safe=':')}"

    def to(self, path: str, /, **query: object) -> str | None:
        """Return the address of another page of the server; parts of the query that are None are left out."""
        said = urlencode({name: value for name, value in query.items() if value is not None and value != ""})
        return f"{path}?{said}" if said else path


class FolderLinks:
    """Addresses within a folder: `index.html`, `items/`, `images/` and `static/`; pages of items lie in `items/`."""

    static = True

    def asset(self, name: str, /) -> str:
        """Return the address of a file of met/serve/static."""
        return f"../static/{quote(name)}"

    def image(self, image: Image, /) -> str:
        """Return the address of an image file."""
        return f"../images/{image_file(image)}"

    def item(self, key: str, /) -> str | None:
        """Return the address of the page of a panel."""
        return item_file(key)

    def node(self, _key: str, /) -> str | None:
        """Return None: a folder holds no pages of nodes."""
        return None

    def to(self, _path: str, /, **_query: object) -> str | None:
        """Return None: a folder holds no other pages."""
        return None


def image_file(image: Image) -> str:
    """Return the name of the file that a browser is given for an image."""
    return f"{image.sha256}.{SHOWN_AS_THEY_ARE.get(image.media_type, 'png')}"


def item_file(key: str) -> str:
    """Return the name of the page of a panel in a folder.

    >>> item_file("panel:0b20796048415b6089663ed981e23ee7")
    'panel-0b20796048415b6089663ed981e23ee7.html'
    """
    return f"{quote(key.replace(':', '-'), safe='')}.html"
