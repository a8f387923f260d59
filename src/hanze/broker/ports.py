"""What the broker asks of a store.

The embedded store stands above the broker, so that the rules know nothing of SQLite; these are the
few calls through which they reach it. Units of work are plain functions: the store runs those that
wait in one stretch, each in a savepoint, and commits them together (`docs/decisions/`).
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from hanze.broker.happened import Happened
from hanze.errors import TooMuch
from hanze.governance.gate import Gate
from hanze.governance.ports import Log, LogOfUnit
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.tree import EntityQuery, TypeSelection
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    Aggregation,
    Instance,
    TemporalEntity,
    TemporalQuery,
)

__all__ = [
    "AttributeSummary",
    "Evolution",
    "Found",
    "History",
    "Registers",
    "RegistersView",
    "Store",
    "StoredEntity",
    "TooManyTenants",
    "TypeRules",
    "TypeSummary",
    "UnitHistory",
    "UnitOfWork",
    "Watching",
    "Window",
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
        typeset_id: Which set of types it has: they are known without reading the body.
        is_whole: Whether nothing was left out of it for whoever it was looked up for.
    """

    rowid: int
    body: bytes
    system: bytes
    context_id: int
    expires: int | None = None
    typeset_id: int = 0
    is_whole: bool = True


class Found(msgspec.Struct, frozen=True):
    """A page of a query's result.

    Attributes:
        entities: In the order that was asked for.
        count: How many match in all, when the query asked for it.
        more: Whether entities follow after this page.
        typesets: Which sets of types they have (`StoredEntity.typeset_id`), where that is known
            without a look at each.
    """

    entities: list[StoredEntity]
    count: int | None
    more: bool
    typesets: frozenset[int] | None = None


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


class Evolution(msgspec.Struct, frozen=True, gc=False):
    """What is known of an entity's Temporal Evolution without reading its instances.

    Attributes:
        number: Grows with creation; the default order of results.
        created_at: DateTime text.
        modified_at: DateTime text.
        deleted_at: DateTime text; there where the entity is gone from the present.
    """

    number: int
    id: str
    types: tuple[str, ...]
    created_at: str
    modified_at: str
    deleted_at: str | None = None


class Window(msgspec.Struct, frozen=True):
    """Which part of evolutions is read.

    Attributes:
        names: IRIs of attributes; `None` for all. `query.members.SCOPE` names the scope.
        hidden: IRIs of attributes that are left out all the same.
        datasets: Any of these, `None` among them for the default instance; `None` for all.
        temporal: `None` for the whole time.
        last_n: At most so many instances per attribute, the latest by the time property.
        most: At most so many instances in all, so that memory stays bounded; the earliest ones, or
            with `last_n` the latest. `History.read` tells whether it cut.
    """

    names: frozenset[str] | None = None
    datasets: frozenset[str | None] | None = None
    temporal: TemporalQuery | None = None
    last_n: int | None = None
    most: int | None = None
    hidden: frozenset[str] = frozenset()


class History(Protocol):
    """The committed history: what was journaled and what is in the archive, as one."""

    def evolution(self, tenant: str, entity_id: str) -> Evolution | None: ...
    def evolutions(
        self,
        tenant: str,
        *,
        ids: Sequence[str] = (),
        id_pattern: str | None = None,
        types: TypeSelection | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> list[Evolution]:
        """List evolutions in the order of their number, those above `after`.

        Args:
            ids: Any of these; where there are any, `id_pattern` is passed over (5.2.33).
        """
        ...

    def typesets(self, types: TypeSelection | None) -> Sequence[frozenset[str]]:
        """List the sets of types that any evolutions have, of those that are selected."""
        ...

    async def active_numbers(
        self, tenant: str, types: TypeSelection | None, window: Window
    ) -> Sequence[int]:
        """List the numbers of all evolutions of some types that have an instance in the window.

        Sorted. It goes through all of them at once, and costs little when it is asked again.
        """
        ...

    def numbered(
        self, tenant: str, numbers: Sequence[int], *, dated: bool = True
    ) -> list[Evolution]:
        """Return those evolutions of a tenant that have these numbers, in their order.

        Args:
            dated: Whether `modified_at` is to tell of the present too, which is looked up for that.
        """
        ...

    async def active(
        self, tenant: str, evolutions: Sequence[Evolution], window: Window
    ) -> list[Evolution]:
        """Keep those that have an instance in the window, in their order."""
        ...

    async def read(
        self, tenant: str, evolutions: Sequence[Evolution], window: Window
    ) -> tuple[list[TemporalEntity], bool]:
        """Read instances, in the order of the time property, ties in that of their recording.

        Returns:
            An entity for each evolution that has an instance in the window, in their order; and
            whether `window.most` cut instances off: then, at every attribute, at one moment.
        """
        ...

    async def aggregate(
        self,
        tenant: str,
        evolutions: Sequence[Evolution],
        window: Window,
        aggregation: Aggregation,
    ) -> list[AggregatedEntity]:
        """Aggregate values (4.5.19); `ngsild.temporal.aggregate` defines what that means.

        Returns:
            An entity for each evolution that has an instance in the window, in their order.

        Raises:
            InvalidInput: An attribute is not eligible for any of the methods (5.7.4.4).
        """
        ...


class UnitHistory(Protocol):
    """The history as a unit of work changes it (5.6.11 to 5.6.16).

    What a unit changes in the present is in the history without being asked. These calls change the
    history alone. They are durable with the unit; `History` shows them once `transact` returned.
    """

    def add(self, tenant: str, entity: TemporalEntity, *, now: str) -> bool:
        """Add instances and types to an evolution, which is made where there is none.

        Args:
            entity: Instances without ids and without system attributes: they are set here.

        Returns:
            Whether the evolution is new.
        """
        ...

    def replace(
        self, tenant: str, entity_id: str, name: str, instance_id: str, new: Instance, *, now: str
    ) -> bool:
        """Replace an instance; its `createdAt` stays. Tells whether it was there.

        Raises:
            InvalidInput: The new one names another dataset than the instance is in.
        """
        ...

    def remove_instance(self, tenant: str, entity_id: str, name: str, instance_id: str) -> bool: ...
    def remove_attribute(
        self, tenant: str, entity_id: str, name: str, dataset_id: str | None, *, every: bool
    ) -> bool:
        """Remove all instances of one dataset of an attribute, or of every dataset."""
        ...

    def remove(self, tenant: str, entity_id: str) -> bool:
        """Remove an evolution with everything in it; the present stays as it is."""
        ...


class Watching(Protocol):
    """Who wants to be told of a change: asked for every change, within its unit of work."""

    def triggered(
        self, uow: "UnitOfWork", tenant: str, before: Entity | None, after: Entity | None, now: str
    ) -> Sequence[str]:
        """Name the subscriptions (ids, in the tenant) that a change triggers (5.8.6).

        Args:
            before: The entity as it was; `None` when it is new.
            after: The entity as it is; `None` when it is deleted.
            now: DateTime text of the change.
        """
        ...


class UnitOfWork(Protocol):
    """One unit: what it stages becomes durable together, or not at all."""

    @property
    def registers(self) -> Registers: ...
    @property
    def rules(self) -> TypeRules: ...
    @property
    def log(self) -> LogOfUnit:
        """What is accounted for with what the unit does."""
        ...

    @property
    def history(self) -> UnitHistory: ...
    def entity(self, tenant: str, entity_id: str) -> Entity | None: ...
    def put(
        self,
        tenant: str,
        entity: Entity,
        context: Context | None = None,
        *,
        recorded: bool = True,
    ) -> None:
        """Create or replace; without a @context the one that the entity was stored with stays.

        Args:
            recorded: Whether the history is to have what it becomes.
        """
        ...

    def delete(self, tenant: str, entity_id: str, *, now: str, recorded: bool = True) -> bool: ...
    def tell(
        self, tenant: str, subscriptions: tuple[str, ...], happened: Happened, *, now: str
    ) -> None:
        """Have subscriptions told of what happened at a Context Source.

        Nothing else becomes of it: it is no change of what the node holds.

        Args:
            tenant: Whose subscriptions they are.
            subscriptions: Their ids.
            happened: Its time is that of the source, which may be any.
            now: DateTime text; by this it has its place among what is told.
        """
        ...

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
    @property
    def history(self) -> History: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def log(self) -> Log: ...
    async def transact(self, unit: Callable[[UnitOfWork], T]) -> T: ...
    def stored(self, tenant: str, entity_id: str) -> StoredEntity | None: ...
    def load(self, stored: StoredEntity) -> Entity: ...
    def types_of(self, stored: StoredEntity) -> frozenset[str]: ...
    def types(self, typeset_id: int) -> frozenset[str]: ...
    def context(self, context_id: int) -> Context: ...
    async def search(self, tenant: str, query: EntityQuery, now: str) -> Found: ...
    def summary(self, tenant: str, access: Access | None = None) -> tuple[TypeSummary, ...]:
        """Count entities and attributes, of those alone that may be read.

        What cannot be told without reading the entities is not counted.
        """
        ...

    def tenant_exists(self, tenant: str) -> bool: ...
