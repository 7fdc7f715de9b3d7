"""Stage 2 of the filter with an engine: the blind look at each panel, the judgement, and who confirms it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from met.align import judge, look
from met.align.judge import Case
from met.errors import BudgetSpent
from met.llm import Engine
from met.review.heed import heeded_verdict
from met.stages import ALIGN
from met.types import Ask, Dossier, Drop, Made, Reply, Verdict
from tasks import doors
from tasks.asking import model_image, remembered, within_budget
from tasks.work import Order

# The second family of models is asked about so many kept pairs at once.
CONFIRMED_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an engine made of a panel: a verdict, or the Drop of a reply that cannot be read; `replies` are unpaid."""

    dossier: Dossier
    verdict: Verdict | Drop
    replies: tuple[Reply, ...] = ()


def judgements(dossiers: Sequence[Dossier], order: Order) -> Iterator[Made]:
    """Yield stage 2's verdict of each panel, in any order.

    What a model saw in a panel is remembered by its pixels alone, so that other words, another tree or another judge
    do not make it look again. A second family of models, where one is set, must keep what the first keeps.

    Raises:
        ModelUnavailable: an engine cannot go on.
        BudgetSpent: no more may be asked; all that had been asked was yielded, or is remembered.
    """
    second = doors.verifier() if order.engine == "vllm" else None
    engine = doors.engine(order.engine)
    said = (_Remembering if second else _Judging)(engine, dossiers, order).judged()
    done = 0
    for one in said if second is None else _confirmed(said, second, order):
        done += 1
        yield _made(one)
    if done < len(dossiers):
        raise BudgetSpent(left=len(dossiers) - done, stage=ALIGN.name)


class _Judging:
    """One engine that looks at panels and judges their texts, each text as soon as its panel was looked at."""

    def __init__(self, engine: Engine, dossiers: Iterable[Dossier], order: Order) -> None:
        self._engine, self._order = engine, order
        self._dossiers = {dossier.panel.key: dossier for dossier in dossiers}
        self._cases: dict[str, Case] = {}
        self._unread: list[Said] = []

    def judged(self) -> Iterator[Said]:
        """Yield what is said of each panel; one is missing where there was no money left to ask about it."""
        for reply in self._answers(self._asks()):
            case = self._cases.pop(reply.item)
            yield Said(dossier=case.dossier, verdict=judge.read(case, reply), replies=self._unpaid(reply))
        yield from self._unread

    def _answers(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        return self._engine.answer(within_budget(asks))

    def _unpaid(self, reply: Reply) -> tuple[Reply, ...]:
        return (reply,)

    def _asks(self) -> Iterator[Ask]:
        for reply in self._looks():
            dossier = self._dossiers[reply.item]
            seen = look.read(dossier, reply)
            if isinstance(seen, Drop):
                self._unread.append(Said(dossier=dossier, verdict=seen))
                continue
            self._cases[reply.item] = Case(dossier=dossier, look=seen)
            yield judge.ask(self._cases[reply.item], model_image(dossier, self._engine.identity.name))

    def _looks(self) -> Iterator[Reply]:
        name = self._engine.identity.name
        asks = (look.ask(dossier, model_image(dossier, name)) for dossier in self._dossiers.values())
        if name == "rules":
            yield from self._engine.answer(asks)
            return
        try:
            yield from remembered(asks, self._engine, stage=ALIGN.name, run=self._order.run)
        except BudgetSpent:
            # The judge's replies in flight are still waited for; that panels are missing tells the rest.
            return


class _Remembering(_Judging):
    """Remembers and pays each judgement at once: it must not be lost while a second engine is asked."""

    def _answers(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        try:
            yield from remembered(asks, self._engine, stage=ALIGN.name, run=self._order.run)
        except BudgetSpent:
            return

    def _unpaid(self, reply: Reply) -> tuple[Reply, ...]:  # noqa: ARG002
        return ()


def _confirmed(said: Iterable[Said], second: Engine, order: Order) -> Iterator[Said]:
    """Yield what both engines together say: of what the first keeps, what the second says beside it."""
    waiting: dict[str, Said] = {}
    for one in said:
        if isinstance(one.verdict, Drop) or not one.verdict.keep:
            yield one
            continue
        waiting[one.dossier.panel.key] = one
        if len(waiting) == CONFIRMED_AT_ONCE:
            yield from _by_second(waiting, second, order)
            waiting = {}
    yield from _by_second(waiting, second, order)


def _by_second(kept: dict[str, Said], second: Engine, order: Order) -> Iterator[Said]:
    for one in _Remembering(second, [said.dossier for said in kept.values()], order).judged():
        first = kept[one.dossier.panel.key].verdict
        assert isinstance(first, Verdict)
        yield Said(dossier=one.dossier, verdict=judge.confirmed(first, one.verdict))


def _made(said: Said) -> Made:
    if isinstance(said.verdict, Drop):
        return Made(item=said.dossier.panel.key, drops=(said.verdict,), replies=said.replies, kept=False)
    return made_of(heeded_verdict(said.verdict, said.dossier), *said.replies)


def made_of(verdict: Verdict, *replies: Reply) -> Made:
    """Return what a verdict makes of its panel: the row, and a Drop that repeats its reason where it says no."""
    drops = () if verdict.keep else (Drop(item=verdict.panel, reason=verdict.reason, detail=verdict.signals),)
    return Made(item=verdict.panel, rows=(verdict,), drops=drops, replies=replies, kept=verdict.keep)
