"""A query on whole blocks: which rows match, and which may (`Verdict`)."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.compare import TargetValue
from hanze.ngsild.query.evaluate import linked_depth, matches_scopes, matches_types
from hanze.ngsild.query.members import CREATED_AT, EXPIRES_AT, MODIFIED_AT
from hanze.ngsild.query.shares import NOWHERE, scopes_shared
from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import (
    And,
    EntityQuery,
    EntitySelector,
    LinkedPath,
    Or,
    QueryNode,
    ScopeQuery,
    ValuePath,
)
from hanze.store.block import UNLISTED_SCOPE, Block, Column, Rows
from hanze.store.judge import Leaf, judge, judge_kept, needs_strings
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
    """

    def __init__(self, query: EntityQuery, now: Now) -> None:
        self._query = query
        self._now = now
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
        if scopes_shared(self._query.shares, table.types) == NOWHERE:
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
        query = self._query
        if query.selectors and all(one.ids or one.id_pattern for one in self._selectors(table)):
            # Ids are not in the index.
            verdict = verdict.both(MAYBE)
        if query.attributes:
            verdict = verdict.both(self._judge_attributes(block, rows))
        if query.scope is not None:
            verdict = verdict.both(_judge_scopes(query.scope, table, block, rows))
        shared = scopes_shared(query.shares, table.types)
        if shared is not None:
            verdict = verdict.both(_judge_scopes(shared, table, block, rows))
        if query.q is not None:
            verdict = verdict.both(_judge_node(query.q, table, block, rows))
        if self.geo is not None and query.geo is not None:
            column = block.columns.get(query.geo.attribute)
            verdict = verdict.both(NO if column is None else self.geo.judge(column, rows))
        if block.expires is not None:
            lasting = block.expires[rows] > self._now.microseconds
            verdict = Verdict(verdict.sure & lasting, verdict.possible)
        return verdict

    def _judge_attributes(self, block: Block, rows: Rows) -> Verdict:
        verdict = NO
        for name in self._query.attributes:
            column = block.columns.get(name)
            if column is not None:
                verdict = verdict.either(exactly(column.tags[rows] != 0))
        return verdict


def _judge_scopes(query: ScopeQuery, table: Table, block: Block, rows: Rows) -> Verdict:
    if block.scopes is None:
        return NO
    known = table.scopes()
    matching = np.zeros(len(known), np.bool_)
    for scopes, code in known.items():
        matching[code] = bool(scopes) and matches_scopes(query, scopes)
    codes = block.scopes[rows]
    unlisted = codes == UNLISTED_SCOPE
    sure = matching[codes] & ~unlisted
    return Verdict(sure, sure | unlisted) if unlisted.any() else exactly(sure)


def _judge_node(node: QueryNode, table: Table, block: Block, rows: Rows) -> Verdict:
    if isinstance(node, And):
        verdict = YES
        for term in node.terms:
            verdict = verdict.both(_judge_node(term, table, block, rows))
        return verdict
    if isinstance(node, Or):
        verdict = NO
        for term in node.terms:
            verdict = verdict.either(_judge_node(term, table, block, rows))
        return verdict
    return _judge_leaf(node, table, block, rows)


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
