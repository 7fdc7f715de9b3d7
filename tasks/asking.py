"""Sends the asks of a model step to the engine and reads the replies as they come."""

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache

from met.errors import BudgetSpent
from met.keys import content_key
from met.llm import Engine
from met.llm.engine import WITHHELD
from met.pixels import shrink
from met.stages import EngineIdentity, Stage
from met.types import Ask, Box, DataClass, Dossier, EngineName, Made, Reply
from tasks import doors

# Replies are remembered in pieces of so many, or of so many seconds, so that a killed process loses no more.
REPLIES_AT_ONCE = 64
REMEMBER_SECONDS = 2.0
LOOKED_UP_AT_ONCE = 1000
# Shrunk images that are kept for the next request about them: some 100 MB.
SHRUNK = 2048


def asked(
    stage: Stage,
    dossiers: Sequence[Dossier],
    ask: Callable[[Dossier, bytes], Ask],
    read: Callable[[Dossier, Reply], Made],
    engine: EngineName,
) -> Iterator[Made]:
    """Yield what `read` makes of the engine's reply to each dossier, in the order of the replies.

    Raises:
        ModelUnavailable: the engine cannot go on.
        BudgetSpent: no more may be asked; all that had been asked was yielded.
    """
    by_item = {dossier.panel.key: dossier for dossier in dossiers}
    asks = within_budget(ask(dossier, model_image(dossier, engine)) for dossier in dossiers)
    for reply in doors.engine(engine).answer(asks):
        yield read(by_item.pop(reply.item), reply)
    if by_item:
        raise BudgetSpent(left=len(by_item), stage=stage.name)


def within_budget(asks: Iterable[Ask]) -> Iterator[Ask]:
    """Yield the asks as long as there is money for them."""
    for ask in asks:
        if doors.purse().is_empty:
            return
        yield ask


def model_image(dossier: Dossier, engine: EngineName) -> bytes:
    """Return the panel as a model sees it. The engine `rules` looks at no pixels, so none are decoded for it."""
    if engine == "rules":
        return b""
    return _shrunk(dossier.panel.image, dossier.panel.box, doors.settings().model_image_side)


@lru_cache(maxsize=SHRUNK)
def _shrunk(sha256: str, box: Box, side: int) -> bytes:
    return shrink(doors.blobs().get(sha256), box=box, side=side)


def remembered_answers(asks: Iterable[Ask], engine: EngineName, *, stage: str, run: str) -> Iterator[Reply]:
    """Yield a reply to each ask, in any order: from the store where the same was asked before, else from the engine.

    What the engine answers is remembered and paid for under `stage` and `run`, also where this stops half way.

    Raises:
        ModelUnavailable: the engine cannot go on; what it had answered was yielded and is remembered.
        BudgetSpent: no more may be asked; likewise.
    """
    return remembered(asks, doors.engine(engine), stage=stage, run=run)


def remembered(asks: Iterable[Ask], engine: Engine, *, stage: str, run: str) -> Iterator[Reply]:
    """Yield what `remembered_answers` does of an engine that is at hand; asks that are equal are sent once.

    Asks of different classes of data are not equal: an engine may refuse one of them.
    """
    by_key: dict[tuple[str, DataClass], Ask] = {}
    items: defaultdict[tuple[str, DataClass], list[str]] = defaultdict(list)
    for ask in asks:
        sent = (reply_key(ask, engine.identity), ask.data_class)
        by_key[sent] = ask
        items[sent].append(ask.item)
    keys = sorted({key for key, _ in by_key})
    for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
        known = doors.store().replies(keys[start : start + LOOKED_UP_AT_ONCE])
        for sent in sorted(sent for sent in by_key if sent[0] in known):
            del by_key[sent]
            yield from (replace(known[sent[0]], item=item) for item in items[sent])
    key_of = {ask.item: sent for sent, ask in by_key.items()}
    fresh: dict[str, Reply] = {}
    began = time.monotonic()
    try:
        for reply in engine.answer(within_budget(by_key.values())):
            sent = key_of.pop(reply.item)
            if reply.refusal != WITHHELD:
                fresh[sent[0]] = reply
            if len(fresh) >= REPLIES_AT_ONCE or time.monotonic() - began > REMEMBER_SECONDS:
                doors.store().put_replies(stage, fresh, run=run)
                fresh, began = {}, time.monotonic()
            yield from (replace(reply, item=item) for item in items[sent])
    finally:
        if fresh:
            doors.store().put_replies(stage, fresh, run=run)
    if key_of:
        raise BudgetSpent(left=len(key_of), stage=stage)


def reply_key(ask: Ask, identity: EngineIdentity) -> str:
    """Return the key of a request: all that is sent, and all of the engine that changes its answer."""
    if not ask.images:
        identity = replace(identity, image_side=0)
    images = [hashlib.sha256(image).hexdigest() for image in ask.images]
    sent = (ask.step, list(ask.messages), images, dict(ask.schema), ask.max_tokens)
    return content_key("reply", asdict(identity), *sent)
