"""Agreements about closed data, in the words of ODRL 2.2 that this node understands."""

from enum import Enum

import msgspec

__all__ = [
    "Agreement",
    "AgreementState",
    "Constraint",
    "Revocation",
    "Rule",
    "Signature",
    "Statute",
]


class Constraint(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A condition of a rule (odrl:Constraint), in the closed profile of `governance.policy`.

    Attributes:
        left_operand: IRI, e.g. `odrl:purpose` written out.
        operator: IRI, e.g. `odrl:isAnyOf` written out.
        right_operand: IRIs or texts; one for operators that compare with one.
    """

    left_operand: str
    operator: str
    right_operand: tuple[str, ...]


class Rule(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A permission or a prohibition.

    Attributes:
        action: IRI, e.g. `odrl:read` written out.
        constraints: All have to hold.
        duties: IRIs of actions that the consumer has to do (`odrl:attribute`, `odrl:delete`).
    """

    action: str
    constraints: tuple[Constraint, ...] = ()
    duties: tuple[str, ...] = ()


class Signature(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who agreed to exactly these terms.

    Attributes:
        party: Id of the organisation.
        by: The actor that signed for it.
        at: DateTime text.
        digest: SHA-256 of the canonical terms (`governance.policy.terms_digest`), hexadecimal.
        node: Id of the league member on whose node it was signed; "" for this one.
    """

    party: str
    by: str
    at: str
    digest: str
    node: str = ""


class Statute(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The law that an agreement rests on: its owner cannot take it back.

    Attributes:
        article: As it is cited, e.g. "Politiewet 2012, art. 8".
        authority: Who relies on it.
        until: Date text: it ends then, whatever else is agreed.
    """

    article: str
    authority: str
    until: str


class Revocation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The end of an agreement before its time."""

    by: str
    at: str
    reason: str


class AgreementState(Enum):
    """Where an agreement stands; `governance.agreeing.state_of` reckons it."""

    OFFERED = "offered"
    ACTIVE = "active"
    #: Signed by both; its time has not come.
    PENDING = "pending"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class Agreement(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One version of an agreement (odrl:Agreement once both have signed; an odrl:Offer before).

    Attributes:
        id: `urn:ngsi-ld:Agreement:<city>:<key>`; the same for all its versions.
        version: 1 and up; each is kept, and the newest that both signed counts.
        targets: Ids of datasets (odrl:target).
        assigner: Id of the owner's organisation.
        assignee: Id of the consumer's organisation.
        permissions: What may be done, for which purposes.
        prohibitions: Beat permissions.
        purposes: IRIs of DPV purposes: those of its permissions, once more for looking up.
        opens_narrower: Whether narrower purposes pass, too; never into `NEVER_NARROWER`.
        valid_from: DateTime text.
        valid_until: DateTime text.
        signatures: At most one of each party.
        statute: Where it rests on law.
        revocation: Where it ended early.
        home: Id of the league member that keeps it; "" for this node.
        created_at: DateTime text.
    """

    id: str
    version: int = 1
    targets: tuple[str, ...]
    assigner: str
    assignee: str
    permissions: tuple[Rule, ...]
    prohibitions: tuple[Rule, ...] = ()
    purposes: tuple[str, ...]
    opens_narrower: bool = False
    valid_from: str
    valid_until: str
    signatures: tuple[Signature, ...] = ()
    statute: Statute | None = None
    revocation: Revocation | None = None
    home: str = ""
    created_at: str
