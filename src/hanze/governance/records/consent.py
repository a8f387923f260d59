"""Consents of data subjects (the terms of ISO/IEC TS 27560, as W3C DPV writes them)."""

from enum import Enum

import msgspec

__all__ = ["Consent", "ConsentEnd", "ConsentState"]


class ConsentState(Enum):
    """What became of a consent (27560 `event_state`)."""

    GIVEN = "given"
    #: By the data subject.
    WITHDRAWN = "withdrawn"
    #: By somebody else.
    REVOKED = "revoked"
    EXPIRED = "expired"


class ConsentEnd(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a consent ended: `state` is WITHDRAWN or REVOKED."""

    state: ConsentState
    at: str
    by: str


class Consent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A data subject lets somebody use data about them, for some purposes.

    Attributes:
        id: `urn:ngsi-ld:ConsentRecord:<city>:<key>` (27560 `record_id`).
        subject: What the data calls the data subject (`pii_principal_id`): the value of the
            dataset's `subject`.
        dataset: Id of the dataset.
        purposes: IRIs of DPV purposes.
        recipients: Ids of organisations; at least one, the controller among them where it reads.
        given_at: DateTime text.
        given_by: The actor: the data subject, or the parent of a child.
        parental: Whether a parent gave it (GDPR art. 8).
        notice: URL or text of what the data subject was told.
        language: Of the notice.
        expires_at: DateTime text.
        end: Where it ended early.
    """

    id: str
    subject: str
    dataset: str
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    given_at: str
    given_by: str
    parental: bool = False
    notice: str = ""
    language: str = ""
    expires_at: str | None = None
    end: ConsentEnd | None = None
