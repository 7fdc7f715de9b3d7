"""Panel to node: which entities a panel's texts name, in which role, and how surely."""

from met.anchor.focus import focus_of
from met.anchor.index import NodeIndex
from met.anchor.known import Known, known_of
from met.anchor.panel import anchor_panel, anchor_panels
from met.anchor.spoken import spoken_names

__all__ = ["Known", "NodeIndex", "anchor_panel", "anchor_panels", "focus_of", "known_of", "spoken_names"]
