"""What was said of items of a build, with what came of it: for looking back, never before judging."""

from collections.abc import Sequence
from typing import Any

from met.review.told import Heard, Turn, heard_of
from met.store.dossiers import load_dossier
from met.store.store import Store
from met.types import Dossier, Panel


def reviews_told(
    store: Store, build: str, panels: Sequence[str], items: Sequence[str] = (), *, known: Sequence[Dossier] = ()
) -> Heard:
    """Return what is told of the judgements of these panels, of what was made of them, and of these refused items.

    `known` are dossiers of the build that are read already. Judgements are in the order of items, then of time.
    """
    turns = [_turn(row) for row in store.query("why_reviews", panels=list(panels), items=list(items))]
    if not turns:
        return Heard(told=(), withheld=0)
    dossiers = {dossier.panel.key: dossier for dossier in known}
    judged = sorted({turn.panel for turn in turns if turn.panel})
    left = sorted(set(judged) - dossiers.keys())
    dossiers |= {
        panel.key: load_dossier(store, build, panel.key) for panel in store.select(Panel, build=build, key=left)
    }
    work = sorted({*judged, *(dossier.figure.key for dossier in dossiers.values())})
    return heard_of(
        turns,
        dossiers,
        heeded={row.review for row in store.query("heeded_reviews", build=build, items=work)},
        refused={row.item for row in store.query("refused_for_reviews", build=build, panels=judged)},
        awaited={row.item for row in store.query("awaited_reviewers", items=sorted({turn.item for turn in turns}))},
    )


def _turn(row: Any) -> Turn:
    return Turn(
        key=row.key,
        item=row.item,
        kind=row.kind,
        panel=row.panel,
        reviewer_kind=row.reviewer_kind,
        judgement=row.judgement,
        reason=row.reason,
        note=row.note,
        correction=row.correction,
        plan=row.plan,
        at=row.at,
        stands=row.stands,
    )
