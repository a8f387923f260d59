"""What rows refer to by number: tenants, sets of types, and @contexts."""

from collections.abc import Iterator
from functools import lru_cache

import apsw
import orjson

from hanze.broker.hidden import is_hidden
from hanze.broker.ports import TooManyTenants
from hanze.errors import StoreFailure
from hanze.ngsild.context import Context, build_context
from hanze.store.schema import select

__all__ = ["Catalog", "Coded", "Names", "context_content", "context_of"]


class Names:
    """A table of names that only grows: committed ones, and those that a group of units stages.

    Args:
        connection: The writer.
        insert: SQL that adds a name and its content, and returns the number.
        select: SQL for all numbers and names.
    """

    def __init__(self, connection: apsw.Connection, insert: str, select: str) -> None:
        self._connection = connection
        self._insert = insert
        self.committed: dict[str, int] = {
            str(name): int(number) for number, name in connection.execute(select)
        }
        self._staged: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.committed) + len(self._staged)

    def names(self) -> Iterator[str]:
        """Give committed names, and staged ones."""
        yield from self.committed
        yield from self._staged

    def find(self, name: str) -> int | None:
        """Return the number of a committed or staged name."""
        number = self.committed.get(name)
        return self._staged.get(name) if number is None else number

    def add(self, *values: str | bytes) -> int:
        """Stage a name, which is the first value, and return its number."""
        for (number,) in self._connection.execute(self._insert, values):
            self._staged[str(values[0])] = number
            return int(number)
        raise StoreFailure(f"{values[0]!r} cannot be stored")

    def mark(self) -> int:
        return len(self._staged)

    def back_to(self, mark: int) -> None:
        """Forget what was staged after the mark."""
        while len(self._staged) > mark:
            self._staged.popitem()

    def settle(self, *, committed: bool) -> None:
        """End a group: staged names become committed, or are forgotten."""
        if committed:
            self.committed.update(self._staged)
        self._staged = {}


class Coded(Names):
    """Names with codes by value, for who looks one up for every row that is written.

    Attributes:
        codes: Numbers by what a name stands for; whoever adds a name puts it here.
    """

    def __init__(self, connection: apsw.Connection, insert: str, select: str) -> None:
        super().__init__(connection, insert, select)
        self.codes: dict[object, int] = {}

    def items(self) -> Iterator[tuple[str, int]]:
        yield from self.committed.items()
        yield from self._staged.items()

    def back_to(self, mark: int) -> None:
        if len(self._staged) > mark:
            self.codes.clear()
        super().back_to(mark)

    def settle(self, *, committed: bool) -> None:
        if not committed and self._staged:
            self.codes.clear()
        super().settle(committed=committed)


class Catalog:
    """The tables of names, with what they stand for."""

    def __init__(self, writer: apsw.Connection, max_tenants: int) -> None:
        self._writer = writer
        self._max_tenants = max_tenants
        self.tenants = Names(
            writer,
            "INSERT INTO tenant (name) VALUES (?) RETURNING tenant_id",
            "SELECT tenant_id, name FROM tenant",
        )
        self.typesets = Names(
            writer,
            "INSERT INTO typeset (types) VALUES (?) RETURNING typeset_id",
            "SELECT typeset_id, types FROM typeset",
        )
        self.contexts = Names(
            writer,
            "INSERT INTO context (key, content) VALUES (?, ?) RETURNING context_id",
            "SELECT context_id, key FROM context",
        )
        self._joined: list[Names] = []
        self._types: dict[int, frozenset[str]] = {}
        self._contexts: dict[int, Context] = {}

    def join(self, names: Names) -> None:
        """Have more names staged and settled with these."""
        self._joined.append(names)

    def tables(self) -> Iterator[Names]:
        yield self.tenants
        yield self.typesets
        yield self.contexts
        yield from self._joined

    def tenant(self, name: str) -> int:
        """Return the number of a tenant, which arises when it is not there.

        Raises:
            TooManyTenants: It would be one too many.
        """
        number = self.tenants.find(name)
        if number is not None:
            return number
        if not is_hidden(name) and self._visible() >= self._max_tenants:
            raise TooManyTenants(self._max_tenants)
        return self.tenants.add(name)

    def _visible(self) -> int:
        """Count the tenants that clients can name."""
        return sum(not is_hidden(name) for name in self.tenants.names())

    def typeset(self, types: tuple[str, ...]) -> int:
        name = _typeset_name(types)
        number = self.typesets.find(name)
        return self.typesets.add(name) if number is None else number

    def types(self, typeset_id: int) -> frozenset[str]:
        """Return a committed set of types."""
        types = self._types.get(typeset_id)
        if types is None:
            names = {number: name for name, number in self.typesets.committed.items()}
            types = self._types[typeset_id] = frozenset(orjson.loads(names[typeset_id]))
        return types

    def pin(self, context: Context) -> int:
        """Return the number of a @context, which is stored with its content when it is new."""
        number = self.contexts.find(context.key)
        if number is None:
            number = self.contexts.add(context.key, context_content(context))
            # Overwrites what a unit that was rolled back had staged under the same number.
            self._contexts[number] = context
        return number

    def context(self, context_id: int) -> Context:
        """Return a pinned @context.

        Raises:
            StoreFailure: There is none of this number: the database is damaged.
        """
        context = self._contexts.get(context_id)
        if context is None:
            raise StoreFailure(f"The database lacks the @context number {context_id}")
        return context

    def load_contexts(self) -> None:
        """Build every pinned @context, so that later reads need not touch the writer."""
        for context_id, content in select(self._writer, "SELECT context_id, content FROM context"):
            self._contexts[context_id] = context_of(content)

    def mark(self) -> tuple[int, ...]:
        return tuple(names.mark() for names in self.tables())

    def back_to(self, mark: tuple[int, ...]) -> None:
        for names, position in zip(self.tables(), mark, strict=True):
            names.back_to(position)

    def settle(self, *, committed: bool) -> None:
        """End a group of units."""
        for names in self.tables():
            names.settle(committed=committed)


@lru_cache(maxsize=1_024)
def _typeset_name(types: tuple[str, ...]) -> str:
    return orjson.dumps(sorted(set(types))).decode()


def context_content(context: Context) -> bytes:
    """Return what rebuilds a @context without fetching anything."""
    return orjson.dumps(
        {
            "reference": context.reference,
            "documents": list(context.documents),
            "core": context.core,
        }
    )


def context_of(content: bytes) -> Context:
    """Rebuild a @context from `context_content`."""
    stored = orjson.loads(content)
    return build_context(stored["reference"], stored["documents"], core=stored["core"])
