"""The questions of a form, made of the fields of a record type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import LANGUAGES, Money, Quantity, Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.forms import Given

__all__ = [
    "CURRENCIES",
    "Control",
    "asked_fields",
    "choices_of",
    "controls_of",
    "is_first",
    "is_needed",
]

CURRENCIES: Final = ("EUR", "KRW", "USD", "GBP")
#: So many records can be seen at once; of more than these one types a name.
_MOST_SEEN: Final = 30
#: A list of names for the browser to complete from; a longer one is too much to send along.
_MOST_NAMES: Final = 2_500

#: What matters first, by type: the rest is under "more".
_FIRST: Final[Mapping[str, tuple[str, ...]]] = {
    "Project": ("title", "description", "themes", "source_city", "stage"),
    "Demand": ("title", "problem", "themes", "source_city", "deadline", "budget"),
    "Solution": ("title", "what_it_does", "themes", "providers", "trl", "website"),
    "BestPractice": ("title", "practice", "themes", "source_city"),
    "ResearchQuestion": ("title", "question", "themes", "source_city", "deadline"),
    "Comment": ("about", "text", "city", "kind"),
}
_FIRST_OF_ALL: Final = ("title", "description", "themes", "source_city")
#: Of what is short the title is made of its text.
_UNTITLED: Final = frozenset({"Comment"})
#: Types of which a record belongs to nobody in particular, or says so in another field.
_NOBODYS: Final = frozenset(
    (
        *("Municipality", "Region", "Country", "Theme", "Standard", "Organization", "Contact"),
        *("Comment", "Replication", "PilotRecord", "Subsidy"),
    )
)
#: What is written by services, signatures and connectors, or on pages of their own.
_NEVER: Final = frozenset(
    (
        *("provenance", "simulated", "merged_from", "data_provider", "stage_history"),
        *("signature", "signed_on", "signed_by", "score", "decisions", "memberships"),
        *("weights", "reasons", "bundle", "entered_by", "supporters", "concepts", "contacts"),
        *("consent_on", "parental_consent_on", "source", "license", "source_date"),
    )
)


@dataclass(frozen=True, slots=True)
class Control:
    """One question.

    Attributes:
        name: Of the field, in Python and in the form.
        label: In words.
        shape: `Shape.value`; tells the template how to ask.
        many: Whether several can be given.
        required: Whether there must be an answer.
        value: The answer as text, or the first of several lines.
        values: By language, or "unit".
        chosen: Codes or ids that are chosen.
        options: To choose from; empty where names are typed.
        names: Id of the list of names to complete from; "" without.
        share: Whether it is asked in percent.
        error: What is wrong with it.
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


def asked_fields(kind: type[Record]) -> list[Field]:
    """List the fields that a form asks: the first ones first."""
    first = _FIRST.get(kind.__name__, _FIRST_OF_ALL)
    asked = [
        field
        for field in fields_of(kind)
        if field.name not in _NEVER
        and field.shape is not Shape.STRUCTURE
        and not (field.name == "title" and kind.__name__ in _UNTITLED)
    ]
    order = {name: number for number, name in enumerate(first)}
    return sorted(
        asked, key=lambda field: (order.get(field.name, len(order)), not is_needed(kind, field))
    )


def is_first(kind: type[Record], field: Field) -> bool:
    """Tell whether a field is asked before "more"."""
    return field.required or field.name in _FIRST.get(kind.__name__, _FIRST_OF_ALL)


def is_needed(kind: type[Record], field: Field) -> bool:
    """Tell whether there must be an answer: each record says whose it is, beside what its type asks."""
    whose = field.name == "source_city" and kind.__name__ not in _NOBODYS
    return field.required or whose


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
    return [
        _control(desk, kind, field, record, given=given, error=errors.get(field.name, ""))
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


def _control(
    desk: Desk,
    kind: type[Record],
    field: Field,
    record: Record | None,
    *,
    given: Given | None,
    error: str,
) -> Control:
    value = getattr(record, field.name) if record is not None else _asked(desk, field)
    text, values, chosen = _filled(field, given) if given is not None else _of(field, value)
    options: tuple[tuple[str, str], ...] = ()
    names = ""
    if field.shape is Shape.CODE:
        options = tuple((code, desk.code(field.term, code)) for code in field.codes)
    elif field.shape is Shape.REFERENCE:
        known = (
            [(theme.id, theme.label.text) for theme in desk.themes]
            if field.targets == ("Theme",)
            else choices_of(desk, field.targets)
        )
        if len(known) <= _MOST_SEEN:
            options = tuple(known)
        else:
            options = tuple((one, desk.name(one)) for one in chosen)
            names = "-".join(field.targets) if len(known) <= _MOST_NAMES else "-"
    return Control(
        name=field.name,
        label=desk.field(field.term),
        shape=field.shape.value,
        many=field.many,
        required=is_needed(kind, field),
        value=text,
        values=values,
        chosen=chosen,
        options=options,
        names=names,
        share=_is_share(field),
        error=error,
    )


def _is_share(field: Field) -> bool:
    return field.shape is Shape.NUMBER and field.most == 1


def _asked(desk: Desk, field: Field) -> object:
    """Begin with what the address says: `?source_city=urn:…`."""
    value = desk.asked(field.name)
    if not value:
        return None
    if field.shape is Shape.LABEL:
        return {desk.lang: value}
    return (value,) if field.many else value


def _filled(field: Field, given: Given) -> tuple[str, dict[str, str], tuple[str, ...]]:
    name = field.name
    values = {tag: given.text(f"{name}.{tag}") for tag in (*LANGUAGES, "unit", "add")}
    return given.text(name), values, tuple(given.several(name))


def _of(field: Field, value: object) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Write a value as the form has it: as text, by language or unit, and as what is chosen."""
    if isinstance(value, Mapping):
        return (_point(value), {}, ()) if field.shape is Shape.GEOMETRY else ("", dict(value), ())
    if isinstance(value, Money):
        return f"{value.amount:f}", {"unit": value.currency}, ()
    if isinstance(value, Quantity):
        unit = "" if value.unit == "C62" else value.unit
        return f"{value.value:g}", {"unit": unit}, ()
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
        return f"{value * 100:g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _point(value: Mapping[str, object]) -> str:
    """Write a point as people do, latitude first; other shapes are left as they are."""
    coordinates = value.get("coordinates")
    if value.get("type") != "Point" or not isinstance(coordinates, list | tuple):
        return ""
    return f"{coordinates[1]}, {coordinates[0]}"
