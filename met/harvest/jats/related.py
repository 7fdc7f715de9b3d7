"""What an article is to other articles: what retracts or corrects it, and what it retracts, corrects or goes with."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from met.harvest.jats.flatten import flat_text
from met.xml import Element

_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
# What stands in these is said of another article.
_OTHERS: Final = ("sub-article", "response", "ref-list")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_PMC: Final = re.compile(r"(?:PMC)?(\d+)(?:\.\d+)?", re.IGNORECASE)
_RETRACTED_TITLE: Final = re.compile(
    r"^\W*(?:retracted|withdrawn)(?:\s+article)?\s*[:.\]–—-]|^\W*retracted article\b|\[\s*retracted\s*\]", re.IGNORECASE
)
_RETRACTED_TYPES: Final = frozenset({"retracted-article", "retracted", "withdrawn-article"})
# The link that a retracted article carries; a notice carries `retracted-article`, and is not retracted itself.
_RETRACTING: Final = frozenset({"retraction-forward", "retraction", "withdrawal-forward"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A link to another article. `kind` is as JATS words it: `correction-forward`, `corrected-article`, `companion` ..

    `target` is `doi:..`, `PMC..`, `pmid:..`, or the address as it stands; None where the link names nothing.
    """

    kind: str
    target: str | None


def read_related(links: Iterable[Element]) -> tuple[Related, ...]:
    """Return what the `related-article` and `related-object` elements say of this very article, each once."""
    found = [
        Related(kind=kind, target=_target(link))
        for link in links
        if (kind := _kind(link)) and next(link.iterancestors(*_OTHERS), None) is None
    ]
    return tuple(dict.fromkeys(found))


def is_retracted(kind: str | None, title: str, related: Iterable[Related]) -> bool:
    """Return whether type, title or a link of an article says that it is retracted.

    >>> is_retracted("research-article", "Retracted: On lungs", ())
    True
    >>> is_retracted("retraction", "On lungs", [Related(kind="retracted-article", target="doi:10.1234/lungs")])
    False
    """
    return (
        kind in _RETRACTED_TYPES
        or any(link.kind in _RETRACTING for link in related)
        or bool(_RETRACTED_TITLE.search(title))
    )


def _kind(link: Element) -> str:
    names = ("related-article-type", "related-object-type", "link-type")
    return next((value for name in names if (value := (link.get(name) or "").strip().lower())), "")


def _target(link: Element) -> str | None:
    named = (link.get(_XLINK_HREF) or "").strip()
    scheme = (link.get("ext-link-type") or "").lower()
    doi = _DOI.search(named)
    if doi:
        return f"doi:{doi[0].lower()}"
    if scheme in {"pmc", "pmcid"} and (number := _PMC.fullmatch(named)):
        return f"PMC{number[1]}"
    if scheme in {"pubmed", "pmid"} and named.isdecimal():
        return f"pmid:{named}"
    written = _DOI.search(flat_text(link)) if not named else None
    return f"doi:{written[0].rstrip('.,;').lower()}" if written else named or None
