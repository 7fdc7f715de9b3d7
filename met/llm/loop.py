"""An event loop on a thread of its own: the one place where synchronous code meets coroutines."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """A running event loop. Coroutines are submitted from any thread; cancelling their future cancels them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="met-llm", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work` on the loop and return its future."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self, *, last: Callable[[], Awaitable[None]]) -> None:
        """Cancel what still runs, run `last`, and end the thread; a second call does nothing."""
        if self._loop.is_closed():
            return
        self.submit(_end(last)).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _end(last: Callable[[], Awaitable[None]]) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await last()
