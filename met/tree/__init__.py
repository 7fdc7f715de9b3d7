"""The Medical Entity Tree: readers of ontologies and texts, the tree they grow into, and how to look at it."""
