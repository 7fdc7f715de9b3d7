"""What the `permissions` of an article or a figure say: the licence by its address, and who holds the rights."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from met.harvest.jats.flatten import flat_text
from met.rights import TDM, UNKNOWN, licence_of_url
from met.xml import Element

_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_RDF_RESOURCE: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_LICENCE_REF: Final = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_URL: Final = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What `permissions` say. `licence` is `unknown` where they name none by its address; `text` is their wording."""

    licence: str
    url: str | None
    copyright: str | None
    text: str


NO_RIGHTS: Final = Rights(licence=UNKNOWN, url=None, copyright=None, text="")


def read_rights(permissions: Sequence[Element]) -> Rights | None:
    """Return what the `permissions` elements say; None where there are none.

    The licence is named, in this order, by the link of `license`, by `ali:license_ref`, by another link, or by an
    address in its words. Words alone name none. A licence for text mining gives way to any other.
    """
    if not permissions:
        return None
    text = flat_text(*permissions)
    own = [
        link.strip()
        for element in permissions
        for licence in element.iterchildren("license")
        if (link := licence.get(_XLINK_HREF))
    ]
    licence, url = UNKNOWN, next(iter(own), None)
    for address in _addresses(permissions, own, text):
        named = licence_of_url(address)
        if (named != UNKNOWN and licence == UNKNOWN) or named not in (UNKNOWN, TDM):
            licence, url = named, address
        if licence not in (UNKNOWN, TDM):
            break
    return Rights(licence=licence, url=url, copyright=_copyright(permissions), text=text)


def _addresses(permissions: Sequence[Element], own: Sequence[str], text: str) -> Iterator[str]:
    yield from own
    for element in permissions:
        yield from (found.text.strip() for found in element.iter(_LICENCE_REF) if found.text)
    for element in permissions:
        for found in element.iter():
            yield from (link.strip() for name in (_XLINK_HREF, _RDF_RESOURCE) if (link := found.get(name)))
    yield from _URL.findall(text)


def _copyright(permissions: Sequence[Element]) -> str | None:
    statement = [found for element in permissions for found in element.iterchildren("copyright-statement")]
    parts = [found for element in permissions for found in element.iterchildren("copyright-year", "copyright-holder")]
    return flat_text(*statement) or flat_text(*parts) or None
