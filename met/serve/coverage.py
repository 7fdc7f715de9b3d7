"""The coverage map: what stands under a node as a treemap, its area by nodes, its colour by pairs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any, Final

from met.errors import NotFound
from met.serve.desk import Desk, Scope
from met.serve.render import short

WIDTH: Final = 1240.0
HEIGHT: Final = 560.0
MOST: Final = 60
# Of each part so many parts are drawn in it, where there is room.
INNER: Final = 24
ROOM: Final = (90.0, 70.0)
HEADING: Final = 40.0
# A name is drawn where about so many pixels a character are there for it.
LETTER: Final = 8.0
LINE: Final = 17.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A node as a rectangle in pixels. `colour` 0 to 5 grows with the logarithm of its pairs."""

    key: str
    name: str
    label: str
    facet: str
    below: int
    panels: int
    pairs: int
    children: int
    x: float
    y: float
    width: float
    height: float
    depth: int

    @property
    def colour(self) -> int:
        """0 for no pair, else one step for each power of ten, up to 5."""
        return coverage_colour(self.pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePage:
    """The map of a node's children, or of the roots. `bare` are the largest of them without a pair."""

    top: Any
    way: Sequence[Any]
    tiles: Sequence[Tile]
    bare: Sequence[Any]
    covered: int
    parts: int
    children: int
    more: int


def coverage_page(desk: Desk, scope: Scope, key: str | None) -> CoveragePage:
    """Return the map of what stands under a node, or of everything.

    Raises:
        NotFound: the tree has no such node.
    """
    store = desk.store
    top, way = None, []
    if key:
        found = store.query("serve_nodes", scope=scope.key, tree=scope.tree, keys=[key])
        if not found:
            raise NotFound(what="node", name=key, hint=" in the newest tree")
        top, way = found[0], store.query("tree_node_path", tree=scope.tree, node=key)
    rows = store.query("serve_children", scope=scope.key, tree=scope.tree, parent=key, limit=MOST, offset=0)
    children = top.children if top is not None else len(rows)
    inner: defaultdict[str, list[Any]] = defaultdict(list)
    parents = [row.key for row in rows]
    for row in store.query("serve_grandchildren", scope=scope.key, tree=scope.tree, parents=parents, each=INNER):
        inner[row.parent].append(row)
    return CoveragePage(
        top=top,
        way=way[:-1],
        tiles=_tiles(rows, inner),
        bare=sorted((row for row in rows if not row.pairs), key=lambda row: (-row.below, row.name))[:30],
        covered=sum(bool(row.pairs) for row in rows),
        parts=len(rows),
        children=children or 0,
        more=max(0, (children or 0) - len(rows)),
    )


def coverage_colour(pairs: int) -> int:
    """Return the step of the scale for a number of pairs.

    >>> [coverage_colour(pairs) for pairs in (0, 1, 9, 10, 1_000, 10_000_000)]
    [0, 1, 1, 2, 4, 5]
    """
    return min(5, 1 + int(log10(pairs))) if pairs else 0


def _tiles(rows: Sequence[Any], inner: Mapping[str, Sequence[Any]]) -> list[Tile]:
    tiles = _placed(rows, 0.0, 0.0, WIDTH, HEIGHT, depth=0)
    for tile in list(tiles):
        width, height = tile.width - 8, tile.height - HEADING - 4
        if tile.width >= ROOM[0] and tile.height >= ROOM[1] and inner.get(tile.key):
            tiles += _placed(inner[tile.key], tile.x + 4, tile.y + HEADING, width, height, depth=1)
    return tiles


def _placed(rows: Sequence[Any], left: float, top: float, width: float, height: float, *, depth: int) -> list[Tile]:
    # The root of a large subtree must leave room for the others: areas grow slower than the number of nodes.
    sizes = [(row.below + 1) ** 0.7 for row in rows]
    return [
        Tile(
            key=row.key,
            name=row.name,
            label=_label(row.name, wide, high),
            facet=row.facet,
            below=row.below,
            panels=row.panels,
            pairs=row.pairs,
            children=row.children,
            x=round(left + x, 2),
            y=round(top + y, 2),
            width=round(wide, 2),
            height=round(high, 2),
            depth=depth,
        )
        for row, (x, y, wide, high) in zip(rows, squarified(sizes, width, height), strict=True)
    ]


def _label(name: str, width: float, height: float) -> str:
    letters = int((width - 10) / LETTER)
    return short(name, letters) if height >= LINE + 4 and letters >= 4 else ""


def squarified(sizes: Sequence[float], width: float, height: float) -> list[tuple[float, float, float, float]]:
    """Return a rectangle (x, y, width, height) for each size, largest first, that fill the area and are nearly square.

    Squarified treemaps (Bruls, Huizing and van Wijk, 2000).

    >>> squarified([3.0, 1.0], 4.0, 1.0)
    [(0.0, 0.0, 3.0, 1.0), (3.0, 0.0, 1.0, 1.0)]
    """
    total = sum(sizes)
    areas = [size * width * height / total for size in sizes]
    placed: list[tuple[float, float, float, float]] = []
    x = y = 0.0
    while len(placed) < len(areas):
        side = min(width, height)
        row = _row(areas[len(placed) :], side)
        depth = sum(row) / side if side else 0.0
        at = 0.0
        for area in row:
            length = area / depth if depth else 0.0
            # A row lies along the shorter side.
            upright = width >= height
            placed.append((x, y + at, depth, length) if upright else (x + at, y, length, depth))
            at += length
        if width >= height:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
    return placed


def _row(areas: Sequence[float], side: float) -> Sequence[float]:
    """Return the areas of the next row: as many as make its worst rectangle more square."""
    count = 1
    while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
        count += 1
    return areas[:count]


def _worst(row: Sequence[float], side: float) -> float:
    total = sum(row)
    return max(side**2 * max(row) / total**2, total**2 / (side**2 * min(row)))
