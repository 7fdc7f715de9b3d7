"""How names that texts use find the nodes that they mean: candidates, keys, words."""
