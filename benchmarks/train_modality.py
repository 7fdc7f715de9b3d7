"""Train the modality classifier on the gold, print its error by grouped cross-validation, write the shipped weights.

    python benchmarks/train_modality.py [DATA] [--out FILE]

DATA is the folder that holds gold/modality/modality.tsv (default ../shared/data). Each article, patient or single image
is in one fold.
"""

import argparse
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from met.evaluate.harness import line
from met.evaluate.modality import MEDICAL_AT, fit, held_out, measures
from met.evaluate.modality_gold import LabelledImage, read_gold
from met.harvest.modality import NOT_MEDICAL, ModalityModel

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "met" / "harvest" / "weights" / "modality.npz")
    options = parser.parse_args()
    rows = read_gold(options.data / "gold" / "modality" / "modality.tsv", root=options.data, by="patient")
    facts = measures(rows, *held_out(rows))
    show(facts)
    kept, of = articles_alone(rows)
    print(f"trained on article figures alone, medical images of other collections kept: {kept} of {of}")
    write(fit(rows), options.out)
    print(line("modality", headline="macro_f1", trained_on_gold=False, by="patient", **facts))


def articles_alone(rows: list[LabelledImage]) -> tuple[int, int]:
    """Return how many images of no article are kept, by pixels, by a model that saw article figures alone; of how many.

    All of them are medical, of collections that this model never met.
    """
    model = fit([row for row in rows if row.in_article])
    rest = np.stack([row.features for row in rows if not row.in_article])
    medical = np.array([label not in NOT_MEDICAL for label in model.labels])
    return int((model.forecast(rest)[:, medical].sum(axis=1) >= MEDICAL_AT).sum()), len(rest)


def write(model: ModalityModel, path: Path) -> None:
    """Write the arrays of `model`, smallest dtypes that keep its forecasts, no pickle."""
    arrays = {field.name: getattr(model, field.name) for field in fields(model)}
    np.savez_compressed(path, **arrays | {"labels": np.array(model.labels)}, allow_pickle=False)
    print(f"{path.name}: {path.stat().st_size} bytes, {len(model.roots)} trees, {len(model.feature)} nodes")


def show(facts: dict[str, Any]) -> None:
    print(f"{facts['n']} images in {facts['groups']} groups, each group held out")
    for name in ("macro_f1", "accuracy", "medical_f1"):
        low, high = facts["interval" if name == "macro_f1" else f"{name}_interval"]
        print(f"{name:12} {facts[name]:.3f}  [{low:.3f}, {high:.3f}]")
    print(f"medical_f1 of article figures {facts['medical_f1_articles']:.3f}; pixels only {facts['pixels_only']}")
    print(f"{'class':24}{'n':>4}{'f1':>7}{'recall':>8}  found as")
    for label, row in facts["per_class"].items():
        found = ", ".join(f"{name} {count}" for name, count in row["found_as"].items())
        print(f"{label:24}{row['n']:4}{row['f1']:7.3f}{row['recall']:8.3f}  {found}")
    for source, row in facts["per_source"].items():
        print(f"{source:16} medical kept {row['medical_kept']}, others kept {row['other_kept']}")
    for row in facts["wrong"]:
        print(f"  {row['gold']} -> {row['found']} ({row['medical']:.2f})  {row['image']}")


if __name__ == "__main__":
    main()
