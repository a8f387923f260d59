"""The questions of a form, made of the fields of a record type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import NODEFAULT

from hanze.collaboration.records.fields import Field, Shape, structure_of
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity, Record, Structure
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.web.portal.collective.asked import asked_fields, is_needed
from hanze.web.portal.collective.choosing import CURRENCIES
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.showing import code_term
from hanze.web.portal.collective.structures import (
    is_tick,
    numbers_given,
    place_of,
    questions_of,
)
from hanze.web.portal.forms import Given

__all__ = [
    "ZONES",
    "Control",
    "Row",
    "choices_of",
    "controls_of",
    "written",
]

#: So many records can be seen at once; of more than these one types a name.
_MOST_SEEN: Final = 30
#: A list of names for the browser to complete from; a longer one is too much to send along.
_MOST_NAMES: Final = 2_500

#: Fields with the name of a time zone, and the id of the list of those.
_ZONED: Final = frozenset(("timezone", "home_timezone"))
ZONES: Final = "zones"

#: To fill in, where there are none yet.
_EMPTY_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Control:
    """One question.

    Attributes:
        name: Of the field, in Python and in the form.
        label: In words.
        shape: `Shape.value`, or "tick"; tells the template how to ask.
        many: Whether several can be given.
        required: Whether there must be an answer.
        value: The answer as text, or the first of several lines.
        values: By language, or "unit".
        chosen: Codes or ids that are chosen.
        options: To choose from; empty where names are typed.
        names: Id of the list of names to complete from; "" without.
        share: Whether it is asked in percent.
        error: What is wrong with it.
        currencies: To choose from, for an amount.
        sure: Of a flag: whether it is yes or no, and never unknown.
        rows: Of a field with members: what is there, and empty ones to fill in.
    """

    name: str
    label: str
    shape: str
    many: bool
    required: bool
    value: str = ""
    values: Mapping[str, str] | None = None
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    names: str = ""
    share: bool = False
    error: str = ""
    currencies: tuple[str, ...] = CURRENCIES
    sure: bool = False
    rows: tuple["Row", ...] = ()

    @property
    def currency_options(self) -> list[tuple[str, str]]:
        """The currencies as options of a choice."""
        return [(code, code) for code in self.currencies]

    @property
    def stored(self) -> int:
        """How many of its rows the record has."""
        return sum(row.stored for row in self.rows)

    @property
    def filled(self) -> bool:
        """Whether it has members that are filled in, or wrong."""
        return any(row.stored or any(one.filled_in for one in row.controls) for row in self.rows)

    @property
    def filled_in(self) -> bool:
        """Whether it says something, or something is wrong with it."""
        texts = [text for tag, text in (self.values or {}).items() if tag != "unit"]
        return bool(self.value or self.chosen or self.error or any(texts))


@dataclass(frozen=True, slots=True)
class Row:
    """The questions about the members of one structure.

    Attributes:
        name: In the form.
        number: From 1; 0 where there is but one.
        stored: Whether the record has it, so that it can be taken away.
        controls: One for each member.
    """

    name: str
    number: int
    stored: bool
    controls: tuple[Control, ...]


def controls_of(
    desk: Desk,
    kind: type[Record],
    record: Record | None,
    given: Given | None,
    errors: Mapping[str, str],
) -> list[Control]:
    """Make the questions of a form.

    Args:
        desk: The visit.
        kind: Type of the record.
        record: That is changed; `None` for a new one.
        given: What was filled in before, if anything was: it is kept.
        errors: By name of the field.
    """
    form = _Form(desk, given, errors)
    return [
        form.structure(field, getattr(record, field.name, None))
        if field.shape is Shape.STRUCTURE
        else form.control(
            field,
            getattr(record, field.name) if record is not None else _asked(desk, kind, field),
            needed=is_needed(kind, field),
            sure=isinstance(_default(kind, field), bool),
        )
        for field in asked_fields(kind)
    ]


def choices_of(desk: Desk, targets: Sequence[str]) -> list[tuple[str, str]]:
    """List records of some types as id and name, by name; namesakes are told apart by their key."""
    found = [
        (held.record.id, desk.title(held.record).text)
        for target in targets
        if target in RECORD_TYPES
        for held in desk.collective.of(RECORD_TYPES[target])
    ]
    counts: dict[str, int] = {}
    for _, name in found:
        counts[name] = counts.get(name, 0) + 1
    named = [
        (key, name if counts[name] == 1 else f"{name} ({key.rsplit(':', 1)[-1]})")
        for key, name in found
    ]
    return sorted(named, key=lambda pair: pair[1].casefold())


@dataclass(frozen=True, slots=True)
class _Form:
    """What is filled in, and what is wrong with it."""

    desk: Desk
    given: Given | None
    errors: Mapping[str, str]

    def control(
        self, field: Field, value: object, *, needed: bool, inside: str = "", sure: bool = False
    ) -> Control:
        """Make a question.

        Args:
            field: Which.
            value: That is stored.
            needed: Whether there must be an answer.
            inside: Name of the structure that the field is a member of.
            sure: Of a flag: whether it is never unknown.
        """
        before = written(field, value)
        text, values, chosen = _filled(field, self.given) if self.given is not None else before
        options, names = self._options(field, chosen, inside)
        currency = before[1].get("unit", "")
        known = field.shape is not Shape.MONEY or not currency or currency in CURRENCIES
        return Control(
            name=field.name,
            label=self.desk.field(field.term, field.of),
            shape="tick" if is_tick(field) else field.shape.value,
            many=field.many,
            required=needed,
            value=text,
            values=values,
            chosen=chosen,
            options=options,
            names=names,
            share=_is_share(field),
            error=self.errors.get(field.name, ""),
            currencies=CURRENCIES if known else (*CURRENCIES, currency),
            sure=sure,
        )

    def _options(
        self, field: Field, chosen: Sequence[str], inside: str
    ) -> tuple[tuple[tuple[str, str], ...], str]:
        """What there is to choose from, and the id of a list of names to complete from."""
        if field.shape is Shape.CODE:
            term = code_term(inside, field.name.rpartition(".")[2]) or field.term
            return tuple((code, self.desk.code(term, code, field.of)) for code in field.codes), ""
        name = field.name.rpartition(".")[2]
        if name == "currency" and field.shape is Shape.TEXT:
            return tuple((code, code) for code in dict.fromkeys((*CURRENCIES, *chosen))), ""
        if field.shape is not Shape.REFERENCE:
            return (), ZONES if name in _ZONED else ""
        known = (
            [(theme.id, theme.label.text) for theme in self.desk.themes]
            if field.targets == ("Theme",)
            else choices_of(self.desk, field.targets)
        )
        if len(known) <= _MOST_SEEN:
            # What is chosen may be of a node that is not heard yet: it stays.
            here = dict(known)
            return (*known, *((one, self.desk.name(one)) for one in chosen if one not in here)), ""
        names = "-".join(field.targets) if len(known) <= _MOST_NAMES else "-"
        return tuple((one, self.desk.name(one)) for one in chosen), names

    def structure(self, field: Field, value: object) -> Control:
        """Make the questions about a field with members."""
        found = structure_of(field)
        assert found is not None  # noqa: S101  # such fields alone are asked
        kind, many = found
        olds = value if isinstance(value, tuple) else (value,) if value is not None else ()
        if not many:
            rows = [self._row(kind, field.name, olds[0] if olds else None, 0)]
        else:
            given = numbers_given(self.given, field.name) if self.given is not None else []
            most = max(len(olds) + (1 if olds else _EMPTY_ROWS), *(one + 1 for one in (*given, 0)))
            rows = [
                self._row(
                    kind,
                    place_of(field.name, number),
                    olds[number] if number < len(olds) else None,
                    number + 1,
                )
                for number in range(most)
            ]
        return Control(
            name=field.name,
            label=self.desk.field(field.term, field.of),
            shape=field.shape.value,
            many=many,
            required=False,
            rows=tuple(rows),
            error=self.errors.get(field.name, ""),
        )

    def _row(self, kind: type[Structure], name: str, value: object, number: int) -> Row:
        controls = (
            self.control(
                field,
                getattr(value, field.name.rpartition(".")[2], None),
                needed=field.required,
                inside=kind.__name__,
            )
            for field in questions_of(kind, name)
        )
        return Row(name, number, stored=value is not None, controls=tuple(controls))


def _is_share(field: Field) -> bool:
    return field.shape is Shape.NUMBER and field.most == 1


def _asked(desk: Desk, kind: type[Record], field: Field) -> object:
    """Begin with what the address says, `?source_city=urn:…`, else with what is usual."""
    value = desk.asked(field.name)
    if not value:
        usual = _default(kind, field)
        return usual if isinstance(usual, str | bool) else None
    if field.shape is Shape.LABEL:
        return {desk.lang: value}
    return (value,) if field.many else value


def _default(kind: type[Record], field: Field) -> object:
    """What a field says where a record does not; `None` where it says nothing."""
    found = next(one for one in msgspec.structs.fields(kind) if one.name == field.name).default
    return None if found is NODEFAULT else found


def _filled(field: Field, given: Given) -> tuple[str, dict[str, str], tuple[str, ...]]:
    name = field.name
    values = {tag: given.text(f"{name}.{tag}") for tag in (*LANGUAGES, "unit", "add")}
    return given.text(name), values, tuple(given.several(name))


def written(field: Field, value: object) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Write a value as the form has it: as text, by language or unit, and as what is chosen."""
    if isinstance(value, Mapping):
        return (_point(value), {}, ()) if field.shape is Shape.GEOMETRY else ("", dict(value), ())
    if isinstance(value, Money):
        return f"{value.amount:f}", {"unit": value.currency}, ()
    if isinstance(value, Quantity):
        unit = "" if value.unit == "C62" else value.unit
        return _figure(value.value), {"unit": unit}, ()
    if isinstance(value, tuple):
        several = tuple(str(one) for one in value)
        return "\n".join(several), {}, several
    text = _plain(field, value)
    return text, {}, (text,) if text else ()


def _plain(field: Field, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_share(field) and isinstance(value, float | int):
        return f"{value * 100:.10g}"
    if isinstance(value, float | Decimal):
        return _figure(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _figure(value: float | Decimal) -> str:
    """Write a number in full: 1234567.5, never 1.23457e+06."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _point(value: Mapping[str, object]) -> str:
    """Write a point as people do, latitude first; other shapes are left as they are."""
    coordinates = value.get("coordinates")
    if value.get("type") != "Point" or not isinstance(coordinates, list | tuple):
        return ""
    return f"{coordinates[1]}, {coordinates[0]}"
