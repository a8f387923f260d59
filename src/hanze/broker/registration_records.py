"""Registrations in the registers: each as it was written, with the @context that it needs.

@contexts stand apart, under a hash of what they say: many registrations share one, and a large one
is kept once. How asking the sources went stands apart too, since it changes often.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hanze.broker.kept_contexts import KeptContexts, drop_contexts, keep_context
from hanze.broker.ports import Registers, RegistersView
from hanze.ngsild.moment import parse_datetime
from hanze.ngsild.registration.model import Registration, RegistrationState
from hanze.ngsild.registration.parse import Written, parse_registration

__all__ = [
    "delete_registration",
    "drop_unused_registration_contexts",
    "find_registration",
    "put_registration",
    "put_registration_state",
    "stored_registrations",
    "stored_states",
]

_KIND = "registration"
_STATE_KIND = "registration-state"
_CONTEXT_KIND = "registration-context"

#: JSON that this module wrote: msgspec cannot check a type that names itself.
_Trusted = Any


class _Stored(msgspec.Struct, frozen=True):
    """A registration in its register.

    Attributes:
        document: As it was written.
        context: Under which hash its @context stands; "" is the newest Core @context.
    """

    document: Mapping[str, _Trusted]
    context: str
    created_at: str
    modified_at: str


_encode = msgspec.json.Encoder().encode
_decode_stored = msgspec.json.Decoder(_Stored).decode
_decode_state = msgspec.json.Decoder(RegistrationState).decode


def _key(tenant: str, registration_id: str) -> str:
    return f"{tenant}\x00{registration_id}"


def put_registration(registers: Registers, registration: Registration) -> None:
    """Write a registration, and its @context where that is not there yet."""
    stored = _Stored(
        document=registration.document,
        context=keep_context(registers, _CONTEXT_KIND, registration.context),
        created_at=registration.created_at,
        modified_at=registration.modified_at,
    )
    registers.put(_KIND, _key(registration.registered_in, registration.id), _encode(stored))


def delete_registration(registers: Registers, tenant: str, registration_id: str) -> bool:
    """Delete a registration with its state; tell whether it was there."""
    registers.delete(_STATE_KIND, _key(tenant, registration_id))
    return registers.delete(_KIND, _key(tenant, registration_id))


def find_registration(
    registers: RegistersView, tenant: str, registration_id: str
) -> Registration | None:
    """Read a registration; `None` when there is none with the id."""
    raw = registers.get(_KIND, _key(tenant, registration_id))
    return None if raw is None else _read(raw, tenant, KeptContexts(registers, _CONTEXT_KIND))


def stored_registrations(registers: RegistersView) -> Iterator[Registration]:
    """Read every registration, in the order of their creation."""
    contexts = KeptContexts(registers, _CONTEXT_KIND)
    found = [_read(raw, key.partition("\x00")[0], contexts) for key, raw in registers.items(_KIND)]
    return iter(sorted(found, key=lambda one: (parse_datetime(one.created_at), one.id)))


def _read(raw: bytes, tenant: str, contexts: KeptContexts) -> Registration:
    stored = _decode_stored(raw)
    return parse_registration(
        Written(
            tenant=tenant,
            document=stored.document,
            context=contexts.get(stored.context),
            created_at=stored.created_at,
            modified_at=stored.modified_at,
        )
    )


def drop_unused_registration_contexts(registers: Registers) -> int:
    """Delete the @contexts that no registration needs any more; tell how many."""
    used = {_decode_stored(raw).context for _, raw in registers.items(_KIND)}
    return drop_contexts(registers, _CONTEXT_KIND, used)


def stored_states(registers: RegistersView) -> dict[tuple[str, str], RegistrationState]:
    """Read how asking the sources went, by tenant and id."""
    found = {}
    for key, raw in registers.items(_STATE_KIND):
        tenant, _, registration_id = key.partition("\x00")
        found[(tenant, registration_id)] = _decode_state(raw)
    return found


def put_registration_state(
    registers: Registers, tenant: str, registration_id: str, state: RegistrationState
) -> None:
    """Write how asking a source went; of a registration that is gone, nothing."""
    if registers.get(_KIND, _key(tenant, registration_id)) is not None:
        registers.put(_STATE_KIND, _key(tenant, registration_id), _encode(state))
