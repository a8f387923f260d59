"""Registrations in the registers: each as it was written, with the @context that it needs.

@contexts stand apart, under a hash of what they say: many registrations share one, and a large one
is kept once. How asking the sources went stands apart too, since it changes often.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from hanze.broker.ports import Registers, RegistersView
from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE, Context, build_context
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


class _StoredContext(msgspec.Struct, frozen=True):
    reference: _Trusted
    documents: tuple[Mapping[str, _Trusted], ...]
    core: str


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
_decode_context = msgspec.json.Decoder(_StoredContext).decode
_decode_state = msgspec.json.Decoder(RegistrationState).decode


class _Contexts:
    """Builds the @contexts of registrations, each once."""

    def __init__(self, registers: RegistersView) -> None:
        self._registers = registers
        self._built: dict[str, Context] = {"": CORE}

    def get(self, key: str) -> Context:
        known = self._built.get(key)
        if known is None:
            raw = self._registers.get(_CONTEXT_KIND, key)
            if raw is None:
                raise StoreFailure(f"The @context {key} of a registration is not in the registers")
            stored = _decode_context(raw)
            known = build_context(stored.reference, stored.documents, core=stored.core)
            self._built[key] = known
        return known


def _key(tenant: str, registration_id: str) -> str:
    return f"{tenant}\x00{registration_id}"


def put_registration(registers: Registers, registration: Registration) -> None:
    """Write a registration, and its @context where that is not there yet."""
    stored = _Stored(
        document=registration.document,
        context=_put_context(registers, registration.context),
        created_at=registration.created_at,
        modified_at=registration.modified_at,
    )
    registers.put(_KIND, _key(registration.registered_in, registration.id), _encode(stored))


def _put_context(registers: Registers, context: Context) -> str:
    if context == CORE and context.reference == CORE.reference:
        return ""
    value = _encode(_StoredContext(context.reference, context.documents, context.core))
    key = hashlib.sha256(value).hexdigest()[:32]
    if registers.get(_CONTEXT_KIND, key) is None:
        registers.put(_CONTEXT_KIND, key, value)
    return key


def delete_registration(registers: Registers, tenant: str, registration_id: str) -> bool:
    """Delete a registration with its state; tell whether it was there."""
    registers.delete(_STATE_KIND, _key(tenant, registration_id))
    return registers.delete(_KIND, _key(tenant, registration_id))


def find_registration(
    registers: RegistersView, tenant: str, registration_id: str
) -> Registration | None:
    """Read a registration; `None` when there is none with the id."""
    raw = registers.get(_KIND, _key(tenant, registration_id))
    return None if raw is None else _read(raw, tenant, _Contexts(registers))


def stored_registrations(registers: RegistersView) -> Iterator[Registration]:
    """Read every registration, in the order of their creation."""
    contexts = _Contexts(registers)
    found = [_read(raw, key.partition("\x00")[0], contexts) for key, raw in registers.items(_KIND)]
    return iter(sorted(found, key=lambda one: (parse_datetime(one.created_at), one.id)))


def _read(raw: bytes, tenant: str, contexts: _Contexts) -> Registration:
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
    unused = [key for key, _ in registers.items(_CONTEXT_KIND) if key not in used]
    for key in unused:
        registers.delete(_CONTEXT_KIND, key)
    return len(unused)


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
