"""What the judgements of a plan say: precision and recall by stage, wrong drops by reason, mistakes by how often.

Kinds of reviewers are never mixed: every function reads the judgements of one kind.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from met.review.estimate import Cell, Estimate, cells_of, recall_of, share_of
from met.review.heed import BY
from met.types import REVIEWER_KINDS, PlanItem, Review, ReviewerKind

FILTERS = ("screen", "align")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An item of a plan with what reviewers of one kind say of it.

    `right`: it belongs into the data as it is. `usable`: it does so at least once it is corrected. Where several
    reviewers differ, most decide, and a tie says no. `reasons` are those of rejections, and `correct FIELD`.
    """

    item: PlanItem
    right: bool
    usable: bool
    reasons: tuple[str, ...]
    modality: str


def judged_by(
    kind: ReviewerKind, items: Iterable[PlanItem], said: Iterable[Review], modalities: Mapping[str, str]
) -> list[Judged]:
    """Return the judged items of a plan by reviewers of one kind, in the order of the plan.

    `said` holds the last word of each reviewer on each item; `modalities` the kind of image of each panel.
    """
    words: defaultdict[str, list[Review]] = defaultdict(list)
    for review in said:
        if review.reviewer_kind == kind:
            words[review.item].append(review)
    return [
        _judged(item, words[item.item], modalities.get(item.panel or "", "unknown"))
        for item in sorted(items, key=lambda item: item.position)
        if words[item.item]
    ]


def _judged(item: PlanItem, said: Sequence[Review], modality: str) -> Judged:
    counts = Counter(review.judgement for review in said)
    reasons = [
        review.reason or f"correct {', '.join(sorted(review.correction))}"
        for review in said
        if review.judgement in ("reject", "correct")
    ]
    return Judged(
        item=item,
        right=2 * counts["accept"] > len(said),
        usable=2 * (counts["accept"] + counts["correct"]) > len(said),
        reasons=tuple(sorted(reasons)),
        modality=modality,
    )


def report_of(items: Sequence[PlanItem], said: Sequence[Review], modalities: Mapping[str, str]) -> dict[str, Any]:
    """Return the report of a plan by kind of reviewer; the order of the judgements changes nothing in it."""
    found: dict[str, Any] = {}
    for kind in REVIEWER_KINDS:
        judged = judged_by(kind, items, said, modalities)
        if judged:
            found[kind] = {
                "exported_as": BY[kind],
                "judged": len(judged),
                "of": len(items),
                "stages": stages_of(judged),
                "pairs": precision_by(judged, "pair", lambda one: one.modality),
                "drops": wrong_drops(judged),
                "rows": {
                    "anchor": precision_by(judged, "anchor", lambda one: one.item.reason),
                    "denied anchor": denials_by_role(judged),
                    "caption": precision_by(judged, "caption", lambda one: one.item.reason),
                    "question": precision_by(judged, "question", lambda one: one.item.reason),
                },
                "mistakes": mistakes_of(judged),
            }
    return found


def stages_of(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return precision and recall of each stage of the filter and of both together, as is and once corrected.

    Of stage 1 everything that stage 2 judged was kept; the recall of stage 2 counts only what stage 1 had kept.
    """
    panels = [one for one in judged if one.item.kind == "pair"]
    kept = [one for one in panels if one.item.kept]
    refused = {stage: [one for one in panels if not one.item.kept and one.item.stage == stage] for stage in FILTERS}
    sides = {
        "screen": ([*kept, *refused["align"]], refused["screen"]),
        "align": (kept, refused["align"]),
        "filter": (kept, [*refused["screen"], *refused["align"]]),
    }
    return {
        stage: {
            "precision": asdict(share_of(_cells(passed, _right))),
            "precision_corrected": asdict(share_of(_cells(passed, _usable))),
            "recall": asdict(recall_of(_cells(passed, _right), _cells(stopped, _right))),
            "recall_corrected": asdict(recall_of(_cells(passed, _usable), _cells(stopped, _usable))),
        }
        for stage, (passed, stopped) in sides.items()
    }


def precision_by(judged: Sequence[Judged], kind: str, group: Callable[[Judged], str]) -> dict[str, dict[str, Any]]:
    """Return the share of kept items of a kind that are right, in all and by group, the largest first."""
    return _shares([one for one in judged if one.item.kind == kind and one.item.kept], group)


def denials_by_role(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return the share of anchors of negated polarity that the text denies indeed, in all and by role."""
    denied = [one for one in judged if one.item.kind == "anchor" and not one.item.kept]
    return _shares(denied, lambda one: one.item.reason.removesuffix("-negated"))


def _shares(chosen: Sequence[Judged], group: Callable[[Judged], str]) -> dict[str, dict[str, Any]]:
    groups = Counter(group(one) for one in chosen)
    shares = {"all": share_of(_cells(chosen, _right))} if chosen else {}
    for name, _ in sorted(groups.items(), key=lambda pair: (-pair[1], pair[0])):
        shares[name] = share_of(
            cells_of((one.item.stratum, one.item.population, group(one) == name, one.right) for one in chosen)
        )
    return {name: asdict(share) for name, share in shares.items()}


def wrong_drops(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return by stage and reason the share of drops that are wrong: the item belongs into the data, corrected maybe."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        if not one.item.kept and one.item.kind in ("pair", "refused"):
            groups[f"{one.item.stage} {one.item.reason}"].append(one)
    return {name: asdict(share_of(_cells(rows, _usable))) for name, rows in sorted(groups.items())}


def mistakes_of(judged: Sequence[Judged], most: int = 10) -> list[dict[str, Any]]:
    """Return the most frequent mistakes: of kept items and denied anchors their reasons, and wrong drops by stage and
    reason.

    `items` is how many items of the build they stand for, by the weight of their strata.
    """
    seen: Counter[str] = Counter()
    weighed: defaultdict[str, float] = defaultdict(float)
    per_stratum = Counter(one.item.stratum for one in judged)
    for one in judged:
        for mistake in _mistakes(one):
            seen[mistake] += 1
            weighed[mistake] += one.item.population / per_stratum[one.item.stratum]
    ranked = sorted(seen, key=lambda mistake: (-round(weighed[mistake], 4), mistake))
    return [{"mistake": name, "seen": seen[name], "items": round(weighed[name])} for name in ranked[:most]]


def _mistakes(one: Judged) -> set[str]:
    item = one.item
    if item.kept or item.kind == "anchor":
        fate = "kept" if item.kept else "denied"
        return {f"{item.kind} {fate}: {reason}" for reason in one.reasons} if not one.right else set()
    wrong = one.usable and item.kind in ("pair", "refused")
    return {f"{item.kind} dropped by {item.stage}: {item.reason}"} if wrong else set()


def _right(one: Judged) -> bool:
    return one.right


def _usable(one: Judged) -> bool:
    return one.usable


def _cells(judged: Iterable[Judged], right: Callable[[Judged], bool]) -> list[Cell]:
    return cells_of((one.item.stratum, one.item.population, True, right(one)) for one in judged)


def shown(estimate: Mapping[str, Any] | Estimate) -> str:
    """Return an estimate in words: `84.2 % (71.0-92.1), 31 judged of 167`."""
    facts = asdict(estimate) if isinstance(estimate, Estimate) else estimate
    if facts["share"] is None:
        return f"unknown, {facts['judged']} judged"
    low, high = 100 * facts["low"], 100 * facts["high"]
    return f"{100 * facts['share']:.1f} % ({low:.1f}-{high:.1f}), {facts['judged']} judged of {facts['items']}"
