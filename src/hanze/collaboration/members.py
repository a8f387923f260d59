"""Cities without a node of their own, that take part as tenants of this one."""

from datetime import date

import msgspec

from hanze.broker.ports import RegistersView

__all__ = ["MEMBERS", "Member", "members"]

#: The register that names them: tenant → `Member`.
MEMBERS = "member"


class Member(msgspec.Struct, frozen=True):
    """A city that takes part as a tenant.

    Attributes:
        tenant: In which its records are.
        city: Id of its Municipality, Region or Country.
        since: The day on which it came.
    """

    tenant: str
    city: str
    since: date


def members(registers: RegistersView) -> tuple[Member, ...]:
    """List the cities that take part as tenants, by the names of their tenants."""
    kept = sorted(registers.items(MEMBERS))
    return tuple(msgspec.json.decode(value, type=Member) for _, value in kept)
