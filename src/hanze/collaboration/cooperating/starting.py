"""Cooperations at work: a side starts or answers one, and records its own steps."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.provision import EntityAlreadyExists
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.cooperating.steps import CooperationView, cooperation_view
from hanze.collaboration.cooperating.wording import step_title
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.months import months_later
from hanze.collaboration.records.cooperation import STEPS, Cooperation, CooperationStep, Document
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import LANGUAGES, Label, text_of
from hanze.collaboration.speaking import check_home
from hanze.collaboration.writing import change_in, change_record, create_in
from hanze.errors import Conflicting, InvalidInput
from hanze.identity.caller import Caller

__all__ = [
    "MONTHS",
    "AlreadyAnswered",
    "WrongMonths",
    "add_meeting",
    "answer_cooperation",
    "attach_to_step",
    "change_step",
    "start_cooperation",
    "take_up_counterpart",
]

#: Months after the start at which each of the five steps is due, where nobody says otherwise.
MONTHS: Final = (1, 2, 4, 6, 9)
_MOST_MONTHS: Final = 120
#: Leaves room for the days of the steps.
_LAST_START: Final = 2900
#: Who can be a side of a cooperation.
_SIDES: Final = (Municipality, Region, Country, Organization)


class AlreadyAnswered(Conflicting):
    """Both sides of a cooperation have their record already."""

    def __init__(self, cooperation_id: str, answer: str) -> None:
        super().__init__(f"{cooperation_id} is answered already: {answer}")
        self.cooperation_id = cooperation_id


class WrongMonths(InvalidInput):
    """The months of the five steps are not five numbers that do not fall."""

    def __init__(self, months: Sequence[int]) -> None:
        super().__init__(
            f"months must be five numbers from 0 to {_MOST_MONTHS}, none below the one before it",
            field="months",
            value=", ".join(str(one) for one in months),
        )


async def start_cooperation(
    store: Store,
    caller: Caller,
    collective: Collective,
    cooperation: Cooperation,
    *,
    months: Sequence[int] = MONTHS,
    now: str,
) -> Cooperation:
    """Write one side's record of a cooperation, with its five steps and the days they are due.

    Args:
        caller: Who may write; the records go to the tenant of the party.
        collective: Up to date; knows which node speaks for the party.
        cooperation: Without an id; `since` is the day from which the months count.
        months: After the start, one number for each of the five steps.

    Raises:
        EntityAlreadyExists: The party cooperates with this partner already.
        PartyElsewhere: The party has a node of its own, which keeps its records.
        WrongMonths: The months are not five, or fall.
        InvalidRecord: The start is too far off, or a side is nobody that this node knows.
    """
    _check_sides(collective, cooperation)
    check_home(collective, cooperation.party)
    if len(months) != len(STEPS) or list(months) != sorted(months):
        raise WrongMonths(months)
    if not all(0 <= one <= _MOST_MONTHS for one in months):
        raise WrongMonths(months)
    start = cooperation.since or date.fromisoformat(now[:10])
    if start.year > _LAST_START:
        reason = f"must be a day up to the year {_LAST_START}"
        raise InvalidRecord(Cooperation, reason, field="since", value=start)
    record = replace(
        cooperation,
        id=_id("Cooperation", cooperation.party, _key(cooperation.partner)),
        title=cooperation.title or _title(collective, cooperation),
        source_city=cooperation.party,
        since=start,
        provenance=cooperation.provenance or "entered",
    )
    steps = [
        _step(record, step, months_later(start, number))
        for step, number in zip(STEPS, months, strict=True)
    ]

    def unit(uow: UnitOfWork) -> Cooperation:
        home = in_tenant_of(uow.registers, caller, record.party)
        create_in(uow, home, record, now=now)
        for one in steps:
            create_in(uow, home, one, now=now)
        return record

    return await store.transact(unit)


def _check_sides(collective: Collective, cooperation: Cooperation) -> None:
    sides = {"party": cooperation.party, "partner": cooperation.partner}
    for field, side in sides.items():
        held = collective.find(side)
        if held is None or not isinstance(held.record, _SIDES):
            reason = (
                "must be the id of a city, region, country or organisation that this node knows; "
                "searching for its name finds the id"
            )
            raise InvalidRecord(Cooperation, reason, field=field, value=side)
    for one in collective.of(Cooperation):
        sides_of = (one.record.party, one.record.partner)
        if sides_of == tuple(sides.values()) and one.record.status != "ended":
            raise EntityAlreadyExists(one.record.id)


async def answer_cooperation(
    store: Store,
    caller: Caller,
    collective: Collective,
    cooperation_id: str,
    *,
    months: Sequence[int] = MONTHS,
    now: str,
) -> Cooperation:
    """Write the other side's record of a cooperation, on the other side's own node.

    Its goal and topics are taken over, to be changed by who they are for.

    Raises:
        RecordNotFound: There is no such cooperation.
        AlreadyAnswered: Both sides have a record.
        PartyElsewhere: The partner has a node of its own, and this is not it.
    """
    view = cooperation_view(collective, cooperation_id, date.fromisoformat(now[:10]))
    if view.partner.held is not None:
        raise AlreadyAnswered(cooperation_id, view.partner.held.record.id)
    asked = view.held.record
    answer = Cooperation(
        id="",
        title=asked.title,
        themes=asked.themes,
        party=asked.partner,
        partner=asked.party,
        counterpart=asked.id,
        status="active",
        since=date.fromisoformat(now[:10]),
        goal=asked.goal,
    )
    return await start_cooperation(store, caller, collective, answer, months=months, now=now)


async def take_up_counterpart(
    store: Store, caller: Caller, view: CooperationView, *, now: str
) -> Cooperation:
    """Name the other side's records in this side's own, where they are there by now.

    Raises:
        RecordElsewhere: The cooperation is kept by another node.
        RecordNotFound: The other side has none.
    """
    other = view.partner.held
    if other is None:
        raise RecordNotFound(view.held.record.id, "cooperation that the partner answered")
    links = {
        own.records[0].record.id: theirs.records[0].record.id
        for own, theirs in (one.sides for one in view.steps if one.step != "meetings")
        if own.records and theirs.records
    }
    home = caller.in_tenant(view.held.tenant)

    def unit(uow: UnitOfWork) -> Cooperation:
        for step_id, counterpart in links.items():
            change_in(
                uow,
                home,
                step_id,
                CooperationStep,
                lambda before, named=counterpart: replace(before, counterpart=named),  # type: ignore[misc]  # mypy cannot see a default's type
                now=now,
            )
        return change_in(
            uow,
            home,
            view.held.record.id,
            Cooperation,
            lambda before: replace(
                before,
                counterpart=other.record.id,
                status="active" if before.status == "proposed" else before.status,
            ),
            now=now,
        )

    return await store.transact(unit)


async def change_step(
    store: Store,
    caller: Caller,
    held: Held[CooperationStep],
    change: Callable[[CooperationStep], CooperationStep],
    *,
    now: str,
) -> CooperationStep:
    """Change a side's own record of a step.

    Raises:
        RecordElsewhere: It is kept by another node.
        RuleBroken: It would be done without what makes it so.
    """
    return await change_record(
        store, caller.in_tenant(held.tenant), held.record.id, CooperationStep, change, now=now
    )


async def attach_to_step(
    store: Store, caller: Caller, held: Held[CooperationStep], document: Document, *, now: str
) -> CooperationStep:
    """Attach a file to a side's own record of a step; the same file once (`change_step`)."""

    def attach(step: CooperationStep) -> CooperationStep:
        others = tuple(one for one in step.documents if one.sha256 != document.sha256)
        return replace(step, documents=(*others, document))

    return await change_step(store, caller, held, attach, now=now)


async def add_meeting(
    store: Store, caller: Caller, held: Held[Cooperation], due: date, *, now: str
) -> CooperationStep:
    """Plan another regular meeting: a step of its own, on its day.

    Raises:
        RecordElsewhere: The cooperation is kept by another node.
        EntityAlreadyExists: A meeting of that day is planned.
    """
    home = caller.in_tenant(held.tenant)
    step = _step(held.record, "meetings", due)
    named = replace(step, id=f"{step.id}-{due.isoformat()}")
    return await store.transact(lambda uow: create_in(uow, home, named, now=now))


def _step(cooperation: Cooperation, step: str, due: date) -> CooperationStep:
    return CooperationStep(
        id=cooperation.id.replace(":Cooperation:", ":CooperationStep:", 1) + f"-{step}",
        title=step_title(step, cooperation.title),
        source_city=cooperation.party,
        themes=cooperation.themes,
        provenance=cooperation.provenance,
        simulated=cooperation.simulated,
        cooperation=cooperation.id,
        step=step,
        due=due,
    )


def _title(collective: Collective, cooperation: Cooperation) -> Label:
    names: list[Mapping[str, str]] = []
    for party in (cooperation.party, cooperation.partner):
        held = collective.find(party)
        names.append(held.record.title if held is not None else {"en": party.rpartition(":")[2]})
    return {
        language: " - ".join(text_of(name, language) for name in names) for language in LANGUAGES
    }


def _id(kind: str, party: str, key: str) -> str:
    return f"urn:ngsi-ld:{kind}:{_key(party)}:{key}"


def _key(record_id: str) -> str:
    """Name a party in an id of ours: with its type, for a city and its province may share a code."""
    return "-".join(record_id.removeprefix("urn:ngsi-ld:").split(":"))
