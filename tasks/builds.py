"""Builds: which sources, tree and engine one export covers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from met.errors import NotFound
from met.export import check_export
from met.harvest.privacy import Phi
from met.sources.kinds import check_source
from met.stages import STAGES
from met.store.builds import newest_build
from met.types import EngineName, Tally
from tasks import doors
from tasks.work import Order


@task(name="check request", cache_policy=NO_CACHE, persist_result=False)
def check_request(sources: Sequence[str], out: str, formats: Sequence[str], engine: EngineName) -> None:
    """Return if all that can be told before any work speaks for a build: sources, output folder, engine, plug-ins.

    Raises:
        BadInput: one of them cannot be used.
        ModelUnavailable: the engine does not answer.
    """
    check_export(Path(out), formats)
    for source in sources:
        check_source(source)
    doors.reader()
    doors.faces()
    doors.engine(engine)


@task(name="open build", cache_policy=NO_CACHE, persist_result=False)
def open_build(sources: Sequence[str], tree: int | None, engine: EngineName, phi: Phi | None = None) -> str:
    """Return the key of the build of these sources, this tree and this engine; `phi` is kept where it is asked for."""
    identity = doors.engine(engine).identity
    settings = {"model": identity.model, "revision": identity.revision, "image_side": identity.image_side}
    if phi is not None:
        settings["phi"] = phi
    return doors.store().put_build(sources=sorted(sources), tree=tree, engine=engine, settings=settings)


def order_of(build: str | None, run: str, *, shard: int = 0, shards: int = 1) -> Order:
    """Return the order of a build, the newest one where none is named.

    Raises:
        NotFound: there is no such build.
    """
    store = doors.store()
    rows = store.query("build_row", build=build) if build else [newest_build(store)]
    if not rows:
        raise NotFound(what="build", name=build, hint="; run `met build` first")
    return Order(build=rows[0].key, run=run, engine=rows[0].engine, shard=shard, shards=shards)


@task(name="summarise", cache_policy=NO_CACHE, persist_result=False)
def summarise(build: str, tallies: Sequence[Tally]) -> dict[str, Any]:
    """Return what a build holds now and how much work it took this time, and publish the funnel as an artifact."""
    store = doors.store()
    counts = store.query("summary", build=build)[0]
    funnel = [{"stage": row.stage, "kept": row.kept, "dropped": row.dropped} for row in funnel_rows(build)]
    create_table_artifact(table=funnel, key="funnel", description="items kept and dropped, stage by stage")
    return {
        "build": build,
        "articles": counts.articles,
        "figures": counts.figures,
        "panels": counts.panels,
        "pairs": counts.pairs,
        "questions": counts.questions,
        "drops": {row.reason: int(row.items) for row in store.query("summary_drops", build=build)},
        "funnel": funnel,
        "work": sum(tally.worked for tally in tallies),
        "stage_seconds": {tally.stage: round(tally.seconds, 3) for tally in tallies},
    }


def funnel_rows(build: str) -> list[Any]:
    """Return the rows of view funnel of a build, in the order of the stages."""
    return sorted(doors.store().query("funnel_rows", build=build), key=lambda row: STAGE_ORDER[row.stage])


STAGE_ORDER: Mapping[str, int] = {stage.name: number for number, stage in enumerate(STAGES)}


def with_drops(summary: Mapping[str, Any], more: Mapping[str, int]) -> dict[str, Any]:
    """Return the summary with further Drops counted in."""
    drops = Counter(summary["drops"])
    drops.update(more)
    return {**summary, "drops": dict(sorted(drops.items()))}
