"""Strings of attributes that have too many different ones for a dictionary.

Columns keep hashes of them, which tell equality only, and nothing of texts by language. For expressions and ranges the strings
themselves are read from the bodies once, in slices, and kept until their rows change.
"""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from hanze.ngsild.query.compare import TargetValue
from hanze.store.block import Block, Column, Rows
from hanze.store.slices import Slices
from hanze.store.table import Table
from hanze.store.values import HASHED, KIND_NUMBERS, OTHER

__all__ = ["fill_strings", "hashed"]

#: So many strings of a table are kept, about 40 MB: rows beyond are evaluated.
_MOST_KEPT: Final = 262_144
#: So many are read together.
_TOGETHER: Final = 64
_BY_LANGUAGE: Final = KIND_NUMBERS["LanguageProperty"] | OTHER


async def fill_strings(
    table: Table,
    name: str,
    part: tuple[Block, Rows],
    read: Callable[[list[int], str], Iterable[tuple[int, TargetValue]]],
    slices: Slices,
) -> None:
    """Keep the strings of some rows, as far as there is room.

    Args:
        table: The table.
        name: IRI of the attribute.
        part: The rows.
        read: Returns the value of an attribute for rowids, of those that have one.
        slices: When to give way to others.
    """
    block, rows = part
    column = block.columns.get(name)
    if column is None or not (tags := hashed(column)):
        return
    known = table.strings.setdefault(name, {})
    room = _MOST_KEPT - sum(map(len, table.strings.values()))
    of_strings = np.isin(column.tags[rows], tags)
    missing = [key for key in block.rowids[rows][of_strings].tolist() if key not in known][:room]
    for start in range(0, len(missing), _TOGETHER):
        # Read and kept in one go: what is written from now on is forgotten again.
        known.update(read(missing[start : start + _TOGETHER], name))
        if slices.is_over():
            await slices.give_way()


def hashed(column: Column) -> list[int]:
    """Return the tags of rows of which columns know no string: hashes, texts by language."""
    return [tag for tag in column.counts if tag & 7 == HASHED or tag == _BY_LANGUAGE]
