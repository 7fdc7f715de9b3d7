"""Sends the asks of a model step to the engine and reads the replies as they come."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace

from met.errors import BudgetSpent
from met.keys import content_key
from met.pixels import shrink
from met.stages import EngineIdentity, Stage
from met.types import Ask, Dossier, EngineName, Made, Reply
from tasks import doors

# Replies are remembered in pieces of so many, or of so many seconds, so that a killed process loses no more.
REPLIES_AT_ONCE = 64
REMEMBER_SECONDS = 2.0
LOOKED_UP_AT_ONCE = 1000


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
        doors.purse().spend(reply)
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
    return shrink(doors.blobs().get(dossier.panel.image), box=dossier.panel.box, side=doors.settings().model_image_side)


def remembered_answers(asks: Iterable[Ask], engine: EngineName, *, stage: str, run: str) -> Iterator[Reply]:
    """Yield a reply to each ask, in any order: from the store where the same was asked before, else from the engine.

    What the engine answers is remembered and paid for under `stage` and `run`, also where this stops half way.

    Raises:
        ModelUnavailable: the engine cannot go on; what it had answered was yielded and is remembered.
        BudgetSpent: no more may be asked; likewise.
    """
    identity = doors.engine(engine).identity
    by_key = {reply_key(ask, identity): ask for ask in asks}
    keys = sorted(by_key)
    for start in range(0, len(keys), LOOKED_UP_AT_ONCE):
        known = doors.store().replies(keys[start : start + LOOKED_UP_AT_ONCE])
        for key, reply in sorted(known.items()):
            yield replace(reply, item=by_key.pop(key).item)
    key_of = {ask.item: key for key, ask in by_key.items()}
    fresh: dict[str, Reply] = {}
    began = time.monotonic()
    try:
        for reply in doors.engine(engine).answer(within_budget(by_key.values())):
            doors.purse().spend(reply)
            fresh[key_of.pop(reply.item)] = reply
            if len(fresh) >= REPLIES_AT_ONCE or time.monotonic() - began > REMEMBER_SECONDS:
                doors.store().put_replies(stage, fresh, run=run)
                fresh, began = {}, time.monotonic()
            yield reply
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
