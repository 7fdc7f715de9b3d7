"""The quality report of a tree as one HTML page that loads nothing and runs nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from met.export.render import Section, Table, render_html
from met.tree.evidence import AUTHORITIES
from met.tree.report import SUPPORTED, THIN
from met.tree.roots import FACET_ROOTS

SHOWN: Final = 100
# Sentences that are shown for each side of a conflict.
SENTENCES: Final = 3


def report_page(whole: Mapping[str, Any]) -> str:
    """Return the page of a report as `met tree report --json` prints it."""
    return render_html("The quality of the tree", report_sections(whole))


def report_sections(whole: Mapping[str, Any], *, rows: int = SHOWN) -> list[Section]:
    """Return the sections of a report that have something to say; of long lists the first `rows`."""
    facets = _ordered(whole.get("facets", {}))
    thin = _ordered(whole.get("thin_facets", {}))
    sections = [
        Section(title="Size", blocks=(f"Tree {whole.get('tree', '')}.", _size(whole))),
        Section(title="Facets", blocks=(_facets(facets), _branches(facets), *_thin(thin)) if facets else ()),
        Section(title="Evidence", blocks=tuple(_evidence(whole, facets))),
        Section(title="Relations", blocks=tuple(_relations(whole.get("relations_by_kind", {})))),
        Section(title="Coverage", blocks=tuple(_coverage(whole.get("coverage", ())))),
        Section(title="What a model read", blocks=tuple(_read(whole.get("reading", {})))),
        Section(title="Placing new concepts", blocks=tuple(_attached(whole.get("attached", {})))),
        Section(title="Merges", blocks=tuple(_merges(whole.get("merges", {}), whole.get("merges_refused", {})))),
        Section(title="Conflicts", blocks=tuple(_conflicts(whole.get("conflicts", {}), rows))),
        Section(title="Candidates", blocks=tuple(_candidates(whole.get("candidates", {}), rows))),
        Section(title="Drops", blocks=(_pairs(("reason", "items"), whole.get("drops", {})),)),
    ]
    return [section for section in sections if section.blocks]


def _ordered(facets: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facets in the order of the tree's roots: a database keeps no order of names."""
    order = [root.facet for root in FACET_ROOTS]
    known = sorted(facets, key=lambda facet: (order.index(facet) if facet in order else len(order), facet))
    return {facet: facets[facet] for facet in known}


def _size(whole: Mapping[str, Any]) -> Table:
    plain = ("nodes", "secondary_edges", "several_parents", "closure", "aliases")
    rows = [(name.replace("_", " "), whole[name]) for name in plain if name in whole]
    for group in ("edges", "relations", "documents"):
        rows += [(f"{group}: {kind}", count) for kind, count in whole.get(group, {}).items()]
    return Table(header=("what", "rows"), rows=tuple(rows))


def _facets(facets: Mapping[str, Any]) -> Table:
    columns = ("nodes", "names", "defined", "from_texts", "sentences_a_node")
    header = ("facet", "nodes", "names", "defined", "from literature alone", "sentences a node")
    rows = tuple((name, *(facet.get(column, "") for column in columns)) for name, facet in facets.items())
    return Table(header=header, rows=rows)


def _branches(facets: Mapping[str, Any]) -> Table:
    header = ("facet", "deepest", "mean depth", "leaves", "children: mean", "children: median", "children: most")
    rows = tuple(
        (
            name,
            *(facet.get(column, "") for column in ("depth", "mean_depth", "leaves")),
            *(facet.get("branching", {}).get(column, "") for column in ("mean", "median", "max")),
        )
        for name, facet in facets.items()
    )
    return Table(header=header, rows=rows)


def _thin(thin: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"The facet {name} is thin: {', '.join(f'{measure} {why[measure]}' for measure in THIN if measure in why)}."
        for name, why in thin.items()
    ]


def _evidence(whole: Mapping[str, Any], facets: Mapping[str, Any]) -> list[str | Table]:
    by_kind = _pairs(("kind", "sentences"), whole.get("evidence", {}))
    by_authority = _pairs(("authority", "sentences"), whole.get("evidence_by_authority", {}))
    least = [str(count) for count in SUPPORTED]
    rows = tuple(
        (
            name,
            *(facet["sentences"][count] for count in least),
            ", ".join(
                f"{who} {facet['nodes_by_authority'][who]}" for who in AUTHORITIES if who in facet["nodes_by_authority"]
            ),
        )
        for name, facet in facets.items()
    )
    header = ("nodes with", *(f"{count}+ sentences" for count in least), "nodes by authority")
    return [by_kind, by_authority, Table(header=header, rows=rows)]


def _coverage(found: Sequence[Mapping[str, Any]]) -> list[str | Table]:
    if not found:
        return []
    rows = tuple(
        (one["reference"], one["facet"], way, one[way]["covered"], one[way]["of"], one[way]["share"])
        for one in found
        for way in ("forward", "backward", "edges")
    )
    formulas = [f"{way}: {formula}." for way, formula in found[0]["formulas"].items()]
    return [Table(header=("reference", "facet", "way", "covered", "of", "share"), rows=rows), *formulas]


def _relations(kinds: Mapping[str, Mapping[str, Any]]) -> list[str | Table]:
    if not kinds:
        return []
    columns = ("relations", "from_texts", "from_ontologies", "from_both", "mean_confidence")
    header = ("kind", *(column.replace("_", " ") for column in columns))
    rows = tuple((kind, *(found[column] for column in columns)) for kind, found in kinds.items())
    return [Table(header=header, rows=rows)]


def _read(found: Mapping[str, Any]) -> list[str | Table]:
    """Tell what a model was asked and named in sentences of the texts, and what of its replies could not be used."""
    groups = (("facet", "facets"), ("assertion", "assertions"), ("reply not used, because", "drops"))
    tables = [_pairs((what, "mentions"), found[group]) for what, group in groups if found.get(group)]
    return [_pairs(("what", "value"), _plain(found)), *tables] if found else []


def _attached(found: Mapping[str, Any]) -> list[str | Table]:
    if not found:
        return []
    placed = {f"new nodes: {facet}": count for facet, count in found.get("by_facet", {}).items()}
    chosen = {f"parents by a model: {name}": count for name, count in _plain(found.get("choices", {})).items()}
    return [_pairs(("what", "value"), {**placed, **_plain(found), **chosen}), *_accuracy(found.get("accuracy", {}))]


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that are no groups of facts, their names in words."""
    return {name.replace("_", " "): value for name, value in facts.items() if not isinstance(value, Mapping)}


def _accuracy(found: Mapping[str, Any]) -> list[str | Table]:
    """Tell how often hidden leaves of each facet were placed back under a parent of theirs."""
    if not found:
        return []
    rows = tuple(
        (facet, one["n"], one["hit1"], *one["interval"], one["hit5"]) for facet, one in found["facets"].items()
    )
    header = ("facet", "leaves hidden", "hit@1", "interval from", "to", "hit@5")
    return [Table(header=header, rows=rows), found["formula"]]


def _merges(joined: Mapping[str, int], refused: Mapping[str, int]) -> list[str | Table]:
    tables = (("names of one node, by", "merged", joined), ("left apart, because", "refused", refused))
    return [_pairs((what, count), reasons) for what, count, reasons in tables if reasons]


def _conflicts(found: Mapping[str, Any], most: int) -> list[str | Table]:
    """Tell of each conflict both sides: who was kept, who was refused, with score and number of sentences."""
    rows = found.get("rows", ())[:most]
    if not rows:
        return []
    header = ("new node", "why", "kept under", "score", "sentences", "refused", "score", "sentences")
    table = Table(
        header=header,
        rows=tuple(
            (
                str(row["edge"]).rpartition(" -> ")[0], row["why"], row["kept"], row["kept_score"],
                len(row["kept_evidence"]), row["refused"], row["refused_score"], len(row["refused_evidence"]),
            )
            for row in rows
        ),
    )  # fmt: skip
    return [f"{found['count']:,} conflicts; the first {len(rows)} of them:", table, *_both_sides(rows)]


def _both_sides(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the sentences that stand for what was kept and for what was refused."""
    for row in rows:
        for side in ("kept", "refused"):
            for sentence in row.get(f"{side}_sentences", ())[:SENTENCES]:
                yield f"{row['edge']}: for {row[side]} ({side}): {sentence}"


def _candidates(found: Mapping[str, Any], most: int) -> list[str | Table]:
    """Tell of the terms that texts do not support well enough yet."""
    rows = found.get("rows", ())[:most]
    if not rows:
        return []
    columns = ("name", "facet", "documents", "support", "score")
    table = Table(
        header=("term", "facet", "documents", "times named", "score"),
        rows=tuple(tuple(row.get(column, "") for column in columns) for row in rows),
    )
    return [f"{found['count']:,} terms below the threshold; the first {len(rows)} of them:", table]


def _pairs(header: tuple[str, str], values: Mapping[str, Any]) -> Table:
    return Table(header=header, rows=tuple((str(name), value) for name, value in values.items()))
