"""Agreements about closed data: offered, signed by both, changed and revoked, with an account."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from hanze.errors import Conflicting, Denied, NotFound
from hanze.governance.agreeing import ends_at, is_signed, new_version, revoked, signed, state_of
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.policy import check_policy
from hanze.governance.records.agreement import Agreement, AgreementState
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.offering import check_targets, free_id
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, DEVELOPER, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD

__all__ = ["AgreementNotFound", "AgreementTaken", "Agreements", "NotYours", "Standing"]


class AgreementNotFound(NotFound):
    """No agreement has this id, or the caller is not to know of it."""

    def __init__(self, agreement_id: str) -> None:
        super().__init__(f"Agreement {agreement_id[:200]} does not exist")


class AgreementTaken(Conflicting):
    """An agreement with this id exists: what changes it makes a new version."""

    def __init__(self, agreement_id: str) -> None:
        super().__init__(f"Agreement {agreement_id} already exists; a new version changes it")
        self.field = "id"
        self.value = agreement_id


class NotYours(Denied):
    """The caller does not act for the organisation that this is up to."""

    def __init__(self, organisation: str) -> None:
        super().__init__(f"Only who acts for {organisation} as owner may do this")
        self.organisation = organisation


@dataclass(frozen=True, slots=True)
class Standing:
    """A version of an agreement, and where it stands.

    Attributes:
        waits_for: Ids of the parties that have not signed it, where they still can.
        ends_at: DateTime text: when it ends, unless it is revoked.
        counts: Whether it is the version that decides.
    """

    agreement: Agreement
    state: AgreementState
    waits_for: tuple[str, ...]
    ends_at: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Agreements:
    """What stewards and owners do with agreements."""

    governance: Governance

    def listed(self, caller: Caller, *, now: str) -> tuple[Standing, ...]:
        """List the newest version of each agreement that the caller may know of, by their ids.

        A version that counts is listed besides where a newer one waits to be signed.
        """
        shown: list[Standing] = []
        for agreement_id in sorted({one.id for one in self.governance.agreements.all().values()}):
            versions = self._versions(agreement_id)
            if _is_told(versions[-1], caller):
                standing = self._standing(versions, now)
                shown += [one for one in standing if one.counts or one is standing[-1]]
        return tuple(shown)

    def versions(self, caller: Caller, agreement_id: str, *, now: str) -> tuple[Standing, ...]:
        """Give all versions of an agreement, the oldest first.

        Raises:
            AgreementNotFound: There is none, or it is not told to this caller.
        """
        return self._standing(self._found(caller, agreement_id), now)

    async def offer(self, caller: Caller, terms: Agreement, *, now: str) -> Agreement:
        """Write an agreement that both parties then sign.

        Args:
            terms: `id` may be empty; version, signatures and revocation do not matter.

        Raises:
            DutyMissing: The caller is neither steward nor owner.
            NotYours: It is an owner, of neither party.
            AgreementTaken: There is one with this id.
            AgreementRefused: Its targets are not closed data of its owner.
            ReviewOverdue: A decision about its targets should have been reviewed.
            PolicyNotSupported: Its terms say what this node cannot keep to.
            PolicyInvalid: They are not complete.
        """
        _require_preparing(caller, terms)
        async with self.governance.turn:
            rules = self.governance.rules
            known = {one.id for one in self.governance.agreements.all().values()}
            if terms.id in known:
                raise AgreementTaken(terms.id)
            terms = msgspec.structs.replace(
                terms,
                id=terms.id or free_id(rules.own, known, now),
                version=1,
                signatures=(),
                revocation=None,
                created_at=now,
            )
            check_targets(terms, rules, caller.tenant, now=now)
            check_policy(terms)
            await self._keep(caller, "agreement.offered", [terms], now)
        return terms

    async def change(self, caller: Caller, terms: Agreement, *, now: str) -> Agreement:
        """Make a new version of changed terms; the one in force counts until both signed the new.

        Raises:
            AgreementNotFound: There is none with this id.
            VersionOutOfTurn: It is between others.
            AgreementEnded: It was revoked.
            DutyMissing: As `offer`, and so for the others that it raises.
        """
        async with self.governance.turn:
            newest = self._found(caller, terms.id)[-1]
            _require_preparing(caller, newest)
            made = new_version(newest, terms, now=now)
            check_targets(made, self.governance.rules, caller.tenant, now=now)
            await self._keep(caller, "agreement.changed", [made], now)
        return made

    async def sign(
        self, caller: Caller, agreement_id: str, *, party: str = "", now: str
    ) -> Agreement:
        """Sign the newest version for the caller's organisation.

        Args:
            party: The organisation, where it is not told by who asks (`--dev`).

        Raises:
            DutyMissing: The caller is no owner.
            NotYours: It acts for another organisation than it signs for.
            AgreementNotFound: There is none with this id.
            NotAParty: Its organisation is neither owner nor consumer.
            PartySignedBefore: It has signed.
            AgreementEnded: The agreement was revoked or has expired.
        """
        require_duty(caller, OWNER)
        # In turn: who signs while another revokes does not write over the revocation.
        async with self.governance.turn:
            newest = self._found(caller, agreement_id)[-1]
            made = signed(newest, party=_acting(caller, party), by=caller.actor, now=now)
            if is_signed(made) and not made.home:
                # What was offered may have become wrong meanwhile; of a copy, its home sees to that.
                check_targets(made, self.governance.rules, caller.tenant, now=now)
            await self._keep(caller, "agreement.signed", [made], now)
        return made

    async def revoke(
        self, caller: Caller, agreement_id: str, *, reason: str, now: str
    ) -> tuple[Agreement, ...]:
        """End an agreement, and what was offered to follow it: the next request is refused.

        Raises:
            DutyMissing: The caller is neither owner, nor steward of what nobody signed yet.
            NotYours: It acts for neither party.
            AgreementNotFound: There is none with this id.
            StatuteBinds: It rests on statute.
            AgreementEnded: It has ended.
        """
        async with self.governance.turn:
            versions = self._found(caller, agreement_id)
            newest = versions[-1]
            counting = self.governance.rules.agreements.get(agreement_id)
            require_duty(caller, *((OWNER,) if counting is not None else (OWNER, STEWARD)))
            if counting is not None or STEWARD not in caller.roles:
                _require_party(caller, newest)
            first = newest if counting is None else counting
            ended = [revoked(first, by=caller.actor, reason=reason, now=now)]
            ended += [
                revoked(one, by=caller.actor, reason=reason, now=now)
                for one in versions
                if one.version > first.version
                and state_of(one, now) not in (AgreementState.REVOKED, AgreementState.EXPIRED)
            ]
            await self._keep(caller, "agreement.revoked", ended, now)
        return tuple(ended)

    async def _keep(
        self, caller: Caller, name: str, agreements: Sequence[Agreement], now: str
    ) -> None:
        kept = self.governance.agreements
        account = account_of(caller, name, [kept.key_of(one) for one in agreements], now=now)
        changes = (Change(kept, one) for one in agreements)
        await self.governance.change(*changes, account=account)

    def _found(self, caller: Caller, agreement_id: str) -> tuple[Agreement, ...]:
        versions = self._versions(agreement_id)
        if not versions or not _is_told(versions[-1], caller):
            raise AgreementNotFound(agreement_id)
        return versions

    def _versions(self, agreement_id: str) -> tuple[Agreement, ...]:
        found = (o for o in self.governance.agreements.all().values() if o.id == agreement_id)
        return tuple(sorted(found, key=lambda one: one.version))

    def _standing(self, versions: Iterable[Agreement], now: str) -> tuple[Standing, ...]:
        rules = self.governance.rules
        return tuple(_standing(one, rules.agreements.get(one.id), now=now) for one in versions)


def _standing(agreement: Agreement, counting: Agreement | None, *, now: str) -> Standing:
    state = state_of(agreement, now, counting=counting)
    signers = {one.party for one in agreement.signatures}
    parties = (agreement.assigner, agreement.assignee)
    offered = state is AgreementState.OFFERED
    return Standing(
        agreement,
        state,
        tuple(party for party in parties if party not in signers) if offered else (),
        ends_at(agreement),
        counting is not None and counting.version == agreement.version,
    )


def _require_preparing(caller: Caller, agreement: Agreement) -> None:
    require_duty(caller, STEWARD, OWNER)
    if not has_duty(caller, STEWARD):
        _require_party(caller, agreement)


def _require_party(caller: Caller, agreement: Agreement) -> None:
    parties = (agreement.assigner, agreement.assignee)
    if DEVELOPER not in caller.roles and caller.organisation not in parties:
        raise NotYours(" or ".join(parties))


def _acting(caller: Caller, party: str) -> str:
    """Say for which organisation the caller signs."""
    if DEVELOPER in caller.roles and party:
        return party
    if party not in ("", caller.organisation) or not caller.organisation:
        raise NotYours(party or "an organisation")
    return caller.organisation


def _is_told(agreement: Agreement, caller: Caller) -> bool:
    if has_duty(caller, STEWARD, AUDITOR, OPERATOR, SECURITY_OFFICER):
        return True
    parties = (agreement.assigner, agreement.assignee)
    return caller.organisation is not None and caller.organisation in parties
