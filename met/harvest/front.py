"""What the head of a JATS article says of it: ids, title, dates, licence, abstract, keywords, retraction."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from met.harvest.flatten import flat_text
from met.rights import TDM, UNKNOWN, licence_of_prose, licence_of_url
from met.xml import Element

_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_RDF_RESOURCE: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
_LICENCE_REF: Final = "{http://www.niso.org/schemas/ali/1.0/}license_ref"
_URL: Final = re.compile(r"https?://[^\s<>\"')\]]+")
_YEAR: Final = re.compile(r"\b(1[6-9]|20)\d\d\b")
_RETRACTED_TITLE: Final = re.compile(
    r"^\W*(?:retracted|withdrawn)(?:\s+article)?\s*[:.\]–—-]|^\W*retracted article\b|\[\s*retracted\s*\]", re.IGNORECASE
)
_RETRACTED_TYPES: Final = frozenset({"retracted-article", "retracted", "withdrawn-article"})
# The link that a retracted article carries; a notice carries `retracted-article`, and is not retracted itself.
_RETRACTION_LINKS: Final = frozenset({"retraction-forward", "retraction", "withdrawal-forward"})
_OTHER_ABSTRACTS: Final = frozenset(
    {"graphical", "teaser", "toc", "key-points", "editor", "executive-summary", "video"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What `permissions` say. `licence` is `unknown` where they name none; `text` is their whole wording."""

    licence: str
    url: str | None
    copyright: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The head of an article. `version` is the one it declares."""

    pmcid: str | None
    doi: str | None
    publisher_id: str | None
    version: str | None
    title: str
    journal: str | None
    year: int | None
    article_type: str | None
    retracted: bool
    rights: Rights
    abstract: str | None
    keywords: tuple[str, ...]


def read_front(root: Element) -> Front:
    """Return the head of the article `root`; what it does not say is None, an empty text, or `unknown`."""
    meta = root.find("front/article-meta")
    parts: dict[str, list[Element]] = {}
    for part in meta if meta is not None else ():
        parts.setdefault(part.tag, []).append(part)
    pmcid, version = _pmcid(parts.get("article-id", []))
    title = flat_text(
        *(found for group in parts.get("title-group", []) for found in group.iterchildren("article-title"))
    )
    kind = root.get("article-type")
    return Front(
        pmcid=pmcid,
        doi=_doi(_identifier(parts.get("article-id", []), "doi")),
        publisher_id=_identifier(parts.get("article-id", []), "publisher-id", "manuscript", "pmid"),
        version=_declared_version(parts) or version,
        title=title,
        journal=_journal(root),
        year=_year(parts.get("pub-date", [])),
        article_type=kind,
        retracted=_retracted(kind, title, parts.get("related-article", [])),
        rights=read_rights(parts.get("permissions", [])) or _NO_RIGHTS,
        abstract=_abstract(parts.get("abstract", [])),
        keywords=_keywords([*parts.get("article-categories", []), *parts.get("kwd-group", [])]),
    )


def read_rights(permissions: Iterable[Element]) -> Rights | None:
    """Return what the `permissions` elements say; None where there are none.

    The licence is named, in this order, by the link of `license`, by `ali:license_ref`, by another link or address in
    the licence, or by words that name it with its version. A licence for text mining gives way to any other.
    """
    elements = list(permissions)
    if not elements:
        return None
    text = flat_text(*elements)
    named = [(licence, address) for address in _addresses(elements) if (licence := licence_of_url(address)) != UNKNOWN]
    named.sort(key=lambda one: one[0] == TDM)
    licence, url = named[0] if named else (licence_of_prose(text), next(iter(_own_links(elements)), None))
    statement = flat_text(*(found for element in elements for found in element.iterchildren("copyright-statement")))
    return Rights(licence=licence, url=url, copyright=statement or _copyright(elements), text=text)


_NO_RIGHTS: Final = Rights(licence=UNKNOWN, url=None, copyright=None, text="")


def _own_links(permissions: list[Element]) -> list[str]:
    return [
        link for element in permissions for found in element.iterchildren("license") if (link := found.get(_XLINK_HREF))
    ]


def _addresses(permissions: list[Element]) -> list[str]:
    references = [found.text for element in permissions for found in element.iter(_LICENCE_REF) if found.text]
    links = [
        link
        for element in permissions
        for found in element.iter()
        for link in (found.get(_XLINK_HREF), found.get(_RDF_RESOURCE))
        if link
    ]
    written = [found for element in permissions for found in _URL.findall("".join(element.itertext()))]
    return list(dict.fromkeys(address.strip() for address in [*_own_links(permissions), *references, *links, *written]))


def _copyright(permissions: list[Element]) -> str | None:
    parts = [found for element in permissions for found in element.iterchildren("copyright-year", "copyright-holder")]
    return flat_text(*parts) or None


def _identifier(ids: list[Element], *kinds: str) -> str | None:
    by_kind = {found.get("pub-id-type"): "".join(found.itertext()).strip() for found in reversed(ids)}
    return next((by_kind[kind] for kind in kinds if by_kind.get(kind)), None)


def _pmcid(ids: list[Element]) -> tuple[str | None, str | None]:
    """Return `PMC123` and the version that the id itself carries ("PMC123.2")."""
    found = re.fullmatch(
        r"(?:PMC)?(\d+)(?:\.(\d+))?", _identifier(ids, "pmcid-ver", "pmcid", "pmc") or "", re.IGNORECASE
    )
    return (f"PMC{found[1]}", found[2]) if found else (None, None)


def _doi(text: str | None) -> str | None:
    return (
        re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text.strip(), flags=re.IGNORECASE).lower() or None
        if text
        else None
    )


def _declared_version(parts: dict[str, list[Element]]) -> str | None:
    direct = parts.get("article-version", [])
    nested = [found for group in parts.get("article-version-alternatives", []) for found in group]
    return flat_text(*[*direct, *nested][:1]) or None


def _journal(root: Element) -> str | None:
    meta = root.find("front/journal-meta")
    if meta is None:
        return None
    return next(
        (text for found in meta.iter("journal-title", "abbrev-journal-title") if (text := flat_text(found))), None
    )


def _year(dates: list[Element]) -> int | None:
    """Return the year of first publication."""
    years = [_YEAR.search(date.findtext("year") or date.get("iso-8601-date") or "") for date in dates]
    return min((int(year[0]) for year in years if year), default=None)


def _retracted(kind: str | None, title: str, related: list[Element]) -> bool:
    links = {link.get("related-article-type") for link in related}
    return kind in _RETRACTED_TYPES or bool(links & _RETRACTION_LINKS) or bool(_RETRACTED_TITLE.search(title))


def _abstract(abstracts: list[Element]) -> str | None:
    plain = [found for found in abstracts if found.get("abstract-type") not in _OTHER_ABSTRACTS]
    return flat_text(*plain[:1]) or None


def _keywords(groups: list[Element]) -> tuple[str, ...]:
    words = [flat_text(found) for group in groups for found in group.iter("subject", "kwd", "compound-kwd")]
    return tuple(dict.fromkeys(word for word in words if word))
