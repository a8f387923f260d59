"""Fills the columns of paths, when a query first needs them, for the blocks that it visits."""

from collections.abc import Callable, Iterable

import numpy as np

from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import ValuePath
from hanze.store.block import Block, Column
from hanze.store.slices import Slices
from hanze.store.table import Table
from hanze.store.values import UNKNOWN

__all__ = ["fill_paths"]


async def fill_paths(
    table: Table,
    block: Block,
    paths: Iterable[ValuePath],
    entity_of: Callable[[int], Entity | None],
    slices: Slices,
) -> None:
    """See to it that a block has columns for these paths, without unknown rows.

    From the moment that a column is there, writes keep it; so others may write in between.

    Args:
        table: The block's table.
        block: The block.
        paths: What a query wants to know; a path beyond the bound of columns is passed over.
        entity_of: Loads the entity with a rowid.
        slices: When to give way to others.
    """
    for path in paths:
        number = table.path_number(path)
        if number is None:
            continue
        column = block.paths.get(number)
        if column is None:
            column = block.paths[number] = _unknown(block)
        if UNKNOWN in column.counts:
            await _fill(table, block, number, path, entity_of, slices)


async def _fill(  # noqa: PLR0917  # what `fill_paths` was given
    table: Table,
    block: Block,
    number: int,
    path: ValuePath,
    entity_of: Callable[[int], Entity | None],
    slices: Slices,
) -> None:
    column = block.paths[number]
    for rowid in block.rowids[np.flatnonzero(column.tags == UNKNOWN)].tolist():
        # Others may have moved the rows in the meantime, or written this one.
        slot = block.find(rowid)
        column = block.paths[number]
        if slot is not None and column.tags[slot] == UNKNOWN:
            entity = entity_of(rowid)
            if entity is not None:
                table.write_path(column, slot, number, path, entity)
        if slices.is_over():
            await slices.give_way()


def _unknown(block: Block) -> Column:
    column = Column(len(block.rowids))
    column.tags[: block.n] = UNKNOWN * block.alive[: block.n]
    if block.live:
        column.counts[UNKNOWN] = block.live
    return column
