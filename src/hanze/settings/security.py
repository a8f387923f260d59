"""The settings of who answers for the node's security, and of emergencies."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["Security"]

#: RFC 9116, 2.5.3: a contact is a URI.
_CONTACT = r"^(mailto:[^\s@]+@[^\s@]+|https://[^\s]+|tel:\+?[0-9-]+)?$"


class Security(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ciso: Annotated[
        str,
        Meta(
            description="Name of the security officer (CISO) who answers for this node; needed "
            "where it listens beyond loopback.",
            max_length=200,
        ),
    ] = ""
    contact: Annotated[
        str,
        Meta(
            description="Where a weakness of the node is reported, e.g. mailto:security@city.example "
            "or a web address; it stands in /.well-known/security.txt, and is needed beyond loopback.",
            pattern=_CONTACT,
        ),
    ] = ""
    policy: Annotated[
        str,
        Meta(
            description="URL of the page that says how such reports are handled; likewise.",
            pattern=r"^(https://[^\s]+)?$",
        ),
    ] = ""
    emergency_hours: Annotated[
        float,
        Meta(
            description="Hours that a declared emergency lasts at most; it can be declared again.",
            gt=0,
            le=168,
        ),
    ] = 24.0
    expiring_days: Annotated[
        int,
        Meta(
            description="Days ahead for which the security officer's list names what ends.",
            ge=1,
            le=366,
        ),
    ] = 30
