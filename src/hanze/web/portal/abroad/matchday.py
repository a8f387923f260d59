"""One matchmaking day: when and where, who takes part, and how to join."""

from typing import Final

from msgspec.structs import replace
from starlette.responses import RedirectResponse, Response

from hanze.collaboration.gatherings.attending import Gathering
from hanze.collaboration.gatherings.opening import Entry, change_day, register
from hanze.collaboration.gatherings.planning import plan_stands
from hanze.collaboration.gatherings.sheets import without
from hanze.collaboration.records.gatherings import DAY_STATUSES, SIDES
from hanze.collaboration.records.organisations import Contact, Organization
from hanze.collaboration.scheduling.problem import pair_of
from hanze.errors import InvalidInput
from hanze.web.portal.abroad.matchday_words import (
    at_day,
    at_guest,
    gathering_asked,
    guests_of,
    slots_shown,
)
from hanze.web.portal.collective.choosing import api_address, named, path_of
from hanze.web.portal.collective.desk import Desk
from hanze.web.portal.collective.entries import Refused, attempt, label_given, number_given
from hanze.web.portal.collective.refusals import Filled
from hanze.web.portal.forms import Given

__all__ = ["show", "take"]

_LANGUAGES: Final = ("nl", "en", "ko", "de", "fr", "es")


async def show(desk: Desk) -> Response:
    """Show a day."""
    return _page(desk, gathering_asked(desk), Filled({}))


async def take(desk: Desk, given: Given) -> Response:
    """Register a party, or take the day to another status."""
    gathering = gathering_asked(desk)
    where = [at_day(desk, gathering.day.id)]

    async def act() -> None:
        if given.text("do") == "status":
            await _set_status(desk, gathering, given)
        else:
            where[0] = at_guest(desk, await _register(desk, gathering, given))

    refused, status = await attempt(act())
    if refused is not None:
        filled = Filled({name: given.text(name)[:2_000] for name in given.values})
        ticked = tuple(given.several("languages")), tuple(given.several("away"))
        return _page(desk, gathering, filled, ticked=ticked, refused=refused, status=status)
    return RedirectResponse(where[0], 303)


async def _set_status(desk: Desk, gathering: Gathering, given: Given) -> None:
    wanted = given.text("status")
    if wanted not in DAY_STATUSES:
        raise InvalidInput("A day has one of its statuses", field="status", value=wanted)
    await change_day(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        gathering.day.id,
        lambda before: replace(before, status=wanted),
        now=desk.visit.now,
    )


async def _register(desk: Desk, gathering: Gathering, given: Given) -> str:
    party, side = given.text("party"), given.text("side")
    if not party:
        raise InvalidInput("Somebody must take part", field="party")
    entry = Entry(
        party=party,
        side=side if side in SIDES else None,
        number=number_given(given, "number", least=1, most=100) or 1,
        languages=tuple(given.several("languages"))[:20],
        offers=label_given(desk, given, "offers"),
        seeks=label_given(desk, given, "seeks"),
        contact=given.text("contact") or None,
        away=tuple(given.several("away"))[:60],
        most_meetings=number_given(given, "most", least=1, most=60),
    )
    made = await register(
        desk.visit.site.node.store,
        desk.writer(),
        desk.collective,
        gathering.day.id,
        entry,
        today=desk.today,
        now=desk.visit.now,
    )
    return made.id


def _page(
    desk: Desk,
    gathering: Gathering,
    filled: Filled,
    *,
    ticked: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    refused: Refused = None,
    status: int = 200,
) -> Response:
    day, there = gathering.day, gathering.there
    asked = {
        pair_of(held.record.id, request.participation)
        for held in there
        for request in held.record.requests
    }
    is_late = day.register_before is not None and desk.today > day.register_before
    return desk.page(
        "matchday.html",
        menu="matchmaking-days",
        status=status,
        card=desk.card(gathering.held),
        day=day,
        organiser=desk.link(day.organiser),
        event=desk.link(day.event) if day.event else None,
        slots=slots_shown(day),
        places=[place for place in dict.fromkeys(one.place for one in day.tables) if place],
        interpreters=[
            (
                one.key,
                ", ".join(desk.language_name(tag) for tag in one.languages),
                [text for key, text in slots_shown(day) if key in one.away],
            )
            for one in day.interpreters
        ],
        guests=guests_of(desk, gathering),
        number=len(there),
        asked=len(asked),
        without=len(without(day, there)) if day.round else 0,
        faults=len(plan_stands(gathering.held, gathering.several)) if day.plan else 0,
        plan=at_day(desk, day.id, "/plan"),
        path=at_day(desk, day.id),
        may_join=day.status in ("open", "planned") and not is_late,
        is_ours=gathering.held.home is None,
        parties=_parties(desk),
        contacts=_contacts(desk) if desk.may_write else [],
        ticked_languages=ticked[0],
        ticked_away=ticked[1],
        tongues=[(tag, desk.language_name(tag)) for tag in _LANGUAGES],
        sides=desk.options("side", SIDES),
        statuses=[(one, desk.code("status", one, "MatchmakingDay")) for one in DAY_STATUSES],
        filled=filled,
        refused=refused,
        ics=api_address(
            path_of("matchmaking-days", day.id, "/calendar.ics")[1:], language=desk.lang
        ),
        downloads=_downloads(desk, day.id),
    )


def _downloads(desk: Desk, day_id: str) -> list[tuple[str, str]]:
    return [
        (
            name,
            api_address(path_of("matchmaking-days", day_id, after)[1:], language=language),
        )
        for name, after, language in (
            ("CSV", "/plan.csv", desk.lang),
            ("iCalendar", "/calendar.ics", desk.lang),
            ("JSON", "", ""),
        )
    ]


def _parties(desk: Desk) -> list[tuple[str, str]]:
    """Cities and organisations that are at home here: others register on their own node."""
    organisations = (
        held.record.id
        for held in desk.collective.of(Organization)
        if held.home is None and held.record.kind != "ministry"
    )
    cities = (
        one.id
        for one in desk.active_cities
        if (held := desk.collective.find(one.id)) is not None and held.home is None
    )
    return [
        *named(desk.link(one) for one in cities),
        *named(desk.link(one) for one in organisations),
    ]


def _contacts(desk: Desk) -> list[tuple[str, str]]:
    """Contacts of parties at home here, with whom they work for: desks, and people who agreed."""
    found = []
    for held in desk.collective.of(Contact):
        contact = held.record
        whose = contact.organization or contact.source_city
        if held.home is None and whose is not None:
            found.append((contact.id, f"{desk.name(whose)}: {desk.name(contact.id)}"))
    return sorted(found, key=lambda one: one[1].casefold())
