"""What the model steps of a build will cost: requests of a sample of its panels, written and not sent."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from met.align import judge, look
from met.align.judge import Case
from met.align.look import Look
from met.errors import NotFound
from met.harvest.cited import summary
from met.keys import digest
from met.llm.estimate import Estimate, Measured, estimate
from met.llm.prices import Prices
from met.settings import Settings
from met.store import Store
from met.store.dossiers import load_dossiers
from met.synth import caption, question
from met.types import Ask, Dossier
from tasks.doors import second_settings


def _judge(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the judge beside the look of the engine `rules`: a model's is about as long."""
    return judge.ask(Case(dossier=dossier, look=Look.model_validate(look.rules(dossier))), image)


Panels: TypeAlias = tuple[str, Mapping[str, str]]
"""A query for panels of a build, and what it asks beside the build."""
SCREENED: Final[Panels] = ("kept_by", {"stage": "screen"})
PAIRS: Final[Panels] = ("kept_by", {"stage": "align"})
# A second family of models is asked about what the first keeps, and about nothing else.
KEPT_BY_FIRST: Final[Panels] = ("kept_by_first", {})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A model step, and the query for the panels that it is asked about."""

    name: str
    ask: Callable[[Dossier, bytes], Ask]
    panels: Panels


STEPS: Final[Sequence[_Step]] = (
    _Step(name=look.STEP, ask=look.ask, panels=SCREENED),
    _Step(name=judge.STEP, ask=_judge, panels=SCREENED),
    _Step(name=summary.STEP, ask=summary.ask, panels=PAIRS),
    _Step(name=caption.STEP, ask=caption.ask, panels=PAIRS),
    _Step(name=question.STEP, ask=question.ask, panels=PAIRS),
)
CONFIRMING: Final[Sequence[_Step]] = (
    _Step(name=look.STEP, ask=look.ask, panels=KEPT_BY_FIRST),
    _Step(name=judge.STEP, ask=_judge, panels=KEPT_BY_FIRST),
)


def estimates(store: Store, build: str, settings: Settings, *, sample: int) -> tuple[Estimate, ...]:
    """Return what the engine vllm will take for a build, step by step, from `sample` panels drawn by their keys.

    A step that comes after the judgement is asked about the pairs of the build: those of its own engine, so that a
    build with the engine rules tells what the other costs. A second family of models, where one is set, has steps and
    prices of its own.

    Raises:
        NotFound: no panel of the build was screened yet.
    """
    if not store.query("kept_by", build=build, stage="screen"):
        raise NotFound(what="build", name=build, hint=": none of its panels was screened; run `met build` first")
    asked = _Sampled(store=store, build=build, sample=sample)
    first = asked.by(settings, STEPS, other=settings.verifier_model)
    if settings.verifier_url is None:
        return tuple(first)
    return (*first, *asked.by(second_settings(settings), CONFIRMING, other=settings.llm_model))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    """A build and how many of its panels stand for all of them."""

    store: Store
    build: str
    sample: int

    def by(self, settings: Settings, steps: Sequence[_Step], *, other: str | None) -> Iterator[Estimate]:
        """Yield what each step takes with the model of the settings, which is not the model `other`."""
        rows = self.store.query("spent_by_step", model=settings.llm_model, other=other)
        spent = {row.step: row for row in rows}
        for step in steps:
            yield self._of(step, settings, spent.get(step.name))

    def _of(self, step: _Step, settings: Settings, row: Any) -> Estimate:
        query, params = step.panels
        kept = sorted((str(row.item) for row in self.store.query(query, build=self.build, **params)), key=digest)
        some = load_dossiers(self.store, self.build, kept[: self.sample])
        # Where nothing cites a figure, there is nothing to condense.
        told = [dossier for dossier in some if step.name != summary.STEP or summary.sentences_about(dossier)]
        return estimate(
            step.name,
            round(len(kept) * len(told) / max(len(some), 1)),
            [(_without_image(step.ask(dossier, b"")), dossier.panel.box) for dossier in told],
            image_side=settings.model_image_side,
            prices=Prices(tokens_in=settings.price_in, tokens_out=settings.price_out),
            model=settings.llm_model,
            measured=Measured(
                calls=row.calls, tokens_in=row.tokens_in / row.calls, tokens_out=row.tokens_out / row.calls
            )
            if row
            else None,
        )


def _without_image(ask: Ask) -> Ask:
    return replace(ask, images=())
