"""The chain of an item: where it came from, what every stage made of it, and why it was kept or dropped."""

from typing import Any

from sqlalchemy import Row

from met.errors import NotFound
from met.review.told import Told
from met.store.reviewed import reviews_told
from met.store.store import Store


def chain_of(store: Store, item: str) -> dict[str, Any]:
    """Return the chain of an item in the newest build that knows it, tables as lists of rows by column name.

    Raises:
        NotFound: no build does.
    """
    for build in store.query("why_builds"):
        matches = store.query("why_items", build=build.key, item=item)
        if matches:
            break
    else:
        raise NotFound(what="item", name=item, hint=" in any build")
    named = [row.key for row in matches]
    articles, figures, panels = (
        [_dict(row) for row in store.query(f"why_{table}", build=build.key, keys=named)]
        for table in ("articles", "figures", "panels")
    )
    keys = sorted({item, *named, *(row["key"] for row in (*articles, *figures, *panels))})
    of_panels = {
        table: [
            _dict(row) for row in store.query(f"why_{table}", build=build.key, panels=[row["key"] for row in panels])
        ]
        for table in ("anchors", "verdicts", "cited", "captions", "questions")
    }
    reviews = reviews_told(store, build.key, [row["key"] for row in panels], [item, *named])
    return {
        "item": item,
        "build": build.key,
        "engine": build.engine,
        "tree": build.tree,
        "matches": [_dict(row) for row in matches],
        "articles": articles,
        "figures": figures,
        "panels": panels,
        **of_panels,
        "drops": [_dict(row) for row in store.query("why_drops", build=build.key, keys=keys, named=named)],
        "reviews": [_review(told) for told in reviews.told],
        "reviews_withheld": reviews.withheld,
        "ledger": [_dict(row) for row in store.query("why_ledger", build=build.key, keys=keys)],
    }


def _review(told: Told) -> dict[str, Any]:
    turn = told.turn
    return {
        "item": turn.item,
        "kind": turn.kind,
        "panel": turn.panel,
        "by": told.by,
        "judgement": turn.judgement,
        "reason": turn.reason,
        "note": turn.note,
        "correction": dict(turn.correction),
        "plan": turn.plan,
        "at": turn.at.isoformat(timespec="seconds"),
        "stands": turn.stands,
        "says": told.says,
        "changed": told.changed,
    }


def _dict(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)
