"""Which values of met/types are rows: the tables that hold them, in the order of writing, and what tells them apart."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from met.types import (
    Anchor,
    Article,
    ArticleFile,
    Caption,
    CitedSentence,
    Closure,
    Document,
    DrawnText,
    Drop,
    Duplicate,
    Edge,
    Evidence,
    Fact,
    Figure,
    Image,
    KnownRegion,
    Mention,
    Modality,
    Node,
    NodeAlias,
    Panel,
    PanelText,
    PlanItem,
    PrivacyCheck,
    Question,
    Region,
    Relation,
    Review,
    ReviewPlan,
    SourceFile,
    Verdict,
)

# Where a row refers to another, that one's type stands first. All write in this order, so no two wait for each other.
STORED: tuple[type, ...] = (
    Document, Node, NodeAlias, Edge, Relation, Evidence,
    Image, Article, ArticleFile, Figure, Mention, KnownRegion, Fact, DrawnText,
    Panel, Modality, PrivacyCheck, Duplicate,
    Anchor, PanelText, Verdict, Region, CitedSentence, Caption, Question,
    ReviewPlan, PlanItem, Review,
)  # fmt: skip

# The fields that make a row the row that it is, where that is not its key.
IDENTITY: Mapping[type, tuple[str, ...]] = {
    NodeAlias: ("alias", "key"),
    Edge: ("child", "parent", "kind"),
    Closure: ("node", "ancestor"),
    Image: ("sha256",),
    ArticleFile: ("item", "article"),
    SourceFile: ("item",),
    Drop: ("item", "reason"),
    PlanItem: ("plan", "item"),
}

# Columns that say to what a row belongs, and are not its own.
PLACES = ("tree", "input", "version")

# What is read where the table itself does not hold the values.
READ_FROM: Mapping[type, str] = {Closure: "keyed_closure"}


@cache
def table_of(kind: type[Any]) -> str:
    """Return the table of a type.

    >>> table_of(NodeAlias)
    'node_alias'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def relation_of(kind: type, *, build: str | None) -> str:
    """Return the table or view that the values of a type are read from: of a build its current results alone."""
    return READ_FROM.get(kind) or table_of(kind) if build is None else f"build_{table_of(kind)}"
