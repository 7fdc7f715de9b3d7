"""The dataset on disk: rows with all their facts, images, training formats, a data card, and a manifest of hashes."""

from met.export.dataset import FORMATS, check_export, export_dataset
from met.export.facts import CardFacts, FileFact, Manifest, Material

__all__ = ["FORMATS", "CardFacts", "FileFact", "Manifest", "Material", "check_export", "export_dataset"]
