"""When somebody else changed a record meanwhile: what it says now beside what a form says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from hanze.collaboration.collective import Held
from hanze.collaboration.records.fields import Field, Shape
from hanze.collaboration.records.record import Record
from hanze.errors import Conflicting
from hanze.web.portal.collective.asked import asked_fields
from hanze.web.portal.collective.controls import written
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.showing import Piece, pieces
from hanze.web.portal.collective.wording import Said

__all__ = ["SEEN", "ChangedMeanwhile", "Difference", "differences"]

#: Hidden answer of a form: when the record that it shows changed last.
SEEN: Final = "seen"
_NOTHING: Final[tuple[object, ...]] = (None, "", (), {})


class ChangedMeanwhile(Conflicting):
    """A record is no longer as the form showed it."""

    def __init__(self, record_id: str) -> None:
        super().__init__(f"{record_id} was changed meanwhile by somebody else")


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that a form would change.

    Attributes:
        name: In the form.
        label: In words.
        now: What the record says.
        yours: What the form says.
    """

    name: str
    label: str
    now: tuple[Piece, ...]
    yours: tuple[Piece, ...]


def differences(
    desk: Desk, held: Held[Record], values: Mapping[str, object]
) -> Iterator[Difference]:
    """Compare what a record says now with what a form says."""
    for field in asked_fields(type(held.record)):
        now, yours = getattr(held.record, field.name), values.get(field.name)
        both_empty = now in _NOTHING and yours in _NOTHING
        if field.name in values and now != yours and not both_empty:
            label = desk.field(field.term, field.of)
            yield Difference(
                field.name, label, _shown(desk, field, now), _shown(desk, field, yours)
            )


def _shown(desk: Desk, field: Field, value: object) -> tuple[Piece, ...]:
    if value in _NOTHING:
        return ()
    if field.shape is Shape.GEOMETRY:
        text = written(field, value)[0]
        return (Piece(Said(text)),) if text else ()
    return tuple(pieces(desk, field, value))
