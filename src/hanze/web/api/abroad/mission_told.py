"""How missions are told: in short, and whole with their programmes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.missions.programme import Timed, timed, zone_name_of
from hanze.collaboration.missions.together import joining
from hanze.collaboration.records.missions import Delegate, Mission
from hanze.web.api.abroad.mission_calendar import JoiningMission, joining_of, named_contacts
from hanze.web.api.collective.funnel import Told, told
from hanze.web.api.collective.league_records import Freshness, HomeNode, home_of_record
from hanze.web.api.collective.records import Named, named, named_if
from hanze.web.api.frame import Answer

__all__ = ["MissionShort", "MissionTold", "mission_short", "mission_told"]


class ItemTold(Answer, frozen=True):
    """A part of a programme, at its place and at home; moments have their offset."""

    key: str
    kind: str
    title: Mapping[str, str]
    timezone: str
    proposed: bool
    day: date | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    home_starts: datetime | None = None
    home_ends: datetime | None = None
    place: Mapping[str, str] = {}
    hosts: Sequence[Named] = ()
    note: Mapping[str, str] = {}
    outcome: Mapping[str, str] = {}


class DelegateTold(Answer, frozen=True):
    """Who takes part, by office."""

    role: Mapping[str, str]
    part: str
    people: int
    leads: bool
    organization: Named | None = None
    contact: Named | None = None
    languages: Sequence[str] = ()


class MissionTold(Answer, frozen=True):
    """A mission with its delegates and its programme in order of time."""

    id: str
    title: Mapping[str, str]
    direction: str
    status: str
    organiser: Named
    country: Named
    starts: date
    ends: date
    days_known: bool
    timezone: str
    home_timezone: str
    people: int
    delegates: Sequence[DelegateTold]
    programme: Sequence[ItemTold]
    joining: JoiningMission
    goal: Mapping[str, str] = {}
    places: Sequence[Named] = ()
    themes: Sequence[Named] = ()
    events: Sequence[Named] = ()
    accord: Named | None = None
    cooperation: Named | None = None
    counterpart: Named | None = None
    home: HomeNode | None = None


class MissionShort(Answer, frozen=True):
    """A mission in a list."""

    record: Told
    direction: str
    status: str
    organiser: Named
    country: Named
    starts: date
    ends: date
    days_known: bool
    open_to_others: bool
    home: HomeNode | None = None


def mission_short(
    held: Held[Mission], collective: Collective, parts: Sequence[Freshness]
) -> MissionShort:
    """Tell a mission in short."""
    one = held.record
    return MissionShort(
        record=told(held, collective),
        direction=one.direction,
        status=one.status,
        organiser=named(one.organiser, collective),
        country=named(one.country, collective),
        starts=one.starts,
        ends=one.ends,
        days_known=one.days_known,
        open_to_others=one.open_to_others,
        home=home_of_record(held.home, parts),
    )


def mission_told(
    held: Held[Mission], collective: Collective, today: date, parts: Sequence[Freshness]
) -> MissionTold:
    """Tell a mission whole."""
    one = held.record

    def known(record_id: str | None) -> Named | None:
        return named_if(record_id, collective)

    return MissionTold(
        id=one.id,
        title=one.title,
        direction=one.direction,
        status=one.status,
        organiser=named(one.organiser, collective),
        country=named(one.country, collective),
        starts=one.starts,
        ends=one.ends,
        days_known=one.days_known,
        timezone=one.timezone,
        home_timezone=one.home_timezone,
        people=sum(member.people for member in one.delegates),
        delegates=[_delegate(member, collective) for member in one.delegates],
        programme=[_item(item, one, collective) for item in timed(one)],
        joining=joining_of(joining(one, today), collective),
        goal=one.goal,
        places=[named(place, collective) for place in one.places],
        themes=[named(theme, collective) for theme in one.themes],
        events=[named(event, collective) for event in one.events],
        accord=known(one.accord),
        cooperation=known(one.cooperation),
        counterpart=known(one.counterpart),
        home=home_of_record(held.home, parts),
    )


def _delegate(member: Delegate, collective: Collective) -> DelegateTold:
    contacts = named_contacts((member.contact,) if member.contact else (), collective)
    return DelegateTold(
        role=member.role,
        part=member.part,
        people=member.people,
        leads=member.leads,
        organization=named_if(member.organization, collective),
        contact=contacts[0] if contacts else None,
        languages=member.languages,
    )


def _item(one: Timed, mission: Mission, collective: Collective) -> ItemTold:
    item = one.item
    return ItemTold(
        key=item.key,
        kind=item.kind,
        title=item.title,
        timezone=zone_name_of(mission, item),
        proposed=item.proposed,
        day=one.day,
        starts=one.starts,
        ends=one.ends,
        home_starts=one.home_starts,
        home_ends=one.home_ends,
        place=item.place,
        hosts=[named(host, collective) for host in item.hosts],
        note=item.note,
        outcome=item.outcome,
    )
