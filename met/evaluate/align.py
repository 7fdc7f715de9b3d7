"""The judge's own error: pairs of a build with errors seeded into their texts, beside the same pairs unchanged.

Belief orders what the judge says: a kept pair has 0.5 + score / 2, one that it is unsure of score / 4, one that it
contradicts, or whose reply cannot be read, 0. The area under the curve asks how often an unchanged pair is believed
more than a seeded one. A false positive is an unchanged pair that the judge does not keep, a false negative a seeded
error that it keeps.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from met.align import judge, look
from met.align.judge import Case
from met.align.look import Look
from met.align.measured import table_of
from met.errors import BadInput
from met.evaluate.align_seeds import GROUPS, KINDS, Group, Kind, Seeds, citing, fresh, shown_by
from met.evaluate.intervals import bootstrap, wilson
from met.keys import canonical_json
from met.types import Anchor, Ask, Dossier, Drop, EngineName, Modality, PlacedNode, Reply

SEED: Final = 20260101
DRAWS: Final = 400
# What an engine without eyes can find: all but what the image alone shows.
BLIND: Final[frozenset[Group]] = frozenset({"text", "modality"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The panels that stage 1 of a build kept, and how the build's later steps are done again on changed texts.

    `pairs` are the keys of those that stage 2 kept too. `names` of a node key, `place` of node keys, `anchor` of many
    dossiers, `modality` of one under the kind's words, `nodes_in` a text, `look` at a panel as a model does.
    `learnt_from` are the panels in whose images the classifier of the kind of image learnt. `version` is that of the
    stage `align` with this engine.
    """

    dossiers: Sequence[Dossier]
    pairs: frozenset[str]
    engine: EngineName
    model: str
    version: str
    names: Callable[[str], tuple[str, ...]]
    place: Callable[[Iterable[str]], Mapping[str, PlacedNode]]
    anchor: Callable[[Sequence[Dossier]], Sequence[tuple[Anchor, ...]]]
    modality: Callable[[Dossier, str], Modality]
    nodes_in: Callable[[str], frozenset[str]]
    look: Callable[[Dossier], bytes]
    answer: Callable[[Iterable[Ask]], Iterable[Reply]]
    learnt_from: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One panel as the judge is asked about it; `of` is the key of the panel in the build, `kind` None unchanged."""

    of: str
    article: str
    kind: Kind | None
    group: Group | None
    dossier: Dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the judge made of a trial."""

    trial: Trial
    kept: bool
    belief: float


def score_align(_gold: Sequence[Path], *, options: Mapping[str, Any], **_: object) -> dict[str, Any]:
    """Return AUC, false-positive and false-negative rate of the judge by kind of error and by what shows the error.

    Headline is the AUC of texts swapped at random, over the pairs of the build. `screened` gives the same over all
    panels that stage 1 kept, whoever judged them, so that a control is not there because the judge kept it;
    `unseen_by_weights` is over the pairs in whose images the classifier of the kind did not learn.
    Intervals of AUC are drawn over articles. Where an engine without eyes cannot know, `detectable` says so. With the
    option `save` the table that a data card shows is written to that file.

    Raises:
        BadInput: there is no build, or it has no pairs.
    """
    bench: Bench | None = options.get("bench")
    if bench is None or not bench.pairs:
        raise BadInput(what="score align", why="needs --home with a build that has pairs")
    trials, unseeded = trials_of(bench, seed=SEED)
    judged = judged_by(bench, trials)
    pairs = [one for one in judged if one.trial.of in bench.pairs]
    measured = measures(pairs, engine=bench.engine)
    facts = {
        "n": measured["n"],
        "headline": "auc_random_swap",
        "auc_random_swap": measured["kinds"].get("random_swap", {}).get("auc", 0.0),
        "interval": measured["kinds"].get("random_swap", {}).get("auc_interval", (0.0, 1.0)),
        "engine": bench.engine,
        "articles": len({one.trial.article for one in pairs}),
        **measured,
        "screened": measures(judged, engine=bench.engine),
        "not_seeded": unseeded,
        "trained_on_gold": bool(bench.learnt_from),
        "unseen_by_weights": measures(
            [one for one in pairs if one.trial.of not in bench.learnt_from], engine=bench.engine
        ),
    }
    if save := options.get("save"):
        table = table_of(facts, version=bench.version, model=bench.model)
        Path(save).write_text(canonical_json(table) + "\n", encoding="utf-8")
    return facts


def trials_of(bench: Bench, *, seed: int) -> tuple[list[Trial], dict[str, int]]:
    """Return every panel unchanged and with each kind of error that it has a place for, and by kind how many have
    none."""
    plain = made_anew(bench, [(one.panel.key, _unchanged(one)) for one in bench.dossiers])
    seeds = Seeds(dossiers=[one for _, one in plain], names=bench.names, seed=seed)
    trials = [Trial(of=of, article=one.article.key, kind=None, group=None, dossier=one) for of, one in plain]
    unseeded: dict[str, int] = {}
    for kind in KINDS:
        found = [(of, one, seeds.seeded(kind, one)) for of, one in plain]
        changed = made_anew(bench, [(of, new) for of, _, new in found if new is not None])
        before = dict(plain)
        for of, one in changed:
            group = shown_by(before[of], one, in_title=bench.nodes_in(one.article.title))
            trials.append(Trial(of=of, article=one.article.key, kind=kind, group=group, dossier=one))
        unseeded[kind] = len(plain) - len(changed)
    return trials, unseeded


def made_anew(bench: Bench, told: Sequence[tuple[str, Dossier]]) -> list[tuple[str, Dossier]]:
    """Return the dossiers with anchors, their nodes and the kind of image made from the texts that they have now."""
    kinds = [(of, replace(one, modality=bench.modality(one, citing(one)))) for of, one in told]
    anchors = bench.anchor([one for _, one in kinds])
    nodes = bench.place({anchor.node for each in anchors for anchor in each})
    return [
        (of, replace(one, anchors=each, nodes={anchor.node: nodes[anchor.node] for anchor in each}))
        for (of, one), each in zip(kinds, anchors, strict=True)
    ]


def _unchanged(dossier: Dossier) -> Dossier:
    return fresh(dossier, dossier.panel, dossier.figure, dossier.mentions)


def judged_by(bench: Bench, trials: Sequence[Trial]) -> list[Judged]:
    """Return what the engine's judge says of each trial, asked in the order of keys, which tell nothing.

    Trials of one panel share its image, and so the look at it. Where that cannot be read, nothing is believed.
    """
    seen = looks_of(bench, trials)
    found = [Judged(trial=trial, kept=False, belief=0.0) for trial in trials if trial.of not in seen]
    by_key: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        if trial.of in seen:
            by_key[trial.dossier.panel.key].append(trial)
    cases = {key: Case(dossier=same[0].dossier, look=seen[same[0].of]) for key, same in by_key.items()}
    asks = (judge.ask(case, bench.look(case.dossier)) for _, case in sorted(cases.items()))
    for reply in bench.answer(asks):
        kept, belief = belief_in(cases[reply.item], reply)
        found += [Judged(trial=trial, kept=kept, belief=belief) for trial in by_key[reply.item]]
    return sorted(found, key=lambda one: (one.trial.kind or "", one.trial.of))


def looks_of(bench: Bench, trials: Sequence[Trial]) -> dict[str, Look]:
    """Return by the key of its panel in the build what the engine sees in it, blind to every text."""
    plain = {trial.dossier.panel.key: trial for trial in trials if trial.kind is None}
    asks = (look.ask(trial.dossier, bench.look(trial.dossier)) for _, trial in sorted(plain.items()))
    seen = {plain[reply.item].of: look.read(plain[reply.item].dossier, reply) for reply in bench.answer(asks)}
    return {of: saw for of, saw in seen.items() if isinstance(saw, Look)}


def belief_in(case: Case, reply: Reply) -> tuple[bool, float]:
    """Return whether the reply keeps the pair, and how much it believes in it, in [0, 1]."""
    verdict = judge.read(case, reply)
    if isinstance(verdict, Drop):
        return False, 0.0
    score = float(verdict.signals["score"])
    if verdict.keep:
        return True, round(0.5 + score / 2, 4)
    return False, round(score / 4, 4) if verdict.reason == "unsure" else 0.0


# ---------------------------------------------------------------- measuring


def measures(judged: Sequence[Judged], *, engine: EngineName) -> dict[str, Any]:
    """Return n (panels), the share of controls refused, and the figures by kind, by group, and by both."""
    controls = {one.trial.of: one for one in judged if one.trial.kind is None}
    seeded = [one for one in judged if one.trial.kind is not None]
    refused = sum(not one.kept for one in controls.values())
    by_kind = {kind: [one for one in seeded if one.trial.kind == kind] for kind in KINDS}
    by_group = {group: [one for one in seeded if one.trial.group == group] for group in GROUPS}
    return {
        "n": len(controls),
        **_share("fpr", refused, len(controls)),
        "kinds": {
            kind: {
                **_figures(errors, controls, engine),
                "groups": dict(Counter(one.trial.group for one in errors)),
                "by_group": {
                    group: _figures(some, controls, engine, group=group)
                    for group in GROUPS
                    if (some := [one for one in errors if one.trial.group == group])
                },
            }
            for kind, errors in by_kind.items()
            if errors
        },
        "groups": {
            group: _figures(errors, controls, engine, group=group) for group, errors in by_group.items() if errors
        },
    }


def _figures(
    errors: Sequence[Judged], controls: Mapping[str, Judged], engine: EngineName, *, group: Group | None = None
) -> dict[str, Any]:
    """Return the figures of some errors against the same panels unchanged."""
    same = [controls[of] for of in sorted({one.trial.of for one in errors})]
    rows = np.array([(one.belief, 0.0) for one in same] + [(one.belief, 1.0) for one in errors])
    groups = [one.trial.article for one in (*same, *errors)]
    blind = engine == "rules" and not BLIND & ({group} if group else {one.trial.group for one in errors})
    return {
        "n": len(errors),
        "auc": auc(rows),
        "auc_interval": bootstrap(rows, auc, seed=SEED, n=DRAWS, groups=groups),
        **_share("fpr", sum(not one.kept for one in same), len(same)),
        **_share("fnr", sum(one.kept for one in errors), len(errors)),
        "detectable": "not detectable" if blind else "detectable",
    }


def auc(rows: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve of rows (belief, is an error), 4 decimals: how often a control is believed
    more than an error, ties by half (Hanley and McNeil, 1982); 0.5 where one of them is missing.

    >>> auc(np.array([(0.9, 0.0), (0.2, 1.0), (0.9, 1.0)]))
    0.75
    """
    errors = np.sort(rows[rows[:, 1] == 1, 0])
    controls = rows[rows[:, 1] == 0, 0]
    if not len(errors) or not len(controls):
        return 0.5
    below = np.searchsorted(errors, controls, side="left")
    upto = np.searchsorted(errors, controls, side="right")
    return round(float((below + upto).sum() / 2 / (len(errors) * len(controls))), 4)


def _share(name: str, hits: int, total: int) -> dict[str, Any]:
    return {name: round(hits / max(1, total), 4), f"{name}_interval": wilson(hits, total)}
