"""Accords at work: drafted, offered, signed by each party for itself, withdrawn, ended, replaced."""

import hashlib
from collections.abc import Callable
from datetime import date

from msgspec.structs import replace

from hanze.broker.ports import Store, UnitOfWork
from hanze.collaboration.collective import Collective, Held, RecordNotFound
from hanze.collaboration.cooperating.accords import accord_state, signatures_of
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.cooperating.wording import signature_title
from hanze.collaboration.members import in_tenant_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature, Document
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.record import Label
from hanze.collaboration.speaking import check_home
from hanze.collaboration.writing import change_record, create_in
from hanze.errors import Conflicting
from hanze.identity.caller import Caller

__all__ = [
    "AccordChanged",
    "AccordSigned",
    "attach_document",
    "change_draft",
    "draft_accord",
    "end_accord",
    "new_version",
    "offer_accord",
    "sign_accord",
    "withdraw_signature",
]


class AccordSigned(Conflicting):
    """A party has signed what an accord says."""

    def __init__(self, accord_id: str, party: str) -> None:
        super().__init__(f"{party} has signed {accord_id} as it is already")
        self.field = "party"
        self.value = party[:100]


class AccordChanged(Conflicting):
    """An accord is not what somebody looked at when they decided to sign it."""

    def __init__(self, accord_id: str, digest: str) -> None:
        super().__init__(
            f"{accord_id} says something else now than what was read before signing; its digest is "
            f"{digest}"
        )
        self.field = "digest"
        self.value = digest


async def draft_accord(
    store: Store, caller: Caller, collective: Collective, accord: Accord, *, now: str
) -> Accord:
    """Write a draft, in the records of the party that drafts it.

    Args:
        accord: Without an id; `source_city` is the party that drafts it and keeps it.

    Raises:
        InvalidRecord: It is the draft of somebody who is no party.
        PartyElsewhere: That party has a node of its own, and this is not it.
        EntityAlreadyExists: The very same draft is there.
    """
    drafter = accord.source_city
    if drafter is None or drafter not in {*accord.parties, *_seats(collective, accord)}:
        raise InvalidRecord(
            Accord, "must be a party: who drafts an accord", field="sourceCity", value=drafter
        )
    check_home(collective, drafter)
    key = hashlib.sha256(f"{digest_of(accord)} {sorted(accord.title.items())}".encode()).hexdigest()
    record = replace(
        accord,
        id=f"urn:ngsi-ld:Accord:{drafter.rpartition(':')[2]}:{key[:16]}",
        status="draft",
        provenance=accord.provenance or "entered",
    )

    def unit(uow: UnitOfWork) -> Accord:
        return create_in(uow, in_tenant_of(uow.registers, caller, drafter), record, now=now)

    return await store.transact(unit)


async def change_draft(
    store: Store,
    caller: Caller,
    held: Held[Accord],
    change: Callable[[Accord], Accord],
    *,
    now: str,
) -> Accord:
    """Change an accord; what it says only while it is a draft.

    Raises:
        RecordElsewhere: Another node keeps it.
        RuleBroken: It was offered, and something that a signature covers would change.
    """
    return await change_record(
        store, caller.in_tenant(held.tenant), held.record.id, Accord, change, now=now
    )


async def attach_document(
    store: Store, caller: Caller, held: Held[Accord], document: Document, *, now: str
) -> Accord:
    """Attach a file to a draft; the same file is attached once (`change_draft`)."""

    def attach(accord: Accord) -> Accord:
        others = tuple(one for one in accord.documents if one.sha256 != document.sha256)
        return replace(accord, documents=(*others, document))

    return await change_draft(store, caller, held, attach, now=now)


async def offer_accord(store: Store, caller: Caller, held: Held[Accord], *, now: str) -> Accord:
    """Offer a draft to its parties: from here on it stays as it is (`change_draft`)."""
    return await change_draft(
        store, caller, held, lambda accord: replace(accord, status="offered"), now=now
    )


async def sign_accord(
    store: Store,
    caller: Caller,
    collective: Collective,
    accord_id: str,
    party: str,
    *,
    signatory: Label | None = None,
    signed_on: date | None = None,
    digest: str | None = None,
    now: str,
) -> AccordSignature:
    """Sign an accord for a party, in that party's own records.

    Args:
        collective: Up to date; the accord may be kept by any node.
        signatory: In which office, by language; no name.
        signed_on: Today, where nobody says otherwise.
        digest: What was read before: another text than that is not signed.

    Raises:
        RecordNotFound: There is no such accord.
        PartyElsewhere: The party has a node of its own, and this is not it.
        AccordSigned: The party has signed it as it is.
        AccordChanged: It is not what was read.
        SpeaksForAnother: The caller speaks for another organisation.
        RuleBroken: It is no accord that is offered.
    """
    accord = collective.get(accord_id, Accord).record
    check_home(collective, party)
    day = signed_on or date.fromisoformat(now[:10])
    present = digest_of(accord)
    if digest is not None and digest != present:
        raise AccordChanged(accord_id, present)
    if party in accord_state(collective, accord, day).signed:
        raise AccordSigned(accord_id, party)
    earlier = sum(one.record.party == party for one in signatures_of(collective, accord))
    known = collective.find(party)
    record = AccordSignature(
        id=_signature_id(accord_id, party, earlier + 1),
        title=signature_title(known.record.title if known is not None else {}, accord.title),
        source_city=_speaker(collective, party),
        themes=accord.themes,
        provenance="entered",
        accord=accord_id,
        party=party,
        digest=present,
        signed_on=day,
        signatory=signatory or {},
    )

    def unit(uow: UnitOfWork) -> AccordSignature:
        home = in_tenant_of(uow.registers, caller, record.source_city or party)
        return create_in(uow, home, record, now=now)

    return await store.transact(unit)


async def withdraw_signature(
    store: Store,
    caller: Caller,
    collective: Collective,
    accord_id: str,
    party: str,
    *,
    on: date,
    now: str,
) -> AccordSignature:
    """Say that a party stands by an accord no more; that it signed stays to be read.

    Raises:
        RecordNotFound: There is no such accord, or no signature of the party that stands.
        RecordElsewhere: The signature is kept by another node.
    """
    accord = collective.get(accord_id, Accord).record
    live = [
        one
        for one in signatures_of(collective, accord)
        if one.record.party == party and one.record.withdrawn_on is None
    ]
    if not live:
        raise RecordNotFound(accord_id, f"accord that {party} has signed")
    held = live[-1]
    return await change_record(
        store,
        caller.in_tenant(held.tenant),
        held.record.id,
        AccordSignature,
        lambda before: replace(before, withdrawn_on=on),
        now=now,
    )


async def end_accord(
    store: Store, caller: Caller, held: Held[Accord], on: date, *, now: str
) -> Accord:
    """End an accord before its last day, or an offer that nobody will sign (`change_draft`)."""
    return await change_draft(
        store,
        caller,
        held,
        lambda accord: replace(accord, status="ended", ended_on=on),
        now=now,
    )


def new_version(accord: Accord, drafter: str) -> Accord:
    """Make a draft that would replace an accord: the same, to be changed.

    Args:
        drafter: The party that drafts it, and keeps it.
    """
    return replace(
        accord,
        id="",
        source_city=drafter,
        source_date=None,
        provenance="entered",
        status="draft",
        concluded=None,
        ended_on=None,
        previous=accord.id,
    )


def _seats(collective: Collective, accord: Accord) -> set[str]:
    """Name the places that keep the records of parties that are organisations."""
    found = (collective.find(party) for party in accord.parties)
    return {
        one.record.source_city
        for one in found
        if one is not None
        and isinstance(one.record, Organization)
        and one.record.source_city is not None
    }


def _speaker(collective: Collective, party: str) -> str:
    """Name whose record a party's signature is: its own, or that of the place that keeps it."""
    known = collective.find(party)
    if known is not None and isinstance(known.record, Organization):
        return known.record.source_city or party
    return party


def _signature_id(accord_id: str, party: str, number: int) -> str:
    """The same for the same signature: who sends a form twice signs once."""
    key = hashlib.sha256(f"{accord_id} {party}".encode()).hexdigest()[:16]
    return f"urn:ngsi-ld:AccordSignature:{party.rpartition(':')[2]}:{key}-{number}"
