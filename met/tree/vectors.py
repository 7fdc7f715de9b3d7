"""Which text of a node is embedded."""

from met.types import Node


def vector_text(node: Node) -> str:
    """Return the text whose vector stands for `node`: its name. `Node.text_digest` is the digest of this text."""
    return node.name
