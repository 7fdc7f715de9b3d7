"""Gold of panel anchors: which nodes a panel shows, or its text states of the subject, labelled by looking.

A line names a panel, the nodes that are right there, the roles that are right for them, and how it counts: a `must` is
asked for, a `may` is right where it is found and is not missed where it is not (what is visible and unsaid, what is
said more precisely by another line). A panel with `none` shows no node. Nodes stand as a CURIE or as `facet:name`;
of several joined by `|` each is right, because ontologies keep them apart and the panel does not.

A panel is `article/graphic#letter`; without letters `#1`, `#2` in reading order; `#0` is a whole figure. So the gold
stands for any way of cutting figures into boxes.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from met.errors import BadInput
from met.types import Facet, Polarity, Role

Need: TypeAlias = Literal["must", "may"]
Half: TypeAlias = Literal["dev", "test"]

FACET_OF_PREFIX: Final[Mapping[str, Facet]] = {
    "MONDO": "disease",
    "DOID": "disease",
    "UBERON": "anatomy",
    "HP": "symptom",
    "SYMP": "symptom",
    "DCM": "modality",
    "CL": "cell",
    "NCBITaxon": "organism",
}
_COLUMNS: Final = {"panel", "node", "role", "polarity", "need", "half"}
_CURIE: Final = re.compile(rf"(?:{'|'.join(FACET_OF_PREFIX)}):[A-Za-z0-9_]+")
_NAMED: Final = re.compile(rf"(?:{'|'.join(get_args(Facet))}):\S.*")
_PANEL: Final = re.compile(r"[^/#]+/[^/#]+#(?:[a-z]|\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldAnchor:
    """One line of the gold: any of `nodes` in any of `roles` is right. The first of each names it in counts."""

    panel: str
    nodes: tuple[str, ...]
    roles: tuple[Role, ...]
    polarity: Polarity
    need: Need

    @property
    def facet(self) -> Facet:
        """The facet of the first node."""
        return facet_of(self.nodes[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldPanels:
    """Labelled panels by half, and what is right for each; a panel that shows no node has no line."""

    halves: Mapping[str, Half]
    anchors: Mapping[str, Sequence[GoldAnchor]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPanel:
    """A panel of a build and where it stands: `position` counts the panels of its figure from 0 in reading order."""

    key: str
    article: str
    graphic: str
    letter: str | None
    position: int


def facet_of(node: str) -> Facet:
    """Return the facet of a CURIE or of `facet:name`.

    >>> facet_of("MONDO:0005249"), facet_of("symptom:consolidation")
    ('disease', 'symptom')
    """
    prefix = node.partition(":")[0]
    named: Sequence[Facet] = get_args(Facet)
    return FACET_OF_PREFIX[prefix] if prefix in FACET_OF_PREFIX else next(facet for facet in named if facet == prefix)


def read_gold(path: Path) -> GoldPanels:
    """Return the gold of a table whose leading lines with `#` are comments.

    Raises:
        BadInput: the file is no such table, or a line of it is none of the things that it may be.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = len(list(takewhile(lambda line: line.startswith("#"), lines)))
    rows = list(csv.DictReader(lines[comments:], delimiter="\t"))
    if not rows or not rows[0].keys() >= _COLUMNS:
        raise BadInput(what=str(path), why=f"is no table with the columns {', '.join(sorted(_COLUMNS))}")
    halves: dict[str, Half] = {}
    anchors: dict[str, list[GoldAnchor]] = defaultdict(list)
    for number, row in enumerate(rows, start=comments + 2):
        half: Half | None = next((half for half in get_args(Half) if half == row["half"]), None)
        panel = row["panel"] or ""
        if half is None or not _PANEL.fullmatch(panel) or halves.setdefault(panel, half) != half:
            raise BadInput(what=f"{path}:{number}", why="names no panel, or no half, or the other half of a panel")
        if row["need"] != "none":
            anchors[panel].append(_anchor(row, f"{path}:{number}"))
    return GoldPanels(halves=halves, anchors=anchors)


def _anchor(row: Mapping[str, str], where: str) -> GoldAnchor:
    need: Need | None = next((need for need in get_args(Need) if need == row["need"]), None)
    polarity: Polarity | None = next((one for one in get_args(Polarity) if one == row["polarity"]), None)
    named = (row["role"] or "").split("|")
    roles: list[Role] = [role for name in named for role in get_args(Role) if role == name]
    nodes = tuple((row["node"] or "").split("|"))
    if need is None or polarity is None or len(roles) != len(named):
        raise BadInput(what=where, why="has an unknown role, polarity or need")
    if not all(_CURIE.fullmatch(node) or _NAMED.fullmatch(node) for node in nodes):
        raise BadInput(what=where, why=f"{row['node']} is neither a CURIE nor facet:name")
    return GoldAnchor(panel=row["panel"], nodes=nodes, roles=tuple(roles), polarity=polarity, need=need)


def matched(gold: Iterable[str], panels: Iterable[PlacedPanel]) -> dict[str, str]:
    """Return the key of the panel of a build for each gold panel that it has.

    A letter finds the panel with that letter. Where a figure has no letters at all, and for numbers, panels are found
    in reading order, if the build cut the figure into as many as the gold counts. A whole figure is one uncut figure.
    An article is known by the last part of its id.
    """
    by_figure: dict[str, list[PlacedPanel]] = defaultdict(list)
    for panel in panels:
        by_figure[f"{panel.article.rpartition('/')[2]}/{panel.graphic}"].append(panel)
    wanted: dict[str, list[str]] = defaultdict(list)
    for name in gold:
        wanted[name.rpartition("#")[0]].append(name.rpartition("#")[2])
    found: dict[str, str] = {}
    for figure, marks in wanted.items():
        cut = sorted(by_figure.get(figure, ()), key=lambda panel: (panel.position, panel.key))
        for mark in marks:
            key = _panel_at(mark, marks, cut)
            if key is not None:
                found[f"{figure}#{mark}"] = key
    return found


def _panel_at(mark: str, marks: Sequence[str], cut: Sequence[PlacedPanel]) -> str | None:
    lettered = [panel for panel in cut if panel.letter]
    if mark.isalpha() and lettered:
        same = [panel.key for panel in lettered if panel.letter == mark]
        return same[0] if len(same) == 1 else None
    number = _ordinal(mark)
    return cut[number].key if len(cut) == max(_ordinal(one) for one in marks) + 1 else None


def _ordinal(mark: str) -> int:
    return ord(mark) - ord("a") if mark.isalpha() else max(0, int(mark) - 1)
