"""Regions of interest of kept panels."""

from collections.abc import Iterator, Sequence

from met.regions.whole import region_of
from met.stages import REGIONS
from met.types import Made, WorkItem
from tasks import doors
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task


@stage_task(REGIONS)
def locate(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> regions in original pixel coordinates."""
    for dossier in load_dossiers(doors.store(), order.build, [item.item for item in work]):
        yield Made(item=dossier.panel.key, rows=region_of(dossier))
