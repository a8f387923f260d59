"""One change of a record, as the rules of its type see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hanze.broker.ports import UnitOfWork
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.errors import Conflicting
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity

__all__ = ["Rule", "RuleBroken", "Step"]

R = TypeVar("R", bound=Record)


class RuleBroken(Conflicting):
    """A record may not become what the request would make of it.

    Args:
        detail: Which rule, and what would meet it.
        field: Term of the attribute that it is about.
        value: What it would have become.
    """

    def __init__(self, detail: str, *, field: str, value: object = None) -> None:
        super().__init__(detail)
        self.field = field
        self.value = None if value is None else str(value)[:100]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """A change of one record.

    Attributes:
        uow: To look at other records, as the change will find them.
        caller: Who makes it.
        before: The record as it is; `None` when it is new, or was no valid record.
        after: The record as it would be; `None` when it is deleted.
        entity: The same as `after`, with the times at which its attributes were written.
        now: DateTime text; `modifiedAt` of what the change writes.
        previous: The entity of `before`.
    """

    uow: UnitOfWork
    caller: Caller
    before: R | None
    after: R | None
    entity: Entity | None
    now: str
    previous: Entity | None = None

    def wrote(self, name: str) -> bool:
        """Tell whether the change writes a field (name in Python), be it with an equal value."""
        kind = type(self.after or self.before)
        iri = next(field.iri for field in fields_of(kind) if field.name == name)  # type: ignore[arg-type]  # one of the two is there
        instances = self.entity.attributes.get(iri, ()) if self.entity is not None else ()
        # What a change leaves alone is the very object that was there. Times alone do not tell: two
        # changes of one batch have the same.
        old = self.previous.attributes.get(iri, ()) if self.previous is not None else ()
        return any(
            instance.modified_at == self.now and all(instance is not one for one in old)
            for instance in instances
        )

    def find(self, entity_id: str) -> Record | None:
        """Look another record of the same tenant up; `None` when it is not there, or no record."""
        found = self.uow.entity(self.caller.tenant, entity_id)
        return None if found is None or type_of(found.types) is None else read_record(found)


#: Raises `RuleBroken`, `InvalidInput` or `Denied` where a step is not allowed.
Rule = Callable[[Step[R]], None]
