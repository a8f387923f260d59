"""Finds the registrations that a request concerns among many (CIM 009, 5.12).

A registration stands in cells: under each id, pattern and type of its entities and, in each of
these, under each attribute. A request looks only into the cells that it can concern;
`ngsild.registration.matching` then decides.
"""

from collections.abc import Callable

import msgspec

from hanze.broker.origin import Origin
from hanze.broker.ports import Store
from hanze.broker.registration_records import stored_registrations, stored_states
from hanze.broker.registry_cells import Cells
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.query.tree import GeoQuery, QueryNode, ScopeQuery
from hanze.ngsild.registration.conditions import in_place, in_scope, in_time, passes
from hanze.ngsild.registration.matching import Wanted, matched_information
from hanze.ngsild.registration.model import (
    Mode,
    Registration,
    RegistrationInfo,
    RegistrationState,
)
from hanze.ngsild.registration.operations import Operation
from hanze.ngsild.temporal.model import TemporalQuery

__all__ = ["Change", "Listener", "Match", "Registry"]

_Key = tuple[str, str]


class Match(msgspec.Struct, frozen=True):
    """A registration that a request concerns.

    Attributes:
        information: The elements of it that match, each with only those EntityInfos that match.
    """

    registration: Registration
    information: tuple[RegistrationInfo, ...]


class Change(msgspec.Struct, frozen=True):
    """What became of a registration.

    Attributes:
        before: `None` where it is new.
        after: `None` where it is gone.
    """

    before: Registration | None
    after: Registration | None


#: Hears of changes that are durable; must return at once.
Listener = Callable[[Change], None]


class _Entry:
    """A registration in the registry."""

    __slots__ = ("expires", "number", "registration")

    def __init__(self, registration: Registration, number: int) -> None:
        self.registration = registration
        self.number = number
        expires_at = registration.expires_at
        self.expires = None if expires_at is None else parse_datetime(expires_at)


class _Tenant:
    """The registrations of one tenant."""

    def __init__(self) -> None:
        self.entries: dict[str, _Entry] = {}
        # Those of histories (5.9.1) stand apart: no request is about both.
        self._cells: dict[bool, Cells[_Entry]] = {False: Cells(), True: Cells()}

    def add(self, entry: _Entry) -> None:
        registration = entry.registration
        self.entries[registration.id] = entry
        self._cells[registration.is_temporal].add(entry, registration)

    def take(self, entry: _Entry) -> None:
        self._cells[entry.registration.is_temporal].remove(entry, entry.registration)

    def candidates(self, wanted: Wanted, *, histories: bool) -> dict[_Entry, None]:
        return self._cells[histories].candidates(wanted)


class Registry:
    """All registrations of a node, and how asking their sources went.

    It knows committed registrations: who writes one tells it so after the commit.

    Attributes:
        listeners: Are told of each change.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self._tenants: dict[str, _Tenant] = {}
        self._states: dict[_Key, RegistrationState] = {}
        self._unwritten: set[_Key] = set()
        self._last = 0
        self._count = 0

    def load(self, store: Store) -> None:
        """Take in what is stored."""
        for registration in stored_registrations(store.registers):
            self.put(registration)
        self._states.update(stored_states(store.registers))

    def __len__(self) -> int:
        return self._count

    def is_empty(self, tenant: str) -> bool:
        """Tell whether a tenant has no registrations at all."""
        return tenant not in self._tenants

    def get(self, tenant: str, registration_id: str) -> Registration | None:
        """Look a registration up."""
        known = self._tenants.get(tenant)
        entry = None if known is None else known.entries.get(registration_id)
        return None if entry is None else entry.registration

    def of_tenant(self, tenant: str) -> list[Registration]:
        """List the registrations of a tenant in the order of their creation."""
        known = self._tenants.get(tenant)
        # One that is put again keeps its place.
        return [] if known is None else [entry.registration for entry in known.entries.values()]

    def expired(self, now: str) -> list[Registration]:
        """List those whose time is over, of all tenants."""
        moment = parse_datetime(now)
        return [
            entry.registration
            for tenant in self._tenants.values()
            for entry in tenant.entries.values()
            if entry.expires is not None and entry.expires <= moment
        ]

    def put(self, registration: Registration) -> None:
        """Take in a registration, in the place of one with its id."""
        tenant = self._tenants.setdefault(registration.registered_in, _Tenant())
        known = tenant.entries.get(registration.id)
        if known is None:
            self._last += 1
            self._count += 1
            entry = _Entry(registration, self._last)
        else:
            tenant.take(known)
            entry = _Entry(registration, known.number)
        tenant.add(entry)
        self._tell(None if known is None else known.registration, registration)

    def remove(self, tenant: str, registration_id: str) -> None:
        """Forget a registration with its state, where it is known."""
        known = self._tenants.get(tenant)
        entry = None if known is None else known.entries.pop(registration_id, None)
        if known is None or entry is None:
            return
        self._count -= 1
        known.take(entry)
        if not known.entries:
            del self._tenants[tenant]
        self._states.pop((tenant, registration_id), None)
        self._unwritten.discard((tenant, registration_id))
        self._tell(entry.registration, None)

    def matching(
        self,
        origin: Origin,
        wanted: Wanted,
        *,
        operation: Operation | None = None,
        modes: frozenset[Mode] | None = None,
        temporal: TemporalQuery | None = None,
        history: bool = False,
        geo: GeoQuery | None = None,
        scope: ScopeQuery | None = None,
        csf: QueryNode | None = None,
    ) -> list[Match]:
        """Find the registrations that a request concerns (5.10.2.4, 5.12).

        Args:
            origin: Its tenant's registrations are looked at; those of sources that the request
                has been at already are left out (4.3.6.4).
            wanted: What the request is about.
            operation: What the source must support; `None` for whatever it supports.
            modes: Any of these; `None` for any.
            temporal: Those of histories, whose interval overlaps. Without it those of the present.
            history: Those of histories without `temporal` too, whatever their interval.
            geo: Those whose area may hold what meets it.
            scope: Those whose scopes meet it.
            csf: Those whose own members meet it.

        Returns:
            In the order of their creation.
        """
        tenant = self._tenants.get(origin.caller.tenant)
        if tenant is None or "member" in origin.caller.roles:
            # What is shared with a member is what this node has: others answer for themselves.
            return []
        candidates = tenant.candidates(wanted, histories=history or temporal is not None)
        if not candidates:
            return []
        moment = parse_datetime(origin.now)
        found: list[tuple[int, Match]] = []
        for entry in candidates:
            registration = entry.registration
            if (
                (entry.expires is not None and entry.expires <= moment)
                or (operation is not None and operation not in registration.operations)
                or (modes is not None and registration.mode not in modes)
                or (registration.alias is not None and registration.alias in origin.via)
            ):
                continue
            information = matched_information(registration, wanted)
            if information and _meets(registration, temporal, geo, scope, csf):
                found.append((entry.number, Match(registration, information)))
        found.sort(key=lambda one: one[0])
        return [match for _, match in found]

    def state(self, registration_id: str, tenant: str = "") -> RegistrationState:
        """Tell how asking a source went."""
        return self._states.get((tenant, registration_id), _UNTRIED)

    def note(self, registration_id: str, *, failed: bool, at: str, tenant: str = "") -> None:
        """Count that a source was asked.

        Args:
            registration_id: Of one that is gone nothing is kept.
            failed: Whether it gave no answer that can be used.
            at: DateTime text.
            tenant: Where it is registered.
        """
        if self.get(tenant, registration_id) is None:
            return
        key = (tenant, registration_id)
        before = self._states.get(key, _UNTRIED)
        self._states[key] = RegistrationState(
            times_sent=before.times_sent + 1,
            times_failed=before.times_failed + failed,
            last_success=before.last_success if failed else at,
            last_failure=at if failed else before.last_failure,
            failed=failed,
        )
        self._unwritten.add(key)

    def take_unwritten(self) -> dict[_Key, RegistrationState]:
        """Hand out the states that changed since the last call, by tenant and id."""
        taken = {key: self._states[key] for key in self._unwritten}
        self._unwritten.clear()
        return taken

    def put_back(self, states: dict[_Key, RegistrationState]) -> None:
        """Take back states that could not be written."""
        self._unwritten.update(key for key in states if key in self._states)

    def _tell(self, before: Registration | None, after: Registration | None) -> None:
        change = Change(before, after)
        for listener in self.listeners:
            listener(change)


_UNTRIED = RegistrationState()


def _meets(
    registration: Registration,
    temporal: TemporalQuery | None,
    geo: GeoQuery | None,
    scope: ScopeQuery | None,
    csf: QueryNode | None,
) -> bool:
    return (
        (temporal is None or in_time(registration, temporal))
        and (geo is None or in_place(registration, geo))
        and (scope is None or in_scope(registration, scope))
        and (csf is None or passes(registration, csf))
    )
