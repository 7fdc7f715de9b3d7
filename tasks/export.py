"""Writes the dataset of a build, or of a part of it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from met.align.measured import SAVED, measured_error
from met.export import CardFacts, export_dataset
from met.export.facts import Material
from met.keys import digest
from met.stages import ALIGN
from met.tree.ontology.terms import LICENCE_OF
from met.types import Drop, WorkItem
from tasks import doors
from tasks.balance import Wanted, balanced_panels, dossiers_of
from tasks.builds import funnel_rows


@task(name="export", task_run_name="export · {out}", cache_policy=NO_CACHE, persist_result=False)
def write_dataset(build: str, out: str, formats: Sequence[str], wanted: Wanted, run: dict[str, Any]) -> dict[str, Any]:
    """Write the kept pairs of a build into `out`; return the manifest's hash, its rows, the Drops of the export, and
    the quotas that the pairs do not fill.
    """
    store = doors.store()
    panels = [row.panel for row in store.query("export_panels", build=build, node=wanted.node)]
    refused: Sequence[Drop] = ()
    lacking: list[dict[str, Any]] = []
    if wanted.balance.is_asked:
        panels, refused, lacking = balanced_panels(store, build, panels, wanted)
    manifest = export_dataset(
        dossiers_of(store, build, panels),
        read_blob=doors.blobs().get,
        out=Path(out),
        formats=formats,
        use=wanted.licence or "any",
        phi=wanted.phi,
        balance=wanted.balance,
        refused=refused,
        facts=card_facts(build),
        run=run,
    )
    asked = WorkItem(item=build, input=digest(wanted.asked()), version=manifest.sha256)
    store.put_drops("export", asked, manifest.drops, run=run["run"])
    reasons = Counter(drop.reason for drop in manifest.drops)
    return {
        "manifest_sha256": manifest.sha256,
        "rows": manifest.rows,
        "drops": dict(sorted(reasons.items())),
        **({"unmet": lacking} if wanted.balance.quotas else {}),
    }


def card_facts(build: str) -> CardFacts:
    """Return what the data card says about a build: a function of its inputs and results, not of the run."""
    store = doors.store()
    row = store.query("build_row", build=build)[0]
    tree = store.query("tree_row", tree=row.tree)[0]
    versions = {stage.stage: stage.version for stage in store.query("build_versions", build=build)}
    return CardFacts(
        engine=row.engine,
        tree=tree.key,
        tree_report=tree.report,
        inputs=tree.inputs,
        versions=versions,
        funnel=[{"stage": f.stage, "kept": f.kept, "dropped": f.dropped} for f in funnel_rows(build)],
        drops=[
            {"stage": d.stage, "reason": d.reason, "items": int(d.items)}
            for d in store.query("stage_drops", build=build)
        ],
        settings=row.settings,
        materials=_materials(row.tree),
        judge_error=measured_error(versions.get(ALIGN.name, ""), doors.settings().home.absolute() / SAVED),
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
