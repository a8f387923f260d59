"""Comparisons of q on whole columns (CIM 009, 4.9): what `compare` decides for one value.

Where a column cannot tell, the verdict is "maybe"; where it can, it must be what `compare` says.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hanze.ngsild.query.compare import (
    TargetValue,
    compare,
    match_pattern,
    moment_of,
    normalise_uri,
)
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

__all__ = ["Leaf", "judge", "judge_kept", "needs_strings"]

#: A condition on one path.
Leaf = Exists | Comparison | Match

_Ints = NDArray[np.int64]

_ORDERS: Final[dict[Operator, Callable[..., NDArray[np.bool_]]]] = {
    Operator.EQUAL: np.equal,
    Operator.LESS: np.less,
    Operator.LESS_EQUAL: np.less_equal,
    Operator.GREATER: np.greater,
    Operator.GREATER_EQUAL: np.greater_equal,
}

_FEW: Final = 4


def needs_strings(leaf: Leaf) -> bool:
    """Tell whether hashes of strings say nothing about a condition."""
    if isinstance(leaf, Match):
        return True
    if isinstance(leaf, Exists):
        return False
    if isinstance(leaf.operand, Range):
        return isinstance(leaf.operand.low, str)
    # Equal hashes may be those of unequal strings, so rows that differ are not sure either.
    return leaf.operator is not Operator.EQUAL and isinstance(leaf.operand, str | Uri | Values)


def judge_kept(leaf: Leaf, kept: Sequence[TargetValue | None]) -> Verdict:
    """Judge a condition on strings that are kept; `None` for one that is not."""
    if isinstance(leaf, Exists):
        return YES
    if isinstance(leaf, Match):
        pattern, negated = leaf.pattern, leaf.negated
        answers = [one is not None and match_pattern(one, pattern, negated=negated) for one in kept]
    else:
        operator, operand = leaf.operator, leaf.operand
        answers = [one is not None and compare(one, operator, operand) for one in kept]
    sure = np.array(answers, np.bool_)
    unknown = np.array([one is None for one in kept], np.bool_)
    return Verdict(sure, sure | unknown) if unknown.any() else exactly(sure)


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
        if answer.possible.any():
            verdict = verdict.either(answer.within(column.tags[rows] == tag))
    return verdict


def _judge_form(leaf: Leaf, tag: int, column: Column, rows: Rows, texts: TextCodes) -> Verdict:
    form = tag & 7
    if isinstance(leaf, Exists):
        # An attribute that is there has a value. A path may have led to something not looked at.
        return YES if tag < PATH_VALUE or form != OTHER else MAYBE
    if isinstance(leaf, Match):
        return _judge_match(leaf, form, column, rows, texts)
    if form in (TEXT, URI):
        return _judge_coded(leaf, form, column.values[rows], texts)
    single = _SINGLE.get(form)
    if single is None:
        return MAYBE
    values = column.floats[rows] if form == NUMBER else column.values[rows]
    return _judge_operand(leaf.operator, leaf.operand, partial(single, values))


_Operand = Literal | Range | Values


def _judge_operand(
    operator: Operator, operand: _Operand, single: Callable[[Operator, Literal], Verdict]
) -> Verdict:
    """Judge by what is known of comparisons with single literals."""
    if operator is Operator.UNEQUAL:
        return _judge_operand(Operator.EQUAL, operand, single).inverse()
    if isinstance(operand, Values):
        if operator is not Operator.EQUAL:
            return NO
        return reduce(Verdict.either, [single(operator, item) for item in operand.items])
    if isinstance(operand, Range):
        if operator is not Operator.EQUAL:
            return NO
        at_least = single(Operator.GREATER_EQUAL, operand.low)
        return at_least.both(single(Operator.LESS_EQUAL, operand.high))
    return single(operator, operand)


def _judge_numbers(values: NDArray[np.float64], operator: Operator, literal: Literal) -> Verdict:
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        return NO
    # What float64 cannot hold is compared as the integer that it is.
    return exactly(_ORDERS[operator](values, literal)) if abs(literal) <= EXACT else MAYBE


def _judge_booleans(values: _Ints, operator: Operator, literal: Literal) -> Verdict:
    yes, no = (np.bool_(compare(value, operator, literal)) for value in (True, False))
    return exactly(((values == 1) & yes) | ((values != 1) & no))


def _judge_moments(values: _Ints, operator: Operator, literal: Literal) -> Verdict:
    if isinstance(literal, bool | int | float):
        return NO
    moment = moment_of(literal) if isinstance(literal, str) else literal
    if isinstance(moment, Moment) and moment.kind is MomentKind.DATE_TIME:
        return exactly(_ORDERS[operator](values, moment.microseconds))
    # A text that holds a DateTime may be compared as a text, too.
    return NO if isinstance(literal, Moment) else MAYBE


def _judge_hashed(values: _Ints, operator: Operator, literal: Literal) -> Verdict:
    if isinstance(literal, bool | int | float):
        return NO
    is_moment = isinstance(literal, Moment) or (isinstance(literal, str) and moment_of(literal))
    if is_moment or operator is not Operator.EQUAL or isinstance(literal, Moment):
        return MAYBE
    text = literal.value if isinstance(literal, Uri) else literal
    return Verdict(np.False_, values == text_hash(text))


_SINGLE: Final[dict[int, Callable[..., Verdict]]] = {
    NUMBER: _judge_numbers,
    BOOLEAN: _judge_booleans,
    MOMENT: _judge_moments,
    HASHED: _judge_hashed,
}


# Strings and URIs with a code


def _judge_coded(leaf: Comparison, form: int, codes: _Ints, texts: TextCodes) -> Verdict:
    operator, operand = leaf.operator, leaf.operand
    if operator in (Operator.EQUAL, Operator.UNEQUAL) and isinstance(operand, str | Uri):
        equal = _equal_codes(operand, form, texts)
        if equal is not None:
            found = exactly(_one_of(codes, equal))
            return found if operator is Operator.EQUAL else found.inverse()
    allowed = texts.verdicts((form, operator, operand), _decider(form, operator, operand))
    return exactly(_looked_up(allowed, codes))


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


def _looked_up(allowed: NDArray[np.bool_], codes: _Ints) -> NDArray[np.bool_]:
    # Rows of other forms hold no codes: clipped here, and masked by whoever asked.
    found: NDArray[np.bool_] = allowed.take(codes, mode="clip")
    return found


def _one_of(codes: _Ints, wanted: tuple[int, ...]) -> Mask:
    if not wanted:
        return np.False_
    if len(wanted) <= _FEW:
        equal: NDArray[np.bool_] = reduce(np.logical_or, [codes == code for code in wanted])
        return equal
    found: NDArray[np.bool_] = np.isin(codes, wanted)
    return found


def _judge_match(leaf: Match, form: int, column: Column, rows: Rows, texts: TextCodes) -> Verdict:
    if form in (NUMBER, BOOLEAN, URI):
        return NO
    if form != TEXT:
        return MAYBE
    pattern, negated = leaf.pattern, leaf.negated
    allowed = texts.verdicts(
        (pattern, negated), lambda text: match_pattern(text, pattern, negated=negated)
    )
    return exactly(_looked_up(allowed, column.values[rows]))
