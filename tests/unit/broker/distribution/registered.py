"""Registrations for tests."""

from typing import Any

from hanze.ngsild.context import CORE
from hanze.ngsild.registration.model import Registration, RegistrationInfo
from hanze.ngsild.registration.operations import operations_of

__all__ = ["registered"]


def registered(endpoint: str = "http://source.example", **changes: Any) -> Registration:
    """Make a registration of everything that a source has, in the default tenant."""
    values: dict[str, Any] = {
        "id": "urn:ngsi-ld:ContextSourceRegistration:1",
        "registered_in": "",
        "endpoint": endpoint,
        "information": (RegistrationInfo(),),
        "operations": operations_of(()),
        "context": CORE,
        "document": {},
        "created_at": "2026-01-01T00:00:00Z",
        "modified_at": "2026-01-01T00:00:00Z",
    }
    return Registration(**(values | changes))
