"""What became of missions: their results and follow-ups, until it is known how each ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.missions import FollowUp, Mission

__all__ = ["STATES", "State", "Tracked", "count", "state_of", "track", "tracked"]

State = Literal["open", "done", "late", "dropped"]

#: In the order in which they are listed: what is late comes first.
STATES: Final[tuple[State, ...]] = ("late", "open", "done", "dropped")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A result or follow-up, and where it stands.

    Attributes:
        held: Its record, of whichever node of the league.
        state: Late is what is open after its last day.
        days: Until its last day, negative when that has passed; `None` for what is not open, or has
            no last day.
    """

    held: Held[FollowUp]
    state: State
    days: int | None


def state_of(record: FollowUp, today: date) -> State:
    """Say where a result or follow-up stands on a day."""
    if record.status == "done":
        return "done"
    if record.status == "dropped":
        return "dropped"
    return "late" if record.due is not None and record.due < today else "open"


def tracked(
    collective: Collective,
    today: date,
    *,
    mission: str | None = None,
    owner: str | None = None,
    country: str | None = None,
    theme: str | None = None,
    state: State | None = None,
) -> tuple[Tracked, ...]:
    """List results and follow-ups of all missions of the league, the most urgent first.

    Args:
        collective: Up to date.
        today: Decides what is late.
        mission: Only those that arose there (id).
        owner: Only those that this party sees to (id).
        country: Only those of missions to or from this country (id).
        theme: Only what is about this theme (id), or arose from a mission about it.
        state: Only those that stand so.

    Returns:
        Late ones, those that are late longest first; open ones by their last day, those without one
        at the end; done and dropped ones, the latest first.
    """
    found = (
        track(held, today)
        for held in collective.of(FollowUp)
        if (mission is None or held.record.mission == mission)
        and (owner is None or held.record.owner == owner)
        and _is_of(collective, held.record, country, theme)
    )
    return _in_order(one for one in found if state is None or one.state == state)


def count(several: Iterable[Tracked]) -> dict[str, int]:
    """Count by state; each of `STATES` is there."""
    counted: dict[str, int] = dict.fromkeys(STATES, 0)
    for one in several:
        counted[one.state] += 1
    return counted


def track(held: Held[FollowUp], today: date) -> Tracked:
    """Say where a result or follow-up stands on a day, and how long it has."""
    record = held.record
    state = state_of(record, today)
    is_running = state in ("open", "late") and record.due is not None
    return Tracked(held, state, (record.due - today).days if is_running and record.due else None)


def _is_of(
    collective: Collective, record: FollowUp, country: str | None, theme: str | None
) -> bool:
    if country is None and theme is None:
        return True
    named = collective.find(record.mission) if record.mission is not None else None
    mission = named.record if named is not None and isinstance(named.record, Mission) else None
    if country is not None and (mission is None or mission.country != country):
        return False
    themes = {*record.themes, *(mission.themes if mission is not None else ())}
    return theme is None or theme in themes


def _in_order(several: Iterable[Tracked]) -> tuple[Tracked, ...]:
    return tuple(sorted(several, key=_rank))


def _rank(one: Tracked) -> tuple[int, int, str]:
    record = one.held.record
    if one.state in ("late", "open"):
        days = one.days if one.days is not None else date.max.toordinal()
    else:
        days = -(record.done_on or record.on).toordinal()
    return STATES.index(one.state), days, record.id
