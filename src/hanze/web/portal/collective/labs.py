"""Living labs: where something can be tried, when there is room, and which rules do not hold there."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.collective import Held
from hanze.collaboration.labs import (
    LabFit,
    LabNeed,
    book_slot,
    find_labs,
    release_slot,
    rules_in_force,
)
from hanze.collaboration.records.places import Country
from hanze.collaboration.records.projects import LabSlot, LivingLab
from hanze.errors import InvalidInput
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import Refused, attempt, number_given
from hanze.web.portal.collective.mapping import Spot, picture_of, spot_of
from hanze.web.portal.collective.wording import Said
from hanze.web.portal.forms import Given
from hanze.web.portal.mercator import Viewport

__all__ = ["show", "take"]

_MOST_PLACES: Final = 100


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule that is set aside, or holds again."""

    text: Said
    by: str
    ground: str
    until: date | None
    again: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """A period and its room."""

    slot: LabSlot
    free: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A living lab, beside what is looked for."""

    anchor: str
    card: Card
    lab: LivingLab
    owners: tuple[Link, ...]
    run_by: Link | None
    open_to: tuple[Link, ...]
    languages: tuple[str, ...]
    slots: tuple[_Slot, ...]
    rules: tuple[_Rule, ...]
    conditions: Said
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


async def show(desk: Desk) -> Response:
    """List the labs that fit what is looked for, on a map and one by one."""
    return _page(desk)


async def take(desk: Desk, given: Given) -> Response:
    """Take places in a slot, or give them back."""
    held = desk.collective.get(given.text("lab"), LivingLab)
    refused, status = await attempt(_booked(desk, held, given))
    if refused is not None:
        return _page(desk, refused=refused, status=status)
    return RedirectResponse(desk.at("/labs", booked="yes") + f"#{_anchor(held.record)}", 303)


async def _booked(desk: Desk, held: Held[LivingLab], given: Given) -> None:
    starts, ends = given.day("starts"), given.day("ends")
    places = number_given(given, "places", least=1, most=_MOST_PLACES)
    if starts is None or ends is None or places is None:
        raise InvalidInput("A booking must have a slot and a number of places", field="places")
    change = release_slot if given.text("do") == "release" else book_slot
    await change(
        desk.visit.site.node.store,
        desk.writer(held.tenant),
        held.record.id,
        starts=starts,
        ends=ends,
        places=places,
        now=desk.visit.now,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(desk: Desk, *, refused: Refused = None, status: int = 200) -> Response:
    names = ("theme", "country", "equipment", "starts", "ends", "places", "language")
    chosen = {name: desk.asked(name) for name in names}
    places = chosen["places"]
    need = LabNeed(
        equipment=tuple(word.strip() for word in chosen["equipment"].split(",") if word.strip()),
        themes=(chosen["theme"],) if chosen["theme"] else (),
        starts=_day(chosen["starts"]),
        ends=_day(chosen["ends"]),
        places=min(int(places), _MOST_PLACES)
        if places.isascii() and places.isdecimal() and len(places) < 4 and int(places)
        else 1,
        country=chosen["country"] or None,
        language=chosen["language"] or None,
    )
    found = find_labs(desk.collective, need, desk.today)
    every = desk.collective.of(LivingLab)
    spots = [
        Spot(
            one.id,
            one.label,
            f"#{_anchor(fit.lab.record)}",
            one.longitude,
            one.latitude,
            1,
            one.colour,
        )
        for fit in found
        if (one := spot_of(desk, fit.lab.record, fit.lab.city)) is not None
    ]

    def link(target: Viewport | None) -> str:
        return desk.at("/labs", **chosen, view=target.text() if target else "") + "#map"

    return desk.page(
        "labs.html",
        menu="labs",
        status=status,
        rows=[_row(desk, fit) for fit in found],
        left_out=len(every) - len(found),
        picture=picture_of(desk, spots, desk.asked("view")[:60], link) if spots else None,
        chosen=chosen,
        themes=[(one.id, one.label.text) for one in desk.themes],
        countries=[
            (held.record.id, desk.title(held.record).text) for held in desk.collective.of(Country)
        ],
        spoken=[
            (tag, desk.language_name(tag))
            for tag in sorted({tag for held in every for tag in held.record.languages})
        ],
        booked=desk.asked("booked") == "yes",
        refused=refused,
        downloads=[
            ("CSV", f"/api/v1/records.csv?type=LivingLab&language={desk.lang}"),
            ("GeoJSON", f"/api/v1/records.geojson?type=LivingLab&language={desk.lang}"),
            ("JSON", "/api/v1/labs"),
        ],
    )


def _row(desk: Desk, fit: LabFit) -> _Row:
    lab = fit.lab.record
    again = set(rules_in_force(lab, desk.today))
    return _Row(
        anchor=_anchor(lab),
        card=desk.card(fit.lab),
        lab=lab,
        owners=tuple(desk.link(one) for one in lab.owners),
        run_by=desk.link(lab.run_by) if lab.run_by else None,
        open_to=tuple(desk.link(one) for one in lab.open_to),
        languages=tuple(desk.language_name(tag) for tag in lab.languages),
        slots=tuple(
            _Slot(slot, slot.places - slot.taken)
            for slot in sorted(lab.slots, key=lambda one: (one.starts, one.ends))
            if slot.ends >= desk.today
        ),
        rules=tuple(
            _Rule(
                text=desk.text(one.rule),
                by=one.decided_by,
                ground=one.ground,
                until=one.until,
                again=next(iter(one.rule.values()), "") in again,
            )
            for one in lab.rules_set_aside
        ),
        conditions=desk.text(lab.hosting_conditions),
        missing=tuple(_part(desk, one) for one in fit.missing),
        unknown=tuple(_part(desk, one) for one in fit.unknown),
    )


def _part(desk: Desk, said: str) -> str:
    """Say in words which part of a need is not met: "equipment: drone cage", "themes: urn:…"."""
    name, _, what = said.partition(": ")
    named = [desk.name(one) if one.startswith("urn:") else one for one in what.split(", ") if one]
    label = desk.code("lab need", name)
    return f"{label}: {', '.join(named)}" if named else label


def _anchor(lab: LivingLab) -> str:
    return "l-" + lab.id.rpartition(":")[2]
