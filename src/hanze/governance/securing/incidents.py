"""Incidents: reported, followed step by step, closed; and what other nodes told of theirs."""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from hanze.errors import InvalidInput, NotFound
from hanze.governance.duties import account_of, require_duty
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.projects import checked_texts
from hanze.governance.records.incident import (
    HeardIncident,
    Incident,
    Notice,
    Risk,
    SharedWith,
    Telling,
)
from hanze.governance.records.log import AuditRecord
from hanze.governance.securing.breach import (
    assessed,
    closed,
    noted,
    notified,
    people_told,
    text_within,
)
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import Caller
from hanze.identity.roles import AUDITOR, OPERATOR, OWNER, SECURITY_OFFICER, STEWARD
from hanze.ngsild.moment import parse_datetime

__all__ = ["MOST_HEARD", "IncidentNotFound", "Incidents", "NewIncident"]

_MOST_LINE: Final = 300
_MOST_TOLD: Final = 10_000
#: Of one member: the oldest are forgotten.
MOST_HEARD: Final = 100


class IncidentNotFound(NotFound):
    """No incident has this id."""

    def __init__(self, incident_id: str) -> None:
        super().__init__(f"Incident {incident_id[:200]} does not exist")


class NewIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What is reported.

    Attributes:
        known_at: DateTime text; "" for now.
        personal: Whether data about people is concerned.
        drill: Whether it is only practised.
    """

    title: str
    description: str
    known_at: str = ""
    personal: bool = False
    drill: bool = False


class Incidents:
    """What people do about incidents.

    Args:
        governance: Keeps records, and the account of them.
    """

    def __init__(self, governance: Governance) -> None:
        self._governance = governance
        self._kept = Kept("governance-incident", Incident)
        self._heard = Kept("governance-incident-heard", HeardIncident)

    def load(self, registers: RegistersView) -> None:
        """Read what is committed."""
        self._kept.load(registers)
        self._heard.load(registers)

    def listed(self, caller: Caller) -> tuple[Incident, ...]:
        """List incidents and drills, those that became known last first.

        Raises:
            DutyMissing: The caller is neither security officer, operator nor auditor.
        """
        _require_reader(caller)
        found = self._kept.all().values()
        return tuple(sorted(found, key=lambda one: (one.known_at, one.id), reverse=True))

    def shown(self, caller: Caller, incident_id: str) -> Incident:
        """Give one.

        Raises:
            DutyMissing: The caller is neither security officer, operator nor auditor.
            IncidentNotFound: There is none.
        """
        _require_reader(caller)
        return self._found(incident_id)

    def heard(self, caller: Caller) -> tuple[HeardIncident, ...]:
        """List what other nodes told, the last first.

        Raises:
            DutyMissing: The caller is neither security officer, operator nor auditor.
        """
        _require_reader(caller)
        found = self._heard.all().values()
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    def told(self) -> tuple[Telling, ...]:
        """List what people were told of breaches, the last first; everybody may read it."""
        found = (
            one.told for one in self._kept.all().values() if one.told is not None and not one.drill
        )
        return tuple(sorted(found, key=lambda one: one.at, reverse=True))

    async def report(self, caller: Caller, new: NewIncident, *, now: str) -> Incident:
        """Report an incident; whoever works for the city may.

        Raises:
            DutyMissing: The caller does not.
            InvalidInput: It lacks something, or became known in the future.
        """
        require_duty(caller, SECURITY_OFFICER, OPERATOR, STEWARD, OWNER)
        known_at = new.known_at or now
        if parse_datetime(known_at, field="knownAt") > parse_datetime(now):
            raise InvalidInput("It must be known already", field="knownAt", value=known_at)
        own = key_of(self._governance.rules.own)
        incident = Incident(
            id=f"urn:ngsi-ld:SecurityIncident:{own}:{now[:10]}-{secrets.token_hex(4)}",
            title=text_within(new.title, "title", most=_MOST_LINE),
            description=text_within(new.description, "description"),
            personal=new.personal,
            drill=new.drill,
            known_at=known_at,
            reported_by=caller.actor,
            reported_at=now,
        )
        await self._keep(caller, incident, "incident.reported", now)
        return incident

    async def note(self, caller: Caller, incident_id: str, text: str, *, now: str) -> Incident:
        """Add what was found or done.

        Raises:
            DutyMissing: The caller is no security officer; so for the others.
            IncidentNotFound: There is none; so for the others.
            IncidentClosed: It is over; so for the others.
            InvalidInput: There is no text.
        """
        return await self._change(
            caller,
            incident_id,
            "noted",
            lambda one: noted(one, text, by=caller.actor, now=now),
            now,
        )

    async def assess(
        self,
        caller: Caller,
        incident_id: str,
        risk: Risk,
        *,
        people: int | None,
        why: str,
        now: str,
    ) -> Incident:
        """Say what a breach may do to people, and to how many.

        Raises:
            NoBreach: It is no data breach; so for the others.
            InvalidInput: It is not said why.
        """
        return await self._change(
            caller,
            incident_id,
            "assessed",
            lambda one: assessed(one, risk, people, why, by=caller.actor, now=now),
            now,
        )

    async def notify(
        self,
        caller: Caller,
        incident_id: str,
        *,
        reference: str,
        at: str,
        why_late: str,
        now: str,
    ) -> Incident:
        """Write down that the supervisory authority was notified.

        Args:
            at: DateTime text; "" for now.

        Raises:
            InvalidInput: It lacks something.
        """
        notice = Notice(
            at=at or now, by=caller.actor, reference=reference, why_late=why_late.strip()
        )
        return await self._change(
            caller, incident_id, "notified", lambda one: notified(one, notice, now=now), now
        )

    async def tell(
        self, caller: Caller, incident_id: str, text: dict[str, str], how: str, *, now: str
    ) -> Incident:
        """Tell the people: the text stands on the page about security from now on.

        Raises:
            InvalidInput: It is not said what, or how.
        """
        told = checked_texts(text, "text", most=_MOST_TOLD)
        telling = Telling(at=now, by=caller.actor, text=told, how=how)
        return await self._change(
            caller, incident_id, "told", lambda one: people_told(one, telling), now
        )

    async def share(
        self, caller: Caller, incident_id: str, shared: Sequence[SharedWith], *, now: str
    ) -> Incident:
        """Write down which members of the league were told."""
        return await self._change(
            caller,
            incident_id,
            "shared",
            lambda one: msgspec.structs.replace(one, shared=(*one.shared, *shared)),
            now,
        )

    async def close(self, caller: Caller, incident_id: str, lessons: str, *, now: str) -> Incident:
        """Close an incident, with what was learnt.

        Raises:
            IncidentUnfinished: Somebody has to be notified or told still.
            InvalidInput: It is not said what was learnt.
        """
        return await self._change(
            caller,
            incident_id,
            "closed",
            lambda one: closed(one, lessons, by=caller.actor, now=now),
            now,
        )

    async def hear(self, heard: HeardIncident) -> None:
        """Keep what a member told; of too much the oldest is forgotten."""
        theirs = sorted(
            (one for one in self._heard.all().values() if one.member == heard.member),
            key=lambda one: one.at,
        )
        over = theirs[: max(0, len(theirs) - MOST_HEARD + 1)]
        account = AuditRecord(
            at=heard.at, actor=f"peer:{heard.member}", name="incident.heard", about=(heard.id,)
        )
        gone = [Change(self._heard, one, gone=True) for one in over if one.id != heard.id]
        await self._governance.change(Change(self._heard, heard), *gone, account=account)

    async def _change(
        self,
        caller: Caller,
        incident_id: str,
        name: str,
        change: Callable[[Incident], Incident],
        now: str,
    ) -> Incident:
        require_duty(caller, SECURITY_OFFICER)
        async with self._governance.turn:
            made = change(self._found(incident_id))
            await self._keep(caller, made, f"incident.{name}", now)
        return made

    def _found(self, incident_id: str) -> Incident:
        found = self._kept.get(incident_id)
        if found is None:
            raise IncidentNotFound(incident_id)
        return found

    async def _keep(self, caller: Caller, incident: Incident, name: str, now: str) -> None:
        account = account_of(caller, name, [incident.id], now=now)
        await self._governance.change(Change(self._kept, incident), account=account)


def _require_reader(caller: Caller) -> None:
    require_duty(caller, SECURITY_OFFICER, OPERATOR, AUDITOR)
