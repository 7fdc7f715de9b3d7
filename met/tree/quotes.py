"""The sentences that speak best for each node and relation of a tree, ready to be shown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from met.tree.evidence import AUTHORITIES
from met.tree.show import Quote
from met.types import Document, Evidence

MOST: Final = 3
# A sentence of so few characters more than the words that it is about says nothing.
BARE: Final = 12
# What says most of a node comes first.
_KINDS: Final = ("definition", "edge", "relation", "synonym", "mention")


def best_quotes(
    evidence: Iterable[Evidence], documents: Iterable[Document], *, most: int = MOST
) -> tuple[Mapping[str, Sequence[Quote]], Mapping[str, int]]:
    """Return up to `most` different sentences of each subject by its key, and how many rows of evidence it has.

    Definitions stand first, mentions last; of one kind guidelines and textbooks stand first, then the shorter sentence.
    What is no more than the name, a heading say, stands behind whole sentences. What a sentence denies does not count.
    """
    by_key = {document.key: document for document in documents}
    rows: dict[str, list[Evidence]] = defaultdict(list)
    for row in evidence:
        if row.assertion != "negated":
            rows[row.subject].append(row)

    def rank(row: Evidence) -> tuple[bool, int, int, int, str]:
        authority = AUTHORITIES.index(by_key[row.document].authority)
        bare = len(row.sentence) <= len(row.surface) + BARE
        return bare, _KINDS.index(row.kind), authority, len(row.sentence), row.key

    quotes = {}
    for subject, found in rows.items():
        different = {row.sentence: row for row in sorted(found, key=rank, reverse=True)}
        quotes[subject] = [_quote(row, by_key[row.document]) for row in sorted(different.values(), key=rank)[:most]]
    return quotes, Counter({subject: len(found) for subject, found in rows.items()})


def _quote(row: Evidence, document: Document) -> Quote:
    return Quote(
        kind=row.kind,
        sentence=row.sentence,
        title=document.title,
        authority=document.authority,
        surface=row.surface,
        licence=document.licence,
        assertion=row.assertion,
    )
