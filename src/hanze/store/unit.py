"""Units of work: what they see is staged, what they leave is a list of changes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import apsw
import msgspec

from hanze.broker.happened import Happened
from hanze.broker.ports import StoredEntity, TypeRules, UnitHistory
from hanze.errors import StoreFailure
from hanze.ngsild.context import Context
from hanze.ngsild.model import Attributes, Entity, JsonValue
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.representation import stored as stored_form
from hanze.store.catalog import Catalog
from hanze.store.log_entries import UnitLog
from hanze.store.registry import RegisterTable
from hanze.store.schema import select

__all__ = ["Change", "Group", "StagedUnit", "Told", "Written", "earliest_expiry"]

_SELECT = (
    "SELECT entity_id, typeset_id, context_id, expires, body, system FROM entity"
    " WHERE tenant_id = ? AND id = ?"
)
_INSERT = (
    "INSERT INTO entity (entity_id, tenant_id, id, typeset_id, context_id, expires, body, system)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE entity SET typeset_id = ?, context_id = ?, expires = ?, body = ?, system = ?"
    " WHERE entity_id = ?"
)
_DELETE = "DELETE FROM entity WHERE entity_id = ?"


class Written(msgspec.Struct, frozen=True, gc=False):
    """What an entity has become.

    Attributes:
        typeset_id: Its set of types.
        tree: Its body as JSON, for the index.
        entity: The same as a value.
        stored: The same in its stored form.
        unaltered: IRIs of attributes that it has as it had them, in a row of the same types.
    """

    typeset_id: int
    tree: Mapping[str, JsonValue]
    entity: Entity
    stored: StoredEntity
    unaltered: frozenset[str] = frozenset()


class Change(msgspec.Struct, frozen=True, gc=False):
    """One entity's step within a unit.

    Attributes:
        tenant_id: Whose it is.
        tenant: The same by name.
        rowid: Which it is.
        left: The set of types that it had; `None` when it is new.
        written: `None` when it is deleted.
        before: The entity as it was; `None` when it is new. An instance of an attribute that the
            step left alone is the same object before and after.
        at: DateTime text of the step.
        recorded: Whether the history is to have the step.
    """

    tenant_id: int
    tenant: str
    rowid: int
    left: int | None
    written: Written | None
    before: Entity | None
    at: str
    recorded: bool = True


class Told(msgspec.Struct, frozen=True, gc=False):
    """Something that happened at a Context Source, and who of a tenant is to be told of it."""

    tenant: str
    subscriptions: tuple[str, ...]
    happened: Happened
    now: str


@dataclass(slots=True)
class Group:
    """The units that share a commit.

    Attributes:
        changes: In the order in which they were staged; those of failed units are not in it.
        before: Committed state of every entity that a unit touched, by tenant and id: what others
            read until the commit is done.
        rows_before: The same by rowid.
        followed: What each follower made of each unit, by the follower's place (`follower`).
    """

    changes: list[Change] = field(default_factory=list)
    before: dict[tuple[int, str], StoredEntity | None] = field(default_factory=dict)
    rows_before: dict[int, StoredEntity | None] = field(default_factory=dict)
    followed: tuple[list[object], ...] = ()


class Rowids:
    """Gives every new entity a rowid that no entity ever had."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._last = int(connection.execute("SELECT ifnull(max(entity_id), 0) FROM entity").get)

    def next(self) -> int:
        self._last += 1
        return self._last


class StagedUnit:
    """One unit of work on the writer connection, inside its savepoint."""

    def __init__(
        self,
        cursor: apsw.Cursor,
        catalog: Catalog,
        rowids: Rowids,
        group: Group,
        rules: TypeRules,
        *,
        history: Callable[["StagedUnit"], UnitHistory],
    ) -> None:
        self.rules = rules
        self._open_history = history
        self._history: UnitHistory | None = None
        self._cursor = cursor
        self._catalog = catalog
        self._rowids = rowids
        self._group = group
        #: The typeset and @context of rows that were read, so that a write need not read again.
        self._rows: dict[tuple[int, str], tuple[int, int, int] | None] = {}
        #: Entities that were loaded and not written since: most of what is written is as it was.
        self._loaded: dict[tuple[int, str], stored_form.Read] = {}
        #: Every entity that the unit read or wrote, as it is now.
        self._known: dict[tuple[int, str], Entity] = {}
        self.changes: list[Change] = []
        #: What others did, and subscriptions are to be told of.
        self.told: list[Told] = []
        self.registers = RegisterTable(cursor.connection)
        #: What is accounted for, with what the unit does.
        self.log = UnitLog()

    @property
    def history(self) -> UnitHistory:
        """The history, for what changes it alone."""
        if self._history is None:
            self._history = self._open_history(self)
        return self._history

    def entity(self, tenant: str, entity_id: str) -> Entity | None:
        """Return an entity as this unit and those before it left it, expired parts included."""
        tenant_id = self._catalog.tenants.find(tenant)
        if tenant_id is None:
            return None
        known = self._known.get((tenant_id, entity_id))
        if known is not None:
            # The very same objects: what a step leaves alone is told by that.
            return known
        stored = self._read(tenant_id, entity_id)
        if stored is None:
            return None
        context = self._catalog.context(stored.context_id)
        loaded = stored_form.read(stored.body, stored.system, context)
        self._loaded[tenant_id, entity_id] = loaded
        self._known[tenant_id, entity_id] = loaded.entity
        return loaded.entity

    def put(
        self,
        tenant: str,
        entity: Entity,
        context: Context | None = None,
        *,
        now: str | None = None,
        recorded: bool = True,
    ) -> None:
        """Create or replace an entity.

        Args:
            tenant: It arises where it is new.
            entity: Stamped.
            context: Without one, the one that the entity was stored with stays.
            now: DateTime text, where the entity's `modifiedAt` does not say when this happens.
            recorded: Whether the history is to have what it becomes.

        Raises:
            StoreFailure: The entity is new and has no @context to be stored with.
            TooManyTenants: So is its tenant, and there are as many as there may be.
        """
        tenant_id = self._catalog.tenant(tenant)
        row = self._row(tenant_id, entity.id)
        if context is not None:
            context_id = self._catalog.pin(context)
        elif row is not None:
            context_id = row[2]
            context = self._catalog.context(context_id)
        else:
            raise StoreFailure(f"Entity {entity.id} is new and needs a @context")
        before = None if row is None else self.entity(tenant, entity.id)
        typeset_id = self._catalog.typeset(entity.types)
        loaded = self._loaded.pop((tenant_id, entity.id), None)
        alike = loaded if row is not None and row[2] == context_id else None
        tree, body, system = stored_form.dump(entity, context, before=alike)
        expires = earliest_expiry(entity)
        if row is None:
            rowid = self._rowids.next()
            values = (rowid, tenant_id, entity.id, typeset_id, context_id, expires, body, system)
            self._cursor.execute(_INSERT, values)
        else:
            rowid = row[0]
            self._cursor.execute(_UPDATE, (typeset_id, context_id, expires, body, system, rowid))
        stored = StoredEntity(rowid, body, system, context_id, expires, typeset_id)
        left = None if row is None else row[1]
        unaltered = _unaltered(loaded, entity) if left == typeset_id else frozenset()
        written = Written(typeset_id, tree, entity, stored, unaltered)
        at = now or entity.modified_at or ""
        self.changes.append(Change(tenant_id, tenant, rowid, left, written, before, at, recorded))
        self._known[tenant_id, entity.id] = entity
        self._rows[tenant_id, entity.id] = (rowid, typeset_id, context_id)
        if row is None:
            self._group.rows_before.setdefault(rowid, None)

    def delete(self, tenant: str, entity_id: str, *, now: str, recorded: bool = True) -> bool:
        """Delete an entity; tells whether it was there.

        Args:
            recorded: Whether the history is to have that it is gone.
        """
        tenant_id = self._catalog.tenants.find(tenant)
        row = None if tenant_id is None else self._row(tenant_id, entity_id)
        if tenant_id is None or row is None:
            return False
        before = self.entity(tenant, entity_id)
        self._cursor.execute(_DELETE, (row[0],))
        self.changes.append(Change(tenant_id, tenant, row[0], row[1], None, before, now, recorded))
        del self._known[tenant_id, entity_id]
        self._rows[tenant_id, entity_id] = None
        self._loaded.pop((tenant_id, entity_id), None)
        return True

    def tell(
        self, tenant: str, subscriptions: tuple[str, ...], happened: Happened, *, now: str
    ) -> None:
        """Have subscriptions told of what happened at a Context Source; nothing else of it stays."""
        self.told.append(Told(tenant, subscriptions, happened, now))

    def tenant_exists(self, tenant: str) -> bool:
        return self._catalog.tenants.find(tenant) is not None

    def create_tenant(self, tenant: str) -> None:
        """Create a tenant; nothing happens when it is there.

        Raises:
            TooManyTenants: It is new, and there are as many as there may be.
        """
        self._catalog.tenant(tenant)

    def _row(self, tenant_id: int, entity_id: str) -> tuple[int, int, int] | None:
        key = (tenant_id, entity_id)
        if key not in self._rows:
            self._read(tenant_id, entity_id)
        return self._rows[key]

    def _read(self, tenant_id: int, entity_id: str) -> StoredEntity | None:
        key = (tenant_id, entity_id)
        rows = select(self._cursor, _SELECT, key)
        if not rows:
            self._rows[key] = None
            self._group.before.setdefault(key, None)
            return None
        rowid, typeset_id, context_id, expires, body, system = rows[0]
        stored = StoredEntity(rowid, body, system, context_id, expires, typeset_id)
        self._rows[key] = (rowid, typeset_id, context_id)
        self._group.before.setdefault(key, stored)
        self._group.rows_before.setdefault(rowid, stored)
        return stored


def _unaltered(loaded: stored_form.Read | None, entity: Entity) -> frozenset[str]:
    if loaded is None:
        return frozenset()
    present = loaded.entity.attributes
    return frozenset(
        [name for name, instances in entity.attributes.items() if present.get(name) is instances]
    )


def earliest_expiry(entity: Entity) -> int | None:
    """Return when the first part of an entity expires, in microseconds since 1970 (4.22)."""
    moments = list(_expiries(entity.attributes))
    if entity.expires_at is not None:
        moments.append(entity.expires_at)
    return min(map(parse_datetime, moments)) if moments else None


def _expiries(attributes: Attributes) -> list[str]:
    found: list[str] = []
    for instances in attributes.values():
        for instance in instances:
            if instance.expires_at is not None:
                found.append(instance.expires_at)
            if instance.attributes:
                found.extend(_expiries(instance.attributes))
    return found
