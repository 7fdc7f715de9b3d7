"""The stages from a source to clean, labelled panels: harvest, panels, modality, duplicates."""

from collections.abc import Iterator, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.harvest.duplicates import duplicates_of
from met.harvest.modality import modality_of
from met.harvest.panels import split_figure
from met.pixels import decode_rgb
from met.sources.kinds import harvest_file, scan_source
from met.stages import DUPLICATES, HARVEST, MODALITY, PANELS
from met.types import Figure, Image, Made, Panel, WorkItem
from tasks import doors
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task


@task(name="scan", task_run_name="scan · {path}", cache_policy=NO_CACHE, persist_result=False)
def scan(path: str) -> str:
    """List the files of a source as they are now and return the source's key."""
    source, files = scan_source(path, doors.settings())
    doors.store().put_source(source, files)
    return source.key


@stage_task(HARVEST)
def harvest(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """file -> article, figures, mentions, images; image bytes go to the blobs before any row names them."""
    files = {row.item: row for row in doors.store().query("files_of_items", items=[item.item for item in work])}
    for item in work:
        found = harvest_file(files[item.item], doors.settings())
        for data in found.blobs.values():
            doors.blobs().put(data)
        yield found.made


@stage_task(PANELS)
def split_panels(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """figure -> panels, each with its part of the caption."""
    figures = doors.store().select(Figure, build=order.build, key=[item.item for item in work])
    images = {
        image.sha256: image
        for image in doors.store().select(Image, sha256=sorted({figure.image for figure in figures}))
    }
    for figure in figures:
        yield split_figure(figure, images[figure.image], decode_rgb(doors.blobs().get(figure.image)))


@stage_task(MODALITY)
def tell_modality(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> modality, from its pixels and its text."""
    for dossier in load_dossiers(doors.store(), order.build, [item.item for item in work]):
        x1, y1, x2, y2 = dossier.panel.box
        pixels = decode_rgb(doors.blobs().get(dossier.panel.image))[y1:y2, x1:x2]
        row = modality_of(dossier.panel, pixels, dossier.subcaption, doors.modality_model())
        yield Made(item=dossier.panel.key, rows=(row,))


@stage_task(DUPLICATES)
def find_duplicates(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """all panels of the build -> who repeats whom. One item: the keeper of a cluster depends on the whole set."""
    for item in work:
        yield Made(item=item.item, rows=duplicates_of(doors.store().select(Panel, build=order.build)))
