"""Evolutions as they are committed: who has a history, since when, and with which types."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import apsw
import orjson

from hanze.broker.ports import Evolution, StoredEntity
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.patterns import found_in
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.query.types import matches_types
from hanze.ngsild.representation.stored import modified_at
from hanze.store.catalog import Catalog
from hanze.store.schema import select

__all__ = ["Evolutions"]

_COLUMNS: Final = "evolution_id, id, typeset_id, created, modified, deleted"
_BY_ID: Final = f"SELECT {_COLUMNS} FROM evolution WHERE tenant_id = ? AND id = ?"  # noqa: S608  # constants
_AFTER: Final = (
    f"SELECT {_COLUMNS} FROM evolution WHERE tenant_id = ? AND evolution_id > ?"  # noqa: S608  # constants
    " ORDER BY evolution_id LIMIT ?"
)
_TYPED: Final = (
    f"SELECT {_COLUMNS} FROM evolution WHERE tenant_id = ? AND typeset_id = ?"  # noqa: S608  # constants
    " AND evolution_id > ? ORDER BY evolution_id LIMIT ?"
)
#: The plus keeps SQLite from going through all that the tenant has.
_NUMBERED: Final = (
    f"SELECT {_COLUMNS} FROM evolution"  # noqa: S608  # constants
    " WHERE evolution_id IN (SELECT value FROM json_each(?)) AND +tenant_id = ?"
)

Row = tuple[Any, ...]


class Evolutions:
    """Reads the table of evolutions on a connection that sees what is committed.

    Args:
        connection: It.
        catalog: For tenants and types.
        stored: Finds an entity of the present by the tenant's number and its id.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        catalog: Catalog,
        stored: Callable[[int, str], StoredEntity | None],
    ) -> None:
        self._cursor = connection.cursor()
        self._catalog = catalog
        self._stored = stored

    def one(self, tenant: str, entity_id: str) -> Evolution | None:
        """Return the evolution of an entity."""
        tenant_id = self._catalog.tenants.committed.get(tenant)
        if tenant_id is None:
            return None
        rows = select(self._cursor, _BY_ID, (tenant_id, entity_id))
        return self._evolution(tenant_id, rows[0]) if rows else None

    def some(
        self,
        tenant: str,
        *,
        ids: Sequence[str],
        id_pattern: str | None,
        types: TypeSelection | None,
        after: int,
        limit: int,
    ) -> list[Evolution]:
        """List evolutions in the order of their number (`ports.History.evolutions`)."""
        tenant_id = self._catalog.tenants.committed.get(tenant)
        if tenant_id is None:
            return []
        if ids:
            rows = self._named(tenant_id, ids, types, after)
        else:
            rows = self._listed(tenant_id, id_pattern, types, after, limit)
        return [self._evolution(tenant_id, row) for row in rows[:limit]]

    def numbered(
        self, tenant: str, numbers: Sequence[int], *, dated: bool = True
    ) -> list[Evolution]:
        """Return those evolutions of a tenant that have these numbers, in their order."""
        tenant_id = self._catalog.tenants.committed.get(tenant)
        if tenant_id is None:
            return []
        rows = select(self._cursor, _NUMBERED, (orjson.dumps(numbers).decode(), tenant_id))
        return [self._evolution(tenant_id, row, dated=dated) for row in sorted(rows)]

    def kinds(
        self, tenant: str, types: TypeSelection | None
    ) -> tuple[int, list[int] | None] | None:
        """Return the numbers of a tenant, and of the sets of types that are selected."""
        tenant_id = self._catalog.tenants.committed.get(tenant)
        if tenant_id is None:
            return None
        return tenant_id, None if types is None else self._typesets(types)

    def typesets(self, types: TypeSelection | None) -> list[frozenset[str]]:
        """List the sets of types that are selected (`ports.History.typesets`)."""
        every = map(self._catalog.types, self._catalog.typesets.committed.values())
        return [frozenset(one) for one in every if types is None or matches_types(types, one)]

    def _named(
        self, tenant_id: int, ids: Iterable[str], types: TypeSelection | None, after: int
    ) -> list[Row]:
        wanted = None if types is None else set(self._typesets(types))
        rows = [
            row
            for entity_id in dict.fromkeys(ids)
            for row in select(self._cursor, _BY_ID, (tenant_id, entity_id))
            if row[0] > after and (wanted is None or row[2] in wanted)
        ]
        return sorted(rows)

    def _listed(
        self,
        tenant_id: int,
        id_pattern: str | None,
        types: TypeSelection | None,
        after: int,
        limit: int,
    ) -> list[Row]:
        found: list[Row] = []
        while len(found) < limit:
            page = self._page(tenant_id, types, after, limit)
            found += [row for row in page if id_pattern is None or found_in(id_pattern, row[1])]
            if len(page) < limit:
                break
            after = page[-1][0]
        return found

    def _page(
        self, tenant_id: int, types: TypeSelection | None, after: int, limit: int
    ) -> list[Row]:
        if types is None:
            return select(self._cursor, _AFTER, (tenant_id, after, limit))
        rows: list[Row] = []
        for typeset_id in self._typesets(types):
            rows += select(self._cursor, _TYPED, (tenant_id, typeset_id, after, limit))
        return sorted(rows)[:limit]

    def _typesets(self, types: TypeSelection) -> list[int]:
        return [
            number
            for number in self._catalog.typesets.committed.values()
            if matches_types(types, self._catalog.types(number))
        ]

    def _evolution(self, tenant_id: int, row: Row, *, dated: bool = True) -> Evolution:
        number, entity_id, typeset_id, created, modified, deleted = row
        changed = format_datetime(modified)
        there = dated and deleted is None
        stored = self._stored(tenant_id, entity_id) if there else None
        if stored is not None:
            # What a step changes is written with the entity, and not once more here.
            present = modified_at(stored.system)
            changed = changed if present is None else _later(changed, present)
        return Evolution(
            number=number,
            id=entity_id,
            types=tuple(sorted(self._catalog.types(typeset_id))),
            created_at=format_datetime(created),
            modified_at=changed,
            deleted_at=None if deleted is None else format_datetime(deleted),
        )


def _later(one: str, other: str) -> str:
    """Return the later of two DateTimes: without the Z they are in the order of their texts."""
    return max(one, other, key=lambda text: text[:-1])
