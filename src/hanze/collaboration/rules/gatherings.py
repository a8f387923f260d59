"""Matchmaking days: what they are made of fits together, and everybody decides for themselves."""

from itertools import pairwise
from typing import Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.gatherings import MatchmakingDay, Participation
from hanze.collaboration.rules.speaking import check_own_record, check_speaks_for, is_place
from hanze.collaboration.rules.step import RuleBroken, Step
from hanze.collaboration.zones import moment, zone_of

__all__ = [
    "keep_day_status",
    "keep_guests_own",
    "keep_organiser",
    "keep_plan",
    "keep_setting",
    "keep_wishes",
]

#: From a status to those that may follow.
_FOLLOWING: Final = {
    "draft": frozenset({"open", "cancelled"}),
    "open": frozenset({"draft", "planned", "cancelled"}),
    "planned": frozenset({"open", "over", "cancelled"}),
    "over": frozenset[str](),
    "cancelled": frozenset[str](),
}
#: As much of each as a plan can be made with.
_MOST: Final = {"slots": 60, "tables": 500, "interpreters": 200, "travel": 5_000}
_MOST_WISHES: Final = 200
_FIXED: Final = ("day", "party", "side")


def keep_organiser(step: Step[MatchmakingDay]) -> None:
    """Leave a day to who organises it.

    Raises:
        SpeaksForAnother: The caller speaks for another organisation.
        InvalidRecord: It is called the record of another place than the one that organises it.
    """
    for day in (step.before, step.after):
        if day is not None:
            check_speaks_for(step, "A matchmaking day", day.organiser, field="organiser")
    if step.after is not None and is_place(step, step.after.organiser):
        check_own_record(step, step.after, step.after.organiser)


def keep_guests_own(step: Step[Participation]) -> None:
    """Leave a participation to its party.

    Raises:
        SpeaksForAnother: The caller speaks for another organisation.
        InvalidRecord: It is called the record of another place than the one that takes part.
        RuleBroken: It would become one of another party, side or day.
    """
    for one in (step.before, step.after):
        if one is not None:
            check_speaks_for(step, "Whether a party takes part", one.party, field="party")
    if step.after is None:
        return
    # Who organises the day may register organisations that have no node.
    if is_place(step, step.after.party):
        check_own_record(step, step.after, step.after.party)
    for name in _FIXED if step.before is not None else ():
        if getattr(step.before, name) != getattr(step.after, name):
            raise RuleBroken(
                f"The {name} of {step.after.id} cannot change; it can be withdrawn, and another "
                "one registered",
                field=name,
                value=getattr(step.after, name),
            )


def keep_setting(step: Step[MatchmakingDay]) -> None:
    """Ask for slots in order of time on the day, and for keys that name one thing each.

    Raises:
        InvalidRecord: Names the slot, key or place.
        WrongTime: The zone or a time does not exist.
    """
    day = step.after
    if day is None:
        return
    zone_of(day.timezone)
    for name, most in _MOST.items():
        several = getattr(day, name)
        if len(several) > most:
            raise InvalidRecord(MatchmakingDay, f"must be at most {most}", field=name)
        if name != "travel":
            _keep_keys(name, [one.key for one in several])
    _keep_slots(day)
    slots = {one.key for one in day.slots}
    for one in day.interpreters:
        if len(set(one.languages)) < 2:
            reason = f"must be between two languages or more; {one.key} has fewer"
            raise InvalidRecord(MatchmakingDay, reason, field="interpreters", value=one.key)
        unknown = sorted(set(one.away) - slots)
        if unknown:
            reason = f"must be away in slots of the day; {one.key} is in others"
            raise InvalidRecord(MatchmakingDay, reason, field="interpreters", value=unknown[0])
    _keep_travel(day)


def _keep_keys(name: str, keys: list[str]) -> None:
    for key in keys:
        if not key.strip() or len(key) > 100 or keys.count(key) > 1:
            reason = "must have keys of 1 to 100 characters that differ"
            raise InvalidRecord(MatchmakingDay, reason, field=name, value=key)


def _keep_slots(day: MatchmakingDay) -> None:
    for slot in day.slots:
        starts = moment(slot.starts, day.timezone, field="slots")
        ends = moment(slot.ends, day.timezone, field="slots")
        if starts.date() != day.on:
            reason = f"must start on the day, {day.on}"
            raise InvalidRecord(MatchmakingDay, reason, field="slots", value=slot.starts)
        if ends <= starts:
            reason = "must end after they start"
            raise InvalidRecord(MatchmakingDay, reason, field="slots", value=slot.ends)
    for one, following in pairwise(day.slots):
        if following.starts < one.ends:
            reason = f"must follow each other; {following.key} starts before {one.key} ends"
            raise InvalidRecord(MatchmakingDay, reason, field="slots", value=following.starts)


def _keep_travel(day: MatchmakingDay) -> None:
    known: set[frozenset[str]] = set()
    for one in day.travel:
        pair = frozenset((one.one, one.other))
        if len(pair) < 2 or pair in known:
            reason = "must be between two places, each two of them once"
            raise InvalidRecord(MatchmakingDay, reason, field="travel", value=one.one)
        known.add(pair)


def keep_plan(step: Step[MatchmakingDay]) -> None:
    """Keep a plan to slots, tables and interpreters that there are, and everybody in one place.

    What it uses stays as it was told, until it is planned anew.

    Raises:
        InvalidRecord: Names what the plan uses twice, or what is not there.
        RuleBroken: A slot or table of the plan would change under it.
    """
    day, before = step.after, step.before
    if day is None:
        return
    known: dict[str, set[str | None]] = {
        "slot": {one.key for one in day.slots},
        "table": {one.key for one in day.tables},
        "interpreter": {None, *(one.key for one in day.interpreters)},
    }
    taken: set[tuple[str, str, str]] = set()
    for number, one in enumerate(day.plan):
        for name, keys in known.items():
            if getattr(one, name) not in keys:
                reason = f"must use a {name} of the day"
                field = f"plan[{number}].{name}"
                raise InvalidRecord(MatchmakingDay, reason, field=field, value=getattr(one, name))
        uses = [("guest", one.one), ("guest", one.other), ("table", one.table)]
        if one.interpreter is not None:
            uses.append(("interpreter", one.interpreter))
        for kind, key in uses:
            if (one.slot, kind, key) in taken:
                reason = f"must have each {kind} in one place at a time"
                raise InvalidRecord(MatchmakingDay, reason, field=f"plan[{number}]", value=key)
            taken.add((one.slot, kind, key))
    if before is not None and before.round == day.round:
        _keep_told(before, day)


def _keep_told(before: MatchmakingDay, day: MatchmakingDay) -> None:
    if before.plan != day.plan:
        raise RuleBroken(
            f"The plan of {day.id} changes when it is planned again, which its round tells",
            field="plan",
        )
    for name, keys in (
        ("slots", {one.slot for one in day.plan}),
        ("tables", {one.table for one in day.plan}),
    ):
        was, is_now = (
            {one.key: one for one in getattr(several, name)} for several in (before, day)
        )
        for key in sorted(keys):
            if was.get(key) != is_now.get(key) or before.timezone != day.timezone:
                raise RuleBroken(
                    f"{key} is part of the plan of {day.id}; it changes when the day is planned "
                    "again",
                    field=name,
                    value=key,
                )


def keep_day_status(step: Step[MatchmakingDay]) -> None:
    """Let a day go only to statuses that follow its own.

    Raises:
        RuleBroken: Names the status, or what is missing.
    """
    day, before = step.after, step.before
    if day is None:
        return
    if day.status in ("open", "planned") and not (day.slots and day.tables):
        raise RuleBroken(
            f"{day.id} needs slots and tables to be {day.status}",
            field="slots" if not day.slots else "tables",
        )
    if day.status == "planned" and day.planned_at is None:
        raise RuleBroken(f"{day.id} is planned when it has a plan", field="plannedAt")
    if before is None or before.status == day.status:
        return
    if day.status not in _FOLLOWING[before.status]:
        may = ", ".join(sorted(_FOLLOWING[before.status])) or "nothing"
        raise RuleBroken(
            f"{day.id} is {before.status}; what may follow is {may}",
            field="status",
            value=day.status,
        )


def keep_wishes(step: Step[Participation]) -> None:
    """Ask for wishes that make sense: others, each once, and none that is refused as well.

    Raises:
        InvalidRecord: Names the request or refusal.
    """
    one = step.after
    if one is None:
        return
    asked = [request.participation for request in one.requests]
    if len(asked) > _MOST_WISHES or len(one.refuses) > _MOST_WISHES:
        raise InvalidRecord(
            Participation, f"must be at most {_MOST_WISHES}", field="requests", value=len(asked)
        )
    for field, ids in (("requests", asked), ("refuses", list(one.refuses))):
        for other in ids:
            if other == one.id or ids.count(other) > 1:
                reason = "must name others, each once"
                raise InvalidRecord(Participation, reason, field=field, value=other)
    both = sorted(set(asked) & set(one.refuses))
    if both:
        reason = "must not name who is asked for as well"
        raise InvalidRecord(Participation, reason, field="refuses", value=both[0])
