"""Synthesis: captions and questions that rest on the text, the tree and the anchors of a kept pair."""
