"""Fit how far a stated relation is believed, print recall and precision with each half of the diseases held out, write
the shipped weights.

    python benchmarks/train_relations.py --axioms FILE --ontology FILE... --text FILE... [--out FILE]

The axioms order what speaks for a relation; the relations that were judged one by one (tests/gold/relations.tsv) make
the confidence a probability. Those that were drawn after the last change of the rules are left out: they are the test.
"""

import argparse
from pathlib import Path

from met.evaluate.harness import line
from met.evaluate.relations import Reading, read, scored
from met.evaluate.relations_fit import weights_for
from met.tree.associate.confidence import FEATURES, TABLE
from met.types import RelationKind

ROOT = Path(__file__).resolve().parents[1]
KINDS: tuple[RelationKind, ...] = ("has_symptom", "located_in", "seen_on", "part_of")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--axioms", type=Path, required=True)
    parser.add_argument("--ontology", type=Path, action="append", required=True)
    parser.add_argument("--text", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "met" / "tree" / TABLE)
    options = parser.parse_args()
    reading = read([options.axioms], {"texts": options.text, "ontologies": options.ontology})
    write(reading, options.out)
    print(line("relations", **scored(reading)))


def write(reading: Reading, path: Path) -> None:
    """Write the weights of every kind, one row a feature."""
    seen = reading.judged(after=False)
    weights = {kind: weights_for(reading.found, kind, reading.axioms, seen) for kind in KINDS}
    rows = ["\t".join(("feature", *KINDS))]
    rows += [
        "\t".join((feature, *(f"{weights[kind][at]:.4f}" for kind in KINDS))) for at, feature in enumerate(FEATURES)
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
