"""Who runs which flow run, and what happens to the runs of a process that was killed: they are marked as crashed.

Two ways lead there. A run carries a tag that names its process, and the next command on the machine sees that the
process is gone. A run that a worker on another machine started stops its heartbeat, and an automation of the server
sees that.
"""

import os
import platform
from collections.abc import Iterator
from datetime import timedelta

import psutil
from prefect.automations import AutomationCore, ChangeFlowRunState, EventTrigger, Posture, ResourceSpecification
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.states import Crashed

AUTOMATION = "flow runs without heartbeat have crashed"
# Three heartbeats of 30 s.
SILENCE = timedelta(seconds=90)
UNFINISHED = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
ENDINGS = ("Completed", "Failed", "Crashed", "Cancelled")
PAGE = 200


def process_tag() -> str:
    """Return the tag of the flow runs of this process: its machine, its number and when it started."""
    return f"process:{platform.node()}:{os.getpid()}:{int(psutil.Process().create_time())}"


def is_dead(tag: str) -> bool:
    """Tell whether `tag` names a process of this machine that no longer runs.

    >>> is_dead("process:another-machine:1:0"), is_dead("nightly")
    (False, False)
    """
    if not tag.startswith("process:"):
        return False
    node, pid, started = tag.removeprefix("process:").rsplit(":", 2)
    if node != platform.node():
        return False
    try:
        process = psutil.Process(int(pid))
        # The start is computed from the machine's uptime and may differ by a second between two reads.
        return process.status() == psutil.STATUS_ZOMBIE or abs(process.create_time() - int(started)) > 2
    except psutil.NoSuchProcess:
        return True


def send_what_is_left() -> None:
    """Events and log lines that Prefect still holds have reached the server, or ten seconds have passed for each."""
    for queue in (EventsWorker, APILogWorker):
        queue.drain_all(timeout=10)


def crash_dead_runs() -> list[str]:
    """Mark the unfinished flow runs of dead processes of this machine as crashed and return their names."""
    with get_client(sync_client=True) as client:
        dead = [run for run in _unfinished_runs(client) if any(is_dead(tag) for tag in run.tags)]
        for run in dead:
            client.set_flow_run_state(run.id, Crashed(message="its process was killed"), force=True)
    return sorted(run.name for run in dead)


def _unfinished_runs(client: SyncPrefectClient) -> Iterator[FlowRun]:
    unfinished = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNFINISHED)))
    offset = 0
    while page := client.read_flow_runs(flow_run_filter=unfinished, limit=PAGE, offset=offset):
        yield from page
        offset += PAGE


def watch_heartbeats() -> None:
    """The server has the automation that marks a flow run as crashed once its heartbeat is silent for `SILENCE`."""
    beat = "prefect.flow-run.heartbeat"
    trigger = EventTrigger(
        after={beat},
        expect={beat, *(f"prefect.flow-run.{ending}" for ending in ENDINGS)},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=SILENCE,
    )
    action = ChangeFlowRunState(state=StateType.CRASHED, message=f"no heartbeat for {SILENCE.seconds} s")
    with get_client(sync_client=True) as client:
        if not client.read_automations_by_name(AUTOMATION):
            client.create_automation(AutomationCore(name=AUTOMATION, trigger=trigger, actions=[action]))
