"""@contexts beside what was written with them, under a hash of what they say.

Many subscriptions, and many registrations, share one @context: a large one is kept once.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from hanze.broker.ports import Registers, RegistersView
from hanze.errors import StoreFailure
from hanze.ngsild.context import CORE, Context, build_context

__all__ = ["KeptContexts", "drop_contexts", "keep_context"]

#: JSON that this module wrote: msgspec cannot check a type that names itself.
_Trusted = Any


class _Stored(msgspec.Struct, frozen=True):
    reference: _Trusted
    documents: tuple[Mapping[str, _Trusted], ...]
    core: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode


class KeptContexts:
    """Builds @contexts that were kept, each once.

    Args:
        registers: Where they are.
        kind: The register that they are in.
    """

    def __init__(self, registers: RegistersView, kind: str) -> None:
        self._registers = registers
        self._kind = kind
        self._built: dict[str, Context] = {"": CORE}

    def get(self, key: str) -> Context:
        """Build the @context that stands under a key.

        Raises:
            StoreFailure: It is not there.
        """
        known = self._built.get(key)
        if known is None:
            raw = self._registers.get(self._kind, key)
            if raw is None:
                raise StoreFailure(f"The {self._kind} {key} is not in the registers")
            stored = _decode(raw)
            known = build_context(stored.reference, stored.documents, core=stored.core)
            self._built[key] = known
        return known


def keep_context(registers: Registers, kind: str, context: Context) -> str:
    """Keep an @context where it is not there yet.

    Returns:
        Its key; "" is the newest Core @context, which every node has.
    """
    if context == CORE and context.reference == CORE.reference:
        return ""
    value = _encode(_Stored(context.reference, context.documents, context.core))
    key = hashlib.sha256(value).hexdigest()[:32]
    if registers.get(kind, key) is None:
        registers.put(kind, key, value)
    return key


def drop_contexts(registers: Registers, kind: str, used: set[str]) -> int:
    """Delete the @contexts whose keys nothing uses any more; tell how many."""
    unused = [key for key, _ in registers.items(kind) if key not in used]
    for key in unused:
        registers.delete(kind, key)
    return len(unused)
