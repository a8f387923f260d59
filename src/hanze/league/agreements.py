"""Agreements between the organisations of two nodes: who says what of them (pure).

The node on which an agreement was offered is its home, and what it says counts. The other party's
node keeps a copy, on which its own people sign and revoke as on any agreement; it tells the home.
Each node calls itself by the id of its own organisation; between nodes an organisation is called by
the key of its node (`sharing.organisation_of`), so that nobody can sign as another.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.errors import Denied
from hanze.governance.agreeing import is_signed, revoked, state_of, with_signature
from hanze.governance.policy import check_policy, terms_digest
from hanze.governance.records.agreement import Agreement, AgreementState, Signature
from hanze.league.sharing import member_of, organisation_of

__all__ = [
    "MOST_AGREEMENTS",
    "AgreementNotTheirs",
    "AgreementTalk",
    "AgreementTold",
    "Parties",
    "copied",
    "counts",
    "mark_of",
    "merged",
    "other_member",
    "pending",
]

#: In one message; and bytes of one.
MOST_AGREEMENTS: Final = 500
AgreementId = Annotated[str, Meta(max_length=500)]


class AgreementNotTheirs(Denied):
    """A member speaks of an agreement that is not between it and this node, or not its to tell."""

    def __init__(self, agreement_id: str) -> None:
        super().__init__(f"Agreement {agreement_id[:200]} is not the member's to speak of")


class AgreementTalk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one node tells another of their agreements.

    Attributes:
        kept: That have their home at the sender: as they are.
        signed: That have their home at the receiver: as the sender's people signed or revoked them.
        asked: Ids of those with their home at the receiver, of which the sender wants to know.
    """

    kept: Annotated[tuple[Agreement, ...], Meta(max_length=MOST_AGREEMENTS)] = ()
    signed: Annotated[tuple[Agreement, ...], Meta(max_length=MOST_AGREEMENTS)] = ()
    asked: Annotated[tuple[AgreementId, ...], Meta(max_length=MOST_AGREEMENTS)] = ()


class AgreementTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the home answers: all versions of what was asked or signed, as they are."""

    kept: Annotated[tuple[Agreement, ...], Meta(max_length=MOST_AGREEMENTS)] = ()


class Parties(msgspec.Struct, frozen=True):
    """How the two nodes call themselves.

    Attributes:
        own: Id of this node's organisation, as it calls itself.
        me: Id of this node as a member.
        member: Id of the other one.
    """

    own: str
    me: str
    member: str

    def are_of(self, agreement: Agreement) -> bool:
        """Tell whether an agreement of this node is between these two."""
        theirs = organisation_of(self.member)
        return {agreement.assigner, agreement.assignee} == {self.own, theirs}

    def outward(self, agreement: Agreement) -> Agreement:
        """Write an agreement of this node as both understand it."""
        return _called(agreement, {self.own: organisation_of(self.me)})

    def inward(self, agreement: Agreement) -> Agreement:
        """Write what the other tells as this node calls things."""
        return _called(agreement, {organisation_of(self.me): self.own})


def other_member(agreement: Agreement, own: str) -> str | None:
    """Say which member an agreement of this node is with; `None`: with none."""
    parties = [one for one in (agreement.assigner, agreement.assignee) if one != own]
    return member_of(parties[0]) if len(parties) == 1 else None


def pending(copies: Iterable[Agreement], told: Mapping[tuple[str, int], str]) -> list[Agreement]:
    """Choose the copies on which something happened that their home was not told of.

    Args:
        told: By id and version: the mark of the copy as its home knows it.
    """
    return [one for one in copies if told.get((one.id, one.version)) != mark_of(one)]


def mark_of(agreement: Agreement) -> str:
    """Tell apart what was signed and revoked of a version."""
    signers = ",".join(sorted(one.party for one in agreement.signatures))
    return f"{signers}|{agreement.revocation is not None}"


def copied(
    told: Agreement, present: Agreement | None, parties: Parties, *, taken: bool
) -> Agreement:
    """Make the copy of what its home tells.

    What this node's own people signed stands only where they did it here: a home cannot sign for
    them, and cannot say that they did. Nor can it undo that they revoked what is about their data.

    Args:
        told: As the home has it, as both understand it.
        present: The copy that there is of this version.
        taken: Whether the home knows all that happened to that copy: then what it says is all.

    Raises:
        AgreementNotTheirs: It is not between these two.
        PolicyNotSupported: Its terms say what this node cannot keep to; so for the next.
        PolicyInvalid: ...
    """
    inward = parties.inward(told)
    if not parties.are_of(inward):
        raise AgreementNotTheirs(told.id)
    check_policy(inward)
    digest = terms_digest(inward)
    theirs = organisation_of(parties.member)
    known = present if present is not None and terms_digest(present) == digest else None
    signatures = [
        Signature(party=theirs, by=one.by, at=one.at, digest=digest, node=parties.member)
        for one in inward.signatures
        if one.party == theirs
    ][:1]
    own_said = any(one.party == parties.own for one in inward.signatures)
    if known is not None and (own_said or not taken):
        signatures += [one for one in known.signatures if one.party == parties.own]
    revocation = inward.revocation
    # Of its own data each organisation has the last word, whatever a home makes of it.
    stands = not taken or inward.assigner == parties.own
    if revocation is None and known is not None and stands:
        revocation = known.revocation
    return msgspec.structs.replace(
        inward, signatures=tuple(signatures), revocation=revocation, home=parties.member
    )


def merged(own: Agreement, said: Agreement, parties: Parties, *, now: str) -> Agreement:
    """Add to an agreement of this node what the other party's people did on their copy.

    Args:
        own: The version, at its home.
        said: The copy, as both understand it.
        now: DateTime text.

    Raises:
        AgreementNotTheirs: It is not between these two.
        SignatureOfOtherTerms: The copy is of other terms.
        AgreementEnded: It has ended.
        StatuteBinds: It rests on statute, and cannot be revoked.
    """
    if not parties.are_of(own):
        raise AgreementNotTheirs(own.id)
    theirs = organisation_of(parties.member)
    made = own
    signature = next((one for one in said.signatures if one.party == theirs), None)
    if signature is not None and not any(one.party == theirs for one in own.signatures):
        same = terms_digest(parties.outward(own)) == terms_digest(said)
        digest = terms_digest(own) if same else ""
        made = with_signature(
            made,
            Signature(party=theirs, by=signature.by, at=now, digest=digest, node=parties.member),
            now=now,
        )
    if said.revocation is not None and state_of(made, now) is not AgreementState.REVOKED:
        made = revoked(made, by=said.revocation.by, reason=said.revocation.reason[:2_000], now=now)
    return made


def counts(versions: Sequence[Agreement], confirmed: Sequence[Agreement]) -> bool:
    """Tell whether the version of a copy that counts is the one that counts at its home."""
    here = [one for one in versions if is_signed(one)]
    there = [one for one in confirmed if is_signed(one)]
    if not here or not there:
        return False
    newest, home = max(here, key=_version), max(there, key=_version)
    return newest.version == home.version and newest.revocation is None is home.revocation


def _version(agreement: Agreement) -> int:
    return agreement.version


def _called(agreement: Agreement, names: Mapping[str, str]) -> Agreement:
    def name(party: str) -> str:
        return names.get(party, party)

    called = msgspec.structs.replace(
        agreement, assigner=name(agreement.assigner), assignee=name(agreement.assignee), home=""
    )
    digest = terms_digest(called)
    return msgspec.structs.replace(
        called,
        signatures=tuple(
            msgspec.structs.replace(one, party=name(one.party), digest=digest, node="")
            for one in agreement.signatures
        ),
    )
