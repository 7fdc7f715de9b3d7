"""Judgements as a small labelled set, a line an item, that a fit can read: keys and reasons, and no text."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from met.keys import canonical_json
from met.review.heed import BY, standing_of
from met.types import ItemKind, Review, ReviewerKind

COLUMNS: Final = ("panel", "keep", "item", "kind", "by", "reason", "correction", "stage", "kept_by_engine")


def labels_of(said: Iterable[Review], *, by: ReviewerKind, kind: ItemKind = "pair") -> list[dict[str, str]]:
    """Return a label an item, by item: what reviewers of one kind say of it with one voice.

    `keep` is yes where the item belongs into the data, once corrected maybe. Items on which reviewers differ are left
    out, and so is what a reviewer took back.
    """
    items: defaultdict[str, list[Review]] = defaultdict(list)
    for review in said:
        if review.reviewer_kind == by and review.kind == kind:
            items[review.item].append(review)
    found = []
    for item, mine in sorted(items.items()):
        standing = standing_of(mine)
        if standing is None:
            continue
        correction = canonical_json(dict(standing.correction)) if standing.correction else ""
        found.append(
            {
                "panel": mine[0].panel or "",
                "keep": "yes" if standing.accepted else "no",
                "item": item,
                "kind": kind,
                "by": BY[by],
                "reason": standing.reason or "",
                "correction": correction,
                "stage": mine[0].stage,
                "kept_by_engine": "yes" if mine[0].kept else "no",
            }
        )
    return found


def as_tsv(labels: Iterable[dict[str, str]]) -> str:
    """Return labels as tab-separated lines under a line of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=COLUMNS, delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(labels)
    return text.getvalue()
