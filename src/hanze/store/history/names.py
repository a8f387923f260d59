"""What rows of the history refer to by number: slots and shapes."""

from collections.abc import Mapping

import apsw
import msgspec

from hanze.errors import TooMuch
from hanze.store.catalog import Catalog, Coded
from hanze.store.history.form import Shape, ShapeKey, shape_key, shape_of_key

__all__ = ["HistoryNames", "Slot", "TooManyShapes", "TooManySlots"]

#: Attributes times datasets that may be told apart; their numbers fit into a series (`SLOT_BITS`).
_MOST_SLOTS = 200_000
_MOST_SHAPES = 200_000

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, str | None]).decode

#: An attribute's IRI and the datasetId.
Slot = tuple[str, str | None]


class TooManySlots(TooMuch):
    """The history cannot tell more attributes and datasets apart."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The history already has {_MOST_SLOTS} attributes and datasets, the most it can "
            f"hold; {name} would be one more"
        )


class TooManyShapes(TooMuch):
    """The history cannot tell more units, data types and languages apart."""

    def __init__(self, unit_code: str) -> None:
        super().__init__(
            f"The history already has {_MOST_SHAPES} combinations of unitCode, data types and "
            f"lang, the most it can hold; one with unitCode {unit_code!r} would be one more"
        )


class HistoryNames:
    """The two dictionaries, with codes that are looked up for every instance.

    Args:
        writer: The connection that writes.
        catalog: Takes care of what is staged and rolled back.
    """

    def __init__(self, writer: apsw.Connection, catalog: Catalog) -> None:
        self._slots = _coded(writer, "slot")
        self._shapes = _coded(writer, "shape")
        catalog.join(self._slots)
        catalog.join(self._shapes)
        #: Of committed ones.
        self._slot_values: dict[int, Slot] = {}
        self._shape_values: dict[int, Shape] = {}

    @property
    def slot_codes(self) -> Mapping[object, int]:
        """Numbers of slots that were looked up already."""
        return self._slots.codes

    @property
    def shape_codes(self) -> Mapping[object, int]:
        """Numbers of shapes that were looked up already."""
        return self._shapes.codes

    def slot(self, name: str, dataset_id: str | None) -> int:
        """Return the number of a slot, which is staged where it is new.

        Raises:
            TooManySlots: It would be one too many.
        """
        key = (name, dataset_id)
        code = self._slots.codes.get(key)
        return self._new_slot(key) if code is None else code

    def shape(self, shape: ShapeKey) -> int:
        """Return the number of a shape, which is staged where it is new.

        Raises:
            TooManyShapes: It would be one too many.
        """
        code = self._shapes.codes.get(shape)
        return self._new_shape(Shape(*shape)) if code is None else code

    def find_slot(self, name: str, dataset_id: str | None) -> int | None:
        """Return the number of a slot that is there, committed or staged."""
        return self._slots.find(_encode((name, dataset_id)).decode())

    def slots(self) -> list[tuple[Slot, int]]:
        """Return every slot with its number, staged ones too."""
        return [(_slot_of_key(key), number) for key, number in self._slots.items()]

    def slot_value(self, code: int) -> Slot:
        """Return what a committed slot stands for."""
        if code not in self._slot_values:
            for key, number in self._slots.committed.items():
                self._slot_values[number] = _slot_of_key(key)
        return self._slot_values[code]

    def shape_value(self, code: int) -> Shape:
        """Return what a committed shape stands for."""
        if code not in self._shape_values:
            for key, number in self._shapes.committed.items():
                if number not in self._shape_values:
                    self._shape_values[number] = shape_of_key(key)
        return self._shape_values[code]

    def _new_slot(self, slot: Slot) -> int:
        key = _encode(slot).decode()
        code = self._slots.find(key)
        if code is None:
            if len(self._slots) >= _MOST_SLOTS:
                raise TooManySlots(slot[0])
            code = self._slots.add(key)
        self._slots.codes[slot] = code
        return code

    def _new_shape(self, shape: Shape) -> int:
        key = shape_key(shape)
        code = self._shapes.find(key)
        if code is None:
            if len(self._shapes) >= _MOST_SHAPES:
                raise TooManyShapes(shape.unit_code or "")
            code = self._shapes.add(key)
        self._shapes.codes[shape] = code
        return code


def _slot_of_key(key: str) -> Slot:
    name, dataset_id = _decode(key)
    return name, dataset_id


def _coded(writer: apsw.Connection, table: str) -> Coded:
    return Coded(
        writer,
        f"INSERT INTO {table} (key) VALUES (?) RETURNING {table}_id",  # noqa: S608  # constants
        f"SELECT {table}_id, key FROM {table}",  # noqa: S608  # constants
    )
