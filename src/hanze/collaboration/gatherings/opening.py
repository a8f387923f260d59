"""Opening a day, taking part in it, and saying whom one wants to meet."""

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256

import msgspec
from msgspec.structs import replace

from hanze.broker.ports import Store
from hanze.collaboration.collective import Collective
from hanze.collaboration.gatherings.planning import DayNotOpen
from hanze.collaboration.held import RecordElsewhere
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.profiles import country_of
from hanze.collaboration.records.gatherings import (
    MatchmakingDay,
    MeetingRequest,
    Participation,
)
from hanze.collaboration.records.organisations import Contact
from hanze.collaboration.records.record import Label
from hanze.collaboration.writing import change_record, create_record
from hanze.errors import Conflicting, InvalidInput
from hanze.identity.caller import Caller

__all__ = [
    "Entry",
    "NoGuest",
    "TooLate",
    "ask_to_meet",
    "change_day",
    "change_participation",
    "id_of_day",
    "is_contact_of",
    "open_day",
    "participation_id",
    "refuse",
    "register",
    "side_of_party",
]


class TooLate(Conflicting):
    """The last day for registrations and requests is over."""

    def __init__(self, day_id: str, last: date) -> None:
        super().__init__(f"{day_id} took registrations and requests until {last}")
        self.field = "registerBefore"
        self.value = last.isoformat()


class NoGuest(InvalidInput):
    """Somebody would be asked who takes no part in the same day."""

    def __init__(self, participation: str, day_id: str) -> None:
        super().__init__(
            f"{participation[:200]} takes no part in {day_id}",
            field="participation",
            value=participation,
        )


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """How a party takes part.

    Attributes:
        party: Id of the city, region or organisation.
        side: "home" or "guest"; `None` finds it out (`side_of_party`).
        number: Which of the party's delegates, from 1: each has meetings of their own.
        contact: Of the delegate.
        languages: They speak, BCP 47.
        offers: By language.
        seeks: By language.
        themes: That it is about.
        away: Keys of slots in which they cannot.
        most_meetings: That they want.
    """

    party: str
    side: str | None = None
    number: int = 1
    contact: str | None = None
    languages: tuple[str, ...] = ()
    offers: Label = {}
    seeks: Label = {}
    themes: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    most_meetings: int | None = None


def id_of_day(organiser: str) -> str:
    """Make the id of a new day."""
    return f"urn:ngsi-ld:MatchmakingDay:{_key(organiser)}:{secrets.token_hex(8)}"


def participation_id(day_id: str, party: str, number: int) -> str:
    """Name a participation: the same delegate of the same party has the same, sent twice or not."""
    told = sha256(f"{day_id}|{party}|{number}".encode()).hexdigest()[:16]
    return f"urn:ngsi-ld:Participation:{_key(party)}:{told}"


def side_of_party(collective: Collective, day: MatchmakingDay, party: str) -> str:
    """Say on which side a party is: at home where the organiser's country is its own."""
    own, theirs = (country_of(collective, one) for one in (day.organiser, party))
    return "home" if theirs is not None and theirs == own else "guest"


def is_contact_of(contact: Contact, party: str) -> bool:
    """Tell whether a contact is one of a party: who works for it, or a desk that it keeps."""
    return party in (contact.organization, contact.source_city)


async def open_day(
    store: Store, caller: Caller, day: MatchmakingDay, *, now: str
) -> MatchmakingDay:
    """Write a new day; the rules of its type apply."""
    return await create_record(store, caller, day, now=now)


async def change_day(
    store: Store,
    caller: Caller,
    collective: Collective,
    day_id: str,
    change: Callable[[MatchmakingDay], MatchmakingDay],
    *,
    now: str,
) -> MatchmakingDay:
    """Change a day: its status, slots, tables, interpreters.

    Raises:
        RecordNotFound: There is no such day.
        RecordElsewhere: It is organised on another node.
        SpeaksForAnother: The caller speaks for another organisation.
        RuleBroken: The change is none that a day can take.
    """
    home = caller.in_tenant(collective.get(day_id, MatchmakingDay).tenant)
    return await change_record(store, home, day_id, MatchmakingDay, change, now=now)


async def register(
    store: Store,
    caller: Caller,
    collective: Collective,
    day_id: str,
    entry: Entry,
    *,
    today: date,
    now: str,
) -> Participation:
    """Have a party take part in a day, wherever that is organised.

    Args:
        store: Of the party's own node.
        caller: Of the party.
        collective: Knows the day.
        day_id: Which day.
        entry: Who takes part, and how.
        today: Where the node is.
        now: DateTime text.

    Raises:
        RecordNotFound: There is no such day.
        RecordElsewhere: The party is at home on another node, and registers there.
        DayNotOpen: Its status takes no registrations.
        TooLate: The last day for them is over.
        EntityAlreadyExists: This delegate takes part already.
        SpeaksForAnother: The caller speaks for another organisation.
        InvalidInput: A slot is none of the day, or the contact is somebody else's.
    """
    day = collective.get(day_id, MatchmakingDay).record
    _check_open(day, today)
    _check_entry(collective, day, entry)
    held = collective.find(entry.party)
    title = held.record.title if held is not None else {"en": entry.party.rsplit(":", 1)[-1]}
    city = held.city if held is not None and held.city else entry.party
    if held is not None and held.home is not None:
        # A party of another node registers there: its word is kept where it is.
        raise RecordElsewhere(held.record.id, held.home)
    one = Participation(
        id=participation_id(day_id, entry.party, entry.number),
        title=title,
        source_city=city,
        themes=entry.themes,
        provenance="entered",
        source_date=today,
        simulated=True if day.simulated else None,
        day=day_id,
        party=entry.party,
        side=entry.side or side_of_party(collective, day, entry.party),
        contact=entry.contact,
        languages=entry.languages,
        offers=entry.offers,
        seeks=entry.seeks,
        away=entry.away,
        most_meetings=entry.most_meetings,
    )
    return await create_record(store, in_tenant_of(store.registers, caller, city), one, now=now)


async def change_participation(
    store: Store,
    caller: Caller,
    collective: Collective,
    participation: str,
    change: Callable[[Participation], Participation],
    *,
    now: str,
) -> Participation:
    """Change a participation: withdraw it, say when one is away, what one offers and seeks.

    Raises:
        RecordNotFound: There is no such participation.
        RecordElsewhere: It is kept by another node.
        SpeaksForAnother: The caller speaks for another organisation.
    """
    held = collective.get(participation, Participation)
    home = caller.in_tenant(held.tenant)
    return await change_record(store, home, participation, Participation, change, now=now)


async def ask_to_meet(
    store: Store,
    caller: Caller,
    collective: Collective,
    participation: str,
    requests: Sequence[MeetingRequest],
    *,
    today: date,
    now: str,
    not_any_more: Sequence[str] = (),
) -> Participation:
    """Say whom a participant wants to meet; another interest in the same one replaces it.

    Args:
        store: Of the participant's own node.
        caller: Of the participant.
        collective: Knows the day, and who takes part.
        participation: Id of the participant's.
        requests: Whom they want to meet.
        today: Where the node is.
        now: DateTime text.
        not_any_more: Ids of participations that they do not want to meet any more.

    Raises:
        RecordNotFound: There is no such participation.
        NoGuest: Somebody takes no part in the same day.
        DayNotOpen: Its status takes no requests.
        TooLate: The last day for them is over.
    """
    own = collective.get(participation, Participation).record
    if requests:
        _check_open(collective.get(own.day, MatchmakingDay).record, today)
    for request in requests:
        _check_guest(collective, request.participation, own.day)
    named = {request.participation for request in requests}

    def change(before: Participation) -> Participation:
        kept = tuple(
            one
            for one in before.requests
            if one.participation not in named and one.participation not in not_any_more
        )
        refuses = tuple(one for one in before.refuses if one not in named)
        return replace(before, requests=(*kept, *requests), refuses=refuses)

    return await change_participation(store, caller, collective, participation, change, now=now)


async def refuse(
    store: Store,
    caller: Caller,
    collective: Collective,
    participation: str,
    other: str,
    *,
    now: str,
) -> Participation:
    """Say whom a participant does not want to meet.

    Raises:
        RecordNotFound: There is no such participation.
        NoGuest: The other takes no part in the same day.
    """
    own = collective.get(participation, Participation).record
    _check_guest(collective, other, own.day)

    def change(before: Participation) -> Participation:
        kept = tuple(one for one in before.requests if one.participation != other)
        refuses = tuple(dict.fromkeys((*before.refuses, other)))
        return replace(before, requests=kept, refuses=refuses)

    return await change_participation(store, caller, collective, participation, change, now=now)


def _check_open(day: MatchmakingDay, today: date) -> None:
    if day.status not in ("open", "planned"):
        raise DayNotOpen(day.id, day.status)
    if day.register_before is not None and today > day.register_before:
        raise TooLate(day.id, day.register_before)


def _check_entry(collective: Collective, day: MatchmakingDay, entry: Entry) -> None:
    unknown = sorted(set(entry.away) - {one.key for one in day.slots})
    if unknown:
        raise InvalidInput(
            f"away must name slots of {day.id}", field="away", value=unknown[0][:100]
        )
    if entry.contact is None:
        return
    held = collective.find(entry.contact)
    contact = held.record if held is not None else None
    theirs = isinstance(contact, Contact) and is_contact_of(contact, entry.party)
    if not theirs:
        raise InvalidInput(
            f"contact must be one of {entry.party}", field="contact", value=entry.contact[:200]
        )


def _check_guest(collective: Collective, participation: str, day_id: str) -> None:
    held = collective.find(participation)
    record = held.record if held is not None else None
    if not isinstance(record, Participation) or record.day != day_id:
        raise NoGuest(participation, day_id)


def _key(record_id: str) -> str:
    """The end of an id, to make another id of."""
    return "".join(c if c.isalnum() else "-" for c in record_id.rpartition(":")[2])[:60]
