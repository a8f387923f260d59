"""What cooperations, accords and their follow-ups say of who agreed on what with whom."""

from collections.abc import Iterator
from datetime import date

from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.cooperating.accords import accord_state, signatures_of
from hanze.collaboration.records.cooperation import (
    Accord,
    Cooperation,
    CooperationStep,
    CountryLead,
    WorkingGroup,
)
from hanze.collaboration.records.missions import FollowUp, Mission
from hanze.collaboration.records.record import Record
from hanze.collaboration.relations.happening import (
    Happening,
    Precision,
    State,
    day_of,
    past_or_planned,
    recorded,
)

__all__ = ["agreed"]


def agreed(collective: Collective, today: date) -> Iterator[Happening]:
    """Tell of first contacts, steps, accords, signatures, meetings of groups, leads and follow-ups."""
    for cooperation in collective.of(Cooperation):
        yield from _contact(collective, cooperation, today)
    for step in collective.of(CooperationStep):
        yield from _step(collective, step, today)
    for accord in collective.of(Accord):
        if accord.record.status != "draft" or accord.record.concluded is not None:
            yield _accord(collective, accord, today)
            yield from _signatures(collective, accord, today)
    for group in collective.of(WorkingGroup):
        yield from _minutes(collective, group, today)
    for lead in collective.of(CountryLead):
        yield _lead(lead, today)
    for follow_up in collective.of(FollowUp):
        yield _follow_up(collective, follow_up, today)


def _as(collective: Collective, record_id: str | None) -> Record | None:
    held = collective.find(record_id) if record_id is not None else None
    return held.record if held is not None else None


def _both(cooperation: Cooperation) -> frozenset[str]:
    return frozenset({cooperation.party, cooperation.partner})


def _contact(collective: Collective, held: Held[Cooperation], today: date) -> Iterator[Happening]:
    """The first contact, told once: by the side that knows of the earlier one."""
    cooperation = held.record
    other = _as(collective, cooperation.counterpart)
    if isinstance(other, Cooperation) and (other.since or date.max, other.id) < (
        cooperation.since or date.max,
        cooperation.id,
    ):
        return
    on, basis = recorded(held)
    if cooperation.since is not None:
        on, basis = cooperation.since, "since"
    yield Happening(
        on=on,
        kind="contact",
        held=held,
        parties=_both(cooperation),
        title=cooperation.title,
        state=past_or_planned(on, today),
        basis=basis,
        standing=("status", cooperation.status),
        note=cooperation.goal,
        counterparts=(other.id,) if other is not None else (),
    )


def _step(collective: Collective, held: Held[CooperationStep], today: date) -> Iterator[Happening]:
    step = held.record
    cooperation = _as(collective, step.cooperation)
    on = step.done_on or step.due
    if not isinstance(cooperation, Cooperation) or on is None:
        return
    state: State = "late" if on < today else "planned"
    yield Happening(
        on=on,
        kind="step",
        held=held,
        parties=_both(cooperation),
        title=step.title,
        state=past_or_planned(on, today) if step.done_on is not None else state,
        basis="done_on" if step.done_on is not None else "due",
        standing=("step", step.step),
        note=step.progress,
        counterparts=(step.counterpart,) if step.counterpart is not None else (),
    )


def _accord(collective: Collective, held: Held[Accord], today: date) -> Happening:
    """What was in force happened, also where it ended since; the rest is planned."""
    accord = held.record
    state = accord_state(collective, accord, today)
    on, basis = recorded(held)
    precision: Precision = "day"
    if state.on_paper and accord.concluded is not None:
        (on, precision), basis = day_of(accord.concluded), "concluded"
    elif state.in_force_since is not None:
        on, basis = state.in_force_since, "signed_on"
    elif accord.valid_from is not None:
        on, basis = accord.valid_from, "valid_from"
    was_in_force = state.in_force_since is not None and state.in_force_since <= today
    return Happening(
        on=on,
        kind="accord",
        held=held,
        parties=frozenset(accord.parties),
        title=accord.title,
        state="past" if was_in_force else "planned",
        basis=basis,
        precision=precision,
        standing=("accordState", state.state),
        note=accord.terms,
    )


def _signatures(collective: Collective, held: Held[Accord], today: date) -> Iterator[Happening]:
    """The parties' own signatures; what others say of them is none."""
    for one in signatures_of(collective, held.record):
        signature = one.record
        yield Happening(
            on=signature.signed_on,
            kind="signature",
            held=one,
            parties=frozenset(held.record.parties),
            title=signature.title,
            state="cancelled"
            if signature.withdrawn_on
            else past_or_planned(signature.signed_on, today),
            basis="signed_on",
            note=signature.signatory,
        )


def _minutes(collective: Collective, held: Held[WorkingGroup], today: date) -> Iterator[Happening]:
    """The meetings of a group: those that were held, and the next."""
    group = held.record
    accord = _as(collective, group.accord)
    parties = frozenset(one.party for one in group.members)
    if isinstance(accord, Accord):
        parties |= frozenset(accord.parties)
    held_on = {one.on: one.text for one in group.minutes}
    if group.next_meeting is not None and group.ended_on is None:
        held_on.setdefault(group.next_meeting, {})
    for on, text in held_on.items():
        yield Happening(
            on=on,
            kind="meeting",
            held=held,
            parties=parties,
            title=group.title,
            state=past_or_planned(on, today),
            basis="minutes" if text else "next_meeting",
            part=on.isoformat(),
            note=text,
        )


def _lead(held: Held[CountryLead], today: date) -> Happening:
    lead = held.record
    on, basis = recorded(held)
    if lead.since is not None:
        on, basis = lead.since, "since"
    sides = (lead.country, lead.lead, lead.partner_country, lead.partner_lead)
    return Happening(
        on=on,
        kind="lead",
        held=held,
        parties=frozenset(side for side in sides if side is not None),
        title=lead.title,
        state=past_or_planned(on, today),
        basis=basis,
        ends=lead.until,
        note=lead.orders,
    )


def _follow_up(collective: Collective, held: Held[FollowUp], today: date) -> Happening:
    follow_up = held.record
    mission = _as(collective, follow_up.mission)
    accord = _as(collective, follow_up.accord)
    parties = {follow_up.owner} if follow_up.owner is not None else set()
    if isinstance(mission, Mission):
        parties |= {mission.organiser, mission.country, *mission.places}
    if isinstance(accord, Accord):
        parties |= {*accord.parties}
    updates = sorted(follow_up.updates, key=lambda one: one.on)
    return Happening(
        on=follow_up.on,
        kind="follow-up",
        held=held,
        parties=frozenset(parties),
        title=follow_up.title,
        state=past_or_planned(follow_up.on, today),
        basis="on",
        standing=("status", follow_up.status),
        note=updates[-1].text if updates else {},
    )
