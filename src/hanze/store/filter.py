"""A query on whole blocks: which rows match, and which may (`Verdict`)."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.evaluate import linked_depth, matches_scopes, matches_types
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
from hanze.store.block import UNLISTED_SCOPE, Block, Rows
from hanze.store.judge import Leaf, judge
from hanze.store.surroundings import GeoJudge
from hanze.store.table import Table
from hanze.store.verdict import MAYBE, NO, YES, Verdict, exactly

__all__ = ["Filter", "Now"]


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
        self.paths = frozenset(_paths_beyond(query.q)) if query.q is not None else frozenset()
        #: Whether the answer depends on entities of other tables.
        self.is_linked = query.q is not None and linked_depth(query.q) > 0

    def admits(self, table: Table) -> bool:
        """Tell whether entities of the table's types may match at all."""
        types = self._query.types
        if types is not None and not matches_types(types, tuple(table.types)):
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
            verdict = verdict.both(self._judge_scopes(table, block, rows))
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

    def _judge_scopes(self, table: Table, block: Block, rows: Rows) -> Verdict:
        if block.scopes is None or self._query.scope is None:
            return NO
        known = table.scopes()
        matching = np.zeros(len(known), np.bool_)
        for scopes, code in known.items():
            matching[code] = bool(scopes) and matches_scopes(self._query.scope, scopes)
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
        return NO if column is None else judge(leaf, column, rows, block.n, table.texts(name))
    number = table.paths.get(path)
    column = None if number is None else block.paths.get(number)
    if column is None or number is None:
        return MAYBE if is_member(path.names[0]) else _has(path.names[0], block, rows)
    return judge(leaf, column, rows, block.n, table.texts(number))


def _has(name: str, block: Block, rows: Rows) -> Verdict:
    """Say of rows with the attribute that they may match."""
    column = block.columns.get(name)
    return NO if column is None else Verdict(np.False_, column.tags[rows] != 0)


def _has_own_column(path: ValuePath) -> bool:
    return len(path.names) == 1 and not path.terms and not is_member(path.names[0])


def _paths_beyond(node: QueryNode) -> Iterator[ValuePath]:
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths_beyond(term)
    elif isinstance(node.path, ValuePath) and not _has_own_column(node.path):
        yield node.path
