"""Panel to node: which entities a panel's texts name, in which role, and how surely."""

from met.anchor.focus import focus_of
from met.anchor.index import NodeIndex
from met.anchor.panel import anchor_panel, anchor_panels

__all__ = ["NodeIndex", "anchor_panel", "anchor_panels", "focus_of"]
