"""Matchmaking days: who asked for whom, the plan, and everybody's own calendar."""

from typing import Final

from msgspec.structs import replace
from starlette.responses import Response

from hanze.collaboration.collective import Collective
from hanze.collaboration.feeds import ICALENDAR
from hanze.collaboration.gatherings.attending import Gathering, gathering_of
from hanze.collaboration.gatherings.laying import breaks_from, slots_of, tables_of
from hanze.collaboration.gatherings.opening import (
    change_day,
    id_of_day,
    open_day,
)
from hanze.collaboration.gatherings.planning import Alteration, plan_matchday, plan_stands
from hanze.collaboration.gatherings.sheets import without
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.web.api.abroad import participations
from hanze.web.api.abroad.matchday_files import SHEET, calendar_answer, sheet_answer
from hanze.web.api.abroad.matchday_shapes import (
    AskedAlteration,
    AskedDay,
    AskedStatus,
    ChoiceOfDays,
    ChoiceOfFile,
    DayInShort,
    DaysOfMatchmaking,
    DayState,
    PlanMade,
    changes_told,
    guest_told,
    names_told,
    plan_told,
    unplanned_told,
)
from hanze.web.api.collective.league_records import freshness_of, home_of_record
from hanze.web.api.collective.records import named
from hanze.web.api.frame import Answer, ApiRoute, Ask, Handler, Taken

__all__ = ["ROUTES"]


async def list_days(ask: Ask) -> DaysOfMatchmaking:
    """List the matchmaking days of all nodes, the next one first, those that are over last."""
    choice = ask.parameters(ChoiceOfDays)
    collective = await ask.node.collective.refresh(ask.now)
    parts = freshness_of(collective, ask.now)
    found = [gathering_of(collective, held.record.id) for held in collective.of(MatchmakingDay)]
    chosen = [one for one in found if _is_wanted(collective, one, choice)]
    chosen.sort(key=lambda one: (one.day.on < ask.today, abs((one.day.on - ask.today).days)))
    return DaysOfMatchmaking(
        days=[
            DayInShort(
                id=one.day.id,
                title=one.day.title,
                organiser=named(one.day.organiser, collective),
                on=one.day.on,
                timezone=one.day.timezone,
                status=one.day.status,
                participants=len(one.there),
                meetings=len(one.day.plan),
                register_before=one.day.register_before,
                home=home_of_record(one.held.home, parts),
            )
            for one in chosen
        ],
        freshness=parts,
    )


def _is_wanted(collective: Collective, one: Gathering, choice: ChoiceOfDays) -> bool:
    day = one.day
    return (
        choice.status in (None, day.status)
        and (choice.country is None or country_of(collective, day.organiser) == choice.country)
        and (
            choice.party is None
            or choice.party == day.organiser
            or any(held.record.party == choice.party for held in one.several)
        )
    )


async def new_day(ask: Ask) -> DayState:
    """Open a matchmaking day; with `open` false it is a draft that takes no registrations yet."""
    asked = await ask.body(AskedDay)
    collective = await ask.node.collective.refresh(ask.now)
    laid = asked.lay_out
    organiser = collective.find(asked.organiser)
    city = organiser.city if organiser is not None and organiser.city else asked.organiser
    day = MatchmakingDay(
        id=id_of_day(asked.organiser),
        title=asked.title,
        description=asked.description,
        source_city=city,
        themes=asked.themes,
        provenance="entered",
        source_date=ask.today,
        event=asked.event,
        organiser=asked.organiser,
        on=asked.on,
        timezone=asked.timezone,
        venue=asked.venue,
        status="open" if asked.open else "draft",
        register_before=asked.register_before,
        slots=asked.slots
        if laid is None
        else slots_of(
            asked.on,
            first=laid.first,
            minutes=laid.minutes,
            pause=laid.pause,
            number=laid.number,
            noon=laid.noon,
            lunch=laid.lunch,
            breaks=breaks_from("\n".join(laid.breaks)),
        ),
        tables=asked.tables
        if asked.number_of_tables is None
        else tables_of(asked.number_of_tables),
        travel=asked.travel,
        interpreters=asked.interpreters,
        across_only=asked.across_only,
        most_meetings=asked.most_meetings,
    )
    home = in_tenant_of(ask.node.store.registers, ask.caller, city)
    await open_day(ask.node.store, home, day, now=ask.now)
    return await _state(ask, day.id)


async def show_day(ask: Ask) -> DayState:
    """Show a day: its setting, who takes part, its plan, and whether that still holds."""
    return await _state(ask, ask.path("id"))


async def set_status(ask: Ask) -> DayState:
    """Open a day, call it off, or say that it is over."""
    asked = await ask.body(AskedStatus)
    collective = await ask.node.collective.refresh(ask.now)
    await change_day(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        lambda before: replace(before, status=asked.status),
        now=ask.now,
    )
    return await _state(ask, ask.path("id"))


async def plan(ask: Ask) -> PlanMade:
    """Plan a day, or plan it again with as few changes as can be when something is different."""
    asked = await ask.body(AskedAlteration)
    collective = await ask.node.collective.refresh(ask.now)
    made = await plan_matchday(
        ask.node.store,
        ask.caller,
        collective,
        ask.path("id"),
        alteration=Alteration(
            interpreters_away=asked.interpreters_away,
            slots=asked.slots,
            tables_gone=asked.tables_gone,
            absent=asked.absent,
            back=asked.back,
        ),
        afresh=asked.afresh,
        greedy=asked.greedy,
        time_limit_s=asked.time_limit_s,
        now=ask.now,
    )
    gathering = gathering_of(await ask.node.collective.refresh(ask.node.clock()), made.day.id)
    return PlanMade(
        id=made.day.id,
        round=made.day.round,
        meetings=len(made.day.plan),
        worth=made.schedule.worth,
        bound=made.schedule.bound,
        proven=made.schedule.optimal,
        gap=made.schedule.gap,
        seconds=round(made.schedule.seconds, 3),
        without=made.schedule.without,
        unplanned=unplanned_told(made.day),
        changes=changes_told(gathering, names_told(gathering, ask.node.collective)),
    )


async def day_calendar(ask: Ask) -> Response:
    """Follow all meetings of a day in one's own calendar (iCalendar, RFC 5545)."""
    return await calendar_answer(ask, ask.path("id"), None)


async def day_file(ask: Ask) -> Response:
    """Download the plan of a day as CSV."""
    return await sheet_answer(ask, ask.path("id"), None)


async def _state(ask: Ask, day_id: str) -> DayState:
    collective = await ask.node.collective.refresh(ask.node.clock())
    gathering = gathering_of(collective, day_id)
    day, names = gathering.day, names_told(gathering, collective)
    parts = freshness_of(collective, ask.now)
    return DayState(
        id=day.id,
        title=day.title,
        description=day.description,
        organiser=named(day.organiser, collective),
        on=day.on,
        timezone=day.timezone,
        venue=day.venue,
        status=day.status,
        slots=day.slots,
        tables=day.tables,
        travel=day.travel,
        interpreters=day.interpreters,
        across_only=day.across_only,
        most_meetings=day.most_meetings,
        register_before=day.register_before,
        participants=[
            guest_told(gathering, collective, names, held, parts) for held in gathering.several
        ],
        round=day.round,
        planned_at=day.planned_at,
        proven=day.proven,
        gap=day.gap,
        plan=plan_told(day, day.plan),
        unplanned=unplanned_told(day),
        without=without(day, gathering.there) if day.round else (),
        changes=changes_told(gathering, names),
        faults=plan_stands(gathering.held, gathering.several) if day.plan else (),
        home=home_of_record(gathering.held.home, parts),
        freshness=parts,
    )


def _write(
    path: str, handler: Handler, answers: type[Answer], body: type[Taken], status: int = 200
) -> ApiRoute:
    return ApiRoute("POST", path, handler, answers, body=body, writes=True, status=status)


_DAY: Final = "/matchmaking-days/{id:path}"
ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute("GET", "/matchmaking-days", list_days, DaysOfMatchmaking, ChoiceOfDays),
    _write("/matchmaking-days", new_day, DayState, AskedDay, 201),
    ApiRoute(
        "GET", _DAY + "/calendar.ics", day_calendar, parameters=ChoiceOfFile, media=(ICALENDAR,)
    ),
    ApiRoute("GET", _DAY + "/plan.csv", day_file, parameters=ChoiceOfFile, media=(SHEET,)),
    _write(_DAY + "/status", set_status, DayState, AskedStatus),
    _write(_DAY + "/plan", plan, PlanMade, AskedAlteration),
    *participations.ROUTES,
    ApiRoute("GET", _DAY, show_day, DayState),
)
