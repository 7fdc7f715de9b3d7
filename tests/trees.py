"""Trees for tests: small ontologies as files, grown trees in the store, and where their nodes stand."""

from collections.abc import Sequence
from pathlib import Path

from met.store import Store
from met.tree.diff import Place


def places(store: Store, tree: int) -> list[Place]:
    """Return where the nodes of a tree stand."""
    rows = store.query("tree_places", tree=tree)
    return [Place(key=row.key, name=row.name, facet=row.facet, parent=row.parent) for row in rows]


def mondo_file(path: Path, names: Sequence[str]) -> Path:
    """Write an ontology of diseases: MONDO:0 is the root, and the others stand below it in their order."""
    stanzas = [
        f"[Term]\nid: MONDO:{n}\nname: {name}\n" + ("is_a: MONDO:0\n" if n else "")
        for n, name in enumerate(("disease", *names))
    ]
    path.write_text("format-version: 1.2\nontology: mondo\n\n" + "\n".join(stanzas))
    return path
