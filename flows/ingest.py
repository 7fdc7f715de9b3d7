"""Read sources into the store, before or without a tree."""

from typing import Any

from prefect import flow

from flows.stages import ingest as ingest_stage
from tasks.builds import open_build, summarise
from tasks.ingest import scan
from tasks.runs import recorded


@flow(name="ingest sources", flow_run_name="ingest {sources}", persist_result=False)
def ingest(sources: list[str]) -> dict[str, Any]:
    """Articles, figures, panels, modalities and duplicate clusters of these sources stand in the store.

    Args:
        sources: Folders of JATS articles, or KIND:PLACE with the kinds pmc, dataset, images and dicom.
    """
    with recorded("ingest sources", {"sources": sources}):
        build = open_build([scan(source) for source in sources], None, "rules")
        return summarise(build, ingest_stage(build))
