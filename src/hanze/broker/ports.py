"""What the broker asks of a store.

The embedded store stands above the broker, so that the rules know nothing of SQLite; these are the
few calls through which they reach it. Units of work are plain functions: the store runs those that
wait in one stretch, each in a savepoint, and commits them together (`docs/decisions/`).
"""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import msgspec

from hanze.errors import TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.tree import EntityQuery

__all__ = [
    "AttributeSummary",
    "Found",
    "Registers",
    "RegistersView",
    "Store",
    "StoredEntity",
    "TooManyTenants",
    "TypeRules",
    "TypeSummary",
    "UnitOfWork",
]

T = TypeVar("T")


class TooManyTenants(TooMuch):
    """The node holds as many tenants as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The node already has {limit} tenants, the most it may hold")


class StoredEntity(msgspec.Struct, frozen=True, gc=False):
    """A committed entity in its stored form.

    Attributes:
        rowid: Grows with creation; the default order of results.
        body: Normalized JSON without system attributes, compacted with the stored @context.
        system: The system attributes (`representation.stored`).
        context_id: Which pinned @context the body was compacted with.
        expires: Microseconds since 1970 of the earliest `expiresAt` in the entity, if any.
    """

    rowid: int
    body: bytes
    system: bytes
    context_id: int
    expires: int | None = None


class Found(msgspec.Struct, frozen=True):
    """A page of a query's result.

    Attributes:
        entities: In the order that was asked for.
        count: How many match in all, when the query asked for it.
        more: Whether entities follow after this page.
    """

    entities: list[StoredEntity]
    count: int | None
    more: bool


class AttributeSummary(msgspec.Struct, frozen=True):
    """How often an attribute occurs among the entities of one set of types."""

    name: str
    count: int
    kinds: frozenset[AttributeKind]


class TypeSummary(msgspec.Struct, frozen=True):
    """The entities that have exactly these types."""

    types: frozenset[str]
    count: int
    attributes: tuple[AttributeSummary, ...]


class RegistersView(Protocol):
    """Small keyed values beside the entities: @contexts, tokens; committed ones."""

    def get(self, kind: str, key: str) -> bytes | None: ...
    def items(self, kind: str) -> Iterator[tuple[str, bytes]]: ...


class Registers(RegistersView, Protocol):
    """The same within a unit of work: staged values are seen, and can be written."""

    def put(self, kind: str, key: str, value: bytes) -> None: ...
    def delete(self, kind: str, key: str) -> bool: ...


class TypeRules(Protocol):
    """What entities of some types may become: life cycles, and what must be there.

    They stand above the broker, with the records that they are about, and are asked within the
    unit of work of every provision operation, so that no operation can go around them.
    """

    def check(
        self,
        uow: "UnitOfWork",
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        """Let a change pass, or raise.

        Args:
            uow: To look at other entities, as the change will find them.
            caller: Who makes the change; its tenant is the entity's.
            before: The entity as it is; `None` when it is created.
            after: The entity as it would be, stamped; `None` when it is deleted.
            now: DateTime text: the `modifiedAt` of what the change touches.

        Raises:
            InvalidInput: What it would be is wrong in itself.
            Conflicting: It may not become that from what it is.
            Denied: Somebody else may decide that.
        """
        ...


class UnitOfWork(Protocol):
    """One unit: what it stages becomes durable together, or not at all."""

    @property
    def registers(self) -> Registers: ...
    @property
    def rules(self) -> TypeRules: ...
    def entity(self, tenant: str, entity_id: str) -> Entity | None: ...
    def put(self, tenant: str, entity: Entity, context: Context | None = None) -> None:
        """Create or replace; without a @context the one that the entity was stored with stays."""
        ...

    def delete(self, tenant: str, entity_id: str) -> bool: ...
    def tenant_exists(self, tenant: str) -> bool: ...
    def create_tenant(self, tenant: str) -> None:
        """Create a tenant; nothing happens when it is there.

        Raises:
            TooManyTenants: It is new, and the node holds as many as it may.
        """
        ...


class Store(Protocol):
    """Committed state, and the door to units of work."""

    @property
    def registers(self) -> RegistersView: ...
    async def transact(self, unit: Callable[[UnitOfWork], T]) -> T: ...
    def stored(self, tenant: str, entity_id: str) -> StoredEntity | None: ...
    def load(self, stored: StoredEntity) -> Entity: ...
    def context(self, context_id: int) -> Context: ...
    async def search(self, tenant: str, query: EntityQuery, now: str) -> Found: ...
    def summary(self, tenant: str) -> tuple[TypeSummary, ...]: ...
    def tenant_exists(self, tenant: str) -> bool: ...
