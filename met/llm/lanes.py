"""Which endpoint takes the next request: how many each has in flight, and which of them rest.

Three things are told apart. A server that is *busy* (429, 503) or does not answer rests, longer each time, and is then
tried with one request before the others follow. A server that fails on request after request rests too, but is never
given up for it: the requests may be to blame. A server that answers may have as many requests in flight as make it
faster, and as many again: the bound doubles while that raises its rate, and is halved when it is busy.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from met.llm.endpoint import Endpoint, Fault

START = 32
"""A server has at most so many in flight before its rate was seen."""
RISE = 1.05
"""More requests in flight are worth it where the rate rises so much."""
LEVEL_FOR = 10
"""Windows after which a server is tried again with more."""
WINDOW_S = 0.5
FAILURES = 3
"""Requests in a row that a server answered with a fault, before it rests."""


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


@dataclass(slots=True)
class Climb:
    """How many requests a server may have in flight, learnt from its rate; never more than `most`."""

    most: int
    limit: int = 0
    _enough: int = 0
    _best: float = 0.0
    _level: int = 0
    _held: int = 0
    _peak: int = 0
    _done: int = 0
    _since: float = 0.0

    def __post_init__(self) -> None:
        self.limit = self.limit or min(START, self.most)

    def ended(self, now: float, *, in_flight: int) -> None:
        """Count an answer; at the end of a window in which all slots were taken at once, let in more or hold."""
        self._since = self._since or now
        self._peak = max(self._peak, in_flight)
        self._done += 1
        seconds = now - self._since
        if self._done < 2 * self.limit or seconds < WINDOW_S:
            return
        rate, full = self._done / seconds, self._peak >= self.limit
        self._done, self._since, self._peak = 0, now, 0
        self._held = max(0, self._held - 1)
        if full and not self._held:  # What is not full has a rate that says nothing of the bound.
            self._learn(rate)

    def _learn(self, rate: float) -> None:
        """Let in twice as many where the last step made it faster, and after a while anyway; else take back a step.

        One step more than what made it faster stays: what waits at the server hides how long the way to it takes.
        """
        rose = rate > self._best * RISE
        self._level = 0 if rose else self._level + 1
        self._best = max(self._best, rate)
        if rose:
            self._enough = self.limit
        if self._level % LEVEL_FOR == 0:
            self.limit = min(self.most, 2 * self.limit)
            self._level = 0
        elif self._level == 1:
            self.limit = min(self.most, 2 * self._enough) or self.limit

    def halve(self, now: float) -> None:
        """The server is busy: half as many from now on, and no more for a while."""
        self.limit = max(1, self.limit // 2)
        self._best, self._level, self._enough, self._held = 0.0, 0, 0, LEVEL_FOR
        self._done, self._since, self._peak = 0, now, 0


@dataclass(slots=True, eq=False)
class Lane:
    """One endpoint with its requests in flight."""

    endpoint: Endpoint
    climb: Climb
    patience: Patience
    in_flight: int = 0
    silent: int = 0
    """Times in a row that it was found busy or did not answer."""
    failing: int = 0
    """Requests in a row that ended in a fault."""
    rests_until: float = 0.0
    why: str = ""
    _marked: float = field(default=-1.0)

    def room(self, now: float) -> int:
        """Return how many more requests it may take now."""
        if now < self.rests_until:
            return 0
        return (1 if self._is_on_trial else self.climb.limit) - self.in_flight

    @property
    def is_sound(self) -> bool:
        """Whether its last request was answered well, as far as is known."""
        return not self.failing

    @property
    def is_given_up(self) -> bool:
        """Whether it was silent or busy as often as anybody is asked."""
        return self.silent >= self.patience.attempts

    @property
    def _is_on_trial(self) -> bool:
        return bool(self.silent) or self.failing >= FAILURES

    def answered(self, now: float) -> None:
        """A request was answered."""
        self.silent = self.failing = 0
        self.climb.ended(now, in_flight=self.in_flight)

    def failed(self, fault: Fault, *, begun: float, now: float) -> None:
        """A request that was sent at `begun` ended in a fault: those in flight together count as one."""
        self.why = fault.why
        self.failing += 1
        if begun < self._marked:
            return
        if fault.busy or not fault.answered:
            self.climb.halve(now)
            wait = self.patience.wait_s(self.silent, asked=fault.after_s, chance=random.random())
            self.silent += 1
        elif self.failing >= FAILURES:
            wait = self.patience.wait_s(self.failing - FAILURES, asked=None, chance=random.random())
        else:
            return
        self.rests_until, self._marked = now + wait, now


class Lanes:
    """The endpoints of an engine; all calls come from one event loop, but for `ahead`."""

    def __init__(self, endpoints: Sequence[Endpoint], *, most: int, patience: Patience) -> None:
        self.every = tuple(Lane(endpoint, Climb(most), patience) for endpoint in endpoints)
        self._changed = asyncio.Condition()

    @property
    def ahead(self) -> int:
        """How many asks to hold: what is in flight at most now, and some that wait for a slot."""
        slots = sum(lane.climb.limit for lane in self.every)
        return slots + min(slots, START)

    async def take(self, lanes: Sequence[Lane], *, besides: set[Lane]) -> Lane:
        """Return a lane with room once there is one, and count the request in; those `besides` only if no other may.

        Raises:
            ModelUnavailable: each was silent or busy as often as its patience allows. After its rest it is tried again.
        """
        async with self._changed:
            while True:
                now = time.monotonic()
                # Where all others rest, the one that failed on this request is better than waiting for them.
                others = [lane for lane in lanes if lane not in besides and lane.rests_until <= now] or lanes
                free = [lane for lane in others if lane.room(now) > 0]
                if not free and all(lane.is_given_up for lane in lanes):
                    raise lanes[0].endpoint.unavailable(lanes[0].why)
                if free:
                    # What is sound goes first; of those, what is least full. Equal ones take turns by their order.
                    chosen = min(free, key=lambda lane: (not lane.is_sound, lane.in_flight / lane.climb.limit))
                    chosen.in_flight += 1
                    return chosen
                rests = [lane.rests_until - now for lane in others if lane.rests_until > now]
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(rests, default=None)):
                        await self._changed.wait()

    async def give(self, lane: Lane) -> None:
        """The request that was counted in is over."""
        async with self._changed:
            lane.in_flight -= 1
            self._changed.notify_all()
