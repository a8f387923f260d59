"""Registrations for tests, read from what a registrant would send."""

from typing import Any

from hanze.ngsild.context import CORE, Context
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.parse import Written, cleaned, parse_registration

__all__ = ["CREATED", "DEFAULT", "SOURCE", "registered"]

CREATED = "2026-01-01T00:00:00Z"
DEFAULT = "https://uri.etsi.org/ngsi-ld/default-context/"
SOURCE: dict[str, Any] = {
    "id": "urn:ngsi-ld:ContextSourceRegistration:1",
    "type": "ContextSourceRegistration",
    "endpoint": "http://source.example:1026",
    "information": [{"entities": [{"type": "Vehicle"}]}],
}


def registered(*, registered_in: str = "", context: Context = CORE, **members: Any) -> Registration:
    """Read a registration; `None` takes a member away."""
    body = {name: value for name, value in {**SOURCE, **members}.items() if value is not None}
    return parse_registration(
        Written(
            tenant=registered_in,
            document=cleaned(body),
            context=context,
            created_at=CREATED,
            modified_at=CREATED,
        )
    )
