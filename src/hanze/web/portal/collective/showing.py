"""Every field of a record, in groups that people think in, each value ready to be shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import msgspec

from hanze.collaboration.records.fields import Field, Shape, camel, fields_of
from hanze.collaboration.records.record import Money, Quantity, Record
from hanze.web.portal.collective.desk import Desk, Link
from hanze.web.portal.collective.wording import Said

__all__ = ["GROUPS", "Group", "Line", "Piece", "code_term", "groups_of", "pieces"]

#: Group → its fields in their order; a field that is in none goes by its shape.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "what": (
        *("problem", "what_it_does", "practice", "question", "text", "tested", "result"),
        *("description", "role", "answer", "kind", "requirements", "meets", "building_blocks"),
        *("residents_groups", "conditions", "district", "disciplines", "offers", "seeks"),
        *("hosting_conditions", "equipment", "slots", "rules_set_aside", "adaptations"),
        *("long_term_vision", "concepts", "sdg", "personal_data", "needs_infrastructure"),
    ),
    "who": ("lead", "city", "parties", "providers", "buyers", "members", "memberships"),
    "far": (
        *("status_reason", "stage_reason", "stage_history", "trl", "trl_minimum", "trl_maximum"),
        *("stuck_reasons", "stuck_since", "outcome", "became", "decisions", "maturity"),
        *("in_use_since", "openness", "open_source"),
    ),
    "money": (
        *("volume", "budget", "business_case", "price_model", "price", "share_of_lead"),
        *("launching_customer", "launching_offer", "tender", "competition", "budgets"),
        *("most_per_project", "co_financing"),
    ),
    "evaluation": ("answers", "differences", "score", "parts", "weights", "reasons"),
    "lessons": ("pitfalls", "feedback"),
    "evidence": (
        *("proven_in", "standards", "platform", "measured", "signature", "signed_on"),
        *("signed_by", "contributions", "sensor", "website", "test_environment", "see_also"),
    ),
}
#: What the head, the side or a section of its own says.
_ELSEWHERE: Final = frozenset(
    (
        *("title", "themes", "source_city", "source_date", "provenance", "source"),
        *("data_provider", "license", "simulated", "location", "merged_from", "stage"),
        *("status", "decision", "evaluation", "lessons", "about"),
    )
)
_BY_SHAPE: Final[Mapping[Shape, str]] = {
    Shape.REFERENCE: "who",
    Shape.MONEY: "money",
    Shape.DATE: "far",
    Shape.URL: "evidence",
}
_GROUP_OF: Final = {field: group for group, fields in GROUPS.items() for field in fields}
#: Members of structures that hold a code: (structure, member) → the field whose codes they are.
_CODES: Final[Mapping[tuple[str, str], str]] = {
    **{("Evaluation", part): "outcome" for part in ("technical", "behavioural", "business")},
    ("Answer", "question"): "question",
    ("Answer", "answer"): "answer",
    ("Difference", "aspect"): "aspect",
    ("Membership", "decision"): "decision",
    ("Decision", "decision"): "decision",
    ("StageChange", "origin"): "stage",
    ("StageChange", "stage"): "stage",
    ("Tender", "status"): "tenderStatus",
    ("Tender", "procurement_method"): "procurementMethod",
    ("Tender", "main_procurement_category"): "mainProcurementCategory",
}
_NOTHING: Final = Said("")
#: Members of structures that are 0 to 1.
_SHARES: Final = frozenset(("under_18", "over_65", "higher_education", "score"))


@dataclass(frozen=True, slots=True)
class Piece:
    """One value: a text, a record, an address elsewhere, or members of a structure."""

    said: Said = _NOTHING
    link: Link | None = None
    href: str = ""
    facts: tuple[tuple[str, tuple["Piece", ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A field: its name in words, and its values."""

    name: str
    label: str
    pieces: tuple[Piece, ...]

    @property
    def long(self) -> bool:
        """Whether it needs the whole width."""
        return any(piece.facts or len(piece.said.text) > 90 for piece in self.pieces)  # characters


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together."""

    key: str
    lines: tuple[Line, ...]


def groups_of(desk: Desk, record: Record) -> list[Group]:
    """Show what a record says; what it does not say is left out."""
    kind = type(record)
    order = {name: number for number, name in enumerate(_GROUP_OF)}
    found: dict[str, list[Line]] = {key: [] for key in GROUPS}
    for field in sorted(fields_of(kind), key=lambda one: order.get(one.name, len(order))):
        value = getattr(record, field.name)
        if field.name in _ELSEWHERE or value is None or value in ((), {}, ""):
            continue
        group = _GROUP_OF.get(field.name) or _BY_SHAPE.get(field.shape, "what")
        line = Line(field.name, desk.field(field.term), tuple(pieces(desk, field, value)))
        if line.pieces:
            found[group].append(line)
    return [Group(key, tuple(lines)) for key, lines in found.items() if lines]


def code_term(structure: str, member: str) -> str:
    """Name the field whose codes a member of a structure holds; "" where it holds none."""
    return _CODES.get((structure, member), "")


def pieces(desk: Desk, field: Field, value: object) -> Iterator[Piece]:
    """Make a field's value readable, several one by one."""
    several = value if isinstance(value, tuple) else (value,)
    for one in several:
        if field.shape is Shape.CODE:
            yield Piece(Said(desk.code(field.term, str(one))))
        elif field.shape is Shape.GEOMETRY:
            continue
        elif field.name in ("languages",):
            yield Piece(Said(desk.language_name(str(one))))
        elif field.most == 1 and isinstance(one, float | int) and not isinstance(one, bool):
            yield Piece(Said(desk.share(one)))
        elif field.name == "concepts" and str(one) in desk.search.vocabulary.concepts:
            yield Piece(Said(desk.search.vocabulary.label(str(one), desk.lang)))
        else:
            yield _piece(desk, one)


def _piece(desk: Desk, value: object) -> Piece:
    if isinstance(value, str):
        return _text(desk, value)
    if isinstance(value, msgspec.Struct) and not isinstance(value, Money | Quantity):
        return Piece(facts=tuple(_members(desk, value)))
    if isinstance(value, Mapping):
        return _mapping(desk, value)
    return Piece(Said(_plain(desk, value)))


def _plain(desk: Desk, value: object) -> str:
    if isinstance(value, bool):
        return desk.code("flag", "yes" if value else "no")
    if isinstance(value, Money):
        return desk.money(value)
    if isinstance(value, Quantity):
        return desk.quantity(value)
    if isinstance(value, date):
        return desk.day(value)
    if isinstance(value, int | float):
        return desk.number(value)
    return str(value)


def _text(desk: Desk, text: str) -> Piece:
    if text.startswith("urn:ngsi-ld:"):
        return Piece(link=desk.link(text))
    if text.startswith(("https://", "http://")):
        return Piece(Said(text), href=text)
    return Piece(Said(text))


def _mapping(desk: Desk, value: Mapping[object, object]) -> Piece:
    """A text by language; other mappings by their keys."""
    if all(isinstance(one, str) for one in value.values()):
        return Piece(desk.text({str(tag): str(text) for tag, text in value.items()}))
    return Piece(facts=tuple((str(key), tuple(_several(desk, one))) for key, one in value.items()))


def _several(desk: Desk, value: object) -> Iterable[Piece]:
    return [_piece(desk, one) for one in (value if isinstance(value, tuple | list) else (value,))]


def _members(desk: Desk, structure: msgspec.Struct) -> Iterator[tuple[str, tuple[Piece, ...]]]:
    kind = type(structure).__name__
    for name in structure.__struct_fields__:
        value = getattr(structure, name)
        if value is None or value in ((), {}, "") or value is False:
            continue
        label = desk.field(camel(name))
        codes = _CODES.get((kind, name))
        if codes is not None:
            yield label, (Piece(Said(desk.code(codes, str(value)))),)
        elif name in _SHARES and isinstance(value, float | int):
            yield label, (Piece(Said(desk.share(value))),)
        elif name == "year":
            yield label, (Piece(Said(str(value))),)
        elif name == "languages":
            yield label, tuple(Piece(Said(desk.language_name(tag))) for tag in value)
        else:
            yield label, tuple(_several(desk, value))
