"""What a form says about a record, checked field by field in the reader's language."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from hanze.collaboration.records.fields import Field, Shape
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity, Record
from hanze.errors import InvalidInput
from hanze.web.portal.collective.controls import asked_fields, choices_of, is_needed
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import amount_of
from hanze.web.portal.forms import Given

__all__ = ["Mistake", "read_given"]

_LONGEST: Final = 20_000
_MOST_NAMES_TOLD: Final = 5


class Mistake(Exception):  # it is the reader's, and stays within a form
    """An answer cannot be used; the text says why, in the reader's language."""


def read_given(
    desk: Desk, kind: type[Record], given: Given, before: Record | None
) -> tuple[dict[str, object], dict[str, str]]:
    """Read the answers of a form.

    Args:
        desk: The visit.
        kind: Type of the record.
        given: The answers.
        before: The record that is changed.

    Returns:
        Values by name of the field, empty ones too; and what is wrong, likewise.
    """
    values: dict[str, object] = {}
    errors: dict[str, str] = {}
    reader = _Reader(desk, given)
    for field in asked_fields(kind):
        old = getattr(before, field.name) if before is not None else None
        try:
            value = reader.read(field, old)
            if is_needed(kind, field) and value in (None, "", (), {}):
                raise Mistake(reader.gettext("Fill this in."))
            values[field.name] = value
        except Mistake as mistake:
            errors[field.name] = str(mistake)
    return values, errors


class _Reader:
    """Reads the answers of one form."""

    def __init__(self, desk: Desk, given: Given) -> None:
        self._desk = desk
        self._given = given
        self.gettext: Callable[[str], str] = desk.visit.language.texts.gettext

    def read(self, field: Field, old: object) -> object:
        """Read one field.

        Args:
            field: Which.
            old: Its value before: what the form does not show of it is kept.

        Raises:
            Mistake: The answer cannot be used.
        """
        if field.shape is Shape.LABEL:
            return self._label(field, old)
        if field.shape is Shape.REFERENCE:
            return self._references(field)
        if field.shape is Shape.GEOMETRY:
            return self._point(field, old)
        if field.many:
            return self._several(field)
        text = self._given.text(field.name)
        return self._READERS[field.shape](self, field, text) if text else None

    def _several(self, field: Field) -> tuple[object, ...]:
        """Checked boxes, or one on each line."""
        given = self._given.several(field.name)
        lines = [line.strip() for text in given for line in text.split("\n")]
        return tuple(self._READERS[field.shape](self, field, line) for line in lines if line)

    def _label(self, field: Field, old: object) -> dict[str, str]:
        kept = {
            tag: text
            for tag, text in (old.items() if isinstance(old, Mapping) else ())
            if tag not in LANGUAGES
        }
        texts = {tag: self._given.text(f"{field.name}.{tag}") for tag in LANGUAGES}
        for text in texts.values():
            self._check_length(field, text)
        return kept | {tag: text for tag, text in texts.items() if text}

    def _check_length(self, field: Field, text: str) -> None:
        most = field.longest or _LONGEST
        if len(text) > most:
            said = self.gettext("Make this shorter: at most %(most)s characters.")
            raise Mistake(said % {"most": self._desk.number(most)})

    def _line(self, field: Field, text: str) -> str:
        self._check_length(field, text)
        return text

    def _code(self, field: Field, text: str) -> str:
        if text not in field.codes:
            raise Mistake(self.gettext("Choose one of the list."))
        return text

    def _web(self, _: Field, text: str) -> str:
        whole = text if "://" in text else f"https://{text}"
        if not whole.startswith(("https://", "http://")) or " " in whole or "." not in whole:
            raise Mistake(self.gettext("Write an address, such as https://www.example.org"))
        return whole

    def _day(self, _: Field, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            said = self.gettext("Write the date as year-month-day, such as 2027-05-31.")
            raise Mistake(said) from None

    def _number(self, field: Field, text: str) -> float:
        try:
            # Amounts and numbers are written alike.
            money = amount_of(text, "EUR")
        except InvalidInput:
            money = None
        if money is None:
            raise Mistake(self.gettext("Write a number, such as 12,5."))
        percent = field.shape is Shape.NUMBER and field.most == 1
        value = float(money.amount) / (100 if percent else 1)
        low, high = field.least, field.most
        if (low is not None and value < low) or (high is not None and value > high):
            scale = 100 if percent else 1
            bounds = [self._desk.number(one * scale) for one in (low, high) if one is not None]
            said = self.gettext("Write a number within the bounds: %(bounds)s.")
            raise Mistake(said % {"bounds": " ... ".join(bounds)})
        return value

    def _whole(self, field: Field, text: str) -> int:
        value = self._number(field, text)
        if value != int(value):
            raise Mistake(self.gettext("Write a whole number."))
        return int(value)

    def _flag(self, _: Field, text: str) -> bool:
        return text == "yes"

    def _money(self, field: Field, text: str) -> Money:
        currency = self._given.text(f"{field.name}.unit") or "EUR"
        self._number(field, text)
        found = amount_of(text, currency)
        if found is None or found.amount < Decimal(0):
            raise Mistake(self.gettext("Write an amount, such as 250 000."))
        return found

    def _quantity(self, field: Field, text: str) -> Quantity:
        return Quantity(self._number(field, text), self._given.text(f"{field.name}.unit") or "C62")

    def _point(self, field: Field, old: object) -> object:
        text = self._given.text(field.name)
        if not text:
            drawn = isinstance(old, Mapping) and old.get("type") != "Point"
            return old if drawn else None
        parts = text.replace(";", ",").split(",")
        try:
            latitude, longitude = (float(part) for part in parts)
        except ValueError:
            latitude = longitude = 999.0
        if abs(latitude) > 90 or abs(longitude) > 180:  # degrees
            said = self.gettext("Write latitude and longitude in degrees, such as 52.0907, 5.1214.")
            raise Mistake(said)
        return {"type": "Point", "coordinates": [longitude, latitude]}

    def _references(self, field: Field) -> object:
        """Chosen ids, and typed names or ids."""
        name = field.name
        typed = [*self._given.several(name), *self._given.several(f"{name}.add")]
        found = dict.fromkeys(self._reference(field, text) for text in typed)
        if field.many:
            return tuple(found)
        # What is typed anew stands for what was chosen before.
        return list(found)[-1] if found else None

    def _reference(self, field: Field, text: str) -> str:
        held = self._desk.collective.find(text)
        if held is not None and type(held.record).__name__ in field.targets:
            return text
        if text.startswith("urn:") and "District" in field.targets:
            return text
        wanted = text.casefold()
        names = [
            (key, label, self._names(key, label))
            for key, label in choices_of(self._desk, field.targets)
        ]
        exact = [key for key, _, known in names if wanted in known]
        near = [(key, label) for key, label, known in names if any(wanted in one for one in known)]
        if len(exact) == 1 or len(near) == 1:
            return exact[0] if exact else near[0][0]
        if near:
            said = self.gettext("%(name)s is not clear. Do you mean: %(names)s?")
            several = ", ".join(label for _, label in near[:_MOST_NAMES_TOLD])
            raise Mistake(said % {"name": text, "names": several})
        said = self.gettext("%(name)s is not known here. Choose from the list, or add it first.")
        raise Mistake(said % {"name": text})

    def _names(self, key: str, label: str) -> set[str]:
        """What a record is called, in any language."""
        held = self._desk.collective.find(key)
        titles = held.record.title.values() if held is not None else ()
        return {label.casefold(), *(title.casefold() for title in titles)}

    _READERS: Final[Mapping[Shape, Callable[["_Reader", Field, str], object]]] = {
        Shape.TEXT: _line,
        Shape.CODE: _code,
        Shape.URL: _web,
        Shape.DATE: _day,
        Shape.NUMBER: _number,
        Shape.INTEGER: _whole,
        Shape.FLAG: _flag,
        Shape.MONEY: _money,
        Shape.QUANTITY: _quantity,
    }
