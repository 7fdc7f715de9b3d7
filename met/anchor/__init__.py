"""Panel to node: which entities a panel's texts name, in which role, and how surely."""

from met.anchor.focus import focus_of
from met.anchor.index import NodeIndex
from met.anchor.panel import anchor_panel

__all__ = ["NodeIndex", "anchor_panel", "focus_of"]
