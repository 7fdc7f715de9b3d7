"""Regions of interest of kept panels."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from met.regions.given import given_regions
from met.regions.whole import region_of
from met.stages import REGIONS
from met.store.dossiers import load_dossiers
from met.types import KnownRegion, Made, WorkItem
from tasks import doors
from tasks.work import Order, stage_task


@stage_task(REGIONS)
def locate(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> regions in original pixel coordinates: what its source gives, and the panel as a whole."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    figures = sorted({dossier.figure.key for dossier in dossiers})
    known: defaultdict[str, list[KnownRegion]] = defaultdict(list)
    for region in doors.store().select(KnownRegion, build=order.build, figure=figures):
        known[region.figure].append(region)
    nodes = _nodes_of(order.build, (region for regions in known.values() for region in regions))
    for dossier in dossiers:
        given = given_regions(dossier, known[dossier.figure.key], nodes)
        yield Made(item=dossier.panel.key, rows=(*region_of(dossier), *given))


def _nodes_of(build: str, known: Iterable[KnownRegion]) -> dict[str, str]:
    """Return the keys of the nodes that the concepts mean in the tree of the build, by concept in small letters."""
    concepts = sorted({region.concept for region in known if region.concept})
    tree = doors.store().query("build_row", build=build)[0].tree if concepts else None
    found = {concept.lower(): _node_of(tree, concept) for concept in concepts} if tree is not None else {}
    return {concept: node for concept, node in found.items() if node is not None}


@lru_cache(maxsize=4096)
def _node_of(tree: int, concept: str) -> str | None:
    """Return the node that a concept means; None where there is none, or several are named equally well."""
    rows = doors.store().query("node_lookup", tree=tree, text=concept)
    best = [row.key for row in rows if row.rank == rows[0].rank]
    return str(best[0]) if len(best) == 1 else None
