"""Fields with members of their own in forms: which are asked, and how their answers are named.

The members of a structure are asked like fields, named `business_case.costs`; those of one of
several stand in a row with a number, `lessons-0.text`. What a form does not name stays as it was.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from hanze.collaboration.records.fields import Field, Shape, members_of, structure_of
from hanze.collaboration.records.record import Record, Structure
from hanze.web.portal.collective.own_pages import ASKED_THERE
from hanze.web.portal.forms import Given

__all__ = ["REMOVE", "is_asked", "is_tick", "numbers_given", "place_of", "questions_of"]

#: Member that takes a structure away.
REMOVE: Final = "remove"
#: What services write, or pages of their own ask.
_ELSEWHERE: Final = ASKED_THERE | frozenset(
    (
        *(
            ("Project", "stage_history"),
            ("DemandBundle", "memberships"),
            ("DemandBundle", "tender"),
        ),
        *(("Replication", "answers"), ("Replication", "differences")),
        *(("Replication", "evaluation"), ("Theme", "chairs"), ("Theme", "tasks")),
        *(("Match", "parts"), ("Match", "decisions")),
    )
)


def is_asked(kind: type[Record], field: Field) -> bool:
    """Tell whether a form asks a field with members."""
    return structure_of(field) is not None and (kind.__name__, field.name) not in _ELSEWHERE


def questions_of(structure: type[Structure], place: str) -> list[Field]:
    """List the members of a structure under their names in a form, a note after what it is of."""
    members = [one for one in members_of(structure) if one.shape is not Shape.STRUCTURE]
    order = {one.name: number for number, one in enumerate(members)}

    def rank(member: Field) -> tuple[int, int]:
        number = order[member.name]
        return order.get(member.name.removesuffix("_note"), number), number

    return [replace(one, name=f"{place}.{one.name}") for one in sorted(members, key=rank)]


def is_tick(field: Field) -> bool:
    """Tell whether a member is a box to tick: yes, or not said."""
    return field.shape is Shape.FLAG and "." in field.name


def place_of(name: str, number: int) -> str:
    """Name one of several."""
    return f"{name}-{number}"


def numbers_given(names: Iterable[str] | Given, field: str) -> list[int]:
    """List the numbers of the rows of a field that a form has."""
    keys = names.values if isinstance(names, Given) else names
    row = re.compile(rf"{re.escape(field)}-([0-9]{{1,4}})\.")
    return sorted({int(found[1]) for key in keys if (found := row.match(key))})
