"""Tiny real servers on free local ports, each a context manager: a model server, and a proxy that injects faults."""
