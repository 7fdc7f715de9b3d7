"""Train the modality classifier on the gold, print its error by grouped cross-validation, write the shipped weights.

    python benchmarks/train_modality.py [DATA] [--out FILE] [--encoder FOLDER]

DATA is the folder that holds gold/modality/modality.tsv (default ../shared/data). Each article, patient or single image
is in one fold. With --encoder, the features of a pretrained network (a folder of transformers' layout) are learnt
beside those of the appearance; name folder and weights by MET_MODALITY_ENCODER and MET_MODALITY_WEIGHTS to use them.
"""

import argparse
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from met.embed.images import ImageEncoder, open_image_encoder
from met.evaluate.harness import line
from met.evaluate.modality import from_articles_alone, measures
from met.evaluate.modality_fit import fit, held_out, settle
from met.evaluate.modality_gold import LabelledImage, middle_of, read_gold
from met.harvest.modality import ModalityModel
from met.pixels import decode_rgb

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("data", type=Path, nargs="?", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "met" / "harvest" / "weights" / "modality.npz")
    parser.add_argument("--encoder", type=Path)
    options = parser.parse_args()
    encoder = open_image_encoder(options.encoder)
    gold = read_gold(options.data / "gold" / "modality" / "modality.tsv", root=options.data, by="patient")
    rows = [encoded(row, encoder) for row in gold] if encoder else gold
    forecast, labels, settled = held_out(rows)
    facts = measures(rows, forecast, labels, settled)
    show(facts)
    print("trained on article figures alone:", from_articles_alone(rows))
    write(fit(rows, settled=settle(rows, forecast, labels), encoder=encoder.name if encoder else "none"), options.out)
    print(line("modality", headline="macro_f1", trained_on_gold=False, by="patient", **facts))


def encoded(row: LabelledImage, encoder: ImageEncoder) -> LabelledImage:
    """Return the row with the features of the network behind its own."""
    pixels = decode_rgb(row.place.read_bytes())
    features = np.concatenate([row.features, encoder(pixels)]).astype(np.float32)
    if row.middle is None:
        return replace(row, features=features)
    middle = np.concatenate([row.middle, encoder(middle_of(pixels))]).astype(np.float32)
    return replace(row, features=features, middle=middle)


def write(model: ModalityModel, path: Path) -> None:
    """Write the arrays of `model`, smallest dtypes that keep its forecasts, no pickle."""
    arrays = {field.name: getattr(model, field.name) for field in fields(model)}
    arrays |= {
        "labels": np.array(model.labels),
        "encoder": np.array(model.encoder),
        "settled": np.array(list(asdict(model.settled).values())),
    }
    np.savez_compressed(path, allow_pickle=False, **arrays)
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
