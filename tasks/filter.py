"""The two-stage filter: cheap signals, then the judgement of text and node against the image."""

from collections.abc import Iterator, Sequence
from functools import partial

from met.align.screen import screen as screen_panel
from met.align.sight import SeenPixels, seen_pixels
from met.blobs import Blobs
from met.embed.pairs import PairEncoder
from met.pixels import decode_rgb
from met.review.heed import heard, heeded_verdict
from met.stages import ALIGN, SCREEN
from met.store.dossiers import load_dossiers
from met.types import Dossier, Made, WorkItem
from tasks import doors
from tasks.align import judgements, made_of
from tasks.work import Order, stage_task


@stage_task(SCREEN)
def screen(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> verdict of stage 1."""
    phi = doors.store().query("build_row", build=order.build)[0].settings.get("phi")
    for dossier in heard(load_dossiers(doors.store(), order.build, [item.item for item in work]), work):
        sight = partial(sight_at, dossier, doors.blobs(), doors.pair_encoder())
        verdict = screen_panel(dossier, doors.thresholds(), phi=phi, sight=sight)
        yield made_of(heeded_verdict(verdict, dossier))


def sight_at(dossier: Dossier, blobs: Blobs, encoder: PairEncoder | None) -> SeenPixels:
    """Return what stage 1 measures in the pixels of a panel; their likeness to its text where an encoder is set."""
    x1, y1, x2, y2 = dossier.panel.box
    pixels = decode_rgb(blobs.get(dossier.panel.image))[y1:y2, x1:x2]
    return seen_pixels(pixels, similarity=encoder.similarity(pixels, dossier.subcaption) if encoder else None)


@stage_task(ALIGN)
def align(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> verdict of stage 2, by the engine of the build."""
    return judgements(heard(load_dossiers(doors.store(), order.build, [item.item for item in work]), work), order)
