"""Snapshots in the registers, and what is still to be told of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from hanze.broker.kept_contexts import KeptContexts, drop_contexts, keep_context
from hanze.broker.ports import Registers, RegistersView
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.snapshot.model import QueryResult, ResultStatus, Snapshot, Status
from hanze.ngsild.snapshot.parse import Kept, parse_snapshot
from hanze.ngsild.subscription.model import Asker

__all__ = [
    "Notice",
    "delete_notice",
    "delete_snapshot",
    "drop_unused_snapshot_contexts",
    "put_notice",
    "put_snapshot",
    "slot_in_use",
    "stored_notices",
    "stored_snapshots",
]

_KIND: Final = "snapshot"
_CONTEXT_KIND: Final = "snapshot-context"
_NOTICE_KIND: Final = "snapshot-notice"

#: JSON that this module wrote: msgspec cannot check a type that names itself.
_Trusted = Any


class _Result(msgspec.Struct, frozen=True):
    status: str
    problem: Mapping[str, _Trusted] | None = None


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A Snapshot in its register; members as of `Snapshot`.

    Attributes:
        document: As it was written.
        context: Under which hash its @context stands; "" is the newest Core @context.
    """

    document: Mapping[str, _Trusted]
    context: str
    slot: int
    cloned_from: str | None
    status: str
    results: tuple[_Result, ...]
    temporal_results: tuple[_Result, ...]
    tries: int
    created_at: str
    modified_at: str
    expires_at: str
    last_used_at: str
    asker: Asker | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that is to be sent (5.16.6).

    Attributes:
        name: Its id.
        tenant: On which the Snapshot was created.
        endpoint: Where it goes.
        receiver_info: Headers besides.
        body: JSON.
    """

    name: str
    tenant: str
    endpoint: str
    receiver_info: tuple[tuple[str, str], ...]
    body: Mapping[str, _Trusted]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode
_decode_notice = msgspec.json.Decoder(Notice).decode


def _key(tenant: str, snapshot_id: str) -> str:
    return f"{tenant}\x00{snapshot_id}"


def put_snapshot(registers: Registers, snapshot: Snapshot) -> None:
    """Write a Snapshot, and its @context where that is not there yet."""
    stored = _Stored(
        document=snapshot.document,
        context=keep_context(registers, _CONTEXT_KIND, snapshot.context),
        slot=snapshot.slot,
        cloned_from=snapshot.cloned_from,
        status=snapshot.status.value,
        results=_stored_results(snapshot.results),
        temporal_results=_stored_results(snapshot.temporal_results),
        tries=snapshot.tries,
        created_at=snapshot.created_at,
        modified_at=snapshot.modified_at,
        expires_at=snapshot.expires_at,
        last_used_at=snapshot.last_used_at,
        asker=snapshot.asker,
    )
    registers.put(_KIND, _key(snapshot.tenant, snapshot.id), _encode(stored))


def slot_in_use(registers: RegistersView, tenant: str, snapshot_id: str) -> int | None:
    """Return the number of the place of a Snapshot; `None` where there is none with this id."""
    raw = registers.get(_KIND, _key(tenant, snapshot_id))
    return None if raw is None else _decode(raw).slot


def delete_snapshot(registers: Registers, tenant: str, snapshot_id: str) -> bool:
    """Delete a Snapshot; tell whether it was there."""
    return registers.delete(_KIND, _key(tenant, snapshot_id))


def stored_snapshots(registers: RegistersView) -> Iterator[Snapshot]:
    """Read every Snapshot, in the order of their creation."""
    contexts = KeptContexts(registers, _CONTEXT_KIND)
    found = [_read(raw, key.partition("\x00")[0], contexts) for key, raw in registers.items(_KIND)]
    return iter(sorted(found, key=lambda one: (parse_datetime(one.created_at), one.id)))


def drop_unused_snapshot_contexts(registers: Registers) -> int:
    """Delete the @contexts that no Snapshot needs any more; tell how many."""
    used = {_decode(raw).context for _, raw in registers.items(_KIND)}
    return drop_contexts(registers, _CONTEXT_KIND, used)


def put_notice(registers: Registers, notice: Notice) -> None:
    """Write down what is to be told."""
    registers.put(_NOTICE_KIND, notice.name, _encode(notice))


def delete_notice(registers: Registers, name: str) -> bool:
    """Forget what was told, or cannot be; tell whether it was there."""
    return registers.delete(_NOTICE_KIND, name)


def stored_notices(registers: RegistersView) -> list[Notice]:
    """Read what is to be told."""
    return [_decode_notice(raw) for _, raw in registers.items(_NOTICE_KIND)]


def _stored_results(results: tuple[QueryResult, ...]) -> tuple[_Result, ...]:
    return tuple(_Result(one.status.value, one.problem) for one in results)


def _results(stored: tuple[_Result, ...]) -> tuple[QueryResult, ...]:
    return tuple(QueryResult(ResultStatus(one.status), one.problem) for one in stored)


def _read(raw: bytes, tenant: str, contexts: KeptContexts) -> Snapshot:
    stored = _decode(raw)
    return parse_snapshot(
        Kept(
            tenant=tenant,
            document=stored.document,
            context=contexts.get(stored.context),
            slot=stored.slot,
            cloned_from=stored.cloned_from,
            status=Status(stored.status),
            results=_results(stored.results),
            temporal_results=_results(stored.temporal_results),
            tries=stored.tries,
            created_at=stored.created_at,
            modified_at=stored.modified_at,
            expires_at=stored.expires_at,
            last_used_at=stored.last_used_at,
            asker=stored.asker,
        )
    )
