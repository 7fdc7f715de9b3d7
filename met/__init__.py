"""MET engine: a data engine for medical multimodal models, guided by a Medical Entity Tree.

The domain, free of orchestration. Values and rules are pure; input and output happen behind the doors `store`, `llm`,
`embed`, `blobs` and `sources`. ARCHITECTURE.md draws the house.
"""

__version__ = "0.1.0"
