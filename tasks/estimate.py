"""What the model steps of a build will cost: requests of a sample of its panels, written and not sent."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from met.align import judge, look
from met.align.judge import Case
from met.align.look import Look
from met.errors import NotFound
from met.harvest.cited import summary
from met.keys import digest
from met.llm.estimate import Estimate, Measured, estimate
from met.settings import Settings
from met.store import Store
from met.store.dossiers import load_dossiers
from met.synth import caption, question
from met.types import Ask, Dossier


def _judge(dossier: Dossier, image: bytes) -> Ask:
    """Return the question to the judge beside the look of the engine `rules`: a model's is about as long."""
    return judge.ask(Case(dossier=dossier, look=Look.model_validate(look.rules(dossier))), image)


# Each step, and the stage whose kept panels it is asked about.
STEPS: Final[Sequence[tuple[str, str, Callable[[Dossier, bytes], Ask]]]] = (
    (look.STEP, "screen", look.ask),
    (judge.STEP, "screen", _judge),
    (summary.STEP, "align", summary.ask),
    (caption.STEP, "align", caption.ask),
    (question.STEP, "align", question.ask),
)


def estimates(store: Store, build: str, settings: Settings, *, sample: int) -> tuple[Estimate, ...]:
    """Return what the engine vllm will take for a build, step by step, from `sample` panels drawn by their keys.

    A step that comes after the judgement is asked about the pairs of the build: those of its own engine, so that a
    build with the engine rules tells what the other costs.

    Raises:
        NotFound: no panel of the build was screened yet.
    """
    if not store.query("kept_by", build=build, stage="screen"):
        raise NotFound(what="build", name=build, hint=": none of its panels was screened; run `met build` first")
    spent = {row.step: row for row in store.query("spent_by_step", model=settings.llm_model)}
    made = []
    for step, stage, ask in STEPS:
        kept = sorted((row.item for row in store.query("kept_by", build=build, stage=stage)), key=digest)
        some = load_dossiers(store, build, kept[:sample])
        # Where nothing cites a figure, there is nothing to condense.
        told = [dossier for dossier in some if step != summary.STEP or summary.sentences_about(dossier)]
        row = spent.get(step)
        made.append(
            estimate(
                step,
                round(len(kept) * len(told) / max(len(some), 1)),
                [(_without_image(ask(dossier, b"")), dossier.panel.box) for dossier in told],
                image_side=settings.model_image_side,
                prices=(settings.price_in, settings.price_out),
                measured=Measured(
                    calls=row.calls, tokens_in=row.tokens_in / row.calls, tokens_out=row.tokens_out / row.calls
                )
                if row
                else None,
            )
        )
    return tuple(made)


def _without_image(ask: Ask) -> Ask:
    return replace(ask, images=())
