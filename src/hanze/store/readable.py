"""What may be read, on whole blocks: which rows are there for somebody (`query.access.Access`)."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.model import AttributeKind
from hanze.ngsild.query.access import ID, Access, Among, Part
from hanze.ngsild.query.scope_terms import ScopeQuery, Share
from hanze.ngsild.query.scopes import matches_scopes
from hanze.ngsild.query.shares import scopes_shared
from hanze.store.block import UNLISTED_SCOPE, Block, Column, Rows
from hanze.store.scan import Part as Place
from hanze.store.table import Table
from hanze.store.values import HASHED, KINDS, MOMENT, OTHER, TEXT, URI, TextCodes, text_hash
from hanze.store.verdict import MAYBE, NO, YES, Verdict, exactly

__all__ = ["RowidsOf", "counted", "judge_access", "judge_scopes"]

#: Looks up the rowids of entities by their ids; `None` where these are too many.
RowidsOf = Callable[[frozenset[str]], NDArray[np.int64] | None]

_UNTOLD: Final = (OTHER, MOMENT)


def judge_access(access: Access, place: Place, rowids_of: RowidsOf) -> Verdict:
    """Say which rows of a block are there.

    Args:
        access: Parts about entities of the table's types.
        place: The rows.
        rowids_of: For what is said of ids, which are not in the index.
    """
    table, block, rows = place
    shown, denied = YES if access.rest else NO, NO
    for part in access.parts:
        covers = _covers(part, place, rowids_of)
        allows = _allows(part, place, rowids_of)
        if part.attributes:
            # Another part may close the same attributes: then nothing is left.
            shown = shown.either(covers.both(allows).both(MAYBE))
        else:
            shown = shown.either(covers)
            denied = denied.either(covers.both(allows.inverse()))
    verdict = shown.both(denied.inverse())
    shared = scopes_shared(access.shares, table.types)
    return verdict if shared is None else verdict.both(judge_scopes(shared, table, block, rows))


def counted(access: Access, table: Table) -> tuple[int, dict[str, dict[AttributeKind, int]]]:
    """Count the entities of a table that are sure to be there, and their attributes by kind."""
    total = 0
    counts: dict[str, dict[AttributeKind, int]] = {}
    for block in table.blocks:
        rows = slice(0, block.n)
        there = block.alive[rows] & judge_access(access, (table, block, rows), _unknown).sure
        total += int(np.count_nonzero(there))
        for name, column in block.columns.items():
            for tag in column.counts:
                kind = KINDS[tag >> 3]
                number = int(np.count_nonzero(there & (column.tags[rows] == tag)))
                if kind is not None and number:
                    kinds = counts.setdefault(name, {})
                    kinds[kind] = kinds.get(kind, 0) + number
    return total, counts


def _unknown(_ids: frozenset[str]) -> None:
    """Look no entity up by its id: what depends on that is not sure."""


def judge_scopes(query: ScopeQuery, table: Table, block: Block, rows: Rows) -> Verdict:
    """Say which rows of a block are under the scopes that are asked for (4.19)."""
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


def _covers(part: Part, place: Place, rowids_of: RowidsOf) -> Verdict:
    table, block, rows = place
    verdict = YES
    under = scopes_shared((Share(scopes=part.scopes),), table.types) if part.scopes else None
    if under is not None:
        verdict = judge_scopes(under, table, block, rows)
    return verdict if part.when is None else verdict.both(_says(part.when, place, rowids_of))


def _allows(part: Part, place: Place, rowids_of: RowidsOf) -> Verdict:
    if not part.allowed:
        return NO
    return YES if part.only is None else _says(part.only, place, rowids_of)


def _says(among: Among, place: Place, rowids_of: RowidsOf) -> Verdict:
    """Say which rows say one of some things: where the columns can tell, they say nothing else."""
    table, block, rows = place
    if among.attribute == ID:
        wanted = rowids_of(among.values)
        return MAYBE if wanted is None else exactly(np.isin(block.rowids[rows], wanted))
    column = block.columns.get(among.attribute)
    if column is None:
        return NO
    return _says_in(among, column, rows, table.texts(among.attribute))


def _says_in(among: Among, column: Column, rows: Rows, texts: TextCodes) -> Verdict:
    tags, values = column.tags[rows], column.values[rows]
    forms = tags & 7
    matching = texts.verdicts(("among", among.values), among.values.__contains__)
    sure = np.zeros(len(tags), np.bool_)
    coded = (tags != 0) & ((forms == TEXT) | (forms == URI))
    sure[coded] = matching[values[coded]]
    unsure = (tags != 0) & np.isin(forms, _UNTOLD)
    hashed = (tags != 0) & (forms == HASHED)
    if hashed.any():
        known = np.array([text_hash(one) for one in among.values], np.int64)
        unsure |= hashed & np.isin(values, known)
    return Verdict(sure, sure | unsure) if unsure.any() else exactly(sure)
