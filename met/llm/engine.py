"""Engines: who answers an `Ask`. `rules` needs no model, `vllm` speaks to an OpenAI-compatible server."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any, Protocol

from met.keys import canonical_json
from met.llm.purse import Purse
from met.settings import Settings
from met.stages import EngineIdentity
from met.types import Ask, EngineName, Reply

WITHHELD = "data_class"
"""The refusal of an ask that was not sent: its data may not leave for where the engine is."""
Step = Callable[[Any], Mapping[str, Any]]
"""The pure function by which the engine `rules` answers one step: subject -> reply as JSON values."""


class Engine(Protocol):
    """Whoever answers asks: one reply for each ask, in any order, each as soon as it is there."""

    @property
    def identity(self) -> EngineIdentity:
        """Who answers, and all that changes the answers."""

    def answer(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        """Yield one reply for each ask while later asks are still being read; a permanent "no" is one with a refusal.

        Where money is spent up, asks that were not sent have none.

        Raises:
            ModelUnavailable: the engine cannot go on; replies that had arrived were yielded before.
        """

    def close(self) -> None:
        """Let go of connections and threads; a second call does nothing."""


class RulesEngine:
    """The engine without a model: each step's own function answers from the ask's subject."""

    identity = EngineIdentity(name="rules", model="none", revision="none", sampling={}, image_side=0)

    def __init__(self, steps: Mapping[str, Step]) -> None:
        self._steps = steps

    def answer(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        """Yield the reply of each ask's step as canonical JSON, in the order of the asks.

        Raises:
            KeyError: no step of that name was given.
        """
        for ask in asks:
            begun = perf_counter()
            text = canonical_json(self._steps[ask.step](ask.subject))
            yield Reply(
                item=ask.item,
                step=ask.step,
                text=text,
                refusal=None,
                engine="rules",
                model="none",
                tokens_in=0,
                tokens_out=0,
                seconds=perf_counter() - begun,
            )

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""


def open_engine(
    name: EngineName, settings: Settings, steps: Mapping[str, Step], *, purse: Purse | None = None
) -> Engine:
    """Return the engine of that name, checked: a `vllm` endpoint has answered and serves the model.

    What it answers is paid for out of `purse`, and once that is empty nothing more is sent.

    Raises:
        BadSetting: the address, the key or the model's name cannot be used.
        ModelUnavailable: nothing answers at the address.
    """
    if name == "rules":
        return RulesEngine(steps)
    # What speaks HTTP is imported late: `rules` never needs it.
    from met.llm.vllm import open_vllm

    return open_vllm(settings, purse=purse)
