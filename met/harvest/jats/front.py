"""What the head of a JATS article says of it: ids, title, dates, licence, abstract, subjects, keywords, retraction."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from met.harvest.jats.dates import read_dates
from met.harvest.jats.flatten import flat_text
from met.harvest.jats.permissions import NO_RIGHTS, Rights, read_rights
from met.harvest.jats.related import Related, is_retracted, read_related
from met.xml import Element

_PMCID: Final = re.compile(r"(?:PMC)?(\d+)(?:\.(\d+))?", re.IGNORECASE)
_DOI_ADDRESS: Final = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", re.IGNORECASE)
_OTHER_ABSTRACTS: Final = frozenset(
    {"graphical", "teaser", "toc", "key-points", "editor", "executive-summary", "video"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The head of an article. `version` is the one it declares.

    `published` is the day, month or year of first publication, `dates` all dates by kind (ISO 8601).
    """

    pmcid: str | None
    doi: str | None
    publisher_id: str | None
    version: str | None
    title: str
    journal: str | None
    published: str | None
    dates: Mapping[str, str]
    article_type: str | None
    related: tuple[Related, ...]
    retracted: bool
    rights: Rights
    abstract: str | None
    subjects: tuple[str, ...]
    keywords: tuple[str, ...]

    @property
    def year(self) -> int | None:
        """The year of first publication."""
        return int(self.published[:4]) if self.published else None


def read_front(root: Element, links: Iterable[Element] = ()) -> Front:
    """Return the head of the article `root`; what it does not say is None, an empty text, or `unknown`.

    `links` are the elements of the whole article that relate it to others.
    """
    front = next(root.iterchildren("front"), None)
    journal, parts = _parts(front)
    ids = {found.get("pub-id-type"): flat_text(found) for found in reversed(parts.get("article-id", []))}
    pmcid, version = _pmcid(ids)
    title = flat_text(*(found for group in parts.get("title-group", ()) for found in group if _is_title(found)))
    kind = root.get("article-type")
    related = read_related(links)
    dates, published = read_dates(parts.get("pub-date", ()), parts.get("history", ()))
    return Front(
        pmcid=pmcid,
        doi=_doi(ids.get("doi")),
        publisher_id=_first(ids, "publisher-id", "manuscript", "pmid"),
        version=_declared_version(parts) or version,
        title=title,
        journal=_journal(journal),
        published=published,
        dates=dates,
        article_type=kind,
        related=related,
        retracted=is_retracted(kind, title, related),
        rights=read_rights(parts.get("permissions", ())) or NO_RIGHTS,
        abstract=_abstract(parts.get("abstract", ())),
        subjects=_texts(parts.get("article-categories", ()), "subject"),
        keywords=_texts(parts.get("kwd-group", ()), "kwd", "compound-kwd"),
    )


def _parts(front: Element | None) -> tuple[Element | None, dict[str, list[Element]]]:
    """Return the `journal-meta` of a front, and the children of its `article-meta` by name."""
    journal = None
    parts: dict[str, list[Element]] = {}
    for meta in front if front is not None else ():
        if meta.tag == "journal-meta" and journal is None:
            journal = meta
        elif meta.tag == "article-meta" and not parts:
            for part in meta:
                parts.setdefault(part.tag, []).append(part)
    return journal, parts


def _is_title(element: Element) -> bool:
    return bool(element.tag == "article-title")


def _first(ids: Mapping[str | None, str], *kinds: str) -> str | None:
    return next((value for kind in kinds if (value := ids.get(kind))), None)


def _pmcid(ids: Mapping[str | None, str]) -> tuple[str | None, str | None]:
    """Return `PMC123` and the version that the id itself carries ("PMC123.2")."""
    found = _PMCID.fullmatch(_first(ids, "pmcid-ver", "pmcid", "pmc") or "")
    return (f"PMC{found[1]}", found[2]) if found else (None, None)


def _doi(text: str | None) -> str | None:
    return _DOI_ADDRESS.sub("", text).lower() or None if text else None


def _declared_version(parts: Mapping[str, Sequence[Element]]) -> str | None:
    direct = parts.get("article-version", [])
    nested = [found for group in parts.get("article-version-alternatives", []) for found in group]
    return flat_text(*[*direct, *nested][:1]) or None


def _journal(meta: Element | None) -> str | None:
    titles = meta.iter("journal-title", "abbrev-journal-title") if meta is not None else ()
    return next((text for found in titles if (text := flat_text(found))), None)


def _abstract(abstracts: Sequence[Element]) -> str | None:
    plain = [found for found in abstracts if found.get("abstract-type") not in _OTHER_ABSTRACTS]
    return flat_text(*plain[:1]) or None


def _texts(groups: Sequence[Element], *names: str) -> tuple[str, ...]:
    words = [flat_text(found) for group in groups for found in group.iter(*names)]
    return tuple(dict.fromkeys(word for word in words if word))
