"""From the spool to entities: batch by batch, in the order in which messages came."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from hanze.connectors.decoders import Decoded
from hanze.connectors.merging import Observed
from hanze.connectors.source_record import flag
from hanze.connectors.spooled import Held, Letter, Settled, Spooled
from hanze.connectors.storing import store_readings
from hanze.connectors.streaming import Reading
from hanze.errors import HanzeError
from hanze.identity.caller import Caller
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.node.source_state import Following

__all__ = ["process", "process_batch"]

_log = logging.getLogger(__name__)

#: Messages that are dealt with together.
_BATCH: Final = 256
#: Seconds after which a source whose readings cannot be stored is tried again; they grow.
_WAITS_S: Final = (1.0, 5.0, 15.0, 60.0)
_PART: Final = 1_000
#: Seconds after which others get their turn.
_STRETCH_S: Final = 0.005


@dataclass(slots=True)
class _Batch:
    """What a batch holds so far.

    Attributes:
        observed: What is to be stored, each with the message that it is from.
        personal: What looks personal, in plain words; then nothing after it is looked at.
    """

    settled: Settled
    observed: list[tuple[int, Observed]] = field(default_factory=list)
    personal: str = ""


async def process(node: Node, following: Following) -> None:
    """Deal with what a source sends, until it is cancelled."""
    name = following.record.name
    failures = 0
    while True:
        arrived = node.sources.spool.arrived.setdefault(name, asyncio.Event())
        try:
            busy = await process_batch(node, following)
            failures = 0
        except HanzeError as error:
            # The store or the spool does not work now: all of it stays, and is tried again.
            _log.warning("Messages of source %s wait: %s", name, error)
            await asyncio.sleep(_WAITS_S[min(failures, len(_WAITS_S) - 1)])
            failures += 1
            continue
        if not busy:
            await arrived.wait()


async def process_batch(node: Node, following: Following) -> bool:
    """Deal with the messages that come next; tells whether there were any.

    What was stored and not yet noted as dealt with is stored once more after a crash, which changes
    nothing: each value is there already.

    Raises:
        StoreFailure: Nothing can be stored now; the messages stay.
    """
    sources, name = node.sources, following.record.name
    spooled = await sources.spool.take(name, limit=_BATCH)
    if not spooled:
        return False
    now = node.clock()
    batch = _Batch(Settled(name, [], parse_datetime(now)))
    done: list[int] = []
    pause_at = perf_counter() + _STRETCH_S
    for one in spooled:
        if perf_counter() > pause_at:
            await asyncio.sleep(0)
            pause_at = perf_counter() + _STRETCH_S
        decoded = await sources.decode(following, one.message)
        done.append(one.id)
        _collect(node, following, one, decoded, batch)
        if batch.personal:
            break
    batch.settled.done = done
    caller = Caller(actor=f"source:{name}", roles=frozenset({"writer"}), tenant=following.tenant)
    settled = batch.settled
    await _write(node, caller, batch.observed, settled, now)
    settled.last_observed = _latest([observed for _, observed in batch.observed])
    if settled.letters:
        settled.error = settled.letters[-1].reason
    await sources.spool.settle(settled)
    if batch.personal:
        _log.error("Source %s is stopped: %s", name, batch.personal)
        await sources.stop(name, batch.personal)
    return True


async def _write(
    node: Node,
    caller: Caller,
    observed: Sequence[tuple[int, Observed]],
    settled: Settled,
    now: str,
) -> None:
    """Store readings; what fails with others is tried by itself, so that each message has its fate.

    Raises:
        StoreFailure: Nothing can be stored now.
    """
    if not observed:
        return
    readings = [one for _, one in observed]
    alone = len(observed) == 1
    try:
        stored = await store_readings(node.store, caller, readings, context=HANZE, now=now)
    except HanzeError:
        raise
    except Exception as error:  # noqa: BLE001  # a mistake about one message must not hold up others
        if alone:
            _log.exception("A message of %s cannot be stored", settled.source)
            reason = f"The node made a mistake ({type(error).__name__}); its log says more"
            settled.letters.append(Letter(observed[0][0], reason, readings[0].entity.id))
            return
        failed = list(observed)
    else:
        settled.stored += stored.stored
        settled.late += stored.late
        settled.duplicate += stored.duplicate
        if alone:
            settled.letters += [
                Letter(observed[0][0], reason, entity_id)
                for entity_id, reason in stored.failed.items()
            ]
            return
        failed = [pair for pair in observed if pair[1].entity.id in stored.failed]
    for pair in failed:
        await _write(node, caller, [pair], settled, now)


def _collect(
    node: Node, following: Following, spooled: Spooled, decoded: Decoded, batch: _Batch
) -> None:
    settled = batch.settled
    if decoded.personal:
        fields = ", ".join(f"{one.path} looks like {one.looks_like}" for one in decoded.personal)
        batch.personal = (
            f"The source should tell nothing of persons, and {fields}. Nothing of that message was "
            "kept. What waits stays in the spool until somebody resumes or removes the source"
        )
        settled.erased.append(spooled.id)
        settled.letters.append(Letter(spooled.id, batch.personal))
        return
    settled.decoded += len(decoded.readings)
    settled.letters += [
        Letter(spooled.id, one.reason, one.part[:_PART] or _excerpt(spooled.message.body))
        for one in decoded.rejected
    ]
    approve = flag(following.options, "approve")
    for reading, observed in zip(decoded.readings, decoded.observed, strict=True):
        if approve and not _let_in(node, spooled, reading, settled):
            continue
        batch.observed.append((spooled.id, observed))


def _let_in(node: Node, spooled: Spooled, reading: Reading, settled: Settled) -> bool:
    """Tell whether a reading may go on: its device is known, or it names none."""
    if not reading.device:
        return True
    known = node.sources.device(settled.source, reading.device)
    if known is None:
        settled.held.append(Held(spooled.id, reading.device, reading.entity_id))
    return bool(known)


def _latest(observed: Sequence[Observed]) -> str | None:
    moments = [
        instance.observed_at
        for one in observed
        for name in one.names
        for instance in one.entity.attributes[name]
        if instance.observed_at is not None
    ]
    return max(moments, default=None)


def _excerpt(body: bytes) -> str:
    text = body[:_PART].decode("utf-8", "replace")
    return text if text.isprintable() or "\ufffd" not in text else body[: _PART // 4].hex()
