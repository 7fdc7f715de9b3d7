"""met why, cost: where an item came from, and what models took."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import DEFAULT_HOME, Home, Json

if TYPE_CHECKING:
    from rich.tree import Tree

    from met.store import Store


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (why, cost):
        app.command()(command)


def why(
    item: Annotated[
        str,
        typer.Argument(metavar="ITEM", help="A key or row id, PMCID, DOI, path, or the start of an image's sha256."),
    ],
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Say where an item came from, what became of it at every stage, and why it was kept or dropped.

    Example: met why PMC7003341
    """
    from flows.cli.screen import print_json
    from flows.services import database
    from met.store.why import chain_of

    with database(home) as store:
        chain = chain_of(store, item)
    if as_json:
        print_json(chain)
    else:
        _print_chain(chain)


def cost(
    node: Annotated[
        str | None, typer.Option("--node", help="Only what was asked about panels at this node or below, and by child.")
    ] = None,
    item: Annotated[str | None, typer.Option("--item", help="Only what was asked about this panel: its key.")] = None,
    estimate: Annotated[
        bool,
        typer.Option("--estimate", help="Tell what the engine vllm would take for the newest build; nothing is sent."),
    ] = False,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Requests that an estimate writes out.")] = 200,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Print calls, tokens, time and money spent on models so far, or what a build will take.

    Example: met cost --estimate
    """
    from flows.cli.screen import console, print_json, print_table
    from flows.services import database
    from met.errors import BadInput

    if len([given for given in (node, item, estimate) if given]) > 1:
        raise BadInput(what="met cost", why="takes one of --node, --item and --estimate")
    if estimate:
        _estimate(home, sample, as_json)
        return
    with database(home) as store:
        rows, children = _spent(store, node, item)
    totals: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("calls", "tokens_in", "tokens_out")}
    totals |= {
        "seconds": round(sum(row["seconds"] for row in rows), 1),
        "usd": round(sum(row["usd"] for row in rows), 4),
    }
    if as_json:
        print_json({**totals, "steps": rows} | ({"children": children} if node else {}))
        return
    if not rows:
        console().print("no model was asked yet" if not (node or item) else "no model was asked about it")
        return
    told = ("calls", "tokens_in", "tokens_out", "seconds", "usd")
    for title, columns, shown in (
        ("spent", ("stage", "step", "engine", "model", *told), rows),
        ("by child", ("name", "panels", *told), children),
    ):
        if shown:
            print_table(title, columns, [tuple(row[name] for name in columns) for row in shown])


def _spent(store: "Store", node: str | None, item: str | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what was spent by step, on all or on a node or an item, and for a node by child."""
    from flows.cli.screen import as_dict
    from met.store.builds import newest_build
    from met.store.nodes import find_node

    def rows(query: str, **params: Any) -> list[dict[str, Any]]:
        return [
            {**as_dict(row), "seconds": round(row.seconds, 1), "usd": round(float(row.usd), 4)}
            for row in store.query(query, **params)
        ]

    if item is not None:
        return rows("spent_on_item", item=item), []
    if node is None:
        return rows("spent"), []
    build = newest_build(store)
    key = find_node(store, build.tree, node)
    return rows("spent_under", build=build.key, node=key), rows("spent_by_child", build=build.key, node=key)


def _estimate(home: Path, sample: int, as_json: bool) -> None:
    from flows.cli.screen import print_json, print_table
    from flows.services import database
    from met.settings import load_settings
    from met.store.builds import newest_build
    from tasks.estimate import estimates

    with database(home) as store:
        build = newest_build(store).key
        steps = estimates(store, build, load_settings(home=home), sample=sample)
    rows = [
        asdict(step) | {name: round(float(getattr(step, name)), 4) for name in ("usd", "at_most")} for step in steps
    ]
    totals = {
        name: round(sum(row[name] for row in rows), 4)
        for name in ("requests", "tokens_in", "tokens_out", "usd", "at_most")
    }
    if as_json:
        print_json({"build": build, **totals, "steps": rows})
        return
    columns = ("step", "model", "requests", "tokens_in", "tokens_out", "usd", "at_most", "by", "sample")
    shown = [tuple("the one served" if row[name] is None else row[name] for name in columns) for row in rows]
    print_table("engine vllm", columns, [*shown, ("all", "", *(totals[name] for name in columns[2:7]), "", "")])


def _print_chain(chain: Mapping[str, Any]) -> None:
    from rich.tree import Tree

    from flows.cli.screen import console

    top = Tree(f"{chain['item']}  in {chain['build']} (engine {chain['engine']})", guide_style="dim")
    for article in chain["articles"]:
        licence = f"{article['licence']}{', retracted' if article['retracted'] else ''}"
        branch = top.add(
            f"article {article['pmcid'] or article['doi'] or article['id']}: {article['title']}"
            f"  [{licence}]  {article['key']}"
        )
        _fates(branch, chain, article["key"])
        for figure in _of(chain["figures"], "article", article["key"]):
            twig = branch.add(
                f"figure {figure['label'] or figure['position']}: {figure['caption'][:160]}"
                f"  [{figure['licence']}]  {figure['key']}"
            )
            twig.add(f"image {figure['image']}  ({figure['graphic']})")
            _fates(twig, chain, figure["key"])
            for panel in _of(chain["panels"], "figure", figure["key"]):
                _add_panel(twig, chain, panel)
    known = {row["key"] for part in ("articles", "figures", "panels") for row in chain[part]}
    for drop in chain["drops"]:
        if drop["item"] not in known:
            top.add(drop_line(drop))
    for review in chain["reviews"]:
        if review["panel"] not in known:
            top.add(_review_line(review))
    if chain["reviews_withheld"]:
        top.add(f"{chain['reviews_withheld']} judgements are withheld: somebody has still to judge the item")
    console().print(top)


def _add_panel(twig: "Tree", chain: Mapping[str, Any], panel: Mapping[str, Any]) -> None:
    leaf = twig.add(f"panel {panel['letter'] or panel['position']}: box {panel['box']}  {panel['key']}")
    if panel["modality"]:
        leaf.add(f"modality {panel['modality']} ({panel['probability']:.2f}), medical {panel['medical']:.2f}")
    if panel["privacy"]:
        leaf.add(_privacy_line(panel))
    if panel["keeper"]:
        leaf.add(f"repeats {panel['keeper']}")
    for anchor in _of(chain["anchors"], "panel", panel["key"]):
        leaf.add(
            f"anchor {anchor['name']} {anchor['curie'] or ''}: {anchor['role']}, {anchor['polarity']}, "
            f"{anchor['certainty']}, {anchor['score']:.2f}, "
            f"“{anchor['surface']}” in {anchor['field']} ({anchor['method']})"
        )
    for verdict in _of(chain["verdicts"], "panel", panel["key"]):
        leaf.add(
            f"{verdict['stage']}: {'keep' if verdict['keep'] else 'drop'}, {verdict['reason']} ({verdict['engine']})"
        )
    for cited in _of(chain["cited"], "panel", panel["key"]):
        leaf.add(f"cited, {cited['tag']} ({cited['engine']}): {cited['text']}  {cited['key']}")
    for caption in _of(chain["captions"], "panel", panel["key"]):
        leaf.add(f"caption {caption['kind']}: {caption['text']}  [{caption['licence']}]  {caption['key']}")
    for question in _of(chain["questions"], "panel", panel["key"]):
        leaf.add(f"question {question['kind']}: {question['text']} -> {question['answer']}  {question['key']}")
    for review in _of(chain["reviews"], "panel", panel["key"]):
        leaf.add(_review_line(review))
    _fates(leaf, chain, panel["key"])


def _review_line(review: Mapping[str, Any]) -> str:
    note = f" “{review['note']}”" if review["note"] else ""
    plan = f" in plan {review['plan']}" if review["plan"] else ""
    return (
        f"review of the {review['kind']} by {review['by']}, {review['at']}{plan}: {review['says']}{note}; "
        f"changed: {review['changed']}  {review['item']}"
    )


def _privacy_line(panel: Mapping[str, Any]) -> str:
    """Return the status of a panel, and kind and place of what was found: never the words."""
    found = [
        f"{reason['kind']} in {reason['where']} at {reason.get('box') or [reason['start_char'], reason['end_char']]}"
        for reason in panel["privacy_reasons"]
    ]
    lacking = f"not looked at: {', '.join(panel['privacy_lacking'])}" if panel["privacy_lacking"] else ""
    return f"privacy {panel['privacy']}: {'; '.join([*found, lacking]).strip('; ') or 'nothing found'}"


def _fates(branch: "Tree", chain: Mapping[str, Any], key: str) -> None:
    for drop in _of(chain["drops"], "item", key):
        branch.add(drop_line(drop))
    done = [f"{row['stage']} {row['version']} {row['status']}" for row in _of(chain["ledger"], "item", key)]
    if done:
        branch.add("ledger: " + ", ".join(done))


def drop_line(drop: Mapping[str, Any]) -> str:
    """Return one line about a Drop: where, why, what was measured, and of what item."""
    # Signals of the filter that spoke for the item would only hide those that spoke against it.
    told = {
        name: value
        for name, value in sorted(drop["detail"].items())
        if not (isinstance(value, Mapping) and value.get("passed"))
    }
    detail = "; ".join(f"{name}: {_told(value)}" for name, value in told.items())
    return f"dropped at {drop['stage']}: {drop['reason']}{f' ({detail})' if detail else ''}  {drop['item']}"


def _told(value: object) -> str:
    """Return a detail of a Drop as people read it; of a signal what it measured.

    >>> _told({"at_least": 0.5, "label": "chart", "medical": 0.002, "passed": False, "reason": "not_medical"})
    'not_medical, at_least 0.5, label chart, medical 0.002'
    """
    if not isinstance(value, Mapping):
        return str(value)
    measured = [
        f"{name} {_told(part)}"
        for name, part in sorted(value.items())
        if part is not None and name not in ("passed", "reason")
    ]
    return ", ".join([*filter(None, [value.get("reason")]), *measured])


def _of(rows: Sequence[Mapping[str, Any]], column: str, value: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row[column] == value]
