"""What the pages of matchmaking days have in common: names of participants, times, interpreters."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from hanze.collaboration.collective import Held
from hanze.collaboration.gatherings.attending import Gathering, gathering_of
from hanze.collaboration.gatherings.sheets import Line, party_name
from hanze.collaboration.gatherings.texts import WHY_TEXTS
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.web.portal.collective.desk import Desk

__all__ = [
    "Clock",
    "Guest",
    "at_day",
    "at_guest",
    "clock_of",
    "gathering_asked",
    "guest_of",
    "guests_of",
    "names_of",
    "slots_shown",
    "unplanned_of",
]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who takes part, ready to be read.

    Attributes:
        name: Of the party.
        href: Of their page.
        side: In words.
        languages: By name.
        asks: How many they ask for.
        asked: How many ask for them.
        meetings: How many are planned.
        state: "registered", "withdrawn" or "absent".
        home: Name of the node that keeps it; "" where that is this one.
    """

    id: str
    name: str
    href: str
    side: str
    languages: str
    asks: int
    asked: int
    meetings: int
    state: str
    home: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as clocks show it at the place, and where the reader is.

    Attributes:
        text: Start and end, at the place.
        here: The same where the node is; "" where that is the same time.
    """

    text: str
    here: str


def gathering_asked(desk: Desk, name: str = "id") -> Gathering:
    """Find the day of the address.

    Raises:
        RecordNotFound: There is none.
    """
    return gathering_of(desk.collective, str(desk.visit.request.path_params[name]))


def names_of(desk: Desk, gathering: Gathering) -> Mapping[str, str]:
    """Name participants in the page's language."""
    return party_name(desk.collective, gathering.several, desk.lang)


def at_day(desk: Desk, day_id: str, after: str = "", **parameters: str) -> str:
    """Write the address of a day's page."""
    return desk.at(f"/matchmaking-days/{quote(day_id, safe=':')}{after}", **parameters)


def at_guest(desk: Desk, participation: str) -> str:
    """Write the address of a participant's page."""
    return desk.at(f"/matchmaking-days/participation/{quote(participation, safe=':')}")


def guests_of(desk: Desk, gathering: Gathering) -> list[Guest]:
    """Make everybody who takes part ready to be read: those at home first, then by name."""
    names, counts = names_of(desk, gathering), _counted(gathering)
    found = [
        (held.record.side != "home", _guest(desk, gathering, names, counts, held))
        for held in gathering.several
    ]
    return [guest for _, guest in sorted(found, key=lambda one: (one[0], one[1].name.casefold()))]


def guest_of(
    desk: Desk, gathering: Gathering, names: Mapping[str, str], held: Held[Participation]
) -> Guest:
    """Make one of them ready to be read."""
    return _guest(desk, gathering, names, _counted(gathering), held)


def _counted(gathering: Gathering) -> tuple[Counter[str], Counter[str]]:
    """Count by how many each is asked for, and their meetings."""
    asked = Counter(
        request.participation for other in gathering.there for request in other.record.requests
    )
    return asked, Counter(key for one in gathering.day.plan for key in (one.one, one.other))


def _guest(
    desk: Desk,
    gathering: Gathering,
    names: Mapping[str, str],
    counts: tuple[Counter[str], Counter[str]],
    held: Held[Participation],
) -> Guest:
    one, (asked, meetings) = held.record, counts
    home = desk.home(held)
    return Guest(
        id=one.id,
        name=names.get(one.id, one.id),
        href=at_guest(desk, one.id),
        side=desk.code("side", one.side),
        languages=", ".join(desk.language_name(tag) for tag in one.languages),
        asks=len(one.requests),
        asked=asked[one.id],
        meetings=meetings[one.id],
        state="absent" if one.id in gathering.day.absent else one.status,
        home=home.node if home is not None else "",
    )


def clock_of(desk: Desk, line: Line) -> Clock:
    """Say when something is."""
    here = tuple(when.astimezone(desk.visit.site.zone) for when in (line.starts, line.ends))
    text, other = _times(line.starts, line.ends), _times(*here)
    if here[0].date() != line.starts.date():
        other = f"{desk.day(here[0].date())}, {other}"
    return Clock(text, "" if other == text else other)


def _times(starts: datetime, ends: datetime) -> str:
    return f"{starts:%H:%M} – {ends:%H:%M}"  # noqa: RUF001  # an en dash stands between times


def unplanned_of(desk: Desk, gathering: Gathering) -> Sequence[tuple[str, str, str]]:
    """Say who asked to meet and does not, and why: names of both, and the reason."""
    names = names_of(desk, gathering)
    return [
        (
            names.get(one.one, one.one.rsplit(":", 1)[-1]),
            names.get(one.other, one.other.rsplit(":", 1)[-1]),
            desk.text(WHY_TEXTS.get(one.reason, {"en": one.reason})).text,
        )
        for one in gathering.day.unplanned
    ]


def slots_shown(day: MatchmakingDay) -> list[tuple[str, str]]:
    """Slots by their keys, as clocks at the place show them."""
    return [(one.key, f"{one.starts[11:]}–{one.ends[11:]}") for one in day.slots]  # noqa: RUF001  # an en dash stands between times
