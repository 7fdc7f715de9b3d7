"""The stages from a source to clean, labelled panels: harvest, panels, modality, duplicates."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.errors import BadSetting
from met.harvest.cited import citing_text
from met.harvest.drawn import drawn_texts
from met.harvest.duplicates import duplicates_of
from met.harvest.modality import modality_of
from met.harvest.panels import split_figure, with_spans
from met.harvest.privacy import may_show_a_face, privacy_of
from met.pixels import Pixels, decode_rgb
from met.review.heed import heard, heeded_modality, heeded_spans
from met.sources.kinds import harvest_file, scan_source
from met.stages import DUPLICATES, HARVEST, MODALITY, OCR, PANELS, PRIVACY
from met.store.dossiers import load_dossiers
from met.store.review import standing_of_figures
from met.types import Box, Dossier, DrawnText, Figure, Image, Made, Panel, Review, TextLine, WorkItem
from tasks import doors
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


@stage_task(OCR)
def read_text(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """image -> the lines of text that are drawn into it. There is no work where no reader is set."""
    reader = doors.reader()
    if reader is None:
        raise BadSetting(name="MET_OCR", why="a reader is needed to go on with this work, and none is set here")
    for item in work:
        lines = reader.lines(decode_rgb(doors.blobs().get(item.item)))
        yield Made(item=item.item, rows=drawn_texts(item.item, lines))


@stage_task(PANELS)
def split_panels(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """figure -> panels, each with its part of the caption; letters that were read in the image say which is which."""
    figures = doors.store().select(Figure, build=order.build, key=[item.item for item in work])
    images = {
        image.sha256: image
        for image in doors.store().select(Image, sha256=sorted({figure.image for figure in figures}))
    }
    lines = lines_of(order.build, set(images))
    named = {key for item in work for key in item.said}
    said = [one for one in standing_of_figures(doors.store(), [one.key for one in figures]) if one.key in named]
    for figure in figures:
        pixels = decode_rgb(doors.blobs().get(figure.image))
        drawn = lines.get(figure.image, ())
        made = split_figure(figure, images[figure.image], pixels, detector=doors.panel_detector(), drawn=drawn)
        yield _as_people_say(made, figure, said)


def _as_people_say(made: Made, figure: Figure, said: Sequence[Review]) -> Made:
    """Return the panels of a figure with the parts of the caption that people have given to them."""
    rows = []
    for panel in made.rows:
        mine = [review for review in said if review.panel == panel.key]
        spans = heeded_spans(mine, figure_digest=figure.digest, caption=figure.caption)
        rows.append(panel if spans is None else with_spans(panel, figure, spans))
    return replace(made, rows=tuple(rows))


@stage_task(MODALITY)
def tell_modality(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> modality, from its pixels and its text."""
    model, encoder = doors.modality_model(), doors.modality_encoder()
    dossiers = heard(load_dossiers(doors.store(), order.build, [item.item for item in work]), work)
    # All panels of a figure one after the other: its file is read and decoded once.
    for image, of_image in groupby(sorted(dossiers, key=_by_image), key=_by_image):
        whole = decode_rgb(doors.blobs().get(image))
        for dossier in of_image:
            panel, (x1, y1, x2, y2) = dossier.panel, dossier.panel.box
            cited = citing_text(dossier.mentions, label=dossier.figure.label, letter=panel.letter)
            text, pixels = dossier.subcaption, whole[y1:y2, x1:x2]
            row = modality_of(panel, pixels, text, model, cited=cited, encoder=encoder)
            yield Made(item=panel.key, rows=(heeded_modality(row, dossier),))


def _by_image(dossier: Dossier) -> str:
    return dossier.panel.image


@stage_task(PRIVACY)
def check_privacy(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> its privacy status: texts, what is drawn into the image, and faces where something finds them."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    lines = lines_of(order.build, {dossier.panel.image for dossier in dossiers})
    for dossier in dossiers:
        image = dossier.panel.image
        row = privacy_of(dossier, lines=lines.get(image), faces=_faces_in(dossier))
        yield Made(item=dossier.panel.key, rows=(row,))


def lines_of(build: str, images: set[str]) -> dict[str, tuple[TextLine, ...]]:
    """Return the lines drawn into each of these images that a reader has read; what nothing has read is missing."""
    store = doors.store()
    read = {row.item for row in store.query("images_read", build=build, images=sorted(images))}
    found: dict[str, list[DrawnText]] = {image: [] for image in read}
    for row in store.select(DrawnText, build=build, image=sorted(read)):
        found[row.image].append(row)
    return {
        image: tuple(row.line for row in sorted(rows, key=lambda row: row.position)) for image, rows in found.items()
    }


def _faces_in(dossier: Dossier) -> Sequence[Box] | None:
    finder = doors.faces()
    if finder is None or not may_show_a_face(dossier):
        return None
    x1, y1, x2, y2 = dossier.panel.box
    pixels = decode_rgb(doors.blobs().get(dossier.panel.image))[y1:y2, x1:x2]
    return [(x1 + left, y1 + top, x1 + right, y1 + bottom) for left, top, right, bottom in finder(pixels)]


@stage_task(DUPLICATES)
def find_duplicates(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """all panels of the build -> who repeats whom. One item: the keeper of a cluster depends on the whole set."""
    tell = partial(load_dossiers, doors.store(), order.build)
    for item in work:
        panels = doors.store().select(Panel, build=order.build)
        yield Made(item=item.item, rows=duplicates_of(panels, _pixels_of, tell))


def _pixels_of(panel: Panel) -> Pixels:
    x1, y1, x2, y2 = panel.box
    return decode_rgb(doors.blobs().get(panel.image))[y1:y2, x1:x2]
