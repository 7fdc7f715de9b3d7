"""Condenses what articles say of kept pairs, and writes captions and questions about them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from met.harvest.cited import summary
from met.review.heed import Text, heard, heeded_texts
from met.stages import CAPTION, QUESTION, SUMMARY
from met.store.dossiers import load_dossiers
from met.store.others import with_others
from met.synth import caption, question
from met.synth.options import option_names
from met.types import Dossier, Drop, Made, Reply, WorkItem
from tasks import doors
from tasks.asking import asked
from tasks.work import Order, stage_task


@stage_task(SUMMARY)
def condense_mentions(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """pair -> the sentences of citing passages that concern it, tagged. Where none cites it, nobody is asked."""
    dossiers = load_dossiers(doors.store(), order.build, [item.item for item in work])
    cited = [dossier for dossier in dossiers if summary.sentences_about(dossier)]
    left = {dossier.panel.key for dossier in dossiers} - {dossier.panel.key for dossier in cited}
    yield from (Made(item=key) for key in sorted(left))
    yield from asked(SUMMARY, cited, summary.ask, _read_summary, order.engine)


def _read_summary(dossier: Dossier, reply: Reply) -> Made:
    read = summary.read(dossier, reply)
    if isinstance(read, Drop):
        # The pair goes on without its passages: its own caption still speaks for it.
        return Made(item=dossier.panel.key, drops=(read,), replies=(reply,))
    return Made(item=dossier.panel.key, rows=read, replies=(reply,))


@stage_task(CAPTION)
def write_captions(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """pair -> captions, each sentence with what supports it."""
    dossiers = heard(load_dossiers(doors.store(), order.build, [item.item for item in work]), work)
    return asked(CAPTION, dossiers, caption.ask, partial(_read_texts, caption.read), order.engine)


@stage_task(QUESTION)
def write_questions(work: Sequence[WorkItem], order: Order) -> Iterator[Made]:
    """pair -> questions under the tree's constraints."""
    loaded = load_dossiers(doors.store(), order.build, [item.item for item in work])
    dossiers = heard(with_others(doors.store(), order.build, loaded, option_names()), work)
    return asked(QUESTION, dossiers, question.ask, partial(_read_texts, question.read), order.engine)


def _read_texts(read: Callable[[Dossier, Reply], tuple[Text, ...] | Drop], dossier: Dossier, reply: Reply) -> Made:
    """Return what `read` makes of the reply, as far as reviewers leave it."""
    made = read(dossier, reply)
    if isinstance(made, Drop):
        return Made(item=dossier.panel.key, drops=(made,), replies=(reply,), kept=False)
    rows, drops = heeded_texts(made, dossier)
    return Made(item=dossier.panel.key, rows=rows, drops=drops, replies=(reply,))
