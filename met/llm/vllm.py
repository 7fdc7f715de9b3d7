"""The engine `vllm`: many requests in flight to one OpenAI-compatible server or several, replies as they come.

An event loop on a thread of its own does the waiting; everything outside stays synchronous. Asks are read by the
caller's thread, a bounded number ahead, so that a slot of the server is taken again the moment it is free, and no
batch waits for its slowest.
"""

import asyncio
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeAlias

from met.errors import BadSetting, ModelUnavailable
from met.llm.endpoint import BAD_REQUEST, Address, Endpoint, Fault, Refused, address_of
from met.llm.engine import WITHHELD
from met.llm.lanes import Lane, Lanes, Patience
from met.llm.loop import LoopThread
from met.llm.metrics import Meter
from met.llm.prices import Prices
from met.llm.purse import Purse
from met.llm.wire import TEMPERATURE
from met.settings import Settings
from met.stages import EngineIdentity
from met.types import Ask, Reply

Flight: TypeAlias = Future[tuple[Reply, ...]]
"""An ask on its way: at most one reply, none where it was not sent any more."""
POOL = 1000
"""A server has at most so many connections: each takes a file of this process."""
LOOK_S = 10.0
"""The list of models comes within this time, or nothing answers."""


class VllmEngine:
    """Answers asks through one endpoint or several that serve the same model, over all threads that call `answer`."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        identity: EngineIdentity,
        concurrency: int,
        patience: Patience,
        purse: Purse | None = None,
    ) -> None:
        """Speak through these endpoints, up to `concurrency` requests to each, as long as there is money in `purse`."""
        self.identity = identity
        self._patience = patience
        self._purse = purse
        self._lanes = Lanes(endpoints, most=min(concurrency, POOL), patience=patience)
        self.meter = Meter(self._lanes.every)
        self._sound: set[str] = set()
        self._loop = LoopThread()

    def answer(self, asks: Iterable[Ask]) -> Iterator[Reply]:
        """Yield a reply for each ask as it comes; at most two asks for each slot are read ahead of the replies taken.

        Once the purse is empty nothing more is sent, and asks that were not sent by then have no reply.

        Raises:
            ModelUnavailable: all endpoints failed too often, or one refuses for good; replies that had arrived were
                yielded before.
        """
        landed: SimpleQueue[Flight] = SimpleQueue()
        flying: set[Flight] = set()
        try:
            for ask in asks:
                flight = self._loop.submit(self._reply(ask))
                flying.add(flight)
                flight.add_done_callback(landed.put)
                while len(flying) >= self._lanes.ahead or not landed.empty():
                    yield from _next(landed, flying).result()
            while flying:
                yield from _next(landed, flying).result()
        except ModelUnavailable:
            yield from _arrived(landed, flying)
            raise
        finally:
            for flight in flying:
                flight.cancel()

    def close(self) -> None:
        """Cancel what is in flight, close the connections and end the thread; a second call does nothing."""
        self._loop.close(last=self._close)

    async def _close(self) -> None:
        for lane in self._lanes.every:
            await lane.endpoint.close()

    async def _reply(self, ask: Ask) -> tuple[Reply, ...]:
        """Attempt until there is a reply, each time elsewhere if there is an elsewhere; none once money is spent up."""
        lanes = [lane for lane in self._lanes.every if lane.endpoint.accepts(ask)]
        if not lanes:
            return (self._lanes.every[0].endpoint.refuse(ask, WITHHELD),)
        tried: set[Lane] = set()
        for attempt in range(self._patience.attempts):
            lane = await self._lanes.take(lanes, besides=tried)
            begun = time.monotonic()
            try:
                if self._purse and self._purse.is_empty:
                    return ()
                reply = await self._attempt(lane.endpoint, ask)
                lane.answered(time.monotonic())
                self.meter.answered(lane, reply)
                return (self._paid(reply),)
            except Fault as fault:
                last = fault
                self.meter.failed(lane, ask.step, busy=fault.busy)
                lane.failed(fault, begun=begun, now=time.monotonic())
            finally:
                await self._lanes.give(lane)
            tried = {lane} if tried.issuperset(lanes) else {*tried, lane}
            # Silence and a busy server are waited for by the lane; another fault may be this ask's own.
            if last.answered and not last.busy and attempt + 1 < self._patience.attempts:
                await asyncio.sleep(self._patience.wait_s(attempt, asked=last.after_s, chance=random.random()))
        return (self._paid(await self._last_attempt(lane.endpoint, ask, last)),)

    def _paid(self, reply: Reply) -> Reply:
        # When it comes and not when it is taken: until then more would be sent.
        if self._purse:
            self._purse.spend(reply)
        return reply

    async def _attempt(self, endpoint: Endpoint, ask: Ask) -> Reply:
        """Make one attempt. The first refusal of a step is looked into: a server that refuses them all is no use."""
        reply = await endpoint.complete(ask)
        if ask.step not in self._sound and reply.refusal is not None and reply.refusal.startswith(BAD_REQUEST):
            if not await endpoint.can_answer(ask):
                raise endpoint.unavailable(f"step {ask.step} is refused whatever is asked: {reply.refusal}")
            self._sound.add(ask.step)
        return reply

    async def _last_attempt(self, endpoint: Endpoint, ask: Ask, fault: Fault) -> Reply:
        """Tell an ask that makes a sound server fail from a server that fails: the first must not stop all others."""
        if not fault.answered or not await endpoint.can_answer(ask):
            raise endpoint.unavailable(fault.why)
        try:
            return await self._attempt(endpoint, ask)
        except Fault as again:
            if again.answered:
                return endpoint.refuse(ask, f"server_error: {again.why}")
            raise endpoint.unavailable(again.why) from None


def open_vllm(settings: Settings, *, patience: Patience | None = None, purse: Purse | None = None) -> VllmEngine:
    """Return an engine over the endpoints of the settings: all that answer, and each of those serves the model.

    It spends of `purse`, any amount where there is none.

    Raises:
        BadSetting: no address, an address without a list of models, a refused key, a model that is not served, or
            several models and none named.
        ModelUnavailable: nothing usable answers.
    """
    urls = [url for url in (settings.llm_url or "").split(",") if url.strip()]
    if not urls:
        raise BadSetting(name="MET_LLM_URL", why="is not set, and the engine vllm needs it")
    addresses = list(dict.fromkeys(address_of(url, local_hosts=settings.llm_local_hosts) for url in urls))
    model, silent = _model_of(addresses, settings)
    if len(silent) == len(addresses):
        raise silent[0]
    prices = Prices(tokens_in=settings.price_in, tokens_out=settings.price_out)
    engine = VllmEngine(
        [
            Endpoint(address, model=model, key=settings.llm_key, timeout_s=settings.llm_timeout_s, prices=prices)
            for address in addresses
        ],
        identity=EngineIdentity(
            name="vllm",
            model=model,
            revision=settings.llm_revision,
            sampling={"temperature": TEMPERATURE},
            image_side=settings.model_image_side,
        ),
        concurrency=settings.llm_concurrency,
        patience=patience or Patience(),
        purse=purse,
    )
    if settings.metrics_port:
        engine.meter.serve(settings.metrics_port)
    return engine


def _model_of(addresses: Sequence[Address], settings: Settings) -> tuple[str, list[ModelUnavailable]]:
    """Return the model that all endpoints serve which answer, and why the others do not.

    One that is silent now may come back: it is only not asked which models it has.
    """
    model, silent = settings.llm_model, []
    for address in addresses:
        try:
            model = _choose(model, _served(address, settings), address)
        except ModelUnavailable as error:
            silent.append(error)
    return model or "", silent


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


def _next(landed: SimpleQueue[Flight], flying: set[Flight]) -> Flight:
    flight = landed.get()
    flying.discard(flight)
    return flight


def _arrived(landed: SimpleQueue[Flight], flying: set[Flight]) -> Iterator[Reply]:
    while not landed.empty():
        flight = _next(landed, flying)
        if flight.exception() is None:
            yield from flight.result()
