"""The whole way from sources to a dataset."""

from typing import Any, Literal

from prefect import flow

from flows.stages import STAGE_FLOWS, on_workers
from flows.tree import grow
from met.types import EngineName, Tally
from tasks.balance import Wanted, balance_of
from tasks.budget import budget_left, spending
from tasks.builds import check_request, open_build, summarise, with_drops
from tasks.export import write_dataset
from tasks.gates import tree_gate
from tasks.ingest import scan
from tasks.runs import recorded


@flow(name="build", flow_run_name="build {out}", persist_result=False)
def build(
    sources: list[str],
    texts: list[str],
    ontologies: list[str],
    out: str,
    engine: EngineName = "rules",
    formats: list[str] | None = None,
    licence: Literal["commercial"] | None = None,
    shards: int = 1,
    llm_sentences: int = 0,
    phi: Literal["strict"] | None = None,
    budget: float | None = None,
    cap_per_node: int | None = None,
    quotas: str | None = None,
) -> dict[str, Any]:
    """Run every stage with the gates between them and write the dataset; what is done already is not done again.

    Args:
        sources: Folders of JATS articles, or KIND:PLACE with the kinds pmc, dataset, images and dicom.
        texts: Texts that the tree grows from: folders, files or tar.gz.
        ontologies: Ontology files; the first one of a facet is its skeleton.
        out: Folder of the dataset; an earlier export there is replaced.
        engine: Who judges and writes; rules needs no model.
        formats: llava, sharegpt, webdataset; llava where none is named. rows.parquet comes with all.
        licence: commercial keeps only rows whose licence allows this use.
        shards: Above 1 each stage runs as so many deployment runs, on any machines whose workers take them, and this
            flow completes what they left and passes the gates. The dataset is the same.
        llm_sentences: How many sentences of the texts the engine vllm reads for the tree; with 0 the tree is that of
            the engine rules.
        phi: strict keeps panels in which patients may be recognised, and which nothing has looked at, from being
            judged, written about and exported.
        budget: USD that this run may spend on models. Then it stops, and the next run goes on from there; it is
            exceeded by no more than the requests in flight.
        cap_per_node: How many pairs of a node the dataset may hold, those below it counted.
        quotas: Table (tsv) of nodes with how many pairs of each there shall be at least and at most.
    """
    parameters: dict[str, Any] = {"sources": sources, "texts": texts, "ontologies": ontologies, "out": out}
    parameters |= {"engine": engine, "llm_sentences": llm_sentences, "phi": phi, "budget": budget}
    parameters |= {"cap_per_node": cap_per_node, "quotas": quotas}
    with recorded("build", parameters) as run:
        check_request(sources, out, formats or ["llava"], engine)
        with run.timed("tree"), spending(budget, run.key):
            tree = grow(ontologies, texts, engine=engine, llm_sentences=llm_sentences)
        key = open_build([scan(source) for source in sources], tree["tree"], engine, phi)
        with run.timed("tree"):
            tree_gate(key, run.key)
        balance = balance_of(key, cap_per_node, quotas)
        tallies: list[Tally] = []
        for stage in STAGE_FLOWS:
            with run.timed(stage.name):
                if shards > 1:
                    on_workers(stage.name, key, shards, budget_left(budget, run.key))
                with spending(budget, run.key):
                    tallies += stage(key)
        with run.timed("export"):
            dataset = write_dataset(
                key,
                out,
                formats or ["llava"],
                Wanted(licence=licence, phi=phi, balance=balance),
                {"run": run.key, "seconds": dict(run.seconds)},
            )
        summary = with_drops(summarise(key, tallies), dataset["drops"])
        work = summary["work"] + tree["grown"] + tree["embedded"]
        return {
            **summary,
            "work": work,
            "manifest_sha256": dataset["manifest_sha256"],
            "rows": dataset["rows"],
            **({"unmet": dataset["unmet"]} if "unmet" in dataset else {}),
            "seconds": run.seconds,
        }
