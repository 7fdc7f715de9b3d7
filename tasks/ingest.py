"""The stages from a source to clean, labelled panels: harvest, panels, modality, duplicates."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.harvest.article import harvest_article
from met.harvest.duplicates import duplicates_of
from met.harvest.modality import modality_of
from met.harvest.panels import panels_of
from met.pixels import decode_rgb
from met.sources.folder import read_file, scan_folder
from met.stages import DUPLICATES, HARVEST, MODALITY, PANELS
from met.types import Figure, Image, Made, Panel, WorkItem
from tasks import doors
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task


@task(name="scan", task_run_name="scan · {path}", cache_policy=NO_CACHE, persist_result=False)
def scan(path: str) -> str:
    """List the files of a source as they are now and return the source's key."""
    source, files = scan_folder(Path(path))
    doors.store().put_source(source, files)
    return source.key


@stage_task(HARVEST)
def harvest(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """file -> article, figures, mentions, images; image bytes go to the blobs before any row names them."""
    files = {row.item: row for row in doors.store().query("files_of_items", items=[item.item for item in work])}
    for item in work:
        file = files[item.item]
        xml, graphics = read_file(file.uri, file.path)
        found = harvest_article(
            item=item.item,
            path=file.path,
            xml=xml,
            graphics=graphics,
            max_pixels=doors.settings().image_max_pixels,
            data_class=file.data_class,
        )
        for data in found.blobs.values():
            doors.blobs().put(data)
        yield found.made


@stage_task(PANELS)
def split_panels(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """figure -> panels."""
    figures = doors.store().select(Figure, build=order.build, key=[item.item for item in work])
    images = {
        image.sha256: image
        for image in doors.store().select(Image, sha256=sorted({figure.image for figure in figures}))
    }
    for figure in figures:
        yield Made(item=figure.key, rows=panels_of(figure, images[figure.image]))


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
        panels = doors.store().select(Panel, build=order.build)
        images = {
            image.sha256: image
            for image in doors.store().select(Image, sha256=sorted({panel.image for panel in panels}))
        }
        yield Made(item=item.item, rows=duplicates_of([(panel, images[panel.image]) for panel in panels]))
