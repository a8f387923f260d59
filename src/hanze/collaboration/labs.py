"""Living labs: finding one that fits a need, and taking a place in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective, Held
from hanze.collaboration.records.projects import LabSlot, LivingLab
from hanze.collaboration.writing import change_record
from hanze.errors import Conflicting, InvalidInput, NotFound
from hanze.identity.caller import Caller

__all__ = [
    "LabFit",
    "LabNeed",
    "NoRoom",
    "SlotNotFound",
    "WrongBooking",
    "book_slot",
    "find_labs",
    "free_slots",
    "release_slot",
    "rules_in_force",
]

_MOST_PLACES: Final = 10_000


class NoRoom(Conflicting):
    """A slot has fewer places left than are wanted."""

    def __init__(self, lab_id: str, free: int, wanted: int) -> None:
        super().__init__(f"{lab_id} has {free} places left in this slot, fewer than {wanted}")
        self.free = free


class SlotNotFound(NotFound):
    """A living lab has no slot with these days."""

    def __init__(self, lab_id: str, starts: date, ends: date) -> None:
        super().__init__(f"{lab_id} has no slot from {starts} to {ends}")


class WrongBooking(InvalidInput):
    """A booking asks for a number of places that cannot be."""


@dataclass(frozen=True, slots=True)
class LabNeed:
    """What somebody looks for; what is left out does not matter.

    Attributes:
        equipment: Words for what must be there; each is looked for within what a lab names.
        rules: Words for rules that must not hold.
        themes: Ids; one of them.
        starts: Some days from this one on.
        ends: Some days up to this one.
        places: At once.
        country: Id of the country that the company is from.
        language: Spoken there, BCP 47.
    """

    equipment: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    starts: date | None = None
    ends: date | None = None
    places: int = 1
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class LabFit:
    """A living lab beside a need.

    Attributes:
        slots: With enough room, within the period, the earliest first.
        met: Names of the parts of the need that it meets.
        missing: Those that it does not, with what is missing: "equipment: drone cage".
        unknown: Those of which its record says nothing.
    """

    lab: Held[LivingLab]
    slots: tuple[LabSlot, ...]
    met: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def free_slots(
    lab: LivingLab, *, starts: date, ends: date | None = None, places: int = 1
) -> tuple[LabSlot, ...]:
    """List the slots that have room for so many, on some day of a period; the earliest first."""
    found = [
        slot
        for slot in lab.slots
        if slot.places - slot.taken >= places
        and slot.ends >= starts
        and (ends is None or slot.starts <= ends)
    ]
    return tuple(sorted(found, key=lambda slot: (slot.starts, slot.ends)))


def rules_in_force(lab: LivingLab, today: date) -> tuple[str, ...]:
    """Name the rules that were set aside and hold again: their exception is over."""
    return tuple(
        next(iter(one.rule.values()), "")
        for one in lab.rules_set_aside
        if one.until is not None and one.until < today
    )


def find_labs(collective: Collective, need: LabNeed, today: date) -> tuple[LabFit, ...]:
    """Hold every living lab beside a need; what misses least comes first.

    A lab that is not open to the company's country is left out, as is one without room.
    """
    found = [
        fit for held in collective.of(LivingLab) if (fit := _fit(held, need, today)) is not None
    ]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                len(one.missing),
                len(one.unknown),
                one.slots[0].starts if one.slots else date.max,
                one.lab.record.id,
            ),
        )
    )


def _fit(held: Held[LivingLab], need: LabNeed, today: date) -> LabFit | None:
    lab = held.record
    if need.country is not None and lab.open_to and need.country not in lab.open_to:
        return None
    starts = max(need.starts or today, today)
    slots = free_slots(lab, starts=starts, ends=need.ends, places=need.places)
    if lab.slots and not slots:
        return None
    aside = [
        text
        for one in lab.rules_set_aside
        if one.until is None or one.until >= starts
        for text in one.rule.values()
    ]
    judged = (
        _Judged(unknown=("slots",)) if not slots else _Judged(met=("slots",)),
        _words("equipment", need.equipment, lab.equipment),
        _words("rules", need.rules, aside),
        _one_of("themes", need.themes, lab.themes),
        _one_of("language", (need.language,) if need.language else (), lab.languages),
    )
    return LabFit(
        held,
        slots,
        met=tuple(name for one in judged for name in one.met),
        missing=tuple(name for one in judged for name in one.missing),
        unknown=tuple(name for one in judged for name in one.unknown),
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """One part of a need."""

    met: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def _words(name: str, wanted: Sequence[str], there: Sequence[str]) -> _Judged:
    lacking = tuple(f"{name}: {word}" for word in wanted if not _named(word, there))
    return _Judged(met=(name,) if wanted and not lacking else (), missing=lacking)


def _one_of(name: str, wanted: Sequence[str], there: Sequence[str]) -> _Judged:
    if not wanted:
        return _Judged()
    if not there:
        return _Judged(unknown=(name,))
    if set(wanted).isdisjoint(there):
        return _Judged(missing=(f"{name}: {', '.join(wanted)}",))
    return _Judged(met=(name,))


def _named(word: str, there: Sequence[str]) -> bool:
    return any(word.casefold() in one.casefold() for one in there)


async def book_slot(
    store: Store,
    caller: Caller,
    lab_id: str,
    *,
    starts: date,
    ends: date,
    places: int = 1,
    now: str,
) -> LabSlot:
    """Take places in a slot; of two who want the last one, one gets it.

    Returns:
        The slot as it is then.

    Raises:
        RecordNotFound: The caller's tenant has no such living lab.
        SlotNotFound: It has no slot with these days.
        NoRoom: Fewer places are left.
        WrongBooking: The number of places makes no sense.
    """
    _check(places)

    def take(slot: LabSlot) -> LabSlot:
        free = slot.places - slot.taken
        if free < places:
            raise NoRoom(lab_id, free, places)
        return replace(slot, taken=slot.taken + places)

    lab = await change_record(
        store, caller, lab_id, LivingLab, lambda lab: _with(lab, starts, ends, take), now=now
    )
    return _slot(lab, starts, ends)


async def release_slot(
    store: Store,
    caller: Caller,
    lab_id: str,
    *,
    starts: date,
    ends: date,
    places: int = 1,
    now: str,
) -> LabSlot:
    """Give places in a slot back.

    Raises:
        RecordNotFound: The caller's tenant has no such living lab.
        SlotNotFound: It has no slot with these days.
        WrongBooking: So many are not taken.
    """
    _check(places)

    def give(slot: LabSlot) -> LabSlot:
        if slot.taken < places:
            raise WrongBooking(f"Only {slot.taken} places are taken", field="places", value=places)
        return replace(slot, taken=slot.taken - places)

    lab = await change_record(
        store, caller, lab_id, LivingLab, lambda lab: _with(lab, starts, ends, give), now=now
    )
    return _slot(lab, starts, ends)


def _check(places: int) -> None:
    if not 1 <= places <= _MOST_PLACES:
        raise WrongBooking("At least one place is booked", field="places", value=places)


def _with(
    lab: LivingLab, starts: date, ends: date, change: Callable[[LabSlot], LabSlot]
) -> LivingLab:
    slot = _slot(lab, starts, ends)
    place = lab.slots.index(slot)
    return replace(lab, slots=(*lab.slots[:place], change(slot), *lab.slots[place + 1 :]))


def _slot(lab: LivingLab, starts: date, ends: date) -> LabSlot:
    for slot in lab.slots:
        if (slot.starts, slot.ends) == (starts, ends):
            return slot
    raise SlotNotFound(lab.id, starts, ends)
