"""Matchmaking days: those that come, of all nodes, and a new one."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import RedirectResponse, Response

from hanze.collaboration.gatherings.attending import Gathering, gathering_of
from hanze.collaboration.gatherings.laying import (
    breaks_from,
    interpreters_from,
    slots_of,
    tables_from,
    tables_of,
    travel_from,
)
from hanze.collaboration.gatherings.opening import id_of_day, open_day
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.gatherings import DAY_STATUSES, MatchmakingDay
from hanze.errors import InvalidInput
from hanze.web.portal.abroad.matchday_words import at_day
from hanze.web.portal.collective.choosing import api_address, countries
from hanze.web.portal.collective.desk import Card, Desk, Link
from hanze.web.portal.collective.entries import (
    Refused,
    attempt,
    label_given,
    number_given,
)
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

#: Zones that a form offers; any other can be written.
ZONES: Final = ("Europe/Amsterdam", "Europe/Brussels", "Europe/Madrid", "Asia/Seoul")
_NUMBERS: Final = {
    "minutes": (25, 5, 600),
    "pause": (5, 0, 600),
    "number": (7, 1, 60),
    "tables": (10, 1, 500),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A day in the list."""

    card: Card
    href: str
    on: str
    zone: str
    organiser: Link
    participants: int
    meetings: int
    last: str


async def show(desk: Desk) -> Response:
    """List the days that the address asks for."""
    return _page(desk, Filled({}))


async def take(desk: Desk, given: Given) -> Response:
    """Open a day."""
    made: list[str] = []

    async def make() -> None:
        day = _day(desk, given)
        tenant = desk.tenant_of(day.source_city)
        node = desk.visit.site.node
        await open_day(node.store, desk.writer(tenant), day, now=desk.visit.now)
        made.append(day.id)

    refused, status = await attempt(make())
    if refused is not None:
        filled = Filled({name: given.text(name)[:2_000] for name in given.values})
        return _page(desk, filled, refused=refused, status=status)
    return RedirectResponse(at_day(desk, made[0]), 303)


def _day(desk: Desk, given: Given) -> MatchmakingDay:
    on, title = given.day("on"), label_given(desk, given, "title")
    organiser = given.text("organiser")
    if on is None or not title or not organiser:
        raise InvalidInput("A day must have a name, an organiser and a date", field="on")
    numbers = {name: _number(given, name, *bounds) for name, bounds in _NUMBERS.items()}
    held = desk.collective.find(organiser)
    slots = slots_of(
        on,
        first=given.text("first"),
        minutes=numbers["minutes"],
        pause=numbers["pause"],
        number=numbers["number"],
        breaks=breaks_from(given.text("breaks")),
    )
    tables = tables_from(given.text("places")) or tables_of(numbers["tables"])
    return MatchmakingDay(
        id=id_of_day(organiser),
        title=title,
        source_city=held.city if held is not None and held.city else organiser,
        provenance="entered",
        source_date=desk.today,
        organiser=organiser,
        on=on,
        timezone=given.text("timezone"),
        venue=label_given(desk, given, "venue"),
        status="open",
        register_before=given.day("register_before"),
        slots=slots,
        tables=tables,
        travel=travel_from(given.text("travel"), tables),
        interpreters=interpreters_from(given.text("interpreters"), slots),
        across_only=given.text("meets") != "all",
        most_meetings=_number(given, "most", 0, 1, 100) or None,
    )


def _number(given: Given, name: str, usual: int, least: int, most: int) -> int:
    text = given.text(name)
    if not text:
        return usual
    found = number_given(given, name, least=least, most=most)
    if found is None:
        raise InvalidInput(f"{name} must be from {least} to {most}", field=name, value=text)
    return found


def _page(desk: Desk, filled: Filled, *, refused: Refused = None, status: int = 200) -> Response:
    chosen = {name: desk.asked(name) for name in ("country", "status")}
    found = [
        gathering_of(desk.collective, held.record.id)
        for held in desk.collective.of(MatchmakingDay)
        if _is_wanted(desk, held.record, chosen["country"], chosen["status"])
    ]
    found.sort(key=lambda one: _order(one.day.on, desk.today))
    return desk.page(
        "matchdays.html",
        menu="matchmaking-days",
        status=status,
        coming=[_row(desk, one) for one in found if one.day.on >= desk.today],
        past=[_row(desk, one) for one in found if one.day.on < desk.today],
        chosen=chosen,
        countries=countries(desk),
        statuses=[(one, desk.code("status", one, "MatchmakingDay")) for one in DAY_STATUSES],
        organisers=_organisers(desk),
        zones=ZONES,
        zone=str(desk.visit.site.zone),
        usual={name: numbers[0] for name, numbers in _NUMBERS.items()},
        filled=filled,
        refused=refused,
        downloads=[
            ("JSON", api_address("matchmaking-days", **chosen)),
            ("CSV", api_address("records.csv", type="MatchmakingDay")),
            ("JSON-LD", api_address("records.jsonld", type="MatchmakingDay")),
        ],
    )


def _organisers(desk: Desk) -> list[tuple[str, str]]:
    """Cities that are at home here: another's own node would not show what is said for it."""
    found = []
    for one in desk.cities:
        held = desk.collective.find(one.id)
        if held is not None and held.home is None:
            found.append((one.id, one.label.text))
    return found


def _is_wanted(desk: Desk, day: MatchmakingDay, country: str, status: str) -> bool:
    there = country_of(desk.collective, day.organiser)
    return (not status or day.status == status) and (not country or there == country)


def _order(on: date, today: date) -> tuple[bool, int]:
    return on < today, abs((on - today).days)


def _row(desk: Desk, one: Gathering) -> _Row:
    day = one.day
    return _Row(
        card=desk.card(one.held),
        href=at_day(desk, day.id),
        on=desk.day(day.on),
        zone=day.timezone,
        organiser=desk.link(day.organiser),
        participants=len(one.there),
        meetings=len(day.plan),
        last=desk.day(day.register_before) if day.register_before else "",
    )
