"""What a form says about a record, checked field by field in the reader's language."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from hanze.collaboration.records.fields import Field, Shape, members_of, structure_of
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity, Record, Structure
from hanze.errors import InvalidInput
from hanze.web.portal.collective.asked import asked_fields, is_needed
from hanze.web.portal.collective.controls import choices_of, written
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.refusals import amount_of
from hanze.web.portal.collective.structures import REMOVE, numbers_given, place_of, questions_of
from hanze.web.portal.forms import Given

__all__ = ["Mistake", "Reading", "read_given"]


def N_(text: str) -> str:  # noqa: N802  # the name by which translators' tools find texts
    """Mark a text that is translated where it is told."""
    return text


_LONGEST: Final = 20_000
_MOST_NAMES_TOLD: Final = 5
_NOTHING: Final[tuple[object, ...]] = (None, "", (), {})
#: Shapes of which what is shown may be less exact than what is stored.
_ROUNDED: Final = frozenset(
    (Shape.NUMBER, Shape.INTEGER, Shape.MONEY, Shape.QUANTITY, Shape.GEOMETRY)
)
_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9.]+)?")
#: What a text of a form of its own must be like, by the name of its field; else a word for all.
_FORM: Final = N_("This is not in the form that is asked.")
_FORMS: Final[Mapping[str, str]] = {
    "concluded": N_("Write a year, a month or a day, such as 2024-10."),
    "sha256": N_("A hash has 64 figures and letters from a to f."),
    "digest": N_("A hash has 64 figures and letters from a to f."),
    "document": N_("A hash has 64 figures and letters from a to f."),
    "iso_code": N_("Write the two capital letters of the country, such as NL."),
}
#: Days that records may have.
_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 2999


class Mistake(Exception):  # it is the reader's, and stays within a form
    """An answer cannot be used; the text says why, in the reader's language."""


@dataclass(frozen=True)
class Reading:
    """What a form says.

    Attributes:
        values: By name of the field, empty ones too.
        errors: What is wrong, by name in the form.
        places: Where members of structures stand: path in the record → name in the form.
    """

    values: dict[str, object] = dataclass_field(default_factory=dict)
    errors: dict[str, str] = dataclass_field(default_factory=dict)
    places: dict[str, str] = dataclass_field(default_factory=dict)


def read_given(desk: Desk, kind: type[Record], given: Given, before: Record | None) -> Reading:
    """Read the answers of a form.

    Args:
        desk: The visit.
        kind: Type of the record.
        given: The answers.
        before: The record that is changed.
    """
    reading = Reading()
    reader = _Reader(desk, given, reading)
    for asked in asked_fields(kind):
        old = getattr(before, asked.name) if before is not None else None
        try:
            if asked.shape is Shape.STRUCTURE:
                reading.values[asked.name] = reader.structure(asked, old)
                continue
            value = reader.read(asked, old)
            if is_needed(kind, asked) and value in _NOTHING:
                raise Mistake(reader.gettext("Fill this in."))
            reading.values[asked.name] = value
        except Mistake as mistake:
            reading.errors[asked.name] = str(mistake)
    return reading


class _Reader:
    """Reads the answers of one form."""

    def __init__(self, desk: Desk, given: Given, reading: Reading) -> None:
        self._desk = desk
        self._given = given
        self._reading = reading
        self.gettext: Callable[[str], str] = desk.visit.language.texts.gettext

    def read(self, field: Field, old: object) -> object:
        """Read one field.

        Args:
            field: Which.
            old: Its value before: what the form does not show of it is kept.

        Raises:
            Mistake: The answer cannot be used.
        """
        if self._is_unchanged(field, old):
            return old
        if field.shape is Shape.LABEL:
            return self._label(field, old)
        if field.shape is Shape.REFERENCE:
            return self._references(field, old)
        if field.shape is Shape.GEOMETRY:
            return self._point(field, old)
        if field.many:
            return self._several(field)
        text = self._given.text(field.name)
        return self._READERS[field.shape](self, field, text) if text else None

    def structure(self, field: Field, old: object) -> object:
        """Read a field with members; rows that the form does not have stay as they were.

        What is wrong with members is told beside each.
        """
        found = structure_of(field)
        assert found is not None  # noqa: S101  # such fields alone are asked
        kind, many = found
        if not many:
            shown = any(name.startswith(f"{field.name}.") for name in self._given.values)
            return self._row(kind, field.name, field.term, old) if shown else old
        olds = old if isinstance(old, tuple) else ()
        given = set(numbers_given(self._given, field.name))
        kept: list[object] = []
        for number in range(max((len(olds), *(one + 1 for one in given)))):
            before = olds[number] if number < len(olds) else None
            if number in given:
                path = f"{field.term}[{len(kept)}]"
                before = self._row(kind, place_of(field.name, number), path, before)
            if before is not None:
                kept.append(before)
        return tuple(kept)

    def _row(
        self, kind: type[Structure], place: str, path: str, before: object
    ) -> Structure | object | None:
        """Read the members of a structure; `None` where nothing is filled in."""
        if self._given.text(f"{place}.{REMOVE}"):
            return None
        values: dict[str, object] = {}
        wrong: dict[str, str] = {}
        questions = {one.name.rpartition(".")[2]: one for one in questions_of(kind, place)}
        for name, question in questions.items():
            self._reading.places[f"{path}.{question.term}"] = question.name
            try:
                value = self.read(question, getattr(before, name, None))
                if value not in _NOTHING:
                    values[name] = value
            except Mistake as mistake:
                wrong[question.name] = str(mistake)
        if not wrong and all(value is False for value in values.values()):
            return None
        for name, question in questions.items():
            if question.required and name not in values and question.name not in wrong:
                wrong[question.name] = self.gettext("Fill this in.")
        self._reading.errors.update(wrong)
        if wrong:
            return before
        # What the form does not ask stays as it was.
        unasked = [one.name for one in members_of(kind) if one.name not in questions]
        kept = {name: getattr(before, name) for name in unasked if hasattr(before, name)}
        return kind(**values, **kept)

    def _is_unchanged(self, field: Field, old: object) -> bool:
        """Tell whether a figure is as it was shown: it may be stored in more detail."""
        if old is None or field.many or field.shape not in _ROUNDED:
            return False
        text, values, _ = written(field, old)
        same_unit = self._given.text(f"{field.name}.unit") == values.get("unit", "")
        return bool(text) and self._given.text(field.name) == text and same_unit

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
        if field.pattern and not re.search(field.pattern, text):
            said = self.gettext(_FORMS.get(field.name.rpartition(".")[2], _FORM))
            raise Mistake(said)
        return text

    def _time(self, _: Field, text: str) -> str:
        # Some browsers add seconds.
        time = _TIME.fullmatch(text)
        try:
            datetime.fromisoformat(time[1] if time else "")
        except ValueError:
            time = None
        if time is None:
            said = self.gettext("Write the day and the time, such as 2027-05-31T09:30.")
            raise Mistake(said)
        return time[1]

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
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise Mistake(self.gettext("Write the date as year-month-day, such as 2027-05-31."))
        return day

    def _number(self, field: Field, text: str) -> float:
        try:
            # Amounts and numbers are written alike.
            money = amount_of(text, "EUR")
        except InvalidInput:
            money = None
        if money is None:
            raise Mistake(self.gettext("Write a number, such as 12.5."))
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

    def _references(self, field: Field, old: object) -> object:
        """Chosen ids, and typed names or ids; what was there may be of a node not heard yet."""
        name = field.name
        before = old if isinstance(old, tuple) else (old,)
        typed = [*self._given.several(name), *self._given.several(f"{name}.add")]
        found = dict.fromkeys(
            text if text in before else self._reference(field, text) for text in typed
        )
        if field.many:
            # Boxes stand in the order of names; what was there keeps its own.
            return tuple(dict.fromkeys((*(one for one in before if one in found), *found)))
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
        Shape.TIME: _time,
        Shape.CODE: _code,
        Shape.URL: _web,
        Shape.DATE: _day,
        Shape.NUMBER: _number,
        Shape.INTEGER: _whole,
        Shape.FLAG: _flag,
        Shape.MONEY: _money,
        Shape.QUANTITY: _quantity,
    }
