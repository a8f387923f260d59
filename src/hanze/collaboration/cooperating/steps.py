"""The five steps of a cooperation as one view: what both sides recorded, and who is late with what.

Nothing here is written: each side's records are its own, on its own node, and this is what they say
together. A side that has not answered yet has no records, which is no lateness of anybody's.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.kept import while_unchanged
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.cooperation import STEPS, Cooperation, CooperationStep
from hanze.collaboration.speaking import speaks_for

__all__ = [
    "CooperationView",
    "Side",
    "SideOfStep",
    "StepState",
    "StepView",
    "cooperation_view",
    "cooperations",
    "counterpart_of",
    "state_of_step",
]

#: Absent: that side has no record of the step.
StepState = Literal["done", "late", "open", "absent"]


@dataclass(frozen=True, slots=True)
class SideOfStep:
    """What one side recorded of a step.

    Attributes:
        party: Whose side.
        records: In order of their days; of regular meetings there are several.
        state: Late is what was due before today and is not done.
        due: The next day that counts: of what is not done, else of what was done last.
        days: Until it is due, negative when late; `None` where nothing is to be done, or has no day.
    """

    party: str
    records: tuple[Held[CooperationStep], ...]
    state: StepState
    due: date | None
    days: int | None


@dataclass(frozen=True, slots=True)
class StepView:
    """One of the five steps.

    Attributes:
        step: One of `STEPS`.
        number: 1 to 5.
        sides: That of the cooperation's party, then the partner's.
        state: Late where one side is; done where both are.
        overdue_by: Parties that are late.
        waits_for: Parties that have not done it.
    """

    step: str
    number: int
    sides: tuple[SideOfStep, SideOfStep]
    state: StepState
    overdue_by: tuple[str, ...]
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """A side of a cooperation; `held` is `None` where it has not answered."""

    party: str
    held: Held[Cooperation] | None


@dataclass(frozen=True, slots=True)
class CooperationView:
    """Both sides of a cooperation.

    Attributes:
        held: The record that was asked for.
        own: Its side.
        partner: The other side.
        steps: The five, in order.
        overdue: Steps with which somebody is late.
        next: The first step that is not done; `None` when all are.
    """

    held: Held[Cooperation]
    own: Side
    partner: Side
    steps: tuple[StepView, ...]
    overdue: tuple[StepView, ...]
    next: StepView | None

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.own, self.partner

    @property
    def done(self) -> int:
        """How many of the five both sides did."""
        return sum(one.state == "done" for one in self.steps)


def cooperation_view(collective: Collective, cooperation_id: str, today: date) -> CooperationView:
    """Put both sides of a cooperation together.

    Args:
        collective: Up to date; it has the records of all nodes.
        cooperation_id: Of either side.

    Raises:
        RecordNotFound: There is no such cooperation.
    """
    held = collective.get(cooperation_id, Cooperation)
    other = counterpart_of(collective, held)
    own = Side(held.record.party, held)
    partner = Side(held.record.partner, other)
    steps = tuple(_steps(collective, (own, partner), today))
    return CooperationView(
        held=held,
        own=own,
        partner=partner,
        steps=steps,
        overdue=tuple(one for one in steps if one.overdue_by),
        next=next((one for one in steps if one.state != "done"), None),
    )


def cooperations(
    collective: Collective,
    today: date,
    *,
    party: str | None = None,
    country: str | None = None,
    theme: str | None = None,
    status: str | None = None,
    late: bool = False,
) -> tuple[CooperationView, ...]:
    """List cooperations, each once, those with late steps first.

    Of two sides the one that this node keeps stands for both, else the one that was there first.

    Args:
        party: Only those of this city, region or organisation, on either side.
        country: Only those with a side in this country.
        theme: Only those about this theme, or in which one side sees interest in it.
        status: Only those of which this is the status on the side that stands for both.
        late: Only those with a late step.
    """
    views = (cooperation_view(collective, one, today) for one in _each_once(collective))
    found = [
        one
        for one in views
        if (party is None or party in {side.party for side in one.sides})
        and (country is None or country in _countries(collective, one))
        and (theme is None or theme in _themes(one))
        and (status is None or one.held.record.status == status)
        and (not late or one.overdue)
    ]
    return tuple(sorted(found, key=lambda one: (not one.overdue, one.held.record.id)))


def counterpart_of(collective: Collective, held: Held[Cooperation]) -> Held[Cooperation] | None:
    """Find the other side's own record of a cooperation, as one of the two names it, or by the parties.

    Only what the other side says itself counts (`speaking.speaks_for`).
    """
    own = held.record
    found = [
        other
        for other in _by_parties(collective).get((own.partner, own.party), ())
        if speaks_for(collective, other, other.record.party)
    ]
    named = [
        one for one in found if one.record.id == own.counterpart or one.record.counterpart == own.id
    ]
    free = [one for one in found if own.counterpart is None and one.record.counterpart is None]
    return next(iter([*named, *free]), None)


def _by_parties(
    collective: Collective,
) -> Mapping[tuple[str, str], Sequence[Held[Cooperation]]]:
    def sort() -> Mapping[tuple[str, str], Sequence[Held[Cooperation]]]:
        found: defaultdict[tuple[str, str], list[Held[Cooperation]]] = defaultdict(list)
        for held in collective.of(Cooperation):
            found[held.record.party, held.record.partner].append(held)
        return found

    return while_unchanged(collective, "cooperations by parties", sort)


def state_of_step(record: CooperationStep, today: date) -> StepState:
    """Say where one side's record of a step stands."""
    if record.done_on is not None:
        return "done"
    return "late" if record.due is not None and record.due < today else "open"


def _steps(collective: Collective, sides: tuple[Side, Side], today: date) -> Iterator[StepView]:
    recorded = [_records(collective, side) for side in sides]
    for number, step in enumerate(STEPS, 1):
        one, other = (
            _side(side.party, [held for held in records if held.record.step == step], today)
            for side, records in zip(sides, recorded, strict=True)
        )
        both = (one, other)
        yield StepView(
            step=step,
            number=number,
            sides=both,
            state=_together([side.state for side in both]),
            overdue_by=tuple(side.party for side in both if side.state == "late"),
            waits_for=tuple(side.party for side in both if side.state != "done"),
        )


def _together(states: Sequence[StepState]) -> StepState:
    if "late" in states:
        return "late"
    if all(one == "done" for one in states):
        return "done"
    return "absent" if all(one == "absent" for one in states) else "open"


def _records(collective: Collective, side: Side) -> list[Held[CooperationStep]]:
    """List a side's steps, by day: those that belong to its cooperation and are its own."""
    if side.held is None:
        return []
    steps = collective.naming(side.held.record.id, CooperationStep, "cooperation")
    found = [one for one in steps if one.city == side.held.city and one.home == side.held.home]
    return sorted(found, key=_by_day)


def _by_day(held: Held[CooperationStep]) -> tuple[date, str]:
    record = held.record
    return record.done_on or record.due or date.max, record.id


def _side(party: str, records: Sequence[Held[CooperationStep]], today: date) -> SideOfStep:
    if not records:
        return SideOfStep(party, (), "absent", None, None)
    left = [held.record for held in records if held.record.done_on is None]
    if not left:
        return SideOfStep(party, tuple(records), "done", records[-1].record.due, None)
    state: StepState = (
        "late" if any(state_of_step(one, today) == "late" for one in left) else "open"
    )
    due = min((one.due for one in left if one.due is not None), default=None)
    days = (due - today).days if due is not None else None
    return SideOfStep(party, tuple(records), state, due, days)


def _each_once(collective: Collective) -> Iterable[str]:
    seen: set[str] = set()
    ordered = sorted(
        collective.of(Cooperation),
        key=lambda held: (held.home is not None, held.created_at, held.record.id),
    )
    for held in ordered:
        if held.record.id in seen:
            continue
        seen.add(held.record.id)
        other = counterpart_of(collective, held)
        if other is not None:
            seen.add(other.record.id)
        yield held.record.id


def _countries(collective: Collective, view: CooperationView) -> set[str | None]:
    return {country_of(collective, side.party) for side in view.sides}


def _themes(view: CooperationView) -> set[str]:
    records = [side.held.record for side in view.sides if side.held is not None]
    return {theme for one in records for theme in (*one.themes, *one.interests)}
