"""Entering a record by a form that is made of its fields, and changing one."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final
from zoneinfo import available_timezones

import msgspec
from msgspec import NODEFAULT
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.held import RecordElsewhere
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.fields import Field, camel, fields_of
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.record import LANGUAGES, Record
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import HanzeError, NotFound
from hanze.governance.records.group import Group
from hanze.web.portal.collective.asked import asked_fields, is_first
from hanze.web.portal.collective.choosing import currency_of
from hanze.web.portal.collective.controls import (
    ZONES,
    Control,
    choices_of,
    controls_of,
)
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entering import Reading, read_given
from hanze.web.portal.collective.meanwhile import (
    SEEN,
    ChangedMeanwhile,
    Difference,
    differences,
)
from hanze.web.portal.collective.own_pages import ASKED_THERE, own_page
from hanze.web.portal.collective.refusals import REFUSALS, refusal
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given

__all__ = ["TypeNotFound", "choose", "edit", "new", "take_edit", "take_new"]

#: What people enter most, told first.
_USUAL: Final = ("Project", "Demand", "Solution", "BestPractice", "ResearchQuestion", "LivingLab")
#: Made by matching and by signing, not by hand.
_NOT_ENTERED: Final = frozenset({"Match", "AccordSignature"})
#: Zones of places; other names are those of offsets, or of long ago.
_CONTINENTS: Final = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/"),
    *("Europe/", "Indian/", "Pacific/"),
)
_SLUG: Final = 40
_TITLE: Final = 80


class TypeNotFound(NotFound):
    """No form enters records of this type."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Records of type {name[:60]} cannot be entered here")


async def choose(desk: Desk) -> Response:
    """Let a reader choose what to enter."""
    others = [name for name in RECORD_TYPES if name not in (*_USUAL, *_NOT_ENTERED)]
    return desk.page("new.html", menu="new", usual=_USUAL, others=others)


async def new(desk: Desk) -> Response:
    return _page(desk, _kind(desk), None, None, {})


async def take_new(desk: Desk, given: Given) -> Response:
    """Create a record, and show it."""
    kind = _kind(desk)
    reading = read_given(desk, kind, given, None)
    values = {name: value for name, value in reading.values.items() if value not in (None, (), {})}
    if reading.errors:
        return _page(desk, kind, None, given, reading.errors)
    city = values.get("source_city") or values.get("city")
    home = city if isinstance(city, str) else None
    name = kind.__name__
    title = values.get("title")
    # Of somebody who is no contact any more, records may keep the id, but not the name.
    slug = _slug(None if kind is Contact else title)
    key = f"urn:ngsi-ld:{name}:{_city_key(home)}:{slug}"
    about: dict[str, object] = {"id": key, "source_date": desk.today, "provenance": "entered"}
    text = values.get("text")
    if title is None and isinstance(text, Mapping):
        about["title"] = {tag: Said(one).cut(_TITLE).text for tag, one in text.items()}
    try:
        record = kind(**values, **about)  # type: ignore[arg-type]  # read by the types of its fields
        store = desk.visit.site.node.store
        now = desk.visit.now
        if given.text("group"):
            closed = desk.visit.site.node.closed.records
            group = closed.groups.shown(desk.visit.caller, given.text("group"))
            await closed.draft(desk.visit.caller, record, group, now=now)
        else:
            await create_record(store, desk.writer(desk.tenant_of(home)), record, now=now)
    except REFUSALS as error:
        return _page(desk, kind, None, given, _refusals(desk, kind, error, reading))
    return RedirectResponse(desk.path(key) + "?saved=1", status_code=303)


async def edit(desk: Desk) -> Response:
    held = await _held(desk)
    return _page(desk, type(held.record), held, None, {})


async def take_edit(desk: Desk, given: Given) -> Response:
    """Change a record, and show it."""
    held = await _held(desk)
    kind = type(held.record)
    reading = read_given(desk, kind, given, held.record)
    if given.text(SEEN) != held.modified_at:
        return _changed_meanwhile(desk, held, given, reading)
    if reading.errors:
        return _page(desk, kind, held, given, reading.errors)
    defaults = {one.name: one.default for one in msgspec.structs.fields(kind)}
    changed = {
        name: defaults[name] if value is None and defaults[name] is not NODEFAULT else value
        for name, value in reading.values.items()
    }

    def change(now: Record) -> Record:
        if now != held.record:
            raise ChangedMeanwhile(now.id)
        return msgspec.structs.replace(now, **changed)

    try:
        await change_record(
            desk.visit.site.node.store,
            desk.writer(held.tenant),
            held.record.id,
            kind,
            change,
            now=desk.visit.now,
        )
    except ChangedMeanwhile:
        desk = await Desk.of(desk.visit)
        return _changed_meanwhile(desk, await _held(desk), given, reading)
    except REFUSALS as error:
        return _page(desk, kind, held, given, _refusals(desk, kind, error, reading))
    return RedirectResponse(desk.path(held.record.id) + "?saved=1", status_code=303)


def _kind(desk: Desk) -> type[Record]:
    name = str(desk.visit.request.path_params["type"])
    if name not in RECORD_TYPES or name in _NOT_ENTERED:
        raise TypeNotFound(name)
    return RECORD_TYPES[name]


async def _held(desk: Desk) -> Held[Record]:
    record_id = str(desk.visit.request.path_params["id"])
    held = desk.collective.find(record_id)
    if held is None:
        closed = await desk.visit.site.node.closed.records.find(
            desk.visit.caller, record_id, now=desk.visit.now
        )
        held = closed.held
    if held.home is not None:
        raise RecordElsewhere(record_id, held.home)
    return held


def _refusals(
    desk: Desk, kind: type[Record], error: HanzeError, reading: Reading
) -> dict[str, str]:
    """Tell what a rule of the record's type has against it, beside the field that it names."""
    fields = {camel(field.name): field.name for field in asked_fields(kind)} | reading.places
    about = error.kind.__name__ if isinstance(error, InvalidRecord) else kind.__name__
    return refusal(desk, error, about, fields)


def _changed_meanwhile(desk: Desk, held: Held[Record], given: Given, reading: Reading) -> Response:
    """Show what somebody else saved beside what is filled in; saving again decides."""
    return _page(
        desk,
        type(held.record),
        held,
        given,
        reading.errors,
        meanwhile=list(differences(desk, held, reading.values)),
    )


def _page(
    desk: Desk,
    kind: type[Record],
    held: Held[Record] | None,
    given: Given | None,
    errors: Mapping[str, str],
    *,
    meanwhile: list[Difference] | None = None,
) -> Response:
    record = held.record if held is not None else None
    controls = controls_of(desk, kind, record, given, errors)
    first = {field.name for field in asked_fields(kind) if is_first(kind, field)}
    more = [one for one in controls if one.name not in first and not one.rows]
    name = kind.__name__
    wrong = 409 if meanwhile is not None else 400 if errors else 200
    response = desk.page(
        "form.html",
        menu="new",
        status=wrong,
        kind=name,
        record=record,
        seen=held.modified_at if held is not None else "",
        meanwhile=meanwhile,
        action=desk.at(f"/edit/{record.id}" if record is not None else f"/new/{name}"),
        first=[one for one in controls if one.name in first],
        structures=[one for one in controls if one.rows],
        more=more,
        more_open=any(one.error for one in more),
        errors=errors,
        group=_group(desk, given) if held is None else None,
        elsewhere=[desk.field(one.term, one.of) for one in fields_of(kind) if _is_there(one)],
        own_page=own_page(desk, record) if record is not None else None,
        labels=_labels(desk, controls),
        lists=_lists(desk, kind, controls),
        currency=currency_of(desk, held.city if held is not None else desk.asked("source_city")),
        other_languages=[tag for tag in LANGUAGES if tag != desk.lang],
    )
    response.headers["cache-control"] = "no-store"
    return response


def _is_there(field: Field) -> bool:
    return (field.of, field.name) in ASKED_THERE


def _group(desk: Desk, given: Given | None) -> Group | None:
    """Say which group alone is to see a new record; `None`: everybody does."""
    group_id = desk.asked("group") if given is None else given.text("group")
    if not group_id:
        return None
    return desk.visit.site.node.closed.groups.shown(desk.visit.caller, group_id)


def _labels(desk: Desk, controls: list[Control]) -> dict[str, str]:
    """Name each question, those about members after what they are members of."""
    found = {one.name: one.label for one in controls}
    for one in controls:
        for row in one.rows:
            number = f" {desk.number(row.number)}" if row.number else ""
            found |= {each.name: f"{one.label}{number}, {each.label}" for each in row.controls}
    return found


def _lists(desk: Desk, kind: type[Record], controls: list[Control]) -> list[tuple[str, list[str]]]:
    """The names that a browser may complete what is typed to, once for each set of types."""
    wanted = {one.names for one in controls} - {"", "-"}
    targets = {"-".join(field.targets): field.targets for field in asked_fields(kind)}
    return [
        (key, zones() if key == ZONES else [label for _, label in choices_of(desk, targets[key])])
        for key in sorted(wanted)
    ]


@cache
def zones() -> list[str]:
    """List the time zones that are named after a place: "Asia/Seoul"."""
    return sorted(name for name in available_timezones() if name.startswith(_CONTINENTS))


def _city_key(city: str | None) -> str:
    """The last part of a city's id, as other records of it have."""
    return city.rsplit(":", 1)[-1] if city else "entered"


def _slug(title: object) -> str:
    """Make a key that people recognise and nobody else has."""
    text = next(iter(title.values()), "") if isinstance(title, Mapping) else ""
    plain = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG].strip("-")
    return f"{words}-{secrets.token_hex(4)}" if words else secrets.token_hex(8)
