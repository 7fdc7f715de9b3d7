"""The two-stage filter: cheap signals, then the judgement of text and node against the image."""

from collections.abc import Iterator, Sequence

from met.align import judge
from met.align.screen import screen as screen_panel
from met.stages import ALIGN, SCREEN
from met.types import Dossier, Drop, Made, Reply, Verdict, WorkItem
from tasks import doors
from tasks.asking import asked
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task


@stage_task(SCREEN)
def screen(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> verdict of stage 1."""
    phi = doors.store().query("build_row", build=order.build)[0].settings.get("phi")
    for dossier in load_dossiers(doors.store(), order.build, [item.item for item in work]):
        yield judged(screen_panel(dossier, phi=phi))


@stage_task(ALIGN)
def align(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """panel -> verdict of stage 2, by the engine of the build."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    return asked(ALIGN, dossiers, judge.ask, _read_verdict, order.engine)


def _read_verdict(dossier: Dossier, reply: Reply) -> Made:
    read = judge.read(dossier, reply)
    if isinstance(read, Drop):
        return Made(item=dossier.panel.key, drops=(read,), replies=(reply,), kept=False)
    return judged(read, reply)


def judged(verdict: Verdict, *replies: Reply) -> Made:
    """Return what a verdict makes of its panel: the row, and a Drop that repeats its reason where it says no."""
    drops = () if verdict.keep else (Drop(item=verdict.panel, reason=verdict.reason, detail=verdict.signals),)
    return Made(item=verdict.panel, rows=(verdict,), drops=drops, replies=replies, kept=verdict.keep)
