"""Comparisons of q on whole columns (CIM 009, 4.9): what `compare` decides for one value.

Where a column cannot tell, the verdict is "maybe"; where it can, it must be what `compare` says.
"""

from collections.abc import Callable
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.query.compare import compare, match_pattern, moment_of, normalise_uri
from hanze.ngsild.query.tree import (
    Comparison,
    Exists,
    Literal,
    Match,
    Moment,
    MomentKind,
    Operator,
    Range,
    Uri,
    Values,
)
from hanze.store.block import Column, Rows
from hanze.store.values import (
    BOOLEAN,
    EXACT,
    HASHED,
    MOMENT,
    NUMBER,
    OTHER,
    PATH_VALUE,
    TEXT,
    URI,
    TextCodes,
    text_hash,
)
from hanze.store.verdict import MAYBE, NO, YES, Mask, Verdict, exactly

__all__ = ["Leaf", "judge"]

#: A condition on one path.
Leaf = Exists | Comparison | Match

_Ints = NDArray[np.int64]

_ORDERS: Final[dict[Operator, Callable[..., NDArray[np.bool_]]]] = {
    Operator.LESS: np.less,
    Operator.LESS_EQUAL: np.less_equal,
    Operator.GREATER: np.greater,
    Operator.GREATER_EQUAL: np.greater_equal,
}

_FEW: Final = 4


def judge(leaf: Leaf, column: Column, rows: Rows, n: int, texts: TextCodes) -> Verdict:
    """Judge a condition on the rows of a block.

    Args:
        leaf: The condition.
        column: Of the condition's path.
        rows: Which rows.
        n: How many rows the block has.
        texts: The column's dictionary.
    """
    verdict = NO
    for tag, count in column.counts.items():
        answer = _judge_form(leaf, tag, column, rows, texts)
        if count == n:
            return answer
        if answer is not NO:
            verdict = verdict.either(answer.within(column.tags[rows] == tag))
    return verdict


def _judge_form(leaf: Leaf, tag: int, column: Column, rows: Rows, texts: TextCodes) -> Verdict:
    form = tag & 7
    if isinstance(leaf, Exists):
        # An attribute that is there has a value. A path may have led to something not looked at.
        return YES if tag < PATH_VALUE or form != OTHER else MAYBE
    if isinstance(leaf, Match):
        return _judge_match(leaf, form, column, rows, texts)
    if form == NUMBER:
        return _judge_numbers(leaf.operator, leaf.operand, column.floats, rows)
    if form == BOOLEAN:
        values = column.values[rows] == 1
        yes, no = (compare(value, leaf.operator, leaf.operand) for value in (True, False))
        return exactly((values & np.bool_(yes)) | (~values & np.bool_(no)))
    if form in (TEXT, URI):
        return _judge_coded(leaf, form, column.values[rows], texts)
    if form == MOMENT:
        return _judge_moments(leaf.operator, leaf.operand, column.values, rows)
    if form == HASHED:
        return _judge_hashed(leaf.operator, leaf.operand, column.values, rows)
    return MAYBE


_Operand = Literal | Range | Values


def _any_of(verdicts: list[Verdict]) -> Verdict:
    return reduce(Verdict.either, verdicts, NO)


# Numbers


def _judge_numbers(
    operator: Operator, operand: _Operand, floats: NDArray[np.float64], rows: Rows
) -> Verdict:
    if operator is Operator.UNEQUAL:
        return _judge_numbers(Operator.EQUAL, operand, floats, rows).inverse()
    if isinstance(operand, Values | Range) and operator is not Operator.EQUAL:
        return NO
    if isinstance(operand, Values):
        return _any_of([_judge_numbers(operator, item, floats, rows) for item in operand.items])
    if isinstance(operand, Range):
        return _judge_numbers(Operator.GREATER_EQUAL, operand.low, floats, rows).both(
            _judge_numbers(Operator.LESS_EQUAL, operand.high, floats, rows)
        )
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        return NO
    if not -EXACT <= operand <= EXACT:
        return MAYBE
    if operator is Operator.EQUAL:
        return exactly(floats[rows] == operand)
    return exactly(_ORDERS[operator](floats[rows], operand))


# Moments


def _judge_moments(operator: Operator, operand: _Operand, values: _Ints, rows: Rows) -> Verdict:
    if operator is Operator.UNEQUAL:
        return _judge_moments(Operator.EQUAL, operand, values, rows).inverse()
    if isinstance(operand, Values | Range) and operator is not Operator.EQUAL:
        return NO
    if isinstance(operand, Values):
        return _any_of([_judge_moments(operator, item, values, rows) for item in operand.items])
    if isinstance(operand, Range):
        return _judge_moments(Operator.GREATER_EQUAL, operand.low, values, rows).both(
            _judge_moments(Operator.LESS_EQUAL, operand.high, values, rows)
        )
    if isinstance(operand, bool | int | float):
        return NO
    moment = moment_of(operand) if isinstance(operand, str) else operand
    if not isinstance(moment, Moment) or moment.kind is not MomentKind.DATE_TIME:
        # A text that holds a DateTime may be compared as a text, too.
        return NO if isinstance(operand, Moment) else MAYBE
    if operator is Operator.EQUAL:
        return exactly(values[rows] == moment.microseconds)
    return exactly(_ORDERS[operator](values[rows], moment.microseconds))


# Strings and URIs without a code


def _judge_hashed(operator: Operator, operand: _Operand, values: _Ints, rows: Rows) -> Verdict:
    if operator is Operator.UNEQUAL:
        return _judge_hashed(Operator.EQUAL, operand, values, rows).inverse()
    if operator is not Operator.EQUAL or isinstance(operand, Range):
        return MAYBE
    if isinstance(operand, Values):
        return _any_of([_judge_hashed(operator, item, values, rows) for item in operand.items])
    if isinstance(operand, bool | int | float):
        return NO
    if isinstance(operand, Moment) or (isinstance(operand, str) and moment_of(operand)):
        return MAYBE
    text = operand.value if isinstance(operand, Uri) else operand
    return Verdict(np.False_, values[rows] == text_hash(text))


# Strings and URIs with a code


def _judge_coded(leaf: Comparison, form: int, codes: _Ints, texts: TextCodes) -> Verdict:
    operator, operand = leaf.operator, leaf.operand
    if operator in (Operator.EQUAL, Operator.UNEQUAL) and isinstance(operand, str | Uri):
        equal = _equal_codes(operand, form, texts)
        if equal is not None:
            found = exactly(_one_of(codes, equal))
            return found if operator is Operator.EQUAL else found.inverse()
    allowed = texts.verdicts((form, operator, operand), _decider(form, operator, operand))
    return exactly(allowed[codes])


def _decider(form: int, operator: Operator, operand: _Operand) -> Callable[[str], bool]:
    if form == URI:
        return lambda text: compare(Uri(text), operator, operand)
    return lambda text: compare(text, operator, operand)


def _equal_codes(operand: str | Uri, form: int, texts: TextCodes) -> tuple[int, ...] | None:
    """Return the codes of strings that equal a literal; `None` when all must be compared."""
    if isinstance(operand, str) and form == TEXT:
        if moment_of(operand) is not None:
            return None
        code = texts.codes.get(operand)
        return () if code is None else (code,)
    uri = operand.value if isinstance(operand, Uri) else operand
    return texts.alike.get(normalise_uri(uri), ())


def _one_of(codes: _Ints, wanted: tuple[int, ...]) -> Mask:
    if not wanted:
        return np.False_
    if len(wanted) <= _FEW:
        return reduce(np.logical_or, [codes == code for code in wanted])
    return np.isin(codes, wanted)


def _judge_match(leaf: Match, form: int, column: Column, rows: Rows, texts: TextCodes) -> Verdict:
    if form in (NUMBER, BOOLEAN, URI):
        return NO
    if form != TEXT:
        return MAYBE
    pattern, negated = leaf.pattern, leaf.negated
    allowed = texts.verdicts(
        (pattern, negated), lambda text: match_pattern(text, pattern, negated=negated)
    )
    return exactly(allowed[column.values[rows]])
