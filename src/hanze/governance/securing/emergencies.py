"""Emergencies and levels: declared, decided, ended, each with an account of it."""

import secrets
from typing import Final

import msgspec

from hanze.errors import Conflicting, InvalidInput, NotFound
from hanze.governance.duties import account_of, has_duty, require_duty
from hanze.governance.kept import Kept, RegistersView
from hanze.governance.records.emergency import (
    Criticality,
    CriticalityKind,
    Emergency,
    Level,
    criticality_id,
)
from hanze.governance.securing.door import Door
from hanze.governance.securing.services import Service
from hanze.governance.service import Change, Governance
from hanze.governance.stewarding.classes import key_of
from hanze.identity.caller import NODE, Caller
from hanze.identity.roles import AUDITOR, OPERATOR, SECURITY_OFFICER
from hanze.ngsild.moment import format_datetime, parse_datetime

__all__ = ["CriticalityNotFound", "Emergencies", "EmergencyRuns", "NoEmergency"]

_MOST_WHY: Final = 1_000
_LONGEST: Final = 500
_HOUR_US: Final = 3_600_000_000
_MOST_LEVELS: Final = 10_000


class EmergencyRuns(Conflicting):
    """An emergency was declared already, and has not ended."""

    def __init__(self, emergency: Emergency) -> None:
        super().__init__(f"An emergency is declared until {emergency.until}; end it first")


class NoEmergency(NotFound):
    """There is no emergency."""

    def __init__(self) -> None:
        super().__init__("No emergency is declared")


class CriticalityNotFound(NotFound):
    """Nobody decided about a level."""

    def __init__(self, kind: CriticalityKind, key: str) -> None:
        super().__init__(f"The {kind.value} {key[:200]} does not have a level of its own")


class Emergencies:
    """What the security officer decides about emergencies.

    Args:
        governance: Keeps records, and the account of them.
        door: Lets requests in.
        most_hours: For which an emergency is declared at most.
    """

    def __init__(self, governance: Governance, door: Door, *, most_hours: float) -> None:
        self._governance = governance
        self.door = door
        self.most_hours = most_hours
        self._kept = Kept("governance-emergency", Emergency)
        self._levels = Kept("governance-criticality", Criticality)

    def load(self, registers: RegistersView) -> None:
        """Read what is committed: an emergency goes on over a restart."""
        self._kept.load(registers)
        self._levels.load(registers)
        self._follow()

    def current(self, caller: Caller, *, now: str) -> Emergency | None:
        """Give the emergency that there is, for everybody; who declared it is told to few."""
        if self.door.left_s(now) == 0 or self.door.emergency is None:
            return None
        return _told(self.door.emergency, caller)

    def listed(self, caller: Caller) -> tuple[Emergency, ...]:
        """List all emergencies, the last first.

        Raises:
            DutyMissing: The caller is neither security officer, operator nor auditor.
        """
        require_duty(caller, SECURITY_OFFICER, OPERATOR, AUDITOR)
        found = self._kept.all().values()
        return tuple(sorted(found, key=lambda one: one.declared_at, reverse=True))

    async def declare(self, caller: Caller, why: str, hours: float, *, now: str) -> Emergency:
        """Declare an emergency: what is of the lowest level is not answered until it ends.

        Args:
            why: What happened; everybody may read it.
            hours: After which it ends by itself.

        Raises:
            DutyMissing: The caller is no security officer.
            EmergencyRuns: There is one.
            InvalidInput: It is not said why, or it is to last too long.
        """
        require_duty(caller, SECURITY_OFFICER)
        if not 0 < len(why.strip()) <= _MOST_WHY:
            raise InvalidInput(f"It must be said why, in 1 to {_MOST_WHY} letters", field="why")
        if not 0 < hours <= self.most_hours:
            raise InvalidInput(
                f"An emergency lasts up to {self.most_hours:g} hours", field="hours", value=hours
            )
        async with self._governance.turn:
            if self.door.left_s(now) and self.door.emergency is not None:
                raise EmergencyRuns(self.door.emergency)
            own = key_of(self._governance.rules.own)
            emergency = Emergency(
                id=f"urn:ngsi-ld:Emergency:{own}:{secrets.token_hex(6)}",
                why=why.strip(),
                declared_by=caller.actor,
                declared_at=now,
                until=format_datetime(parse_datetime(now) + int(hours * _HOUR_US)),
            )
            await self._keep(
                caller, emergency, "emergency.declared", now, f"until {emergency.until}"
            )
        return emergency

    async def end(self, caller: Caller, *, now: str) -> Emergency:
        """End the emergency before its time.

        Raises:
            DutyMissing: The caller is no security officer.
            NoEmergency: There is none.
        """
        require_duty(caller, SECURITY_OFFICER)
        async with self._governance.turn:
            if not self.door.left_s(now) or self.door.emergency is None:
                raise NoEmergency
            ended = msgspec.structs.replace(
                self.door.emergency, ended_at=now, ended_by=caller.actor
            )
            await self._keep(caller, ended, "emergency.ended", now)
        return ended

    async def lapse(self, *, now: str) -> int:
        """Write down what ended by itself; return how many did."""
        over = [
            one
            for one in self._kept.all().values()
            if one.ended_at is None and parse_datetime(one.until) <= parse_datetime(now)
        ]
        for one in over:
            ended = msgspec.structs.replace(one, ended_at=one.until, ended_by=NODE.actor)
            await self._keep(NODE, ended, "emergency.lapsed", now)
        return len(over)

    def levels(self, caller: Caller) -> tuple[Criticality, ...]:
        """List what was decided about levels, by kind.

        Raises:
            DutyMissing: The caller is neither security officer, operator nor auditor.
        """
        require_duty(caller, SECURITY_OFFICER, OPERATOR, AUDITOR)
        found = self._levels.all()
        return tuple(found[name] for name in sorted(found))

    async def decide(
        self, caller: Caller, kind: CriticalityKind, key: str, level: Level, *, now: str
    ) -> Criticality:
        """Say how much hangs on a credential, an organisation, a source or a service.

        Raises:
            DutyMissing: The caller is no security officer.
            InvalidInput: It names nothing of its kind.
        """
        require_duty(caller, SECURITY_OFFICER)
        made = Criticality(
            id=criticality_id(kind, _checked(kind, key)),
            kind=kind,
            key=key,
            level=level,
            by=caller.actor,
            at=now,
        )
        if made.id not in self._levels.all() and len(self._levels.all()) >= _MOST_LEVELS:
            raise InvalidInput(f"At most {_MOST_LEVELS} levels are kept", field="key")
        account = account_of(caller, "criticality.set", [made.id], detail=level.value, now=now)
        await self._governance.change(Change(self._levels, made), account=account)
        self._follow()
        return made

    async def forget(
        self, caller: Caller, kind: CriticalityKind, key: str, *, now: str
    ) -> Criticality:
        """Let the usual level count again.

        Raises:
            DutyMissing: The caller is no security officer.
            CriticalityNotFound: Nobody decided otherwise.
        """
        require_duty(caller, SECURITY_OFFICER)
        found = self._levels.get(criticality_id(kind, key))
        if found is None:
            raise CriticalityNotFound(kind, key)
        account = account_of(caller, "criticality.removed", [found.id], now=now)
        await self._governance.change(Change(self._levels, found, gone=True), account=account)
        self._follow()
        return found

    async def _keep(
        self, caller: Caller, emergency: Emergency, name: str, now: str, detail: str = ""
    ) -> None:
        account = account_of(caller, name, [emergency.id], detail=detail, now=now)
        await self._governance.change(Change(self._kept, emergency), account=account)
        self._follow()

    def _follow(self) -> None:
        self.door.levels = {one.id: one.level for one in self._levels.all().values()}
        open_ones = (one for one in self._kept.all().values() if one.ended_at is None)
        self.door.close_for(max(open_ones, key=lambda one: one.until, default=None))
        # Sources of the lowest level rest, or go on.
        for follower in self._governance.followers:
            follower()


def _checked(kind: CriticalityKind, key: str) -> str:
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        raise InvalidInput(f"The {kind.value} must have a name", field="key", value=key)
    if kind is CriticalityKind.SERVICE:
        known = [one.value for one in Service if one is not Service.DOOR]
        if key not in known:
            raise InvalidInput(f"A service is one of {', '.join(known)}", field="key", value=key)
    if kind is CriticalityKind.CREDENTIAL and ":" not in key:
        raise InvalidInput(
            "A credential is client:<name>, token:<name> or account:<id>", field="key", value=key
        )
    return key


def _told(emergency: Emergency, caller: Caller) -> Emergency:
    """Keep who declared it from those whom it does not concern."""
    if has_duty(caller, SECURITY_OFFICER, OPERATOR, AUDITOR):
        return emergency
    return msgspec.structs.replace(emergency, declared_by="")
