"""The coverage map as one page that loads nothing and runs nothing: pairs by node and modality, and what is empty."""

import html
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from string import Template
from typing import Any, Final

from met.harvest.modality.taxonomy import GROUP_OF

# Nodes of this many levels below what the map begins at are open; the others open with a click.
OPEN_LEVELS: Final = 2
# Children with fewest pairs are counted and not shown.
MOST_CHILDREN: Final = 40
_COLOURS: Final[Mapping[str, str]] = {
    "radiology": "#31688e",
    "photograph": "#c2703d",
    "optical": "#7a5195",
    "microscopy": "#4f9d69",
    "signal": "#b3a125",
    "not_medical": "#9a9a9a",
}
_UNKNOWN: Final = "#c9c9c9"
_PAGE: Final = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1b1b1b; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
summary, .leaf { display: flex; gap: .6rem; align-items: center; padding: 1px 0; cursor: pointer; }
.leaf { cursor: default; }
details > div { margin-left: .9rem; border-left: 1px solid #ddd; padding-left: .6rem; }
.name { flex: 0 0 calc(24rem - 1.5rem * var(--depth)); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.number { flex: 0 0 3.2rem; text-align: right; font-variant-numeric: tabular-nums; }
.bar { flex: 1 1 auto; display: flex; height: .8rem; }
.bar span { display: block; height: 100%; min-width: 1px; }
.key { display: inline-flex; align-items: center; gap: .3rem; margin-right: 1rem; }
.key i { width: .8rem; height: .8rem; display: inline-block; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .5rem; vertical-align: top; }
th { border-bottom: 1px solid #999; } td { border-bottom: 1px solid #e4e4e4; } .soft { color: #666; }
</style></head><body>
<h1>$title</h1>
$body
</body></html>
"""
)


def coverage_page(facts: Mapping[str, Any], covered: Sequence[Mapping[str, Any]], *, top: str | None) -> str:
    """Return the page of `facts`, as `met coverage --json` prints them.

    `covered` are all nodes with a pair at them or below (key, name, facet, parent, pairs, modalities); the map begins
    at the node `top`, or at the roots.
    """
    named = facts["nodes"][0]["name"] if top else "all facets"
    parts = [
        f'<p class="soft">Usable pairs in {_text(facts["build"])}. A pair counts for a node where it shows the node '
        "or one below it. Bars tell the kinds of image.</p>",
        _keys(covered),
        "<h2>Facets and branches</h2>" if top is None else "<h2>The node and its children</h2>",
        _table(
            ("node", "pairs", "nodes with a pair", "of nodes"),
            [(row["name"], row["pairs"], row["covered"], row["nodes"]) for row in facts["nodes"]],
        ),
        "<h2>Map</h2>",
        *_map(covered, top),
        "<h2>Nodes without a pair</h2>",
        *_empty(facts["empty"]),
    ]
    return _PAGE.substitute(title=f"Coverage: {_text(named)}", body="\n".join(parts))


def _map(covered: Sequence[Mapping[str, Any]], top: str | None) -> Iterator[str]:
    by_key = {row["key"]: row for row in covered}
    below: defaultdict[str | None, list[Mapping[str, Any]]] = defaultdict(list)
    for row in covered:
        below[row["parent"] if row["parent"] in by_key else None].append(row)
    roots = [by_key[top]] if top in by_key else [] if top is not None else below[None]
    if not roots:
        yield "<p>No pair shows it.</p>"
    for root in _ordered(roots):
        yield _branch(root, below, widest=max(1, root["pairs"]), depth=0)


def _branch(
    row: Mapping[str, Any], below: Mapping[str | None, list[Mapping[str, Any]]], *, widest: int, depth: int
) -> str:
    line = (
        f'<span class="name" style="--depth:{depth}" title="{_text(row["name"])}">{_text(row["name"])}</span>'
        f'<span class="number">{row["pairs"]:,}</span>{_bar(row, widest)}'
    )
    children = _ordered(below.get(row["key"], ()))
    if not children:
        return f'<div class="leaf">{line}</div>'
    inside = [_branch(child, below, widest=widest, depth=depth + 1) for child in children[:MOST_CHILDREN]]
    if len(children) > MOST_CHILDREN:
        inside.append(f'<div class="leaf soft">and {len(children) - MOST_CHILDREN} more</div>')
    is_open = " open" if depth < OPEN_LEVELS else ""
    return f"<details{is_open}><summary>{line}</summary><div>{''.join(inside)}</div></details>"


def _bar(row: Mapping[str, Any], widest: int) -> str:
    parts = sorted(row["modalities"].items(), key=lambda pair: (GROUP_OF.get(pair[0], "~"), -pair[1], pair[0]))
    spans = [_part(100 * count / widest, _colour(label), f"{label} {count}") for label, count in parts]
    return f'<span class="bar">{"".join(spans)}</span>'


def _part(width: float, colour: str, title: str) -> str:
    return f'<span style="width:{width:.2f}%;background:{colour}" title="{_text(title)}"></span>'


def _keys(covered: Sequence[Mapping[str, Any]]) -> str:
    groups = sorted({GROUP_OF.get(label, "unknown") for row in covered for label in row["modalities"]})
    keys = [
        f'<span class="key"><i style="background:{_COLOURS.get(group, _UNKNOWN)}"></i>'
        f"{_text(group.replace('_', ' '))}</span>"
        for group in groups
    ]
    return f"<p>{''.join(keys)}</p>"


def _empty(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not rows:
        yield "<p>None was looked for, or there is none.</p>"
        return
    yield (
        '<p class="soft">Those first that most panels name. What a search finds for each: a panel counts nowhere by '
        "being found. Its role says what its texts were judged to say of the node.</p>"
    )
    for row in rows:
        yield (
            f"<h3>{_text(row['name'])} <span class='soft'>{_text(row['facet'])}, named by {row['named_by']} panels"
            f"{', under ' + _text(row['path'][-1]) if row['path'] else ''}</span></h3>"
        )
        yield (
            _table(
                ("", "score", "places", "role", "kind", "pair", "image", "text"),
                [
                    (
                        hit["place"],
                        f"{hit['score']:.4f}",
                        ", ".join(f"{name} {place}" for name, place in hit["places"].items()),
                        f"{hit['role']}: {hit['named']}" if hit["role"] else "not named",
                        hit["modality"],
                        "yes" if hit["pair"] else "no",
                        " ".join(filter(None, (hit["label"], hit["letter"], hit["graphic"]))),
                        hit["text"],
                    )
                    for hit in row["found"]
                ],
            )
            if row["found"]
            else "<p>Nothing.</p>"
        )


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _ordered(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: (-row["pairs"], row["name"], row["key"]))


def _colour(label: str) -> str:
    return _COLOURS.get(GROUP_OF.get(label, ""), _UNKNOWN)


def _text(value: object) -> str:
    return html.escape(f"{value:,}" if isinstance(value, int) else str(value))
