"""Registrations of Context Sources: register, update, delete, find (CIM 009, 5.9, 5.10)."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

from hanze.broker.consumption import TenantNotFound
from hanze.broker.origin import Origin
from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.registration_conflicts import check_entities, check_entity, check_overlap
from hanze.broker.registration_query import (
    RegistrationPage,
    RegistrationQuery,
    require_narrow,
    wanted_by,
)
from hanze.broker.registration_records import (
    delete_registration,
    find_registration,
    put_registration,
    put_registration_state,
)
from hanze.broker.registry import Registry
from hanze.errors import Conflicting, InvalidInput, NotFound, TooMuch
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.registration.model import Registration, RegistrationState
from hanze.ngsild.registration.parse import (
    Written,
    cleaned,
    parse_registration,
    refuse_nulls,
    refuse_past,
)
from hanze.ngsild.registration.update import updated_document
from hanze.ngsild.uri import is_uri

__all__ = [
    "RegistrationAlreadyExists",
    "RegistrationNotFound",
    "Registrations",
    "TooManyRegistrations",
]

_ID = "urn:ngsi-ld:ContextSourceRegistration:"


class RegistrationNotFound(NotFound):
    """No registration with this id is in the tenant (5.5.2 ResourceNotFound)."""

    def __init__(self, registration_id: str) -> None:
        super().__init__(f"Registration {registration_id[:200]} does not exist")
        self.registration_id = registration_id


class RegistrationAlreadyExists(Conflicting):
    """A registration with this id exists in the tenant (5.5.2 AlreadyExists)."""

    def __init__(self, registration_id: str) -> None:
        super().__init__(f"Registration {registration_id[:200]} already exists")
        self.registration_id = registration_id


class TooManyRegistrations(TooMuch):
    """The node holds as many registrations as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The node already has {limit} registrations, the most it may hold")


class Registrations:
    """The registrations of a node.

    Args:
        store: Keeps them, in its registers.
        registry: Is told of each change, once that is durable.
        most: So many there may be at once, in all tenants together.
    """

    def __init__(self, store: Store, registry: Registry, *, most: int) -> None:
        self._store = store
        self._registry = registry
        self._most = most
        # Two that contradict each other must not pass by each other.
        self._changing = asyncio.Lock()

    async def create(self, caller: Caller, body: JsonObject, context: Context, *, now: str) -> str:
        """Register a Context Source (5.9.2); its tenant arises with it where it is new (5.5.10).

        Args:
            caller: In whose tenant it is registered.
            body: A CSourceRegistration (5.2.9), without its `@context`.
            context: That @context.
            now: DateTime text.

        Returns:
            The id: the one that was given, or a new one.

        Raises:
            InvalidInput: It is no registration, or would expire in the past.
            RegistrationAlreadyExists: The id is taken.
            RegistrationOverlaps: Another one has the same attributes of the same entity.
            EntityHeldLocally: The node has what only the source is to have.
            TooManyRegistrations: There are as many as there may be.
        """
        document = cleaned(body)
        refuse_nulls(document)
        refuse_past(document, now)
        document.setdefault("id", f"{_ID}{uuid4().hex}")
        registration = _read(document, context, caller.tenant, created_at=now, now=now)
        if self._find(caller.tenant, registration.id, now) is not None:
            raise RegistrationAlreadyExists(registration.id)
        if len(self._registry) >= self._most:
            raise TooManyRegistrations(self._most)

        def unit(uow: UnitOfWork) -> None:
            uow.create_tenant(caller.tenant)
            known = find_registration(uow.registers, caller.tenant, registration.id)
            if known is not None and not _has_expired(known, now):
                raise RegistrationAlreadyExists(registration.id)
            check_entity(uow, registration, now)
            delete_registration(uow.registers, caller.tenant, registration.id)
            put_registration(uow.registers, registration)

        async with AsyncExitStack() as held:
            if registration.mode.is_proxied:
                await held.enter_async_context(self._changing)
            await self._check(registration, now)
            await self._store.transact(unit)
            # One that has expired and was not deleted yet is another registration.
            self._registry.remove(caller.tenant, registration.id)
            self._registry.put(registration)
        return registration.id

    async def update(
        self,
        caller: Caller,
        registration_id: str,
        fragment: JsonObject,
        context: Context,
        *,
        now: str,
    ) -> None:
        """Update a registration by a fragment of it (5.9.3, 5.5.8).

        Args:
            caller: In whose tenant it is.
            registration_id: URI.
            fragment: Members that take the place of those there are; null removes one.
            context: The fragment's @context.
            now: DateTime text.

        Raises:
            RegistrationNotFound: There is none with this id.
            InvalidInput: It is none any more with the fragment, would expire in the past, or its
                id or type would change.
            RegistrationOverlaps: As for `create`; so for the next.
            EntityHeldLocally: ...
        """
        async with self._changing:
            present, _ = self.retrieve(caller, registration_id, now=now)
            document, worded_in = updated_document(present, fragment, context, now)
            updated = _read(
                document, worded_in, caller.tenant, created_at=present.created_at, now=now
            )
            await self._check(updated, now)

            def unit(uow: UnitOfWork) -> None:
                if find_registration(uow.registers, caller.tenant, registration_id) is None:
                    raise RegistrationNotFound(registration_id)
                check_entity(uow, updated, now)
                put_registration(uow.registers, updated)

            await self._store.transact(unit)
            self._registry.put(updated)

    def retrieve(
        self, caller: Caller, registration_id: str, *, now: str
    ) -> tuple[Registration, RegistrationState]:
        """Return a registration, and how asking its source went (5.10.1).

        Raises:
            InvalidInput: The id is no URI.
            TenantNotFound: The caller's tenant does not exist.
            RegistrationNotFound: There is none with this id, or it has expired.
        """
        _check_id(registration_id)
        self._check_tenant(caller)
        found = self._find(caller.tenant, registration_id, now)
        if found is None:
            raise RegistrationNotFound(registration_id)
        return found, self._registry.state(registration_id, caller.tenant)

    def query(self, caller: Caller, asked: RegistrationQuery, *, now: str) -> RegistrationPage:
        """Return a page of the registrations of sources that may have some entities (5.10.2).

        Raises:
            InvalidInput: The query is too wide.
            TenantNotFound: The caller's tenant does not exist.
        """
        require_narrow(asked)
        self._check_tenant(caller)
        entities = asked.entities
        found = self._registry.matching(
            Origin(caller=caller, context=CORE, now=now),
            wanted_by(asked),
            temporal=asked.temporal,
            geo=entities.geo,
            scope=entities.scope,
            csf=asked.csf,
        )
        offset, limit = entities.offset, entities.limit
        if offset >= len(found) > 0 and limit:
            offset = len(found) - 1
        page = [
            (match, self._registry.state(match.registration.id, caller.tenant))
            for match in found[offset : offset + limit]
        ]
        return RegistrationPage(page, len(found), offset)

    async def delete(self, caller: Caller, registration_id: str) -> None:
        """Delete a registration (5.9.4): its source is asked nothing more.

        Raises:
            InvalidInput: The id is no URI.
            TenantNotFound: The caller's tenant does not exist.
            RegistrationNotFound: There is none with this id.
        """
        _check_id(registration_id)
        self._check_tenant(caller)

        def unit(uow: UnitOfWork) -> None:
            if not delete_registration(uow.registers, caller.tenant, registration_id):
                raise RegistrationNotFound(registration_id)

        async with self._changing:
            await self._store.transact(unit)
            self._registry.remove(caller.tenant, registration_id)

    async def sweep(self, now: str) -> int:
        """Delete the registrations whose time is over (5.9.2.4); tell how many."""
        expired = self._registry.expired(now)
        if not expired:
            return 0

        def unit(uow: UnitOfWork) -> list[Registration]:
            gone = []
            for one in expired:
                known = find_registration(uow.registers, one.registered_in, one.id)
                if known is not None and _has_expired(known, now):
                    delete_registration(uow.registers, one.registered_in, one.id)
                    gone.append(one)
            return gone

        async with self._changing:
            gone = await self._store.transact(unit)
            for one in gone:
                self._registry.remove(one.registered_in, one.id)
        return len(gone)

    async def flush(self) -> int:
        """Write how asking sources went since the last time; tell of how many."""
        states = self._registry.take_unwritten()
        if not states:
            return 0

        def unit(uow: UnitOfWork) -> None:
            for (tenant, registration_id), state in states.items():
                put_registration_state(uow.registers, tenant, registration_id, state)

        try:
            await self._store.transact(unit)
        except BaseException:
            self._registry.put_back(states)
            raise
        return len(states)

    async def _check(self, registration: Registration, now: str) -> None:
        check_overlap(self._registry, registration, now)
        await check_entities(self._store, registration, now)

    def _find(self, tenant: str, registration_id: str, now: str) -> Registration | None:
        found = self._registry.get(tenant, registration_id)
        return None if found is None or _has_expired(found, now) else found

    def _check_tenant(self, caller: Caller) -> None:
        if not self._store.tenant_exists(caller.tenant):
            raise TenantNotFound(caller.tenant)


def _read(
    document: JsonObject, context: Context, tenant: str, *, created_at: str, now: str
) -> Registration:
    return parse_registration(
        Written(
            tenant=tenant,
            document=document,
            context=context,
            created_at=created_at,
            modified_at=now,
        )
    )


def _has_expired(registration: Registration, now: str) -> bool:
    expires_at = registration.expires_at
    return expires_at is not None and parse_datetime(expires_at) <= parse_datetime(now)


def _check_id(registration_id: str) -> None:
    if not is_uri(registration_id):
        raise InvalidInput(
            "The id of a registration must be a URI",
            field="id",
            value=registration_id,
            clause="5.10.1.4",
        )
