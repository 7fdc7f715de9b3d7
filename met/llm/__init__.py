"""The model door: everything between an `Ask` and a `Reply`, and the prompts and schemas that both sides share.

`engine` opens an engine, `endpoint` speaks to one server in the words of `wire`, `vllm` keeps many requests in flight.
`prompts` and `reading` are pure and import no client, so that model steps may use them.
"""

from met.llm.engine import Engine, RulesEngine, Step, open_engine

__all__ = ["Engine", "RulesEngine", "Step", "open_engine"]
