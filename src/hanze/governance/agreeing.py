"""The life of an agreement: offered, signed by both, in force, revoked or at its end (pure)."""

from typing import Final

import msgspec

from hanze.errors import Conflicting, Denied, InvalidInput
from hanze.governance.policy import check_policy, terms_digest
from hanze.governance.records.agreement import Agreement, AgreementState, Revocation, Signature
from hanze.ngsild.moment import format_datetime, parse_date, parse_datetime

__all__ = [
    "AgreementEnded",
    "NotAParty",
    "PartySignedBefore",
    "SignatureOfOtherTerms",
    "StatuteBinds",
    "VersionOutOfTurn",
    "ends_at",
    "ends_at_us",
    "is_signed",
    "new_version",
    "revoked",
    "signed",
    "state_of",
    "with_signature",
]

_DAY_US: Final = 86_400_000_000


class NotAParty(Denied):
    """Only the owner and the consumer of an agreement sign it."""


class PartySignedBefore(Conflicting):
    """A party signs a version once."""


class AgreementEnded(Conflicting):
    """What was revoked or has expired can be neither signed nor revoked."""


class SignatureOfOtherTerms(Conflicting):
    """A signature is of other terms than the agreement's: both have to sign the same."""


class StatuteBinds(Conflicting):
    """An agreement that rests on statute cannot be taken back; `clause` cites the article."""

    def __init__(self, agreement: Agreement, article: str, until: str) -> None:
        super().__init__(
            f"Agreement {agreement.id} rests on {article} and stays in force until {until}"
        )
        self.value = agreement.id
        self.clause = article


class VersionOutOfTurn(InvalidInput):
    """Changed terms have the id and the parties of the agreement that they change."""


def is_signed(agreement: Agreement) -> bool:
    """Tell whether both parties signed this version."""
    return {agreement.assigner, agreement.assignee} <= {one.party for one in agreement.signatures}


def ends_at_us(agreement: Agreement) -> int:
    """Return the moment, in microseconds, from which an agreement is not in force any more.

    One that rests on statute ends, at the latest, with the day (UTC) that it names.
    """
    end = parse_datetime(agreement.valid_until, field="validUntil")
    if agreement.statute is not None:
        end = min(end, parse_date(agreement.statute.until, field="statute.until") + _DAY_US)
    return end


def ends_at(agreement: Agreement) -> str:
    """Return the same as DateTime text."""
    return format_datetime(ends_at_us(agreement))


def state_of(
    agreement: Agreement, now: str, *, counting: Agreement | None = None
) -> AgreementState:
    """Say where a version of an agreement stands.

    Args:
        now: DateTime text.
        counting: The version of it that counts (`Rules.agreements`), where there is one.
    """
    if counting is not None and counting.version > agreement.version:
        return AgreementState.SUPERSEDED
    if agreement.revocation is not None:
        return AgreementState.REVOKED
    moment = parse_datetime(now)
    if moment >= ends_at_us(agreement):
        return AgreementState.EXPIRED
    if not is_signed(agreement):
        return AgreementState.OFFERED
    if moment < parse_datetime(agreement.valid_from, field="validFrom"):
        return AgreementState.PENDING
    return AgreementState.ACTIVE


def signed(agreement: Agreement, *, party: str, by: str, now: str, node: str = "") -> Agreement:
    """Sign an agreement for one of its parties.

    Args:
        party: Id of the organisation.
        by: The actor that signs for it.
        now: DateTime text.
        node: Id of the league member on whose node it is signed; "" for this one.

    Raises:
        NotAParty: The organisation is neither its owner nor its consumer.
        PartySignedBefore: It has signed this version.
        AgreementEnded: It was revoked or has expired.
        PolicyNotSupported: Its terms say what this node does not understand.
    """
    signature = Signature(party=party, by=by, at=now, digest=terms_digest(agreement), node=node)
    return with_signature(agreement, signature, now=now)


def with_signature(agreement: Agreement, signature: Signature, *, now: str) -> Agreement:
    """Add a signature that was put elsewhere, after checking what it is of; raises as `signed`.

    Raises:
        SignatureOfOtherTerms: Its digest is not that of the agreement's terms.
    """
    if signature.party not in (agreement.assigner, agreement.assignee):
        raise NotAParty(f"{signature.party} is no party of agreement {agreement.id}")
    if any(one.party == signature.party for one in agreement.signatures):
        raise PartySignedBefore(
            f"{signature.party} signed version {agreement.version} of {agreement.id} before"
        )
    if state_of(agreement, now) in (AgreementState.REVOKED, AgreementState.EXPIRED):
        raise AgreementEnded(f"Agreement {agreement.id} is not to be signed any more")
    check_policy(agreement)
    if signature.digest != terms_digest(agreement):
        raise SignatureOfOtherTerms(
            f"The signature of {signature.party} is not of these terms of {agreement.id}"
        )
    return msgspec.structs.replace(agreement, signatures=(*agreement.signatures, signature))


def revoked(agreement: Agreement, *, by: str, reason: str, now: str) -> Agreement:
    """End an agreement before its time.

    Args:
        by: Who does it.
        reason: A sentence that both parties read.
        now: DateTime text.

    Raises:
        StatuteBinds: It rests on statute, which has not come to its end.
        AgreementEnded: It was revoked before, or has expired.
    """
    if state_of(agreement, now) in (AgreementState.REVOKED, AgreementState.EXPIRED):
        raise AgreementEnded(f"Agreement {agreement.id} has ended")
    if agreement.statute is not None and is_signed(agreement):
        raise StatuteBinds(agreement, agreement.statute.article, agreement.statute.until)
    return msgspec.structs.replace(agreement, revocation=Revocation(by=by, at=now, reason=reason))


def new_version(newest: Agreement, terms: Agreement, *, now: str) -> Agreement:
    """Make the next version of an agreement of changed terms: both have to sign it again.

    The version that counts goes on to count until they did.

    Args:
        newest: The newest version, signed or not.
        terms: The agreement as it is to be; its version, signatures and revocation do not matter.
        now: DateTime text.

    Raises:
        VersionOutOfTurn: It is another agreement, or between others.
        AgreementEnded: The newest version was revoked.
        PolicyNotSupported: The terms say what this node does not understand.
    """
    for name in ("id", "assigner", "assignee", "home"):
        if getattr(terms, name) != getattr(newest, name):
            raise VersionOutOfTurn(
                "A new version has the id, the parties and the home of the one before",
                field=name,
                value=getattr(terms, name),
            )
    if newest.revocation is not None:
        raise AgreementEnded(f"Agreement {newest.id} was revoked: it has no new versions")
    check_policy(terms)
    return msgspec.structs.replace(
        terms, version=newest.version + 1, signatures=(), revocation=None, created_at=now
    )
