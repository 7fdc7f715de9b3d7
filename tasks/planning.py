"""Plans without working: what a build covers of the finished rows, and which results are to be made again."""

from collections.abc import Mapping, Sequence

from met.stages import OCR, STAGES, Stage, stages_from
from met.store.builds import newest_build
from tasks import doors
from tasks.work import Order

NO_READER = f"{OCR.code}-none"


def plan_whole_store(run: str) -> Order:
    """Plan a build over all sources of the store, with the tree, engine and versions of the newest build.

    Nothing is worked on: the views of the build show what is finished.

    Raises:
        NotFound: nothing was built yet.
    """
    store = doors.store()
    newest = newest_build(store)
    sources = [row.key for row in store.query("all_sources")]
    key = store.put_build(sources=sources, tree=newest.tree, engine=newest.engine, settings=newest.settings)
    # Where no reader was set its stage had no work, and none may be left of an earlier plan.
    versions = {OCR.name: NO_READER}
    versions |= {row.stage: row.version for row in store.query("build_versions", build=newest.key)}
    for stage in STAGES:
        if stage.name in versions:
            store.plan(key, stage, versions[stage.name])
    return Order(build=key, run=run, engine=newest.engine)


def redo(order: Order, stage: Stage, groups: Mapping[str, Sequence[str]]) -> None:
    """Forget what `stage` and those after it made of these panels."""
    items = sorted({item for items in groups.values() for item in items})
    doors.store().reopen(order.build, [later.name for later in stages_from(stage)], items)
