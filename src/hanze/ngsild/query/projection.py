"""The attribute projection language: pick and omit (CIM 009, 4.21)."""

from dataclasses import dataclass
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.query.parse_path import expand_term
from hanze.ngsild.query.scan import NAME, Cursor

__all__ = ["Projection", "ProjectionTerm", "parse_projection"]

_CLAUSE: Final = "4.21"
_LONGEST: Final = 8192
_MOST: Final = 1000
_DEEPEST: Final = 20


@dataclass(frozen=True, slots=True)
class ProjectionTerm:
    """One member that is meant.

    Attributes:
        name: IRI; "@id", "@type" and the IRI of scope for the members of the entity itself.
        linked: For a relationship, which members of the entities that it targets are meant; empty
            when nothing is said about them.
    """

    name: str
    linked: tuple["ProjectionTerm", ...] = ()

    def depth(self) -> int:
        """Count the relationships that the term follows."""
        return 1 + max(term.depth() for term in self.linked) if self.linked else 0


@dataclass(frozen=True, slots=True)
class Projection:
    """Which members of entities are shown.

    Attributes:
        pick: Only these; `None` for all.
        omit: All but these; a term with `linked` leaves the relationship itself and takes away
            members of its targets.
    """

    pick: tuple[ProjectionTerm, ...] | None = None
    omit: tuple[ProjectionTerm, ...] = ()

    def depth(self) -> int:
        """Count the relationships that the deepest term follows, to be held against joinLevel."""
        return max((term.depth() for term in (*(self.pick or ()), *self.omit)), default=0)


def parse_projection(pick: str | None, omit: str | None, context: Context) -> Projection | None:
    """Read pick and omit; `None` when there is neither.

    Raises:
        InvalidInput: A text breaks the grammar, or a name cannot be expanded.
    """
    if pick is None and omit is None:
        return None
    return Projection(
        None if pick is None else _parsed(pick, "pick", context),
        () if omit is None else _parsed(omit, "omit", context),
    )


def _parsed(text: str, field: str, context: Context) -> tuple[ProjectionTerm, ...]:
    cursor = Cursor(text, field=field, clause=_CLAUSE, longest=_LONGEST)
    terms = _terms(cursor, context, 0)
    if not cursor.at_end:
        cursor.fail(", or | is expected")
    return terms


def _terms(cursor: Cursor, context: Context, depth: int) -> tuple[ProjectionTerm, ...]:
    if depth > _DEEPEST:
        cursor.fail(f"more than {_DEEPEST} relationships are followed")
    terms = [_term(cursor, context, depth)]
    while cursor.take(",") or cursor.take("|"):
        terms.append(_term(cursor, context, depth))
        if len(terms) > _MOST:
            cursor.fail(f"more than {_MOST} names are listed")
    return tuple(terms)


def _term(cursor: Cursor, context: Context, depth: int) -> ProjectionTerm:
    found = cursor.match(NAME)
    if found is None:
        cursor.fail("the name of an attribute, id, type or scope is expected")
    name = expand_term(found[0], context, cursor)
    if not cursor.take("{"):
        return ProjectionTerm(name)
    linked = _terms(cursor, context, depth + 1)
    cursor.expect("}")
    return ProjectionTerm(name, linked)
