"""What missions, fairs and matchmaking days say of who met whom."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.gatherings import JointPresentation, MatchmakingDay, Participation
from hanze.collaboration.records.missions import Event, Mission, ProgrammeItem
from hanze.collaboration.relations.happening import Happening, State

__all__ = ["guests_of", "hosts_of", "once", "travelled"]

#: Parts of a programme in which people meet their hosts.
_MEET: Final = frozenset({"visit", "meeting", "meal", "presentation", "signing", "event"})


def travelled(collective: Collective, today: date) -> Iterator[Happening]:
    """Tell of missions, what they visited, the fairs they went to, and meetings at tables."""
    for held, others in once(collective):
        yield _mission(held, others, today)
        if held.record.status != "cancelled":
            yield from _visits(held, today)
            yield from _events(collective, held, today)
    for stand in collective.of(JointPresentation):
        yield from _stand(collective, stand, today)
    for day in collective.of(MatchmakingDay):
        if day.record.status not in ("draft", "cancelled"):
            yield from _tables(collective, day, today)


def once(collective: Collective) -> Iterator[tuple[Held[Mission], tuple[str, ...]]]:
    """Go through the missions, each once: the richer of two sides' records of the same.

    Returns:
        The record, and ids of the other side's records of it.
    """
    same: dict[str, set[str]] = {}
    for held in collective.of(Mission):
        other = held.record.counterpart
        if other is not None:
            same.setdefault(held.record.id, set()).add(other)
            same.setdefault(other, set()).add(held.record.id)
    for held in collective.of(Mission):
        others = [
            collective.get(name, Mission)
            for name in sorted(same.get(held.record.id, ()))
            if (found := collective.find(name)) is not None and isinstance(found.record, Mission)
        ]
        rank = _richness(held)
        if all(rank < _richness(other) for other in others):
            yield held, tuple(other.record.id for other in others)


def _richness(held: Held[Mission]) -> tuple[int, int, str]:
    """The lowest says most."""
    mission = held.record
    return -len(mission.programme), -len(mission.delegates), mission.id


def guests_of(mission: Mission) -> frozenset[str]:
    """Name who travels."""
    senders = {one.organization for one in mission.delegates if one.organization is not None}
    if mission.direction == "outgoing":
        return frozenset({mission.organiser, *senders})
    return frozenset({*(mission.places or (mission.country,)), *senders, mission.country})


def hosts_of(mission: Mission) -> frozenset[str]:
    """Name who is visited, as far as the mission as a whole says it."""
    if mission.direction == "incoming":
        return frozenset({mission.organiser})
    return frozenset({*mission.places, mission.country})


def _state(status: str, last: date, today: date) -> State:
    if status == "cancelled":
        return "cancelled"
    return "past" if last < today or status == "completed" else "planned"


def _mission(held: Held[Mission], others: tuple[str, ...], today: date) -> Happening:
    mission = held.record
    visited = {host for item in mission.programme for host in item.hosts if not item.proposed}
    return Happening(
        on=mission.starts,
        kind="mission",
        held=held,
        parties=guests_of(mission) | hosts_of(mission) | visited,
        title=mission.title,
        state=_state(mission.status, mission.ends, today),
        basis="starts",
        ends=mission.ends,
        precision="day" if mission.days_known else "month",
        standing=("status", mission.status),
        note=mission.goal,
        counterparts=others,
    )


def _visits(held: Held[Mission], today: date) -> Iterator[Happening]:
    mission = held.record
    for item in mission.programme:
        if item.kind not in _MEET or item.proposed:
            continue
        day = _day(item)
        yield Happening(
            on=day or mission.starts,
            kind="visit",
            held=held,
            parties=guests_of(mission) | (frozenset(item.hosts) or hosts_of(mission)),
            title=item.title,
            state=_state(mission.status, day or mission.ends, today),
            basis="programme",
            ends=None if day is not None else mission.ends,
            precision="day" if day is not None or mission.days_known else "month",
            part=item.key,
            standing=("kind", item.kind),
            note=item.outcome or item.note,
        )


def _day(item: ProgrammeItem) -> date | None:
    """Read the day of an item; what another node tells may be none."""
    try:
        return date.fromisoformat(item.starts[:10]) if item.starts is not None else None
    except ValueError:
        return None


def _events(collective: Collective, held: Held[Mission], today: date) -> Iterator[Happening]:
    for name in held.record.events:
        found = collective.find(name)
        if found is not None and isinstance(found.record, Event):
            yield _event(collective.get(name, Event), guests_of(held.record), today)


def _event(held: Held[Event], there: frozenset[str], today: date) -> Happening:
    event = held.record
    own = {one for one in (event.organiser, event.municipality, event.country) if one is not None}
    return Happening(
        on=event.starts,
        kind="event",
        held=held,
        parties=there | own,
        title=event.title,
        state=_state("", event.ends, today),
        basis="starts",
        ends=event.ends,
        standing=("kind", event.kind),
    )


def _stand(
    collective: Collective, held: Held[JointPresentation], today: date
) -> Iterator[Happening]:
    found = collective.find(held.record.event)
    if found is not None and isinstance(found.record, Event):
        event = collective.get(found.record.id, Event)
        yield _event(event, frozenset(held.record.cities), today)


def _tables(collective: Collective, held: Held[MatchmakingDay], today: date) -> Iterator[Happening]:
    """Meetings that were planned at tables: two parties each."""
    day = held.record
    for meeting in day.plan:
        both = [collective.find(name) for name in (meeting.one, meeting.other)]
        parties = {
            one.record.party for one in both if one and isinstance(one.record, Participation)
        }
        if len(parties) == 2:
            yield Happening(
                on=day.on,
                kind="meeting",
                held=held,
                parties=frozenset(parties),
                title=day.title,
                state=_state("", day.on, today),
                basis="on",
                part=f"{meeting.slot}/{meeting.table}",
                standing=("status", day.status),
            )
