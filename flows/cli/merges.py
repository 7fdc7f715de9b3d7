"""met tree merges, apart, rejoin: what was joined into one node, and what people keep apart."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    from met.store import Store

Concept = Annotated[str, typer.Argument(metavar="NODE", help="A CURIE, or the name of a node or of what it holds.")]
NEXT = "the next `met tree build` follows it"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command()(merges)
    app.command()(apart)
    app.command()(rejoin)


def merges(
    node: Annotated[str | None, typer.Argument(metavar="NODE", help="Only what was merged into this node.")] = None,
    limit: Annotated[int, typer.Option("--limit", help="How many rows of each kind are printed.", min=0)] = 20,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """List what was merged in the newest tree with the signals that agreed, what was refused, and what is kept apart.

    Example: met tree merges "lung cancer"
    """
    from flows.cli.screen import console, print_json, print_table
    from flows.cli.trees import newest_tree
    from flows.services import database
    from met.store.nodes import find_node

    with database(home) as store:
        tree = newest_tree(store)
        key = None if node is None else find_node(store, tree, node)
        rows = store.query("tree_merges", tree=tree, node=key)
        merged = [{"node": row.name, "key": row.key, "merged": row.what, "signals": row.signals} for row in rows]
        refused = _refused(store, tree, None if key is None else _identities(store, tree, key))
        kept = [{"one": row.one, "other": row.other, "why": row.why} for row in store.query("kept_apart")]
    if as_json:
        print_json({"merged": merged, "refused": refused, "kept_apart": kept})
        return
    print_table("merged", ("node", "merged", "by"), [_line(row, "node", "merged", "signals") for row in merged[:limit]])
    print_table("refused", ("two", "why", "by"), [_line(row, "two", "why", "signals") for row in refused[:limit]])
    print_table("kept apart", ("one", "other", "why"), [_line(row, "one", "other", "why") for row in kept[:limit]])
    console().print(f"{len(merged):,} merged, {len(refused):,} listed as refused, {len(kept):,} kept apart")


def apart(
    one: Concept,
    other: Concept,
    why: Annotated[str, typer.Option("--why", help="The reason, for those who ask later.")] = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Record that two concepts are two: no tree that is grown from then on joins them.

    Example: met tree apart MONDO:0005070 DOID:162 --why "a neoplasm may be benign"
    """
    from flows.services import database

    with database(home) as store:
        pair = _pair(store, one, other)
        store.execute("keep_apart", one=pair[0], other=pair[1], why=why)
    _say({"one": pair[0], "other": pair[1], "kept_apart": True}, f"{' and '.join(pair)} are kept apart", as_json)


def rejoin(one: Concept, other: Concept, home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Take the record back that two concepts are two: what speaks for them decides again.

    Example: met tree rejoin MONDO:0005070 DOID:162
    """
    from flows.services import database
    from met.errors import NotFound

    with database(home) as store:
        pair = _pair(store, one, other)
        if not store.execute("rejoin", one=pair[0], other=pair[1]):
            kept = "; ".join(f"{row.one} and {row.other}" for row in store.query("kept_apart"))
            hint = f"; kept apart are {kept}" if kept else "; nothing is kept apart"
            raise NotFound(what="record", name=" and ".join(pair), hint=hint)
    _say({"one": pair[0], "other": pair[1], "kept_apart": False}, f"{' and '.join(pair)} may be joined", as_json)


def _say(facts: dict[str, Any], line: str, as_json: bool) -> None:
    from flows.cli.screen import console, print_json

    if as_json:
        print_json(facts)
    else:
        console().print(f"{line}; {NEXT}")


def _line(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(" + ".join(row[name]) if isinstance(row[name], list) else row[name] for name in names)


def _pair(store: "Store", one: str, other: str) -> tuple[str, str]:
    """Return what stands for two concepts of the newest tree in a record, the smaller first.

    Raises:
        NotFound: one of them is not in the tree.
        BadInput: both are the same.
    """
    from flows.cli.trees import newest_tree
    from met.errors import BadInput

    tree = newest_tree(store)
    first, second = sorted((_identity(store, tree, one), _identity(store, tree, other)))
    if first == second:
        raise BadInput(what=f"{one!r} and {other!r}", why=f"both mean {first}; name the merged one by its CURIE")
    return first, second


def _identity(store: "Store", tree: int, text: str) -> str:
    from met.store.nodes import find_node
    from met.tree.merge import identity_of
    from met.types import Node

    rows = store.query("merged_identity", tree=tree, text=text)
    if rows:
        return identity_of(str(rows[0].identity))
    (node,) = store.select(Node, tree=tree, key=find_node(store, tree, text))
    return identity_of(node.curie or node.name)


def _identities(store: "Store", tree: int, key: str) -> set[str]:
    """Return what stands for a node, and for the terms and spellings in it, in records and refusals."""
    from met.tree.merge import identity_of
    from met.types import Node

    (node,) = store.select(Node, tree=tree, key=key)
    terms = (term.get("curie") or term.get("merged", {}).get("name") for term in node.provenance.get("terms", ()))
    variants = (variant["name"] for variant in node.provenance.get("variants", ()))
    return {identity_of(str(each)) for each in (node.curie or node.name, *terms, *variants) if each}


def _refused(store: "Store", tree: int, of: set[str] | None) -> list[dict[str, Any]]:
    """Return the refusals that name one of `of`; all where it is None."""
    return [
        {"two": row.item, "names": row.detail["names"], "why": row.detail["why"], "signals": row.detail["signals"]}
        for row in store.query("tree_merges_refused", tree=tree)
        if of is None or of & set(row.item.split(" = "))
    ]
