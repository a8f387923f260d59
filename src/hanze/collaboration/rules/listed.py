"""Which records a rule has to look at beside the one that is written.

A unit of work finds entities by their ids alone. A rule about several records ("one at a time") keeps
a list of those that share a key; it may name some that are gone or changed since, so each is looked
at again. Drafts and records of closed groups stay out: a refusal would tell of them.
"""

from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec

from hanze.collaboration.records.entities import InvalidRecord, read_as
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.governance.closed import closed_scopes
from hanze.ngsild.model import Entity

__all__ = ["MOST_LISTED", "is_closed", "others_listed", "put_on_list"]

R = TypeVar("R", bound=Record)

#: Of one key: more would be looked at with every write.
MOST_LISTED: Final = 500

_Listed = tuple[tuple[str, str], ...]


def is_closed(step: Step[Any]) -> bool:
    """Tell whether what is written is a draft, or of a closed group."""
    return step.entity is not None and bool(closed_scopes(step.entity.scope))


def others_listed(step: Step[Any], kind: type[R], register: str, key: str) -> Iterator[R]:
    """Go through the other open records of a type that were written under a key."""
    own = step.after.id if step.after is not None else ""
    for tenant, name in _listed(step, register, key):
        entity = _entity(step, tenant, name)
        if name == own or entity is None or type_of(entity.types) is not kind:
            continue
        if closed_scopes(entity.scope):
            continue
        try:
            yield read_as(entity, kind)
        except InvalidRecord:
            continue


def put_on_list(step: Step[Any], register: str, key: str) -> None:
    """Add the record that is written; those that are gone leave the list.

    Raises:
        RuleBroken: As many as are looked at share the key already.
    """
    if step.after is None:
        return
    present = _listed(step, register, key)
    this = step.caller.tenant, step.after.id
    if this in present:
        return
    kept = [one for one in present if _entity(step, *one) is not None]
    if len(kept) >= MOST_LISTED:
        raise RuleBroken(
            f"At most {MOST_LISTED} records may be about the same; those that are over can be "
            "deleted",
            field="id",
            value=step.after.id,
        )
    step.uow.registers.put(register, key, msgspec.json.encode(sorted([*kept, this])))


def _listed(step: Step[Any], register: str, key: str) -> _Listed:
    value = step.uow.registers.get(register, key)
    return () if value is None else msgspec.json.decode(value, type=_Listed)


def _entity(step: Step[Any], tenant: str, name: str) -> Entity | None:
    return step.uow.entity(tenant, name) if step.uow.tenant_exists(tenant) else None
