"""What changed between two trees: nodes added, moved, merged, retired, renamed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node and its primary parent in one tree; a facet root has none."""

    key: str
    name: str
    facet: str
    parent: str | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Change:
    """One node that differs. `before` and `after` name what it had and has: a parent, a name, the node it went into."""

    facet: str
    name: str
    key: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeDiff:
    """The changes from one tree to another, each sorted by facet, name and key; `kept` nodes have none but their texts.

    A node that is both moved and renamed stands in both lists.
    """

    added: tuple[Change, ...]
    moved: tuple[Change, ...]
    merged: tuple[Change, ...]
    retired: tuple[Change, ...]
    renamed: tuple[Change, ...]
    kept: int

    def counts(self) -> dict[str, int]:
        """Return how many nodes each list has, and how many are as they were."""
        lists = {name: getattr(self, name) for name in ("added", "moved", "merged", "retired", "renamed")}
        return {**{name: len(changes) for name, changes in lists.items()}, "kept": self.kept}


def diff_trees(before: Iterable[Place], after: Iterable[Place], aliases: Mapping[str, str]) -> TreeDiff:
    """Return what changed from the tree `before` to the tree `after`.

    `aliases` are former keys -> keys of `after`: a node that is gone is merged where one of them leads on from its key,
    else retired. A node is moved where its primary parent is another node now; that the parent was merged or renamed is
    no move.
    """
    old, new = {place.key: place for place in before}, {place.key: place for place in after}
    gone = [place for key, place in old.items() if key not in new]
    into = {place.key: aliases[place.key] for place in gone if aliases.get(place.key) in new}
    both = [(old[key], new[key]) for key in old.keys() & new.keys()]
    moved = [
        Change(facet=now.facet, name=now.name, key=now.key, before=_name(was.parent, old), after=_name(now.parent, new))
        for was, now in both
        if into.get(was.parent or "", was.parent) != now.parent
    ]
    renamed = [
        Change(facet=now.facet, name=now.name, key=now.key, before=was.name, after=now.name)
        for was, now in both
        if was.name != now.name
    ]
    changed = {change.key for change in (*moved, *renamed)}
    return TreeDiff(
        added=_sorted(
            Change(facet=place.facet, name=place.name, key=key, after=_name(place.parent, new))
            for key, place in new.items()
            if key not in old
        ),
        moved=_sorted(moved),
        merged=_sorted(
            Change(
                facet=old[key].facet,
                name=old[key].name,
                key=key,
                before=_name(old[key].parent, old),
                after=new[to].name,
            )
            for key, to in into.items()
        ),
        retired=_sorted(
            Change(facet=place.facet, name=place.name, key=place.key, before=_name(place.parent, old))
            for place in gone
            if place.key not in into
        ),
        renamed=_sorted(renamed),
        kept=len(both) - len(changed),
    )


def render_diff(diff: TreeDiff, limit: int) -> list[str]:
    """Return the counts and up to `limit` changes of each kind as lines of text.

    >>> change = Change(facet="disease", name="asthma", key="node:1", before="disease", after="lung disease")
    >>> diff = TreeDiff(added=(), moved=(change,), merged=(), retired=(), renamed=(), kept=4)
    >>> print(*render_diff(diff, 9), sep="\\n")
    4 kept, 0 added, 1 moved, 0 merged, 0 retired, 0 renamed
    moved    asthma (disease): disease -> lung disease
    """
    counts = diff.counts()
    order = ("kept", "added", "moved", "merged", "retired", "renamed")
    lines = [", ".join(f"{counts[name]:,} {name}" for name in order)]
    for name in order[1:]:
        changes: Sequence[Change] = getattr(diff, name)
        lines += [f"{name:<8} {_line(change)}" for change in changes[:limit]]
        if len(changes) > limit:
            lines.append(f"{name:<8} and {len(changes) - limit:,} more")
    return lines


def _line(change: Change) -> str:
    way = " -> ".join(part for part in (change.before, change.after) if part is not None)
    return f"{change.name} ({change.facet}){f': {way}' if way else ''}"


def _name(key: str | None, places: Mapping[str, Place]) -> str | None:
    return places[key].name if key is not None and key in places else key


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.facet, change.name, change.key)))
