"""Is it smart-city compliant? A checklist for a demand or a bundle before it is put out to tender.

An item is met or not met where the record says so; what it does not tell is not known, and no
reproach.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from hanze.collaboration.collective import Collective, RecordNotFound
from hanze.collaboration.procurement_texts import ITEMS
from hanze.collaboration.records.needs import Demand, DemandBundle
from hanze.collaboration.records.offers import Standard
from hanze.collaboration.records.record import Label

__all__ = ["CheckItem", "CheckState", "checklist"]


class CheckState(Enum):
    """Whether an item is met."""

    MET = "met"
    NOT_MET = "not-met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One item of the checklist.

    Attributes:
        code: Of `ITEMS`.
        state: Of a bundle: met where all of its demands meet it.
        title: What it asks, by language.
        todo: What to do where it is not met, by language.
        evidence: Ids of records, and words of the requirements, that it rests on.
        source: Where the item comes from.
    """

    code: str
    state: CheckState
    title: Label
    todo: Label
    evidence: tuple[str, ...]
    source: str


class _Found(NamedTuple):
    state: CheckState
    evidence: tuple[str, ...] = ()


_UNKNOWN: Final = _Found(CheckState.UNKNOWN)


def checklist(collective: Collective, record_id: str) -> tuple[CheckItem, ...]:
    """Go through the checklist for a demand, or for all demands of a bundle.

    Raises:
        RecordNotFound: There is no such demand or bundle.
    """
    demands = _demands(collective, record_id)
    items = []
    for code, text in ITEMS.items():
        found = _together([_check(collective, code, demand) for demand in demands])
        items.append(CheckItem(code, found.state, text.title, text.todo, *found[1:], text.source))
    return tuple(items)


def _demands(collective: Collective, record_id: str) -> list[Demand]:
    held = collective.find(record_id)
    record = held.record if held is not None else None
    if isinstance(record, Demand):
        return [record]
    if not isinstance(record, DemandBundle):
        raise RecordNotFound(record_id, "Demand or DemandBundle")
    parts = (collective.find(one) for one in record.demands)
    return [one.record for one in parts if one is not None and isinstance(one.record, Demand)]


def _together(found: Sequence[_Found]) -> _Found:
    """One that is not met decides; else all must be met."""
    evidence = tuple(dict.fromkeys(part for one in found for part in one.evidence))
    states = {one.state for one in found}
    if CheckState.NOT_MET in states:
        return _Found(CheckState.NOT_MET, evidence)
    return _Found(CheckState.MET if states == {CheckState.MET} else CheckState.UNKNOWN, evidence)


def _check(collective: Collective, code: str, demand: Demand) -> _Found:
    said = _said(code, demand)
    if said:
        return _Found(CheckState.MET, said)
    check = _CHECKS.get(code)
    return check(collective, demand) if check is not None else _UNKNOWN


def _said(code: str, demand: Demand) -> tuple[str, ...]:
    """Requirements that ask for it, in one language or another."""
    words = ITEMS[code].words
    return tuple(
        one for one in demand.requirements if any(word in one.casefold() for word in words)
    )


def _standards(collective: Collective, demand: Demand) -> _Found:
    if not demand.standards:
        return _Found(CheckState.NOT_MET)
    held = [collective.find(one) for one in demand.standards]
    known = [one.record for one in held if one is not None and isinstance(one.record, Standard)]
    open_ = tuple(one.id for one in known if one.open_standard)
    if open_:
        return _Found(CheckState.MET, open_)
    closed = len(known) == len(demand.standards) and all(
        one.open_standard is False for one in known
    )
    return _Found(CheckState.NOT_MET if closed else CheckState.UNKNOWN, demand.standards)


def _privacy(_: Collective, demand: Demand) -> _Found:
    if demand.personal_data is None:
        return _UNKNOWN
    return _Found(CheckState.NOT_MET if demand.personal_data else CheckState.MET)


def _lock_in(_: Collective, demand: Demand) -> _Found:
    states = {"open": CheckState.MET, "closed": CheckState.NOT_MET}
    return _Found(states.get(demand.openness or "", CheckState.UNKNOWN))


def _residents(collective: Collective, demand: Demand) -> _Found:
    brought = tuple(one.source for one in collective.referring(demand.id) if one.field == "became")
    if brought or demand.residents_groups:
        return _Found(CheckState.MET, (*brought, *demand.residents_groups))
    return _UNKNOWN


def _innovation(_: Collective, demand: Demand) -> _Found:
    if demand.competition is not None or demand.launching_customer:
        return _Found(CheckState.MET)
    method = demand.tender.procurement_method if demand.tender is not None else None
    return _Found(CheckState.NOT_MET if method == "direct" else CheckState.UNKNOWN)


def _amounts(_: Collective, demand: Demand) -> _Found:
    if demand.bundle is not None:
        return _Found(CheckState.MET, (demand.bundle,))
    told = demand.volume is not None and demand.budget is not None
    return _Found(CheckState.MET if told else CheckState.NOT_MET)


_CHECKS: Final[Mapping[str, Callable[[Collective, Demand], _Found]]] = {
    "open-standards": _standards,
    "privacy-assessment": _privacy,
    "no-lock-in": _lock_in,
    "residents-involved": _residents,
    "innovation-friendly": _innovation,
    "volume-and-budget": _amounts,
}
