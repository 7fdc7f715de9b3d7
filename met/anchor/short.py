"""Short forms in the texts of a panel: a text's own definition decides what one means, and where there is none, that
the texts name the same node in full.

BMD is a dystrophy in one article and bone mineral density in the next; MD is a disease, a mean difference and a title.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from met.anchor.hits import Hit
from met.anchor.sentences import sentences_of
from met.tree.extract.document import is_carried
from met.tree.extract.short import short_forms
from met.tree.extract.words import SYMBOL
from met.tree.lexicon import Lexicon
from met.types import Dossier, Facet, Role

_ILL: Final[frozenset[Facet]] = frozenset({"disease", "symptom"})
_TOLD_OF_SUBJECT: Final[frozenset[Role]] = frozenset({"depicted", "diagnosis"})
# No short form has more letters.
_LONGEST: Final = 8
# As many capitals mean one thing as a rule, fewer many: MI, RA, CC.
_PLAIN: Final = re.compile(r"v?[A-Z]{4,}s?")
_HAS_IT: Final = re.compile(
    r"\b(?:(?:patients?|people|persons?|individuals?|subjects|m[ae]n|wom[ae]n|boy|girl|child(?:ren)?|infants?|cases?)"
    r" (?:\w+ )?(?:with|of)|suffer(?:s|ed|ing)?(?: from)?|diagnos(?:ed with|is of)|history of) (?:an? )?$",
    re.IGNORECASE,
)


def with_short_forms_meant(
    hits: Sequence[Hit], dossier: Dossier, lexicon: Lexicon, facets: Mapping[str, Facet]
) -> list[Hit]:
    """Return the hits without those of short forms that mean another thing, or nobody knows what.

    A short form that a text of the panel, or the article's abstract, defines (Schwartz and Hearst, 2003) means what its
    long form names, and nothing where that is no name. One that none defines names a disease or a finding only where
    a text names that in full, somebody is said to have it, or it has four capitals at least; three or fewer are then
    merely mentioned. What names modalities and anatomy is left, unless it is defined otherwise.
    """
    short = {
        hit.surface
        for hit in hits
        if len(hit.surface) <= _LONGEST and facets[hit.node] != "modality" and SYMBOL.fullmatch(hit.surface)
    }
    if not short:
        return list(hits)
    texts = _texts(dossier)
    defined = _defined(short, texts, lexicon)
    spelt = {hit.node for hit in hits if hit.surface not in short}
    unspelt = {hit.node for hit in hits if hit.surface in short and _one(hit.surface) not in defined} - spelt
    spelt |= _named_in_full(unspelt, dossier.article.abstract or "", lexicon)
    kept: list[Hit] = []
    for hit in hits:
        if hit.surface not in short:
            kept.append(hit)
        elif (meant := defined.get(_one(hit.surface))) is not None:
            kept += [hit] if hit.node in meant else []
        elif facets[hit.node] not in _ILL or hit.node in spelt or _PLAIN.fullmatch(hit.surface):
            kept.append(hit)
        elif _is_had(hit):
            kept.append(replace(hit, role="mentioned") if hit.role in _TOLD_OF_SUBJECT else hit)
    return kept


def _texts(dossier: Dossier) -> tuple[str, ...]:
    mentions = dict.fromkeys(mention.text for mention in dossier.mentions)
    return (dossier.figure.caption, *mentions, dossier.article.title, dossier.article.abstract or "")


def _defined(short: set[str], texts: Sequence[str], lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """Return the nodes that the long form of each short form names, for those that a text defines; the first counts."""
    found: dict[str, frozenset[str]] = {}
    wanted = {_one(surface) for surface in short}
    for text in texts:
        if not any(f"({surface}" in text for surface in wanted):
            continue
        for span in sentences_of(text):
            for form in short_forms(text, span):
                surface = _one(text[slice(*form.short)])
                if surface in wanted and surface not in found:
                    found[surface] = _nodes_of(text[slice(*form.long)], lexicon)
    return found


def _one(surface: str) -> str:
    return surface.removesuffix("s")


def _nodes_of(long: str, lexicon: Lexicon) -> frozenset[str]:
    return frozenset(
        node for match in lexicon.find(long) if match.start == 0 and match.end == len(long) for node in match.nodes
    )


def _named_in_full(nodes: set[str], abstract: str, lexicon: Lexicon) -> set[str]:
    matches = lexicon.find(abstract) if nodes and abstract else ()
    return {node for match in matches if not SYMBOL.fullmatch(match.surface) for node in match.nodes} & nodes


def _is_had(hit: Hit) -> bool:
    text = hit.passage.text
    return is_carried(text, hit.end) or _HAS_IT.search(text[max(0, hit.start - 40) : hit.start]) is not None
