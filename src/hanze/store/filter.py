"""A query on whole blocks: which rows match, and which may (`Verdict`)."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.access import View
from hanze.ngsild.query.compare import TargetValue
from hanze.ngsild.query.evaluate import linked_depth, matches_types
from hanze.ngsild.query.members import CREATED_AT, EXPIRES_AT, MODIFIED_AT
from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import (
    And,
    EntityQuery,
    EntitySelector,
    LinkedPath,
    Or,
    QueryNode,
    ValuePath,
)
from hanze.store.block import Block, Column, Rows
from hanze.store.judge import Leaf, judge, judge_kept, needs_strings
from hanze.store.readable import RowidsOf, judge_access, judge_scopes
from hanze.store.scan import Part
from hanze.store.strings import hashed
from hanze.store.surroundings import GeoJudge
from hanze.store.table import Table
from hanze.store.verdict import MAYBE, NO, YES, Verdict, exactly

__all__ = ["Filter", "Now"]

_SYSTEM: Final = frozenset({CREATED_AT, MODIFIED_AT, EXPIRES_AT})


class Now:
    """The time of a query; read as a number only where something expires."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def microseconds(self) -> int:
        """Since 1970."""
        return parse_datetime(self.text)


class Filter:
    """Everything that an `EntityQuery` asks of an entity, but its id.

    Args:
        query: The query.
        now: What expires by then is not sure to match.
        rowids_of: Looks up entities by their ids.
    """

    def __init__(self, query: EntityQuery, now: Now, rowids_of: RowidsOf) -> None:
        self._query = query
        self._now = now
        self._rowids_of = rowids_of
        #: Attributes of which it counts whether they may be read.
        self._names = frozenset(_names(query))
        self.geo = None if query.geo is None else GeoJudge(query.geo)
        #: Paths of q that need columns of their own.
        self.paths = frozenset(
            leaf.path
            for leaf in _leaves(query.q)
            if isinstance(leaf.path, ValuePath) and not _has_own_column(leaf.path)
        )
        #: Attributes of which hashes of strings are not enough.
        self.string_names = frozenset(
            leaf.path.names[0]
            for leaf in _leaves(query.q)
            if isinstance(leaf.path, ValuePath)
            and _has_own_column(leaf.path)
            and needs_strings(leaf)
        )
        #: The attributes that decide, where they do so without system attributes; else `None`.
        self.attributes = _deciding(query)
        #: Whether the answer depends on entities of other tables.
        self.is_linked = query.q is not None and linked_depth(query.q) > 0

    def admits(self, table: Table) -> bool:
        """Tell whether entities of the table's types may match at all."""
        types = self._query.types
        if types is not None and not matches_types(types, tuple(table.types)):
            return False
        view = self._view(table)
        if view is not None and view.is_fixed and view.seen is None:
            return False
        return not self._query.selectors or bool(self._selectors(table))

    def _selectors(self, table: Table) -> tuple[EntitySelector, ...]:
        """Return the selectors whose types the table's entities have."""
        return tuple(
            selector
            for selector in self._query.selectors
            if selector.types is None or matches_types(selector.types, tuple(table.types))
        )

    def judge(self, table: Table, block: Block, rows: Rows) -> Verdict:
        """Judge rows of a block."""
        verdict = YES if block.live == block.n else exactly(block.alive[rows])
        query, view = self._query, self._view(table)
        if query.selectors and all(one.ids or one.id_pattern for one in self._selectors(table)):
            # Ids are not in the index.
            verdict = verdict.both(MAYBE)
        if query.attributes:
            verdict = verdict.both(self._judge_attributes(block, rows, view))
        if query.scope is not None:
            verdict = verdict.both(judge_scopes(query.scope, table, block, rows))
        if query.q is not None:
            verdict = verdict.both(_judge_node(query.q, (table, block, rows), view))
        if self.geo is not None and query.geo is not None:
            name = query.geo.attribute
            column = None if _is_hidden(view, name) else block.columns.get(name)
            verdict = verdict.both(NO if column is None else self.geo.judge(column, rows))
        if view is not None and not view.is_fixed:
            verdict = verdict.both(judge_access(view.access, (table, block, rows), self._rowids_of))
            if any(view.shows(name) is None for name in self._names):
                # It depends on the entity whether what is asked about may be read.
                verdict = verdict.both(MAYBE)
        if block.expires is not None:
            lasting = block.expires[rows] > self._now.microseconds
            verdict = Verdict(verdict.sure & lasting, verdict.possible)
        return verdict

    def hides(self, table: Table, name: str) -> bool | None:
        """Tell whether an attribute of a table's entities is hidden; `None`: of some, perhaps."""
        view = self._view(table)
        shown = True if view is None else view.shows(name)
        return None if shown is None else not shown

    def _view(self, table: Table) -> View | None:
        access = self._query.access
        return None if access is None else access.view(table.types)

    def _judge_attributes(self, block: Block, rows: Rows, view: View | None) -> Verdict:
        verdict = NO
        for name in self._query.attributes:
            column = None if _is_hidden(view, name) else block.columns.get(name)
            if column is not None:
                verdict = verdict.either(exactly(column.tags[rows] != 0))
        return verdict


def _is_hidden(view: View | None, name: str) -> bool:
    return view is not None and view.shows(name) is False


def _judge_node(node: QueryNode, place: Part, view: View | None) -> Verdict:
    if isinstance(node, And):
        verdict = YES
        for term in node.terms:
            verdict = verdict.both(_judge_node(term, place, view))
        return verdict
    if isinstance(node, Or):
        verdict = NO
        for term in node.terms:
            verdict = verdict.either(_judge_node(term, place, view))
        return verdict
    if _is_hidden(view, _first_name(node)):
        return NO
    return _judge_leaf(node, *place)


def _judge_leaf(leaf: Leaf, table: Table, block: Block, rows: Rows) -> Verdict:
    path = leaf.path
    if isinstance(path, LinkedPath):
        return _has(path.relationship, block, rows)
    if _has_own_column(path):
        name = path.names[0]
        column = block.columns.get(name)
        if column is None:
            return NO
        verdict = judge(leaf, column, rows, block.n, table.texts(name))
        return _with_strings(
            verdict, leaf, column, table.strings.get(name), block.rowids[rows], rows
        )
    number = table.paths.get(path)
    column = None if number is None else block.paths.get(number)
    if column is None or number is None:
        return MAYBE if is_member(path.names[0]) else _has(path.names[0], block, rows)
    return judge(leaf, column, rows, block.n, table.texts(number))


def _with_strings(  # noqa: PLR0917  # what `_judge_leaf` looks at
    verdict: Verdict,
    leaf: Leaf,
    column: Column,
    kept: Mapping[int, TargetValue] | None,
    rowids: NDArray[np.int64],
    rows: Rows,
) -> Verdict:
    """Decide what hashes left open, where the strings are kept."""
    if not kept or not needs_strings(leaf) or not (tags := hashed(column)):
        return verdict
    here = np.isin(column.tags[rows], tags).nonzero()[0]
    decided = judge_kept(leaf, [kept.get(rowid) for rowid in rowids[here].tolist()])
    sure, possible = (np.array(np.broadcast_to(mask, len(rowids))) for mask in verdict)
    sure[here], possible[here] = decided
    return exactly(sure) if np.array_equal(sure, possible) else Verdict(sure, possible)


def _has(name: str, block: Block, rows: Rows) -> Verdict:
    """Say of rows with the attribute that they may match."""
    column = block.columns.get(name)
    return NO if column is None else Verdict(np.False_, column.tags[rows] != 0)


def _has_own_column(path: ValuePath) -> bool:
    return len(path.names) == 1 and not path.terms and not is_member(path.names[0])


def _first_name(leaf: Leaf) -> str:
    path = leaf.path
    return path.relationship if isinstance(path, LinkedPath) else path.names[0]


def _names(query: EntityQuery) -> Iterator[str]:
    yield from query.attributes
    if query.geo is not None:
        yield query.geo.attribute
    yield from map(_first_name, _leaves(query.q))


def _deciding(query: EntityQuery) -> frozenset[str] | None:
    names = set(query.attributes)
    if query.geo is not None:
        names.add(query.geo.attribute)
    for leaf in _leaves(query.q):
        if isinstance(leaf.path, LinkedPath):
            names.add(leaf.path.relationship)
        elif _SYSTEM.isdisjoint(leaf.path.names):
            names.add(leaf.path.names[0])
        else:
            return None
    return frozenset(names)


def _leaves(node: QueryNode | None) -> Iterator[Leaf]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _leaves(term)
    elif node is not None:
        yield node
