"""Consents: given, withdrawn, expired; the rules, and the service that keeps them.

A consent counts from the moment it is durable to the moment its end is: every change makes new
rules (`Governance.change`), so that the very next decision knows of it.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from hanze.errors import Conflicting, InvalidInput, NotFound, TooMuch
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.kept import Kept
from hanze.governance.purposes import purpose_iri
from hanze.governance.records.consent import Consent, ConsentEnd, ConsentState
from hanze.governance.records.dataset import Dataset
from hanze.governance.records.log import AuditRecord
from hanze.governance.records.rights import Guardianship
from hanze.governance.residents import (
    require_of_age,
    require_resident,
    subjects_of,
)
from hanze.governance.rights import parents_of
from hanze.governance.rules import Rules
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import Caller
from hanze.identity.roles import STEWARD
from hanze.ngsild.moment import parse_datetime

__all__ = [
    "ConsentEnded",
    "ConsentNotFound",
    "Consents",
    "NewConsent",
    "TooManyConsents",
    "ended",
    "given",
    "state_of",
]

#: Of one data subject: nobody decides so often, and each one has everything decided anew.
_MOST_IN_A_DAY: Final = 100
_IRI: Final = ("http://", "https://", "urn:")

_Iri = Annotated[str, Meta(min_length=4, max_length=500)]


class TooManyConsents(TooMuch):
    """So many consents were given of one data subject today that no more are taken."""

    def __init__(self) -> None:
        super().__init__(f"At most {_MOST_IN_A_DAY} consents of one person are taken in a day")


class ConsentNotFound(NotFound):
    """There is no such consent, or it is of somebody else: it is not told which."""

    def __init__(self, consent_id: str) -> None:
        super().__init__(f"Consent {consent_id[:200]} does not exist")
        self.consent_id = consent_id


class ConsentEnded(Conflicting):
    """A consent that has ended cannot end again."""

    def __init__(self, consent_id: str) -> None:
        super().__init__(f"Consent {consent_id} has ended already")
        self.consent_id = consent_id


class NewConsent(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What somebody consents to.

    Attributes:
        dataset: Id of the dataset; it must be one that asks for consent.
        purposes: IRIs or CURIEs of purposes, each on its own: nothing is consented to in general.
        recipients: Ids of organisations; empty: the dataset's owner alone.
        subject: What the data calls whom it is about; `None`: whoever asks.
        expires_at: DateTime text; `None`: until it is withdrawn.
        notice: What the data subject was told, or its URL.
        language: Of the notice.
    """

    dataset: Annotated[str, Meta(min_length=1, max_length=500)]
    purposes: Annotated[tuple[_Iri, ...], Meta(min_length=1, max_length=50)]
    recipients: Annotated[tuple[_Iri, ...], Meta(max_length=50)] = ()
    subject: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
    expires_at: Annotated[str, Meta(max_length=40)] | None = None
    notice: Annotated[str, Meta(min_length=1, max_length=4_000)]
    language: Annotated[str, Meta(max_length=20)] = ""


def state_of(consent: Consent, now: str) -> ConsentState:
    """Say what became of a consent.

    Args:
        now: DateTime text.
    """
    if consent.end is not None:
        return consent.end.state
    if consent.expires_at is not None and consent.expires_at <= now:
        return ConsentState.EXPIRED
    return ConsentState.GIVEN


def given(
    new: NewConsent,
    *,
    consent_id: str,
    subject: str,
    by: str,
    dataset: Dataset,
    own: str,
    parents: Sequence[Guardianship],
    now: str,
) -> Consent:
    """Make the record of a consent.

    Args:
        subject: Whom the data is about.
        by: The actor.
        own: Id of the organisation that runs the node.
        parents: Who decides for the data subject now: then it ends when the child is of age.
        now: DateTime text.

    Raises:
        InvalidInput: The dataset does not rest on consent, a purpose or a recipient is named wrongly,
            or it would have expired already.
    """
    if not dataset.consent:
        raise InvalidInput(
            f"Dataset {dataset.id} does not rest on consent: its `consent` is not true",
            field="dataset",
            value=dataset.id,
        )
    purposes = [purpose_iri(one, field="purposes") for one in new.purposes]
    for iri in new.recipients:
        if not iri.startswith(_IRI):
            raise InvalidInput(
                "A recipient must be the IRI of an organisation", field="recipients", value=iri
            )
    recipients = new.recipients or tuple(one for one in (dataset.owner or own,) if one)
    if not recipients:
        raise InvalidInput(
            f"Dataset {dataset.id} has no owner: the recipients must be named", field="recipients"
        )
    return Consent(
        id=consent_id,
        subject=subject,
        dataset=dataset.id,
        purposes=tuple(dict.fromkeys(purposes)),
        recipients=tuple(dict.fromkeys(recipients)),
        given_at=now,
        given_by=by,
        parental=bool(parents),
        notice=new.notice,
        language=new.language,
        expires_at=_expiry(new.expires_at, parents, now),
    )


def ended(consent: Consent, *, state: ConsentState, by: str, now: str) -> Consent:
    """End a consent.

    Raises:
        ConsentEnded: It has ended.
    """
    if state_of(consent, now) is not ConsentState.GIVEN:
        raise ConsentEnded(consent.id)
    return msgspec.structs.replace(consent, end=ConsentEnd(state=state, at=now, by=by))


def _expiry(asked: str | None, parents: Sequence[Guardianship], now: str) -> str | None:
    """Choose the earliest end; what a parent agreed to ends when the child may decide itself."""
    ends = [f"{one.until}T00:00:00Z" for one in parents]
    if asked is not None:
        parse_datetime(asked)
        if not asked.endswith("Z") or asked <= now:
            raise InvalidInput(
                "A consent must end later than now, at a DateTime in UTC",
                field="expiresAt",
                value=asked,
                clause="4.6.3",
            )
        ends.append(asked)
    return min(ends, default=None)


class Consents:
    """The consents of one node.

    Args:
        governance: Keeps them.
        guardianships: Who decides for whom.
    """

    def __init__(self, governance: Governance, guardianships: Kept[Guardianship]) -> None:
        self._governance = governance
        self._guardianships = guardianships

    async def give(self, caller: Caller, new: NewConsent, *, now: str) -> Consent:
        """Keep a consent of whoever asks, of its child, or one that a steward got on paper.

        Raises:
            ResidentsOnly: The caller is neither the data subject, nor a parent, nor a steward.
            ParentDecides: A child consents itself.
            InvalidInput: As `given`, and for a dataset that does not exist.
            TooManyConsents: Too many of this data subject were given today.
        """
        subject = self._subject(caller, new, now)
        today = (one for one in self._all if one.subject == subject and one.given_at >= now[:10])
        if sum(1 for _ in today) >= _MOST_IN_A_DAY:
            raise TooManyConsents
        dataset = self._rules.datasets.get(new.dataset)
        if dataset is None:
            raise InvalidInput(
                f"Dataset {new.dataset[:200]} does not exist", field="dataset", value=new.dataset
            )
        key = f"{key_of(self._rules.own)}:{secrets.token_hex(8)}"
        consent = given(
            new,
            consent_id=f"urn:ngsi-ld:ConsentRecord:{key}",
            subject=subject,
            by=caller.actor,
            dataset=dataset,
            own=self._rules.own,
            parents=parents_of(self._guardianships.all(), subject, now),
            now=now,
        )
        await self._keep(
            consent, account_of(caller, "consent.given", (consent.id, dataset.id), now=now)
        )
        return consent

    async def withdraw(self, caller: Caller, consent_id: str, *, now: str) -> Consent:
        """End a consent as the data subject, or as its parent.

        Raises:
            ResidentsOnly: The caller is no resident.
            ConsentNotFound: It is none of the caller's.
            ConsentEnded: It has ended.
        """
        require_resident(caller)
        consent = self.shown(caller, consent_id, now=now)
        if consent.subject not in subjects_of(self._guardianships.all(), caller, now):
            raise ConsentNotFound(consent_id)
        after = ended(consent, state=ConsentState.WITHDRAWN, by=caller.actor, now=now)
        await self._keep(after, account_of(caller, "consent.withdrawn", (after.id,), now=now))
        return after

    async def revoke(self, caller: Caller, consent_id: str, *, reason: str, now: str) -> Consent:
        """End a consent as a steward: it was withdrawn by letter, or should not have been asked.

        Raises:
            DutyMissing: The caller is no steward.
            ConsentNotFound: It does not exist.
            ConsentEnded: It has ended.
        """
        require_duty(caller, STEWARD)
        consent = self.shown(caller, consent_id, now=now)
        after = ended(consent, state=ConsentState.REVOKED, by=caller.actor, now=now)
        account = account_of(caller, "consent.revoked", (after.id,), detail=reason[:500], now=now)
        await self._keep(after, account)
        return after

    def shown(self, caller: Caller, consent_id: str, *, now: str) -> Consent:
        """Return a consent that the caller may see.

        Raises:
            ConsentNotFound: There is none, or it is somebody else's.
        """
        consent = self._governance.consents.get(consent_id)
        if consent is None or not (
            has_duty(caller, STEWARD) or consent.subject in self._of(caller, now)
        ):
            raise ConsentNotFound(consent_id)
        return consent

    def of(self, caller: Caller, *, now: str) -> list[Consent]:
        """List the consents of the caller and its children, the newest first."""
        subjects = self._of(caller, now)
        return _newest(one for one in self._all if one.subject in subjects)

    def all(self, caller: Caller) -> list[Consent]:
        """List all consents, the newest first.

        Raises:
            DutyMissing: The caller is no steward.
        """
        require_duty(caller, STEWARD)
        return _newest(self._all)

    @property
    def _rules(self) -> Rules:
        return self._governance.rules

    @property
    def _all(self) -> Iterable[Consent]:
        return self._governance.consents.all().values()

    def _of(self, caller: Caller, now: str) -> tuple[str, ...]:
        return subjects_of(self._guardianships.all(), caller, now)

    def _subject(self, caller: Caller, new: NewConsent, now: str) -> str:
        if new.subject is not None and has_duty(caller, STEWARD):
            return new.subject
        own = require_resident(caller)
        subject = new.subject or own
        if subject == own:
            require_of_age(self._guardianships.all(), own, now)
        elif subject not in self._of(caller, now):
            raise InvalidInput(
                "Nobody consents for somebody else, but parents for their children", field="subject"
            )
        return subject

    async def _keep(self, consent: Consent, account: AuditRecord) -> None:
        await self._governance.change(Change(self._governance.consents, consent), account=account)


def _newest(consents: Iterable[Consent]) -> list[Consent]:
    return sorted(consents, key=lambda one: (one.given_at, one.id), reverse=True)
