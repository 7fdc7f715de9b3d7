"""Writes captions and questions about kept pairs."""

from collections.abc import Iterator, Sequence

from met.stages import CAPTION, QUESTION
from met.synth import caption, question
from met.types import Dossier, Drop, Made, Reply, WorkItem
from tasks import doors
from tasks.asking import asked
from tasks.dossier import load_dossiers
from tasks.work import Order, stage_task


@stage_task(CAPTION)
def write_captions(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """pair -> captions, each sentence with what supports it."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    return asked(dossiers, caption.ask, _read_captions, order.engine)


def _read_captions(dossier: Dossier, reply: Reply) -> Made:
    read = caption.read(dossier, reply)
    if isinstance(read, Drop):
        return Made(item=dossier.panel.key, drops=(read,), replies=(reply,), kept=False)
    return Made(item=dossier.panel.key, rows=read, replies=(reply,))


@stage_task(QUESTION)
def write_questions(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """pair -> questions under the tree's constraints."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    return asked(dossiers, question.ask, _read_questions, order.engine)


def _read_questions(dossier: Dossier, reply: Reply) -> Made:
    read = question.read(dossier, reply)
    if isinstance(read, Drop):
        return Made(item=dossier.panel.key, drops=(read,), replies=(reply,), kept=False)
    return Made(item=dossier.panel.key, rows=read, replies=(reply,))
