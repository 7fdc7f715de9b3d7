"""The filter: stage 1 screens by cheap signals, stage 2 judges whether text, node and image belong together."""
