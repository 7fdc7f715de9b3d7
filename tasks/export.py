"""Writes the dataset of a build, or of a part of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.export import CardFacts, export_dataset
from met.export.facts import Material
from met.harvest.privacy import Phi
from met.keys import digest
from met.tree.ontology.terms import LICENCE_OF
from met.types import Dossier, WorkItem
from tasks import doors
from tasks.builds import funnel_rows
from tasks.dossier import load_dossiers

DOSSIERS_A_READ = 200


@task(name="export", task_run_name="export · {out}", cache_policy=NO_CACHE, persist_result=False)
def write_dataset(
    build: str,
    out: str,
    formats: Sequence[str],
    node: str | None,
    licence: Literal["commercial"] | None,
    phi: Phi | None,
    run: dict[str, Any],
) -> dict[str, Any]:
    """Write the kept pairs of a build into `out`; return the manifest's hash, its rows, and the Drops of the export."""
    store = doors.store()
    panels = [row.panel for row in store.query("export_panels", build=build, node=node)]
    manifest = export_dataset(
        _dossiers(build, panels),
        read_blob=doors.blobs().get,
        out=Path(out),
        formats=formats,
        use=licence or "any",
        phi=phi,
        facts=card_facts(build),
        run=run,
    )
    asked = WorkItem(item=build, input=digest([node, licence, *([phi] if phi else [])]), version=manifest.sha256)
    store.put_drops("export", asked, manifest.drops, run=run["run"])
    reasons = Counter(drop.reason for drop in manifest.drops)
    return {"manifest_sha256": manifest.sha256, "rows": manifest.rows, "drops": dict(sorted(reasons.items()))}


def _dossiers(build: str, panels: Sequence[str]) -> Iterator[Dossier]:
    for start in range(0, len(panels), DOSSIERS_A_READ):
        yield from load_dossiers(doors.store(), build, panels[start : start + DOSSIERS_A_READ])


def card_facts(build: str) -> CardFacts:
    """Return what the data card says about a build: a function of its inputs and results, not of the run."""
    store = doors.store()
    row = store.query("build_row", build=build)[0]
    tree = store.query("tree_row", tree=row.tree)[0]
    return CardFacts(
        engine=row.engine,
        tree=tree.key,
        tree_report=tree.report,
        inputs=tree.inputs,
        versions={stage.stage: stage.version for stage in store.query("build_versions", build=build)},
        funnel=[{"stage": f.stage, "kept": f.kept, "dropped": f.dropped} for f in funnel_rows(build)],
        drops=[
            {"stage": d.stage, "reason": d.reason, "items": int(d.items)}
            for d in store.query("stage_drops", build=build)
        ],
        settings=row.settings,
        materials=_materials(row.tree),
    )


def _materials(tree: int) -> list[Material]:
    store = doors.store()
    ontologies = [
        Material(
            kind="ontology",
            name=o.name.upper(),
            version=o.version or "",
            licence=LICENCE_OF.get(o.name.upper(), "unknown"),
        )
        for o in store.query("tree_ontologies", tree=tree)
    ]
    texts = [
        Material(kind="text", name=f"{t.kind} ({t.documents} documents)", version="", licence=t.licence)
        for t in store.query("tree_texts", tree=tree)
    ]
    return [*ontologies, *texts]
