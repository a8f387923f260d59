"""Moving a mission to other days, and its programme along with it."""

from calendar import monthrange
from datetime import date, timedelta

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.missions import Mission, ProgrammeItem
from hanze.collaboration.writing import change_record
from hanze.collaboration.zones import WrongTime, day_of
from hanze.identity.caller import Caller

__all__ = ["move_mission", "moved"]


def moved(
    mission: Mission, starts: date, ends: date | None = None, *, programme: bool = True
) -> Mission:
    """Move a mission: clocks of its programme show the same times, so many days earlier or later.

    The last day for registrations moves along too. Of a mission of which only the months are known,
    these move, unless a last day is given: then its days are known.

    Args:
        mission: As it is.
        starts: The new first day.
        ends: The new last day; `None` where it takes as long as before.
        programme: Whether the programme moves along.

    Raises:
        InvalidRecord: A day is further off than days go.
    """
    known = mission.days_known or ends is not None
    first = starts if known else starts.replace(day=1)
    by = first - mission.starts
    try:
        last = ends or (mission.ends + by if known else _last_of(mission, first))
        register = mission.register_before + by if mission.register_before is not None else None
        items = tuple(_moved_item(one, by) for one in mission.programme)
    except (OverflowError, ValueError) as error:
        raise InvalidRecord(
            Mission, "must be a day that leaves room for the mission", field="starts", value=starts
        ) from error
    return replace(
        mission,
        starts=first,
        ends=last,
        days_known=known,
        register_before=register,
        programme=items if programme else mission.programme,
    )


async def move_mission(
    store: Store,
    caller: Caller,
    collective: Collective,
    mission_id: str,
    starts: date,
    *,
    ends: date | None = None,
    programme: bool = True,
    now: str,
) -> Mission:
    """Move a mission that this node keeps to other days (`moved`).

    Raises:
        RecordNotFound: There is no such mission.
        RecordElsewhere: Another node keeps it.
        InvalidRecord: Its days do not fit, a part of the programme is outside of them, or clocks
            skip a time of it on its new day: the next that exists is named.
    """
    home = caller.in_tenant(collective.get(mission_id, Mission).tenant)
    return await change_record(
        store,
        home,
        mission_id,
        Mission,
        lambda before: moved(before, starts, ends, programme=programme),
        now=now,
    )


def _last_of(mission: Mission, first: date) -> date:
    """Give the last day of as many months as before."""
    months = (mission.ends.year - mission.starts.year) * 12
    months += mission.ends.month - mission.starts.month + first.month - 1
    year, month = first.year + months // 12, months % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def _moved_item(item: ProgrammeItem, by: timedelta) -> ProgrammeItem:
    return replace(item, starts=_moved_text(item.starts, by), ends=_moved_text(item.ends, by))


def _moved_text(local: str | None, by: timedelta) -> str | None:
    """Move "2025-03-06T10:00" or "2025-03-06"; what is no day stays, for the rules to tell."""
    if local is None:
        return None
    try:
        day = day_of(local)
    except WrongTime:
        return local
    return f"{(day + by).isoformat()}{local[10:]}"
