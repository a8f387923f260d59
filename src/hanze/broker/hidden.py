"""Tenants that no client can name: places in the store where Snapshots are.

A tenant's name has letters, digits and ``_ . : -`` (6.3.14); those of such places have a slash.
"""

from typing import Final

__all__ = ["is_hidden", "place_of", "slot_of"]

_PREFIX: Final = "/snapshots/"


def is_hidden(tenant: str) -> bool:
    """Tell whether a tenant is such a place, and shows nowhere as a tenant."""
    return tenant.startswith("/")


def place_of(slot: int) -> str:
    """Name a place by its number."""
    return f"{_PREFIX}{slot}"


def slot_of(tenant: str) -> int | None:
    """Return the number of a place; `None` for all other tenants."""
    number = tenant.removeprefix(_PREFIX)
    return int(number) if number != tenant and number.isdecimal() else None
