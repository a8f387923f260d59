"""Every field of a record, in groups that people think in, each value ready to be shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from hanze.collaboration.records.fields import Field, Shape, fields_of, members_of
from hanze.collaboration.records.record import Money, Quantity, Record, Structure
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
        *("direction", "step", "theme", "goal", "terms", "progress", "challenges", "records"),
        *("interests", "interest_notes", "wishes", "orders", "event", "mission", "events"),
        *("cooperation", "accord", "group", "presentation", "day", "counterpart", "previous"),
        *("venue", "stand", "stand_number", "led_by", "participants", "city_count"),
        *("highlights", "track", "sessions", "projects", "timezone", "home_timezone"),
        *("programme", "delegates", "tables", "travel", "interpreters", "across_only"),
        *("most_meetings", "side", "languages", "requests", "refuses", "away", "absent"),
        *("capacity", "tasks", "minutes", "sections", "updates", "opens", "closes"),
    ),
    "who": (
        *("lead", "city", "parties", "providers", "buyers", "members", "memberships"),
        *("organiser", "party", "partner", "author", "giver", "owner", "signatory"),
    ),
    "far": (
        *("status_reason", "stage_reason", "stage_history", "trl", "trl_minimum", "trl_maximum"),
        *("stuck_reasons", "stuck_since", "outcome", "became", "decisions", "maturity"),
        *("in_use_since", "openness", "open_source", "starts", "ends", "days_known"),
        *("open_to_others", "register_before", "places_left", "on", "due", "done_on"),
        *("since", "until", "valid_from", "valid_until", "concluded", "ended_on", "round"),
        *("planned_at", "proven", "gap", "plan", "changes", "unplanned", "cancelled"),
    ),
    "money": (
        *("volume", "budget", "business_case", "price_model", "price", "share_of_lead"),
        *("launching_customer", "launching_offer", "tender", "competition", "budgets"),
        *("most_per_project", "co_financing", "number", "currency", "approved_on"),
        *("approved_by", "costs", "rates", "most", "vouchers"),
    ),
    "evaluation": ("answers", "differences", "score", "parts", "weights", "reasons"),
    "lessons": ("pitfalls", "feedback"),
    "evidence": (
        *("proven_in", "standards", "platform", "measured", "signature", "signed_on"),
        *("signed_by", "contributions", "sensor", "website", "test_environment", "see_also"),
        *("documents", "digest"),
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
#: What a page of its own shows in full: here it is told how many there are.
_COUNTED: Final = frozenset(("plan", "unplanned", "changes", "cancelled"))
#: What clocks at a place show, or the day alone.
_TIMES: Final = frozenset(("starts", "ends"))
#: Structures whose key names them for programs only.
_KEYLESS: Final = frozenset(("ProgrammeItem", "GroupTask", "Session"))
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
        if field.name == "days_known" and value:
            # Days that are told are known.
            continue
        group = _GROUP_OF.get(field.name) or _BY_SHAPE.get(field.shape, "what")
        shown = tuple(_shown(desk, record, field, value))
        line = Line(field.name, desk.field(field.term, field.of), shown)
        if line.pieces:
            found[group].append(line)
    return [Group(key, tuple(lines)) for key, lines in found.items() if lines]


def _shown(desk: Desk, record: Record, field: Field, value: object) -> Iterable[Piece]:
    """Show a field as the record's own page does."""
    if field.name in _COUNTED and isinstance(value, tuple):
        return (Piece(Said(desk.number(len(value)))),)
    if isinstance(value, date) and not getattr(record, "days_known", True):
        # The day stands for its month, and was not told.
        return (Piece(Said(desk.month(value))),)
    return pieces(desk, field, value)


def code_term(structure: str, member: str) -> str:
    """Name the field whose codes a member of a structure holds; "" where it is the member itself."""
    return _CODES.get((structure, member), "")


def pieces(desk: Desk, field: Field, value: object) -> Iterator[Piece]:
    """Make a field's value readable, several one by one."""
    several = value if isinstance(value, tuple) else (value,)
    for one in several:
        if field.shape is Shape.CODE:
            yield Piece(Said(desk.code(field.term, str(one), field.of)))
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
    if isinstance(value, int | float | Decimal):
        return desk.decimal(value) if isinstance(value, Decimal) else desk.number(value)
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
    kind = type(structure)
    if not issubclass(kind, Structure):
        return
    for member in members_of(kind):
        value = getattr(structure, member.name)
        if value is None or value in ((), {}, "") or value is False:
            continue
        if member.name == "key" and kind.__name__ in _KEYLESS:
            continue
        yield desk.field(member.term, member.of), tuple(_member(desk, member, value))


def _member(desk: Desk, member: Field, value: object) -> Iterable[Piece]:
    codes = code_term(member.of, member.name) or (member.term if member.codes else "")
    if codes:
        return [Piece(Said(desk.code(codes, str(value), member.of)))]
    if member.name in _SHARES and isinstance(value, float | int):
        return [Piece(Said(desk.share(value)))]
    if member.name == "year":
        return [Piece(Said(str(value)))]
    if member.name == "languages" and isinstance(value, tuple):
        return [Piece(Said(desk.language_name(tag))) for tag in value]
    if member.name in _TIMES and isinstance(value, str):
        return [Piece(Said(desk.clock(value)))]
    return _several(desk, value)
