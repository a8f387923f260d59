"""Cities without a node of their own, that take part as tenants of this one."""

from datetime import date

import msgspec

from hanze.broker.ports import Registers, RegistersView, UnitOfWork
from hanze.errors import Conflicting, InvalidInput, NotFound
from hanze.identity.caller import Caller
from hanze.ngsild.model import Entity

__all__ = [
    "MEMBERS",
    "Member",
    "MemberMoved",
    "MemberNotFound",
    "add_member",
    "in_tenant_of",
    "keep_moved",
    "member_of",
    "members",
    "remove_member",
    "seal_member",
    "tenant_of",
]

#: The register that names them: tenant → `Member`.
MEMBERS = "member"


class MemberNotFound(NotFound):
    """No city takes part as this tenant."""

    def __init__(self, tenant: str) -> None:
        super().__init__(f"No city takes part as tenant {tenant}")
        self.tenant = tenant


class MemberMoved(Conflicting):
    """A city has moved out, or is about to: its tenant is read here, and written no more."""

    def __init__(self, member: "Member") -> None:
        where = f"; it is now at {member.moved_to}" if member.moved_to else ""
        super().__init__(f"Tenant {member.tenant} takes no changes: its city moves out{where}")
        self.tenant = member.tenant


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A city that takes part as a tenant.

    Attributes:
        tenant: In which its records are.
        city: Id of its Municipality, Region or Country.
        since: The day on which it came.
        sealed_on: The day from which its tenant takes no changes, because it moves out.
        moved_to: Address of its own node, once it is there.
    """

    tenant: str
    city: str
    since: date
    sealed_on: date | None = None
    moved_to: str | None = None


def members(registers: RegistersView) -> tuple[Member, ...]:
    """List the cities that take part as tenants, by the names of their tenants."""
    kept = sorted(registers.items(MEMBERS))
    return tuple(msgspec.json.decode(value, type=Member) for _, value in kept)


def tenant_of(registers: RegistersView, city: str) -> str | None:
    """Return the tenant as which a city, region or country takes part; `None` where it does not."""
    return next((one.tenant for one in members(registers) if one.city == city), None)


def in_tenant_of(registers: RegistersView, caller: Caller, city: str) -> Caller:
    """Return the caller in the tenant of a city; of one that is none, in the tenant they name."""
    tenant = tenant_of(registers, city)
    return caller if tenant is None else caller.in_tenant(tenant)


def member_of(registers: RegistersView, tenant: str) -> Member:
    """Return the city that takes part as a tenant.

    Raises:
        MemberNotFound: There is none.
    """
    value = registers.get(MEMBERS, tenant)
    if value is None:
        raise MemberNotFound(tenant)
    return msgspec.json.decode(value, type=Member)


def add_member(uow: UnitOfWork, member: Member) -> bool:
    """Let a city take part; answer whether that is new.

    Raises:
        Conflicting: The tenant is another city's, or the city has another tenant.
        InvalidInput: The default tenant is nobody's own.
        TooManyTenants: The tenant is new, and there are as many as there may be.
    """
    if not member.tenant:
        raise InvalidInput("A member must have a tenant with a name", field="tenant")
    for present in members(uow.registers):
        if present.tenant == member.tenant and present.city == member.city:
            return False
        if present.tenant == member.tenant or present.city == member.city:
            raise Conflicting(f"Tenant {present.tenant} is that of {present.city} already")
    uow.create_tenant(member.tenant)
    _write(uow.registers, member)
    return True


def seal_member(uow: UnitOfWork, tenant: str, *, on: date | None, moved_to: str | None) -> Member:
    """Let a tenant take no changes from now on (`on`), or take them again (`None`).

    Raises:
        MemberNotFound: No city takes part as this tenant.
    """
    present = member_of(uow.registers, tenant)
    sealed = msgspec.structs.replace(
        present,
        sealed_on=(present.sealed_on or on) if on is not None else None,
        moved_to=moved_to if on is not None else None,
    )
    _write(uow.registers, sealed)
    return sealed


def remove_member(uow: UnitOfWork, tenant: str) -> None:
    """Let a city take part no longer; what is in its tenant stays, and belongs to nobody's overview.

    Raises:
        MemberNotFound: No city takes part as this tenant.
    """
    member_of(uow.registers, tenant)
    uow.registers.delete(MEMBERS, tenant)


def keep_moved(uow: UnitOfWork, caller: Caller, after: Entity | None) -> None:
    """Refuse to change what moves out; to clean up after it is allowed.

    Raises:
        MemberMoved: The tenant is sealed.
    """
    if not caller.tenant or after is None:
        return
    value = uow.registers.get(MEMBERS, caller.tenant)
    if value is not None:
        member = msgspec.json.decode(value, type=Member)
        if member.sealed_on is not None:
            raise MemberMoved(member)


def _write(registers: Registers, member: Member) -> None:
    registers.put(MEMBERS, member.tenant, msgspec.json.encode(member))
