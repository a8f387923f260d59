"""Attribute paths (CIM 009, 4.9: LinkedEntityRelation, ValuePath), shared by q and orderBy.

The grammar knows short names only. Peers also send prefixed names and whole IRIs; they are accepted
where a `.` after the last `/`, `#` or `:` can be told to end the IRI.
"""

import re
from collections.abc import Iterator
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.query.members import MEMBER_TERMS
from hanze.ngsild.query.scan import NAME, Cursor
from hanze.ngsild.query.tree import LinkedPath, ValuePath

__all__ = ["expand_term", "parse_linked_path", "parse_value_path"]

#: Relationships that one path may follow.
_DEEPEST: Final = 20

_TRAILING = re.compile(r"""[^\s=<>!~;|()\[\]{}",\\^`]*""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-]*:")
# No dot after the last slash of a type's IRI: there it separates names, as everywhere.
_TYPE = (
    r"(?:[A-Za-z][A-Za-z0-9+.\-]*:/[^\s:,;|()\[\]{}\"<>]*[/#][^\s:,;.|()\[\]{}\"<>/#]+"
    r"|[^\W\d_]\w*)"
)
# The hint ends with a colon before a name; in "https://" the colon belongs to an IRI.
_HINT = re.compile(rf"({_TYPE}(?:,{_TYPE})*):(?!//)")


def parse_linked_path(
    cursor: Cursor, context: Context, json_keys: frozenset[str], depth: int = 0
) -> ValuePath | LinkedPath:
    """Read an Attribute: a path that may lead through relationships.

    Raises:
        InvalidInput: There is no path here, or it follows too many relationships.
    """
    start = cursor.position
    names = _names(cursor, context)
    if not cursor.take("{"):
        return _with_trailing(cursor, names, context, json_keys)
    if depth >= _DEEPEST:
        cursor.fail(f"the path follows more than {_DEEPEST} relationships")
    if len(names) != 1:
        cursor.position = start
        cursor.fail("only a single name can stand before {")
    types = _hinted_types(cursor, context)
    target = parse_linked_path(cursor, context, json_keys, depth + 1)
    cursor.expect("}")
    return LinkedPath(names[0], types, target)


def parse_value_path(
    cursor: Cursor, context: Context, json_keys: frozenset[str] = frozenset()
) -> ValuePath:
    """Read a ValuePath: dotted names with an optional trailing path.

    Raises:
        InvalidInput: There is none here.
    """
    return _with_trailing(cursor, _names(cursor, context), context, json_keys)


def expand_term(term: str, context: Context, cursor: Cursor) -> str:
    """Expand the name of an attribute or member; errors name the parameter that is read."""
    member = MEMBER_TERMS.get(term)
    if member is not None:
        return member
    try:
        return context.expand_name(term)
    except InvalidInput as error:
        raise InvalidInput(
            str(error), field=cursor.field, value=term, clause=error.clause or cursor.clause
        ) from error


def _names(cursor: Cursor, context: Context) -> tuple[str, ...]:
    found = cursor.match(NAME)
    if found is None:
        cursor.fail("the name of an attribute is expected")
    return tuple(expand_term(name, context, cursor) for name in _split(found[0]))


def _split(text: str) -> Iterator[str]:
    """Split at the dots that separate names, not at those inside IRIs."""
    group: list[str] = []
    for piece in text.split("."):
        if _SCHEME.match(piece) and group:
            yield from _split_iri(group)
            group = []
        group.append(piece)
    yield from _split_iri(group)


def _split_iri(pieces: list[str]) -> Iterator[str]:
    """Where the first piece begins an IRI, it reaches to the last piece that has a slash or hash."""
    last = 0
    if _SCHEME.match(pieces[0]):
        last = max((i for i, piece in enumerate(pieces) if "/" in piece or "#" in piece), default=0)
    yield ".".join(pieces[: last + 1])
    yield from pieces[last + 1 :]


def _hinted_types(cursor: Cursor, context: Context) -> tuple[str, ...]:
    hint = cursor.match(_HINT)
    if hint is None:
        return ()
    # Commas inside IRIs are not told apart: such types need a short name.
    return tuple(expand_term(name, context, cursor) for name in hint[1].split(","))


def _with_trailing(
    cursor: Cursor, names: tuple[str, ...], context: Context, json_keys: frozenset[str]
) -> ValuePath:
    if not cursor.take("["):
        return ValuePath(names)
    found = cursor.match(_TRAILING)
    terms = tuple(found[0].split(".")) if found else ()
    if not all(terms):
        cursor.fail("the name of a member of the value is expected")
    cursor.expect("]")
    if json_keys.intersection(names):
        return ValuePath(names, terms, terms)
    return ValuePath(names, tuple(_expand_member(term, context, cursor) for term in terms), terms)


def _expand_member(term: str, context: Context, cursor: Cursor) -> str:
    try:
        return context.expand_member(term)
    except InvalidInput as error:
        raise InvalidInput(
            str(error), field=cursor.field, value=term, clause=error.clause or cursor.clause
        ) from error
