"""What must hold within any record: days in order, codes of structures, amounts that are none below 0.

A schema checks each field by itself; these look at two fields together, and into structures.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec

from hanze.collaboration.records.cooperation import (
    Accord,
    AccordSignature,
    Cooperation,
    CountryLead,
    Mentorship,
)
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.fields import Shape, camel, fields_of, members_of
from hanze.collaboration.records.gatherings import MatchmakingDay
from hanze.collaboration.records.missions import Event, FollowUp, Mission, VoucherScheme
from hanze.collaboration.records.needs import Competition, Demand, DemandBundle, Tender
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.projects import LabSlot, LivingLab, PilotRecord, Project
from hanze.collaboration.records.record import LARGEST, Money, Quantity, Record, Structure
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.records.themes import Chair
from hanze.collaboration.rules.step import Step

__all__ = ["keep_amounts", "keep_codes", "keep_days_in_order", "keep_lasting", "keep_slots"]

#: By type of record or structure: pairs of days (names in Python), the earlier one first.
_ORDERS: Final[Mapping[type[msgspec.Struct], tuple[tuple[str, str], ...]]] = {
    Project: (("started_on", "ended_on"),),
    Demand: (("wanted_from", "wanted_until"),),
    DemandBundle: (("wanted_from", "wanted_until"),),
    Subsidy: (("opens", "closes"),),
    PilotRecord: (("starts", "ends"), ("starts", "signed_on")),
    Contribution: (("received_on", "outcome_on"),),
    Competition: (("opens", "closes"),),
    Tender: (("starts", "ends"),),
    LabSlot: (("starts", "ends"),),
    Chair: (("since", "until"),),
    Cooperation: (("since", "until"),),
    Accord: (("valid_from", "valid_until"), ("valid_from", "ended_on")),
    AccordSignature: (("signed_on", "withdrawn_on"),),
    CountryLead: (("since", "until"),),
    Mentorship: (("since", "until"),),
    Mission: (("starts", "ends"), ("register_before", "ends")),
    Event: (("starts", "ends"),),
    FollowUp: (("on", "due"), ("on", "done_on")),
    VoucherScheme: (("opens", "closes"),),
    MatchmakingDay: (("register_before", "on"),),
}

#: Days that leave room to count from.
_FIRST_YEAR: Final = 1000
_LAST_YEAR: Final = 2999
#: Of any text; that of a field by itself may be shorter.
_LONGEST: Final = 100_000
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


def keep_days_in_order(step: Step[Record]) -> None:
    """Refuse periods that end before they start.

    Raises:
        InvalidRecord: Names the later day.
    """
    if step.after is None:
        return
    for path, value in (("", step.after), *_structures(step.after)):
        for first, last in _ORDERS.get(type(value), ()):
            starts, ends = getattr(value, first), getattr(value, last)
            if isinstance(starts, date) and isinstance(ends, date) and ends < starts:
                reason = f"must not be before {path}{camel(first)} ({starts})"
                raise InvalidRecord(type(step.after), reason, field=path + camel(last), value=ends)


def keep_codes(step: Step[Record]) -> None:
    """Refuse codes in structures that are not of their list.

    Raises:
        InvalidRecord: Names the member and what it may be.
    """
    if step.after is None:
        return
    for path, value in _structures(step.after):
        for member in members_of(type(value)):
            code = getattr(value, member.name)
            if member.codes and code is not None and code not in member.codes:
                reason = f"must be one of {', '.join(member.codes)}"
                raise InvalidRecord(type(step.after), reason, field=path + member.term, value=code)


def keep_amounts(step: Step[Record]) -> None:
    """Refuse amounts below 0, which would be taken off what is added up, and senseless numbers.

    Raises:
        InvalidRecord: Names the field.
    """
    if step.after is None:
        return
    for path, value in _leaves(step.after):
        fault = _fault(path, value)
        if fault is not None:
            raise InvalidRecord(type(step.after), fault, field=path, value=value)


def _fault(path: str, value: object) -> str | None:
    """Say what is wrong with a number, a currency, a day or a text; `None` where nothing is."""
    if isinstance(value, Decimal) and value < 0:
        return "must be at least 0"
    if isinstance(value, int | float | Decimal) and not -LARGEST <= value <= LARGEST:
        return f"must be between -{LARGEST} and {LARGEST}"
    if isinstance(value, date) and not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        return f"must be a day of the years {_FIRST_YEAR} to {_LAST_YEAR}"
    if isinstance(value, str):
        if path.endswith("currency") and not _CURRENCY.fullmatch(value):
            return "must be a currency, as in EUR"
        if len(value) > _LONGEST:
            return f"must have at most {_LONGEST} characters"
    return None


def keep_lasting(step: Step[Record]) -> None:
    """Refuse attributes that go by themselves or stand beside others: they would pass by every rule.

    A rule sees one value of a field, and queries and subscriptions see each instance.

    Raises:
        InvalidRecord: Names the attribute.
    """
    if step.after is None or step.entity is None:
        return
    fields = {field.iri: field.term for field in fields_of(type(step.after))}
    for iri, instances in step.entity.attributes.items():
        for instance in instances:
            if instance.expires_at is not None:
                reason = "must not have expiresAt: what a record says is changed, it does not lapse"
                raise InvalidRecord(
                    type(step.after),
                    reason,
                    field=fields.get(iri, iri),
                    value=instance.expires_at,
                )
            if instance.dataset_id is not None and iri in fields:
                raise InvalidRecord(
                    type(step.after),
                    "must not have a datasetId: a record says one thing at a time",
                    field=fields[iri],
                    value=instance.dataset_id,
                )


def keep_slots(step: Step[LivingLab]) -> None:
    """Refuse slots with more places taken than there are.

    Raises:
        InvalidRecord: Names the slot.
    """
    if step.after is None:
        return
    for number, slot in enumerate(step.after.slots):
        if slot.places < 0 or not 0 <= slot.taken <= slot.places:
            reason = f"must lie between 0 and the {slot.places} places that there are"
            raise InvalidRecord(LivingLab, reason, field=f"slots[{number}].taken", value=slot.taken)


def _structures(record: Record) -> Iterator[tuple[str, Structure]]:
    """Go through the structures of a record, with the path before their members."""
    for field in fields_of(type(record)):
        if field.shape is not Shape.STRUCTURE:
            continue
        value = getattr(record, field.name)
        if isinstance(value, Structure):
            yield f"{field.term}.", value
        elif isinstance(value, tuple):
            for number, one in enumerate(value):
                if isinstance(one, Structure):
                    yield f"{field.term}[{number}].", one


def _leaves(record: Record) -> Iterator[tuple[str, object]]:
    """Go through all values of a record that have no members; amounts are exact numbers."""
    for field in fields_of(type(record)):
        if field.shape is not Shape.GEOMETRY:
            yield from _below(field.term, getattr(record, field.name))


def _below(path: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Structure):
        for name in value.__struct_fields__:
            yield from _below(f"{path}.{camel(name)}", getattr(value, name))
    elif isinstance(value, Money):
        yield path, value.amount
        yield f"{path}.currency", value.currency
    elif isinstance(value, Quantity):
        yield path, Decimal(value.value)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _below(f"{path}[{number}]", one)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _below(f"{path}.{name}", one)
    else:
        yield path, value
