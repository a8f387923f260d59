"""Closed records in lists, for the members of their groups."""

from collections.abc import Mapping

from hanze.collaboration.closed_records import Closed
from hanze.web.api.frame import Answer

__all__ = ["ClosedTold", "closed_told"]


class ClosedTold(Answer, frozen=True):
    """A record that a group alone sees.

    Attributes:
        group: Id.
    """

    id: str
    type: str
    title: Mapping[str, str]
    group: str
    modified_at: str


def closed_told(one: Closed) -> ClosedTold:
    """Tell of a closed record what a list has."""
    record = one.held.record
    return ClosedTold(
        id=record.id,
        type=type(record).__name__,
        title=record.title,
        group=one.group.id,
        modified_at=one.held.modified_at,
    )
