"""Registrations of Context Sources: register, retrieve (CIM 009, 5.9, 5.10)."""

from uuid import uuid4

from hanze.broker.ports import Store, UnitOfWork
from hanze.broker.registration_records import find_registration, put_registration
from hanze.broker.registry import Registry
from hanze.errors import Conflicting, NotFound
from hanze.identity.caller import Caller
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.parse import (
    Written,
    cleaned,
    parse_registration,
    refuse_nulls,
    refuse_past,
)

__all__ = ["RegistrationAlreadyExists", "RegistrationNotFound", "Registrations"]

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

    async def create(self, caller: Caller, body: JsonObject, context: Context, *, now: str) -> str:
        """Register a Context Source (5.9.2)."""
        document = cleaned(body)
        refuse_nulls(document)
        refuse_past(document, now)
        document.setdefault("id", f"{_ID}{uuid4().hex}")
        registration = parse_registration(
            Written(
                tenant=caller.tenant,
                document=document,
                context=context,
                created_at=now,
                modified_at=now,
            )
        )

        def unit(uow: UnitOfWork) -> None:
            uow.create_tenant(caller.tenant)
            if find_registration(uow.registers, caller.tenant, registration.id) is not None:
                raise RegistrationAlreadyExists(registration.id)
            put_registration(uow.registers, registration)

        await self._store.transact(unit)
        self._registry.put(registration)
        return registration.id

    def get(self, caller: Caller, registration_id: str) -> Registration:
        """Return a registration of the caller's tenant (5.10.1)."""
        found = self._registry.get(caller.tenant, registration_id)
        if found is None:
            raise RegistrationNotFound(registration_id)
        return found
