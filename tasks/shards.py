"""Spreads a stage over machines: one deployment run a shard, which any worker of its pool takes."""

from typing import cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment

from met.errors import ShardFailed


@task(name="shard", task_run_name="{stage} · shard {number} of {shards}", cache_policy=NO_CACHE, persist_result=False)
def work_shard(stage: str, build: str, shard: int, shards: int, number: int, budget: float | None = None) -> None:
    """One share of the stage has been worked on, by the deployment `stage`/`stage`, on whichever machine took it.

    Raises:
        ShardFailed: its run did not complete.
    """
    parameters = {"build": build, "shard": shard, "shards": shards, "budget": budget}
    name = f"{stage} · shard {number} of {shards}"
    # Called without an event loop, run_deployment waits for the run and returns it.
    run = cast(FlowRun, run_deployment(f"{stage}/{stage}", parameters=parameters, flow_run_name=name, timeout=None))
    if run.state is None or not run.state.is_completed():
        raise ShardFailed(stage=stage, number=number, shards=shards, state=run.state.name if run.state else "unknown")
