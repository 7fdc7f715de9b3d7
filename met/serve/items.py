"""The page of an item: a panel with its text, and everything that the engine made of it and decided about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from met.errors import NotFound
from met.review.told import Heard
from met.serve.links import FolderLinks, Links, ServerLinks
from met.serve.render import render
from met.serve.texts import passages_of, supports_of
from met.stages import STAGES
from met.store import Store
from met.store.dossiers import load_dossier
from met.types import Anchor, Box, Dossier, DrawnText, Role

ROLES: Final = get_args(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another panel of the same figure, or this one."""

    key: str
    letter: str | None
    position: int
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of an item at one stage: status, version of the code, and what was refused there."""

    stage: str
    item: str
    version: str
    status: str
    seconds: float | None
    run: str | None
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A Drop of the item or of what it hangs on."""

    stage: str
    item: str
    reason: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """Everything that is shown of a panel. `newest` says whether its build is the newest of all.

    `names` are names of nodes by key: of all nodes that anchors, verdicts, regions, captions and questions speak of.
    """

    build: str
    engine: str
    tree: int | None
    newest: bool
    dossier: Dossier
    drawn: tuple[DrawnText, ...]
    beside: tuple[Neighbour, ...]
    files: tuple[str, ...]
    steps: tuple[Step, ...]
    refusals: tuple[Refusal, ...]
    names: Mapping[str, str]

    @property
    def key(self) -> str:
        """The key of the panel."""
        return self.dossier.panel.key

    @property
    def title(self) -> str:
        """What the figure is called, and the panel in it."""
        figure, panel = self.dossier.figure, self.dossier.panel
        name = figure.label or f"Figure {figure.position + 1}"
        alone = len(self.beside) == 1
        return name if alone else f"{name}, panel {panel.letter or panel.position + 1}"

    @property
    def kept(self) -> bool:
        """Whether both stages of the filter kept it: whether it is a pair."""
        return {verdict.stage for verdict in self.dossier.verdicts if verdict.keep} == {"screen", "align"}

    @property
    def anchors(self) -> Sequence[Anchor]:
        """Its anchors by role, the surest first."""
        return sorted(
            self.dossier.anchors,
            key=lambda anchor: (ROLES.index(anchor.role), anchor.polarity, -anchor.score, anchor.key),
        )


def item_page(store: Store, key: str, *, build: str | None = None) -> ItemPage:
    """Return the page of a panel in the newest build that has it, or in the build that is named.

    Raises:
        NotFound: no build has such a panel.
    """
    builds = store.query("serve_builds_of_panel", panel=key)
    found = next((row for row in builds if build in (None, row.key)), None)
    if found is None:
        raise NotFound(what="item", name=key, hint=" in any build" if build is None else f" in {build}")
    dossier = load_dossier(store, found.key, key)
    beside = store.query("serve_beside", build=found.key, figure=dossier.figure.key)
    files = store.query("serve_files", build=found.key, article=dossier.article.key)
    hangs_on = [key, dossier.figure.key, dossier.image.sha256, dossier.article.key, *(row.item for row in files)]
    newest = store.query("serve_builds")
    return ItemPage(
        build=found.key,
        engine=found.engine,
        tree=found.tree,
        newest=bool(newest) and newest[0].key == found.key,
        dossier=dossier,
        drawn=tuple(store.select(DrawnText, build=found.key, image=dossier.image.sha256)),
        beside=tuple(
            Neighbour(key=row.key, letter=row.letter, position=row.position, box=tuple(row.box)) for row in beside
        ),
        files=tuple(row.path for row in files if row.path),
        steps=tuple(_steps(store, found.key, hangs_on)),
        refusals=tuple(
            Refusal(stage=row.stage, item=row.item, reason=row.reason, detail=row.detail)
            for row in store.query("serve_drops", build=found.key, items=hangs_on)
        ),
        names=_names(store, found.tree, dossier),
    )


def render_item(page: ItemPage, *, static: bool, reviews: Heard | None = None) -> str:
    """Return the page as HTML: for the server, or as a file of a folder that stands by itself (see FolderLinks).

    Without `reviews` nothing is told of them: not to somebody who still judges.
    """
    links: Links = FolderLinks() if static else ServerLinks()
    return render(
        "item.html",
        links,
        page=page,
        dossier=page.dossier,
        reviews=reviews,
        texts=passages_of(page.dossier, page.names, links),
        captions=[
            {"row": caption, "supports": supports_of(caption, page.dossier)} for caption in page.dossier.captions
        ],
    )


def _steps(store: Store, build: str, items: Sequence[str]) -> Iterator[Step]:
    order = [stage.name for stage in STAGES]
    rows = store.query("serve_ledger", build=build, items=list(items), stages=order)
    for row in sorted(rows, key=lambda row: (order.index(row.stage), row.item)):
        yield Step(
            stage=row.stage,
            item=row.item,
            version=row.version,
            status=row.status,
            seconds=row.seconds,
            run=row.run,
            at=row.at.isoformat(timespec="seconds"),
        )


def _names(store: Store, tree: int | None, dossier: Dossier) -> Mapping[str, str]:
    known = {key: placed.node.name for key, placed in dossier.nodes.items()}
    spoken = {
        *(verdict.node for verdict in dossier.verdicts),
        *(region.node for region in dossier.regions),
        *(node for caption in dossier.captions for node in caption.nodes),
        *(support["of"] for caption in dossier.captions for support in caption.supports if "of" in support),
        *(node for question in dossier.questions for node in question.nodes),
        *(node for question in dossier.questions for edge in question.edges for node in _ends(edge)),
    }
    wanted = sorted(key for key in spoken - known.keys() if key is not None and key.startswith("node:"))
    if tree is None or not wanted:
        return known
    return known | {row.key: row.name for row in store.query("serve_node_names", tree=tree, keys=wanted)}


def _ends(edge: Mapping[str, Any]) -> Iterator[str]:
    for value in edge.values():
        yield from (value,) if isinstance(value, str) else value if isinstance(value, (list, tuple)) else ()
