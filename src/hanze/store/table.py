"""The columns of all entities of a tenant that have the same set of types."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import AttributeKind, Entity
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.compare import TargetValue
from hanze.ngsild.query.members import MODIFIED_AT
from hanze.ngsild.query.tree import ValuePath
from hanze.store.block import NEVER, UNLISTED_SCOPE, Block, Box, Column
from hanze.store.encode import Trusted, bounds, encode_attribute, encode_path
from hanze.store.spatial import SpatialIndex
from hanze.store.values import KIND_NUMBERS, KINDS, MOMENT, OTHER, PATH_VALUE, POINT, TextCodes

__all__ = ["Table"]

#: Columns of paths cost memory too: what goes beyond is evaluated.
_MOST_PATHS: Final = 24
#: The number of the path to modifiedAt.
_NEWEST: Final = 0
_MOST_SCOPES: Final = 65_536

_NO_ATTRIBUTES: Final = frozenset({"id", "type", "scope"})
_NAN: Final = float("nan")
_NOWHERE: Final[Box] = (_NAN, _NAN, _NAN, _NAN)
_GEO: Final = KIND_NUMBERS["GeoProperty"]


class Table:
    """Blocks of rows by rowid, and what their codes stand for.

    Attributes:
        types: The set of types of every entity in it.
        blocks: In the order of rowids, none empty.
        live: How many entities there are.
        version: Grows with every change, so that answers can be remembered until then.
        paths: Numbers of the paths that have columns in some blocks; modifiedAt has one in all:
            what is newest is asked of every entity at once.
    """

    def __init__(self, types: frozenset[str]) -> None:
        self.types = types
        self.blocks: list[Block] = []
        self.live = 0
        self.version = 0
        self.paths: dict[ValuePath, int] = {ValuePath((MODIFIED_AT,)): _NEWEST}
        self.spatial: dict[str, SpatialIndex] = {}
        #: By attribute and rowid, what `strings` keeps.
        self.strings: dict[str, dict[int, TargetValue]] = {}
        self._firsts: list[int] = []
        self._texts: dict[str | int, TextCodes] = {}
        self._scopes: dict[tuple[str, ...], int] = {(): 0}

    def write(
        self,
        rowid: int,
        tree: Mapping[str, Trusted],
        context: Context,
        *,
        expires: int | None,
        modified: str | None = None,
        entity: Entity | None = None,
        unaltered: frozenset[str] = frozenset(),
    ) -> None:
        """Write a row, new or not.

        Args:
            rowid: Whose it is.
            tree: The body.
            context: Expands the body's names.
            expires: Microseconds since 1970.
            modified: DateTime text of the entity's modifiedAt.
            entity: The same as a value; needed where paths have columns.
            unaltered: Attributes whose columns say already what they should.
        """
        self._changes(rowid)
        block, slot = self._place(rowid)
        written = self._write_attributes(block, slot, rowid, tree, context, unaltered=unaltered)
        if len(written) < len(block.columns):
            for name, column in block.columns.items():
                if name not in written:
                    column.erase(slot)
        scope = tree.get("scope")
        if scope is not None or block.scopes is not None:
            block.set_scope(slot, self._scope_code(scope))
        if expires is not None or block.expires is not None:
            block.set_expiry(slot, NEVER if expires is None else expires)
        if modified is None:
            block.paths[_NEWEST].erase(slot)
        else:
            block.paths[_NEWEST].write(slot, PATH_VALUE | MOMENT, parse_datetime(modified))
        if entity is not None and len(block.paths) > 1:
            self._write_paths(block, slot, entity)

    def remove(self, rowid: int) -> None:
        """Delete a row; nothing happens when it is not there."""
        if not self.blocks:
            return
        number = self._number(rowid)
        block = self.blocks[number]
        slot = block.find(rowid)
        if slot is None:
            return
        self._changes(rowid)
        block.kill(slot)
        self.live -= 1
        if not block.live:
            del self.blocks[number], self._firsts[number]
        elif block.compact():
            self._firsts[number] = block.first

    def find(self, rowid: int) -> tuple[Block, int] | None:
        """Return block and slot of a row."""
        if not self.blocks:
            return None
        block = self.blocks[self._number(rowid)]
        slot = block.find(rowid)
        return None if slot is None else (block, slot)

    def blocks_from(self, rowid: int) -> Sequence[Block]:
        """Return the blocks that may hold this rowid or later ones."""
        return self.blocks[self._number(rowid) :] if self.blocks else ()

    def texts(self, name: str | int) -> TextCodes:
        """Return the dictionary of an attribute, or of a path by its number."""
        texts = self._texts.get(name)
        if texts is None:
            texts = self._texts[name] = TextCodes()
        return texts

    def scopes(self) -> Mapping[tuple[str, ...], int]:
        """Return the lists of scopes that occur, with their codes."""
        return self._scopes

    def path_number(self, path: ValuePath) -> int | None:
        """Return the number of a path's columns; `None` when there are too many already."""
        number = self.paths.get(path)
        if number is None and len(self.paths) < _MOST_PATHS:
            number = self.paths[path] = len(self.paths)
        return number

    def write_path(
        self, column: Column, slot: int, number: int, path: ValuePath, entity: Entity
    ) -> None:
        """Write what a path leads to in one entity."""
        encoded = encode_path(path, entity, self.texts(number))
        if encoded is None:
            column.erase(slot)
        else:
            column.write(slot, PATH_VALUE | encoded[0], encoded[1])

    def counts(self) -> dict[str, dict[AttributeKind, int]]:
        """Return for each attribute how many entities have it, by kind of its first instance."""
        found: dict[str, dict[AttributeKind, int]] = {}
        for block in self.blocks:
            for name, column in block.columns.items():
                kinds = found.setdefault(name, {})
                for tag, count in column.counts.items():
                    kind = KINDS[tag >> 3]
                    if kind is not None:
                        kinds[kind] = kinds.get(kind, 0) + count
        return {name: kinds for name, kinds in found.items() if kinds}

    def _changes(self, rowid: int) -> None:
        self.version += 1
        for known in self.strings.values():
            known.pop(rowid, None)

    def _number(self, rowid: int) -> int:
        return max(0, bisect_right(self._firsts, rowid) - 1)

    def _place(self, rowid: int) -> tuple[Block, int]:
        if not self.blocks:
            self.live += 1
            return self._add_block(rowid)
        block = self.blocks[-1]
        if rowid > block.last:
            self.live += 1
            return self._append(block, rowid)
        number = self._number(rowid)
        block = self.blocks[number]
        slot = block.find(rowid)
        if slot is not None:
            return block, slot
        self.live += 1
        return self._insert(number, rowid)

    def _append(self, block: Block, rowid: int) -> tuple[Block, int]:
        if block.is_full():
            return self._add_block(rowid)
        return block, block.append(rowid)

    def _add_block(self, rowid: int) -> tuple[Block, int]:
        block = Block()
        block.paths[_NEWEST] = Column(len(block.rowids))
        self.blocks.append(block)
        self._firsts.append(rowid)
        return block, block.append(rowid)

    def _insert(self, number: int, rowid: int) -> tuple[Block, int]:
        block = self.blocks[number]
        if block.is_full():
            upper = block.split()
            self.blocks.insert(number + 1, upper)
            self._firsts.insert(number + 1, upper.first)
            if rowid >= upper.first:
                number, block = number + 1, upper
        slot = block.insert(rowid)
        self._firsts[number] = block.first
        return block, slot

    def _write_attributes(
        self,
        block: Block,
        slot: int,
        rowid: int,
        tree: Mapping[str, Trusted],
        context: Context,
        *,
        unaltered: frozenset[str],
    ) -> set[str]:
        written: set[str] = set()
        columns = block.columns
        expand = context.expand_name
        for term, json in tree.items():
            if term in _NO_ATTRIBUTES:
                continue
            name = expand(term)
            written.add(name)
            if name in unaltered:
                continue
            column = columns.get(name) or block.column(name)
            if type(json) is not dict:
                self._write_several(column, slot, rowid, name, json)
                continue
            kind = json["type"]
            if kind == "GeoProperty":
                self._write_geometry(column, slot, rowid, name, json["value"])
                continue
            form, payload = encode_attribute(json, self.texts(name), context)
            column.write(slot, KIND_NUMBERS[kind] | form, payload)
            if column.boxes is not None:
                self._write_box(column, slot, rowid, name, _NOWHERE)
        return written

    def _write_several(
        self, column: Column, slot: int, rowid: int, name: str, instances: Trusted
    ) -> None:
        column.write(slot, KIND_NUMBERS[instances[0]["type"]], 0)
        # The box around all instances: a superset of what any of them covers.
        covered = [
            json["value"]["coordinates"] for json in instances if json["type"] == "GeoProperty"
        ]
        if covered or column.boxes is not None:
            self._write_box(column, slot, rowid, name, bounds(*covered) if covered else _NOWHERE)

    def _write_geometry(
        self, column: Column, slot: int, rowid: int, name: str, geometry: Trusted
    ) -> None:
        coordinates = geometry["coordinates"]
        if geometry["type"] == "Point":
            form, x, y = POINT, coordinates[0], coordinates[1]
            box = (x, y, x, y)
        else:
            form, box = OTHER, bounds(coordinates)
        column.write(slot, _GEO | form, 0)
        self._write_box(column, slot, rowid, name, box)

    def _write_box(self, column: Column, slot: int, rowid: int, name: str, box: Box) -> None:
        index = self.spatial.get(name)
        if index is not None:
            index.note(rowid, box)
        column.write_box(slot, box)

    def _write_paths(self, block: Block, slot: int, entity: Entity) -> None:
        for path, number in self.paths.items():
            column = block.paths.get(number)
            if column is not None:
                self.write_path(column, slot, number, path, entity)

    def _scope_code(self, scope: Trusted) -> int:
        scopes = () if scope is None else (scope,) if isinstance(scope, str) else tuple(scope)
        code = self._scopes.get(scopes)
        if code is None:
            if len(self._scopes) >= _MOST_SCOPES:
                return UNLISTED_SCOPE
            code = self._scopes[scopes] = len(self._scopes)
        return code
