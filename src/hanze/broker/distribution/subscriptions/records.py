"""Which copies of subscriptions are at Context Sources, in the registers.

A copy is written down before it is sent, and crossed out after its deletion was answered: so after a
crash the node knows of every copy that there may be.
"""

import secrets
from collections.abc import Iterator

import msgspec

from hanze.broker.ports import Registers, RegistersView
from hanze.ngsild.context import CORE
from hanze.ngsild.registration.model import Management, Registration
from hanze.ngsild.registration.operations import Operation

__all__ = ["Copy", "Way", "delete_copy", "new_copy", "put_copy", "stored_copies", "way_of"]

_KIND = "subscription-copy"
_ID = "urn:ngsi-ld:Subscription:"


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a source is reached, also when its registration is gone.

    The members are those of the registration.
    """

    endpoint: str
    operations: tuple[str, ...]
    tenant: str = ""
    alias: str | None = None
    source_info: tuple[tuple[str, str], ...] = ()
    timeout_ms: float | None = None

    def leads_where(self, other: "Way") -> bool:
        """Tell whether both lead to the same tenant of the same source."""
        return self.endpoint == other.endpoint and self.tenant == other.tenant

    def supports(self, operation: Operation) -> bool:
        return operation.value in self.operations

    def registration(self, copy: "Copy") -> Registration:
        """Make a registration of it, to ask the source once more."""
        return Registration(
            id=copy.registration_id,
            registered_in=copy.tenant,
            endpoint=self.endpoint,
            information=(),
            operations=frozenset(Operation(name) for name in self.operations),
            tenant=self.tenant,
            alias=self.alias,
            source_info=self.source_info,
            management=Management(timeout_ms=self.timeout_ms),
            context=CORE,
            document={},
            created_at="",
            modified_at="",
        )


class Copy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subscription at a Context Source.

    Attributes:
        token: In the address to which the source notifies; nobody else knows it.
        tenant: Of the subscription here.
        subscription_id: Of the subscription here.
        registration_id: Which led to the source.
        part: Which part of the subscription it is (`Part.key`).
        remote_id: Its id at the source.
        way: How the source is reached.
        sent: Digest of what the source has; "" while that is not known.
        members: Names of the members that the source has.
        leaving_since: DateTime text; from then on it is to be deleted.
    """

    token: str
    tenant: str
    subscription_id: str
    registration_id: str
    part: str
    remote_id: str
    way: Way
    sent: str = ""
    members: tuple[str, ...] = ()
    leaving_since: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Copy).decode


def way_of(registration: Registration) -> Way:
    """Keep how a source is reached."""
    return Way(
        endpoint=registration.endpoint,
        operations=tuple(sorted(one.value for one in registration.operations)),
        tenant=registration.tenant,
        alias=registration.alias,
        source_info=registration.source_info,
        timeout_ms=registration.management.timeout_ms,
    )


def new_copy(tenant: str, subscription_id: str, registration: Registration, part: str) -> Copy:
    """Make a copy that no source has yet; its id and its token are drawn by chance.

    The id is chosen here, so that a copy that is sent again after a crash is there once.
    """
    return Copy(
        token=secrets.token_urlsafe(24),
        tenant=tenant,
        subscription_id=subscription_id,
        registration_id=registration.id,
        part=part,
        remote_id=f"{_ID}{secrets.token_hex(16)}",
        way=way_of(registration),
    )


def put_copy(registers: Registers, copy: Copy) -> None:
    """Write a copy down."""
    registers.put(_KIND, copy.token, _encode(copy))


def delete_copy(registers: Registers, token: str) -> None:
    """Cross a copy out."""
    registers.delete(_KIND, token)


def stored_copies(registers: RegistersView) -> Iterator[Copy]:
    """Read every copy."""
    return (_decode(raw) for _, raw in registers.items(_KIND))
