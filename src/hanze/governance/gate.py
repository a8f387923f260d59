"""The gate: what stands between everything that reads and what there is.

It keeps what was decided for as long as that holds, and leaves a record of every evaluation that is
about more than open data. Records are staged here and durable before anything is answered: each edge
waits for `Log.settled`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from hanze.governance.decision import Asked, Decided, absence, access_for, check
from hanze.governance.logs.processing import Personal, personal_of, processed
from hanze.governance.ports import Log, LogOfUnit
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.recording import Refusal, decision_record
from hanze.governance.records.log import ProcessingRecord
from hanze.governance.rules import Rules
from hanze.identity.caller import Caller
from hanze.identity.trace import new_trace
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import Access
from hanze.ngsild.query.tree import Share

__all__ = ["Gate"]

_MOST_KEPT: Final = 4096
#: Of a request that names more, the log keeps so many.
_MOST_IDS: Final = 50

_Key = tuple[object, ...]


class Gate:
    """Asked before reading.

    Args:
        rules: Gives the rules as they are now.
        log: Takes the records; `None` while there is none (tests of the store alone).

    Attributes:
        home_of: Says whose data is in a tenant: that of a Snapshot's place is another tenant's.
    """

    def __init__(self, rules: Callable[[], Rules], log: Callable[[], Log | None]) -> None:
        self._rules = rules
        self._log = log
        self._version = -1
        self._kept: dict[_Key, Decided] = {}
        self._last: tuple[Caller, Decided] | None = None
        self._personal_version = -1
        self._personal: dict[str, tuple[Personal, ...]] = {}
        self.home_of: Callable[[str], str] = _itself

    def access(self, caller: Caller, now: str) -> Access:
        """Say what a caller may read of its tenant now, for its purpose."""
        last = self._last
        # As `_decided` does, without the call: every read of open data comes here.
        if last is not None and last[0] is caller and self._rules().version == self._version:
            return last[1].access
        return self._decided(caller, now).access

    def check(self, caller: Caller, asked: Asked, now: str) -> Access:
        """Say so for a request, and refuse what it names and may not use.

        Leaves a record where anything but open data is concerned.

        Raises:
            AccessDenied: As `decision.check`.
            PurposeRequired: As `decision.check`.
        """
        decided = self._decided(caller, now)
        if decided.access.is_everything:
            return decided.access
        try:
            check(self._rules(), decided, caller, asked)
        except (AccessDenied, PurposeRequired) as refusal:
            self._record(decided, caller, asked, refusal, now=now)
            raise
        self._record(decided, caller, asked, None, now=now)
        return decided.access

    def absence(
        self, caller: Caller, entity_id: str, now: str, *, action: str = "read"
    ) -> AccessDenied | None:
        """Say how to answer that there is no entity that a caller may read: `decision.absence`.

        Leaves a record where that is a refusal.
        """
        decided = self._decided(caller, now)
        refusal = absence(decided, entity_id)
        if refusal is not None:
            asked = Asked(action=action, ids=(entity_id,))
            self._record(decided, caller, asked, refusal, now=now)
        return refusal

    def tells_missing(self, caller: Caller, entity_id: str, now: str) -> bool:
        """Tell whether a caller may know that there is no entity with an id; it leaves no record."""
        return absence(self._decided(caller, now), entity_id) is None

    def note(self, caller: Caller, entities: Iterable[Entity], *, name: str, now: str) -> None:
        """Leave a record for each data subject whose data goes out.

        Args:
            entities: As they are given, without what is hidden.
            name: Of the operation: "read", "notify", "export".
        """
        log = self._log()
        personal = self.personal(caller.tenant)
        if personal and log is not None:
            log.stage(self._processed(personal, caller, entities, log, name=name, now=now))

    def note_write(
        self,
        to: LogOfUnit,
        caller: Caller,
        before: Entity | None,
        after: Entity | None,
        *,
        now: str,
    ) -> None:
        """Leave a record for each data subject whose data is written, with what is written.

        Args:
            to: Of the unit of work.
            before: As it was; `None` when it is new.
            after: As it becomes; `None` when it goes.
        """
        log = self._log()
        personal = self.personal(caller.tenant)
        if personal and log is not None:
            name = "create" if before is None else "delete" if after is None else "update"
            both = [one for one in (before, after) if one is not None]
            for record in self._processed(personal, caller, both, log, name=name, now=now):
                to.append(record)

    def personal(self, tenant: str) -> tuple[Personal, ...]:
        """Return what a tenant has about people; empty where nothing has to be recorded."""
        rules = self._rules()
        if rules.version != self._personal_version:
            self._personal_version, self._personal = rules.version, {}
        tenant = self.home_of(tenant)
        known = self._personal.get(tenant)
        if known is None:
            known = self._personal[tenant] = personal_of(rules, tenant)
        return known

    def _processed(
        self,
        personal: tuple[Personal, ...],
        caller: Caller,
        entities: Iterable[Entity],
        log: Log,
        *,
        name: str,
        now: str,
    ) -> list[ProcessingRecord]:
        activity = self._rules().activities.get(caller.activity or "")
        return processed(
            personal,
            # A person has one pseudonym, also where a Snapshot holds a copy.
            caller.in_tenant(self.home_of(caller.tenant)),
            entities,
            log.pseudonym,
            name=name,
            now=now,
            trace=caller.trace or new_trace(),
            confidential=activity is not None and activity.confidential,
        )

    def _record(
        self, decided: Decided, caller: Caller, asked: Asked, refusal: Refusal | None, *, now: str
    ) -> None:
        log = self._log()
        if log is not None:
            record = decision_record(decided, caller, asked, refusal, now=now)
            if record is not None and asked.ids:
                unnamed = self._unnamed(decided, caller, asked, log)
                record = decision_record(decided, caller, unnamed, refusal, now=now)
            if record is not None:
                log.stage((record,))

    def _unnamed(self, decided: Decided, caller: Caller, asked: Asked, log: Log) -> Asked:
        """Put pseudonyms in the place of ids that may name people: erasure has to reach them."""
        personal = self.personal(caller.tenant)
        if not personal:
            return asked
        tenant = self.home_of(caller.tenant)

        def named(entity_id: str) -> str:
            types = decided.refusals.types_of((entity_id,))
            if types and not any(one.part.is_about(types) for one in personal):
                return entity_id
            return log.pseudonym(tenant, entity_id)

        # Their types are said: without the ids nobody could tell them any more.
        types = asked.types or tuple(
            frozenset((one,)) for one in sorted(decided.refusals.types_of(asked.ids))
        )
        return replace(asked, ids=tuple(map(named, asked.ids[:_MOST_IDS])), types=types)

    def _decided(self, caller: Caller, now: str) -> Decided:
        rules = self._rules()
        if rules.version != self._version:
            self._version, self._kept, self._last = rules.version, {}, None
        last = self._last
        if last is not None and last[0] is caller:
            # A request asks several times, and anybody is one and the same caller.
            return last[1]
        asker = caller
        caller = caller.in_tenant(self.home_of(caller.tenant))
        key = _key(caller)
        known = self._kept.get(key)
        if known is None or _is_over(known.until, now):
            known = access_for(rules, caller, now)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[key] = known
        if known.until is None:
            self._last = asker, known
        return known


def _is_over(until: str | None, now: str) -> bool:
    # Without their "Z", of two moments the earlier text is the earlier moment.
    return until is not None and until[:-1] <= now[:-1]


def _itself(tenant: str) -> str:
    return tenant


def _key(caller: Caller) -> _Key:
    shares: tuple[Share, ...] | None = caller.shares
    return (
        caller.tenant,
        caller.organisation,
        caller.roles,
        caller.purpose,
        caller.activity,
        caller.subject,
        shares,
        caller.purposes,
    )
