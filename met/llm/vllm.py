"""The engine `vllm`: many requests in flight to an OpenAI-compatible server, replies as they come.

An event loop on a thread of its own does the waiting; everything outside stays synchronous. Asks are read by the
caller's thread, a bounded number ahead, so that a slot of the server is taken again the moment it is free, and no
batch waits for its slowest.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue

from met.errors import BadSetting, ModelUnavailable
from met.llm.endpoint import BAD_REQUEST, Address, Endpoint, Fault, Refused, address_of
from met.llm.loop import LoopThread
from met.llm.wire import TEMPERATURE
from met.settings import Settings
from met.stages import EngineIdentity
from met.types import Ask, Reply

POOL = 1000
"""The client's pool holds so many connections; more requests in flight would only wait for one."""
AHEAD = 2
"""Asks read for each slot: one in flight, and one that waits for the slot."""
LOOK_S = 10.0
"""The list of models comes within this time, or nothing answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long an attempt is repeated; by default for about 45 s of waiting, a short restart."""

    attempts: int = 8
    first_s: float = 0.5
    longest_s: float = 30.0
    obeyed_s: float = 300.0

    def wait_s(self, attempt: int, *, asked: float | None, chance: float) -> float:
        """Return the seconds to wait after failed attempt number `attempt` (from 0).

        `chance` in [0, 1) spreads the clients. The wait doubles up to `longest_s`, and half of it is left to chance; a
        server's own wish is obeyed up to `obeyed_s`.
        """
        if asked is not None:
            return min(asked, self.obeyed_s) + chance * self.first_s
        return min(self.longest_s, self.first_s * 2.0**attempt) * (1 + chance) / 2


class VllmEngine:
    """Answers asks through one endpoint, at most `concurrency` at a time over all threads that call `answer`."""

    def __init__(self, endpoint: Endpoint, *, identity: EngineIdentity, concurrency: int, patience: Patience) -> None:
        self.identity = identity
        self._endpoint = endpoint
        self._patience = patience
        self._slots = asyncio.Semaphore(min(concurrency, POOL))
        self._sound: set[str] = set()
        self._ahead = AHEAD * min(concurrency, POOL)
        self._loop = LoopThread()

    def answer(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        """Yield a reply for each ask as it comes; at most two asks for each slot are read ahead of the replies taken.

        Raises:
            ModelUnavailable: the endpoint failed too often, or refuses for good; replies that had arrived were yielded
                before.
        """
        landed: SimpleQueue[Future[Reply]] = SimpleQueue()
        flying: set[Future[Reply]] = set()
        try:
            for ask in asks:
                flight = self._loop.submit(self._reply(ask))
                flying.add(flight)
                flight.add_done_callback(landed.put)
                while len(flying) >= self._ahead or not landed.empty():
                    yield _next(landed, flying).result()
            while flying:
                yield _next(landed, flying).result()
        except ModelUnavailable:
            yield from _arrived(landed, flying)
            raise
        finally:
            for flight in flying:
                flight.cancel()

    def close(self) -> None:
        """Cancel what is in flight, close the connections and end the thread; a second call does nothing."""
        self._loop.close(last=self._endpoint.close)

    async def _reply(self, ask: Ask) -> Reply:
        async with self._slots:
            return await self._persist(ask)

    async def _persist(self, ask: Ask) -> Reply:
        """Attempt until there is a reply. A wait keeps its slot, so that a server in trouble is asked less."""
        for attempt in range(self._patience.attempts):
            try:
                return await self._attempt(ask)
            except Fault as fault:
                last = fault
            if attempt + 1 < self._patience.attempts:
                await asyncio.sleep(self._patience.wait_s(attempt, asked=last.after_s, chance=random.random()))
        return await self._last_attempt(ask, last)

    async def _attempt(self, ask: Ask) -> Reply:
        """Make one attempt. The first refusal of a step is looked into: a server that refuses them all is no use."""
        reply = await self._endpoint.complete(ask)
        if ask.step not in self._sound and reply.refusal is not None and reply.refusal.startswith(BAD_REQUEST):
            if not await self._endpoint.can_answer(ask):
                raise self._endpoint.unavailable(f"step {ask.step} is refused whatever is asked: {reply.refusal}")
            self._sound.add(ask.step)
        return reply

    async def _last_attempt(self, ask: Ask, fault: Fault) -> Reply:
        """Tell an ask that makes a sound server fail from a server that fails: the first must not stop all others."""
        if not fault.answered or not await self._endpoint.can_answer(ask):
            raise self._endpoint.unavailable(fault.why)
        try:
            return await self._attempt(ask)
        except Fault as again:
            if again.answered:
                return self._endpoint.refuse(ask, f"server_error: {again.why}")
            raise self._endpoint.unavailable(again.why) from None


def open_vllm(settings: Settings, *, patience: Patience | None = None) -> VllmEngine:
    """Return an engine over the endpoint of the settings, which has answered and serves the model.

    Raises:
        BadSetting: no address, an address without a list of models, a refused key, a model that is not served, or
            several models and none named.
        ModelUnavailable: nothing usable answers.
    """
    if not settings.llm_url:
        raise BadSetting(name="MET_LLM_URL", why="is not set, and the engine vllm needs it")
    address = address_of(settings.llm_url, local_hosts=settings.llm_local_hosts)
    model = _choose(settings.llm_model, _served(address, settings), address)
    return VllmEngine(
        Endpoint(address, model=model, key=settings.llm_key, timeout_s=settings.llm_timeout_s),
        identity=EngineIdentity(
            name="vllm",
            model=model,
            revision=settings.llm_revision,
            sampling={"temperature": TEMPERATURE},
            image_side=settings.model_image_side,
        ),
        concurrency=settings.llm_concurrency,
        patience=patience or Patience(),
    )


def _served(address: Address, settings: Settings) -> tuple[str, ...]:
    endpoint = Endpoint(address, model="", key=settings.llm_key, timeout_s=min(LOOK_S, settings.llm_timeout_s))
    loop = LoopThread()
    try:
        return loop.submit(endpoint.models()).result()
    except Fault as fault:
        raise endpoint.unavailable(fault.why) from None
    except Refused as refused:
        if refused.status in (401, 403):
            raise BadSetting(name="MET_LLM_KEY", why=f"{address.url} refuses it ({refused.why})") from None
        why = f"{address.url} has no list of models ({refused.why}): an address ends in /v1"
        raise BadSetting(name="MET_LLM_URL", why=why) from None
    finally:
        loop.close(last=endpoint.close)


def _choose(named: str | None, served: tuple[str, ...], address: Address) -> str:
    if named in served:
        return named
    names = ", ".join(served[:20]) or "nothing"
    if named is not None:
        raise BadSetting(name="MET_LLM_MODEL", why=f"{named!r} is not served at {address.url}, which serves {names}")
    if len(served) != 1:
        raise BadSetting(name="MET_LLM_MODEL", why=f"is not set, and {address.url} serves {names}")
    return served[0]


def _next(landed: SimpleQueue[Future[Reply]], flying: set[Future[Reply]]) -> Future[Reply]:
    flight = landed.get()
    flying.discard(flight)
    return flight


def _arrived(landed: SimpleQueue[Future[Reply]], flying: set[Future[Reply]]) -> Iterator[Reply]:
    while not landed.empty():
        flight = _next(landed, flying)
        if flight.exception() is None:
            yield flight.result()
