"""Whose word a record is: a party speaks for itself, in records of its own.

Asked within a unit of work, of what is written; `collaboration.speaking` asks the same of what is read.
"""

from typing import Any, Final

from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.rules.elsewhere import find_elsewhere, owners_of, type_named
from hanze.collaboration.rules.step import Step
from hanze.errors import Denied

__all__ = [
    "SpeaksForAnother",
    "check_own_record",
    "check_speaks_for",
    "is_place",
    "speaks_for",
]

_PLACES: Final = (Municipality, Region, Country)


class SpeaksForAnother(Denied):
    """What a party says is for the party to say, and for who stands behind it.

    Args:
        what: What would be said: "the story of a city".
        party: Id of whose word it is.
        caller: Id of the organisation, or name of the tenant, that would say it.
        field: Term of the attribute that it is about.
    """

    def __init__(self, what: str, party: str, caller: str, *, field: str) -> None:
        super().__init__(f"{what} is a matter of {party}, not for {caller} to write")
        self.field = field
        self.value = party[:100]


def speaks_for(step: Step[Any], *parties: str | Record | None) -> bool:
    """Tell whether the caller stands behind one of these.

    A caller that speaks for no organisation, an operator, may say what everybody says.

    Args:
        parties: Ids of those who may say it; records count as whose they are themselves.
    """
    own = step.caller.organisation
    if own is None:
        return True
    return any(own in _behind(step, party) for party in parties if party is not None)


def check_speaks_for(
    step: Step[Any], what: str, party: str, *others: str | Record | None, field: str
) -> None:
    """See that the caller stands behind a party, or one of the others that may say it as well.

    Raises:
        SpeaksForAnother: The caller speaks for an organisation that is behind none of them.
    """
    own = step.caller.organisation
    if own is not None and not speaks_for(step, party, *others):
        raise SpeaksForAnother(what, party, own, field=field)


def check_own_record(step: Step[Any], record: Record, party: str) -> None:
    """See that what a party says is its own record: only its own node can show that then.

    Raises:
        InvalidRecord: It is the record of somebody else than the party or, where that is an
            organisation, than the place that keeps the organisation's record.
    """
    found = find_elsewhere(step, party)
    if found is None and not is_place(step, party):
        return
    own = {party}
    if isinstance(found, Organization):
        own.add(found.source_city or party)
    if record.source_city not in own:
        raise InvalidRecord(
            type(record),
            f"must be {party}, whose word it is",
            field="sourceCity",
            value=record.source_city,
        )


def is_place(step: Step[Any], party: str) -> bool:
    """Tell whether a party is a city, region or country, as far as this node can know."""
    found = find_elsewhere(step, party)
    return (type(found) if found is not None else type_named(party)) in _PLACES


def _behind(step: Step[Any], party: str | Record) -> frozenset[str]:
    if isinstance(party, Record):
        return owners_of(party.id, party)
    return owners_of(party, find_elsewhere(step, party))
