"""Accords: what is offered to be signed stays as it is, and each party signs for itself."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from hanze.collaboration.cooperating.terms import SIGNED_FIELDS, digest_of, first_day
from hanze.collaboration.members import members
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.records.entities import InvalidRecord
from hanze.collaboration.records.fields import camel
from hanze.collaboration.replicas.keeping import replicas_of
from hanze.collaboration.rules.elsewhere import find_readable
from hanze.collaboration.rules.speaking import SpeaksForAnother, check_own_record, check_speaks_for
from hanze.collaboration.rules.step import RuleBroken, Step

__all__ = [
    "keep_accord_parties",
    "keep_accord_status",
    "keep_offered",
    "keep_own_signature",
    "keep_signature_digest",
    "keep_signature_of_accord",
]

_MOST_PARTIES: Final = 100
_SIGNING: Final = "A signature"
#: Status → those that may follow.
_NEXT: Final = {"draft": ("offered",), "offered": ("ended",), "ended": ()}
#: What a signature says; withdrawing it is all that happens to it.
_SIGNED: Final = ("accord", "party", "digest", "signed_on")


def keep_accord_parties(step: Step[Accord]) -> None:
    """Ask for two parties or more, each once.

    Raises:
        InvalidRecord: There are fewer, or one is there twice.
    """
    accord = step.after
    if accord is None:
        return
    several = set(accord.parties)
    if not 2 <= len(several) <= _MOST_PARTIES or len(several) < len(accord.parties):
        reason = f"must be two to {_MOST_PARTIES} different ones"
        raise InvalidRecord(Accord, reason, field="parties")
    if accord.previous == accord.id:
        raise InvalidRecord(
            Accord, "must be another accord", field="previous", value=accord.previous
        )


def keep_accord_status(step: Step[Accord]) -> None:
    """Take an accord from draft to offered to ended, and never back.

    Raises:
        RuleBroken: It would go another way, or be deleted after it was offered.
        InvalidRecord: It is ended without its last day, or has one and is not ended; or it was
            concluded on a day that does not exist.
    """
    before, after = step.before, step.after
    if after is None:
        if before is not None and before.status != "draft":
            raise RuleBroken(
                f"Accord {before.id} was offered to be signed and cannot be deleted; ending it "
                "(status ended, with endedOn) keeps what was agreed on",
                field="status",
                value=before.status,
            )
        return
    if before is not None and after.status not in (before.status, *_NEXT[before.status]):
        raise RuleBroken(
            f"An accord goes from draft to offered to ended; {before.id} is {before.status}",
            field="status",
            value=after.status,
        )
    if (after.status == "ended") != (after.ended_on is not None):
        raise InvalidRecord(
            Accord,
            "must be there where an accord is ended, and only there",
            field="endedOn",
            value=after.ended_on,
        )
    if after.concluded is not None and first_day(after.concluded) is None:
        raise InvalidRecord(
            Accord,
            "must be a day, month or year that exists",
            field="concluded",
            value=after.concluded,
        )


def keep_offered(step: Step[Accord]) -> None:
    """Keep what an accord says from the moment on at which it can be signed.

    Parties sign on nodes of their own: who changes it cannot know whether one just did.

    Raises:
        RuleBroken: Something that a signature covers would change.
    """
    before, after = step.before, step.after
    if before is None or after is None or before.status == "draft":
        return
    if digest_of(before) == digest_of(after):
        return
    for name in SIGNED_FIELDS:
        if getattr(before, name) != getattr(after, name):
            raise RuleBroken(
                f"Accord {after.id} is offered to be signed and its {camel(name)} cannot change; a "
                "new accord that names it as previous can replace it",
                field=camel(name),
            )


def keep_own_signature(step: Step[AccordSignature]) -> None:
    """Let a party sign for itself, in its own records.

    Raises:
        SpeaksForAnother: The caller speaks for an organisation that is not behind the party, or
            works in another place's tenant.
        InvalidRecord: The signature is the record of somebody else than the party.
    """
    signature = step.after or step.before
    if signature is None:
        return
    party = signature.party
    check_speaks_for(step, _SIGNING, party, field="party")
    homes = [one.tenant for one in members(step.uow.registers) if one.city == party]
    if homes and step.caller.tenant not in homes:
        tenant = step.caller.tenant or "the default tenant"
        raise SpeaksForAnother(_SIGNING, party, tenant, field="party")
    if step.after is not None:
        check_own_record(step, step.after, party)


def keep_signature_digest(step: Step[AccordSignature]) -> None:
    """Let a party sign what this node knows of the accord, once that is offered.

    Raises:
        InvalidRecord: The accord is not here, the party is none of it, the day is one to come, or
            the digest is of something else.
        RuleBroken: The accord is a draft, is ended, or says nothing that one could sign.
    """
    signature, before = step.after, step.before
    if signature is None or before is not None:
        return
    accords = tuple(_accords(step, signature.accord))
    if not accords:
        raise InvalidRecord(
            AccordSignature,
            "must be an accord that this node knows: nobody signs what it cannot read",
            field="accord",
            value=signature.accord,
        )
    accord = next((one for one in accords if digest_of(one) == signature.digest), None)
    if accord is None:
        raise InvalidRecord(
            AccordSignature,
            f"must be that of the accord as it is ({digest_of(accords[0])})",
            field="digest",
            value=signature.digest,
        )
    if signature.party not in accord.parties:
        raise InvalidRecord(
            AccordSignature,
            f"must be a party of the accord: {', '.join(accord.parties)}",
            field="party",
            value=signature.party,
        )
    _check_offered(accord, signature)
    _check_day(step, signature.signed_on, "signedOn")


def keep_signature_of_accord(step: Step[AccordSignature]) -> None:
    """Keep a signature: it is withdrawn and never deleted, and says what it said.

    Raises:
        RuleBroken: It would go, change, or come back after it was withdrawn.
        InvalidRecord: It would be withdrawn before it was given, or on a day to come.
    """
    before, after = step.before, step.after
    if before is None:
        return
    if after is None:
        raise RuleBroken(
            f"Signature {before.id} cannot be deleted; withdrawing it (withdrawnOn) keeps that the "
            "party signed",
            field="withdrawnOn",
        )
    for name in _SIGNED:
        if getattr(before, name) != getattr(after, name):
            raise RuleBroken(
                f"The {camel(name)} of signature {after.id} cannot change; who signs anew makes a "
                "new signature",
                field=camel(name),
            )
    if before.withdrawn_on is not None and after.withdrawn_on != before.withdrawn_on:
        raise RuleBroken(
            f"Signature {after.id} was withdrawn; who signs again makes a new signature",
            field="withdrawnOn",
            value=after.withdrawn_on,
        )
    if after.withdrawn_on is not None:
        if after.withdrawn_on < after.signed_on:
            raise InvalidRecord(
                AccordSignature,
                f"must not be before signedOn ({after.signed_on})",
                field="withdrawnOn",
                value=after.withdrawn_on,
            )
        _check_day(step, after.withdrawn_on, "withdrawnOn")


def _accords(step: Step[Any], accord_id: str) -> Iterator[Accord]:
    """Give the accord as this node has it, or as other nodes tell it."""
    here = find_readable(step, accord_id)
    if isinstance(here, Accord):
        yield here
    for record in replicas_of(step.uow.registers, accord_id):
        if isinstance(record, Accord):
            yield record


def _check_offered(accord: Accord, signature: AccordSignature) -> None:
    # What was signed in time may be told after the end: by a party that moves to another node.
    over = accord.ended_on is not None and signature.signed_on > accord.ended_on
    if accord.status == "draft" or over:
        raise RuleBroken(
            f"Accord {accord.id} is {accord.status}; it is signed while it is offered",
            field="accord",
            value=accord.id,
        )
    if not accord.terms and not accord.documents:
        raise RuleBroken(
            f"Accord {accord.id} has neither terms nor documents: there is nothing to sign",
            field="accord",
            value=accord.id,
        )


def _check_day(step: Step[AccordSignature], day: date, field: str) -> None:
    # A day ahead: it may be tomorrow already where the party is.
    if day.toordinal() > date.fromisoformat(step.now[:10]).toordinal() + 1:
        raise InvalidRecord(AccordSignature, "must not be a day to come", field=field, value=day)
