"""A judgement as a rule of review sees it."""

from typing import Any

from met.keys import content_key
from met.types import Review


def said_of(item: str, judgement: str, *, who: str = "ann", by: str = "annotator", **changes: Any) -> Review:
    """A judgement of a pair, as a rule sees it."""
    facts: dict[str, Any] = {
        "key": content_key("review", item, judgement, who, str(sorted(changes.items(), key=str))),
        "plan": "plan:1",
        "build": "build:1",
        "item": item,
        "kind": "pair",
        "panel": item,
        "stage": "align",
        "kept": True,
        "reviewer": who,
        "reviewer_kind": by,
        "turn": 0,
        "judgement": judgement,
        "reason": "wrong_text" if judgement == "reject" else None,
        "note": "",
        "correction": {},
        "seen": "seen",
        "figure": None,
        "panel_digest": None,
        "figure_digest": None,
        "node": None,
    }
    return Review(**facts | changes)
