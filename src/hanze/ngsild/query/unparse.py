"""The query tree, from tree to text: what another node is asked (CIM 009, 4.9).

`parse_q(unparse(node, context), context)` is the same query, as long as no name is an IRI with a
dot in its last part that the context has no term for.
"""

import re

import orjson

from hanze.ngsild.context import Context
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.members import MEMBER_TERMS
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    Exists,
    LinkedPath,
    Literal,
    Match,
    Moment,
    MomentKind,
    Or,
    QueryNode,
    Range,
    Uri,
    ValuePath,
    Values,
)

__all__ = ["unparse"]

_TERM_OF = {iri: term for term, iri in MEMBER_TERMS.items()}
_WRITABLE_URI = re.compile(r"""[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`;,()]+|[^\W\d_]\w*""")
_DATE_LENGTH = len("2026-01-01")


def unparse(node: QueryNode, context: Context) -> str:
    """Write a query as text, with the names that the context gives."""
    if isinstance(node, And):
        return ";".join(_grouped(term, context, (And, Or)) for term in node.terms)
    if isinstance(node, Or):
        return "|".join(_grouped(term, context, (Or,)) for term in node.terms)
    path = _path(node.path, context)
    if isinstance(node, Exists):
        return path
    if isinstance(node, Match):
        pattern = node.pattern.replace('"', '\\"')
        return f'{path}{"!" if node.negated else ""}~="{pattern}"'
    return f"{path}{node.operator.value}{_operand(node)}"


def _grouped(node: QueryNode, context: Context, kinds: tuple[type, ...]) -> str:
    text = unparse(node, context)
    return f"({text})" if isinstance(node, kinds) else text


def _path(path: ValuePath | LinkedPath, context: Context, *, inside: bool = False) -> str:
    if isinstance(path, LinkedPath):
        hint = ",".join(context.compact_name(iri) for iri in path.types)
        target = _path(path.target, context, inside=not hint)
        name = _name(path.relationship, context, inside=inside)
        return f"{name}{{{hint}{':' if hint else ''}{target}}}"
    first, *others = path.names
    names = [_name(first, context, inside=inside), *(_name(n, context) for n in others)]
    trailing = f"[{'.'.join(path.terms)}]" if path.terms else ""
    return ".".join(names) + trailing


def _name(iri: str, context: Context, *, inside: bool = False) -> str:
    term = _TERM_OF.get(iri)
    if term is not None:
        return term
    name = context.compact_name(iri)
    # After {, what stands before a colon is read as the hint of a type.
    return iri if inside and ":" in name else name


def _operand(node: Comparison) -> str:
    operand = node.operand
    if isinstance(operand, Values):
        return ",".join(map(_literal, operand.items))
    if isinstance(operand, Range):
        return f"{_literal(operand.low)}..{_literal(operand.high)}"
    return _literal(operand)


def _literal(value: Literal) -> str:
    if isinstance(value, Uri):
        writable = _WRITABLE_URI.fullmatch(value.value) is not None
        return value.value if writable else orjson.dumps(value.value).decode()
    if isinstance(value, Moment):
        return _moment(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value).decode()


def _moment(moment: Moment) -> str:
    # A time of day is written as that time on the first day of the epoch.
    text = format_datetime(moment.microseconds)
    if moment.kind is MomentKind.DATE:
        return text[:_DATE_LENGTH]
    return text[_DATE_LENGTH + 1 :] if moment.kind is MomentKind.TIME else text
