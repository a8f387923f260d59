"""The index in memory: tables of columns for each tenant, and how they follow what is committed."""

import gc
from collections.abc import Iterator

import apsw
import orjson

from hanze.broker.ports import AttributeSummary, TypeSummary
from hanze.ngsild.query.access import Access
from hanze.ngsild.representation.stored import modified_at
from hanze.store.catalog import Catalog
from hanze.store.readable import counted
from hanze.store.table import Table
from hanze.store.unit import Change, Group

__all__ = ["Index"]

_ALL = (
    "SELECT entity_id, tenant_id, typeset_id, context_id, expires, body, system FROM entity"
    " ORDER BY entity_id"
)


def _summary(table: Table, access: Access | None) -> TypeSummary | None:
    view = None if access is None else access.view(table.types)
    if view is None or (view.is_fixed and view.seen is not None):
        count, counts = table.live, table.counts()
    elif view.is_fixed:
        return None
    else:
        count, counts = counted(view.access, table)
    return TypeSummary(
        types=table.types,
        count=count,
        attributes=tuple(
            AttributeSummary(name, sum(kinds.values()), frozenset(kinds))
            for name, kinds in sorted(counts.items())
            # Of what is hidden in some of them it is not told how many these are.
            if view is None or view.shows(name)
        ),
    )


class Index:
    """Tables by tenant and set of types."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tables: dict[int, dict[int, Table]] = {}

    def rebuild(self, connection: apsw.Connection) -> None:
        """Read all bodies; what the index knows is derived from them alone."""
        # Rows make no cycles: without this the collector walks millions of objects for nothing.
        collecting = gc.isenabled()
        gc.disable()
        try:
            for row in connection.execute(_ALL):
                rowid, tenant_id, typeset_id, context_id, expires, body, system = row
                self._table(tenant_id, typeset_id).write(
                    rowid,
                    orjson.loads(body),
                    self._catalog.context(context_id),
                    expires=expires,
                    modified=modified_at(system),
                )
        finally:
            if collecting:
                gc.enable()

    def apply(self, group: Group) -> None:
        """Follow a commit."""
        for change in group.changes:
            self._apply(change)

    def tables(self, tenant_id: int) -> Iterator[Table]:
        """Return the tables of a tenant; some may be empty by now."""
        return iter(self._tables.get(tenant_id, {}).values())

    def table_count(self, tenant_id: int) -> int:
        """Return how many tables a tenant has, empty ones included: it never shrinks."""
        tables = self._tables.get(tenant_id)
        return 0 if tables is None else len(tables)

    def summary(self, tenant_id: int, access: Access | None = None) -> tuple[TypeSummary, ...]:
        """Return how many entities of which types have which attributes.

        Args:
            access: Only what may be read by this counts.
        """
        made = (_summary(table, access) for table in self.tables(tenant_id) if table.live)
        return tuple(one for one in made if one is not None)

    def _apply(self, change: Change) -> None:
        written = change.written
        if change.left is not None and (written is None or written.typeset_id != change.left):
            self._table(change.tenant_id, change.left).remove(change.rowid)
        if written is not None:
            self._table(change.tenant_id, written.typeset_id).write(
                change.rowid,
                written.tree,
                self._catalog.context(written.stored.context_id),
                expires=written.stored.expires,
                modified=written.entity.modified_at,
                entity=written.entity,
                unaltered=written.unaltered,
            )

    def _table(self, tenant_id: int, typeset_id: int) -> Table:
        tables = self._tables.setdefault(tenant_id, {})
        table = tables.get(typeset_id)
        if table is None:
            table = tables[typeset_id] = Table(self._catalog.types(typeset_id))
        return table
