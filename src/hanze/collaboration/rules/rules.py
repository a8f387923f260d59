"""The rules of the record types, as the broker asks for them (`broker.ports.TypeRules`)."""

from collections.abc import Mapping
from typing import Any, Final

from hanze.broker.ports import UnitOfWork
from hanze.collaboration.records.entities import InvalidRecord, read_record
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.rules.step import Rule, Step
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity

__all__ = ["RULES", "CollectiveRules"]

#: By record type: what is asked of each of its changes, in order.
RULES: Final[Mapping[type[Record], tuple[Rule[Any], ...]]] = {}


class CollectiveRules:
    """Checks every change of a record: it must be as its schema says, and keep to its life cycle.

    Entities of other types pass at the cost of a look-up.
    """

    def check(
        self,
        uow: UnitOfWork,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        """Let a change pass, or raise (`broker.ports.TypeRules.check`)."""
        kind = type_of(after.types) if after is not None else None
        if kind is None:
            kind = type_of(before.types) if before is not None else None
            if kind is None:
                return
        step = Step[Record](
            uow=uow,
            caller=caller,
            before=_as_it_was(before),
            after=read_record(after) if after is not None and type_of(after.types) else None,
            entity=after,
            now=now,
        )
        for rule in RULES.get(kind, ()):
            rule(step)


def _as_it_was(entity: Entity | None) -> Record | None:
    """Read what is there; data from before its type had a schema may be anything."""
    if entity is None or type_of(entity.types) is None:
        return None
    try:
        return read_record(entity)
    except InvalidRecord:
        return None
