"""A fragment of a registration meets the registration (CIM 009, 5.5.8, 5.9.3.4)."""

from collections.abc import Mapping
from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, JsonObject, JsonValue
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.registration.parse import KNOWN, TYPE, cleaned, refuse_past
from hanze.ngsild.registration.render import worded

__all__ = ["updated_document"]

_MANDATORY: Final = ("endpoint", "id", "information", "type")
_CLAUSE: Final = "5.9.3.4"


def updated_document(
    registration: Registration, fragment: JsonObject, context: Context, now: str
) -> tuple[JsonObject, Context]:
    """Say what a registration is to be written as.

    Each member that is given replaces the one that is there; null, or an NGSI-LD Null, removes it.

    Args:
        registration: As it is.
        fragment: As it came.
        context: The fragment's @context.
        now: DateTime text.

    Returns:
        The document, and the @context whose terms it has: that of the fragment, where the fragment
        has terms at all.

    Raises:
        InvalidInput: The fragment would change the id or the type, remove what must be there, or
            let the registration expire in the past.
    """
    changes = cleaned(fragment)
    _check_identity(registration, changes)
    removed = {name for name, value in changes.items() if value is None or value == NULL}
    for name in _MANDATORY:
        if name in removed:
            raise InvalidInput(f"{name} cannot be removed", field=name, clause=_CLAUSE)
    given = {name: value for name, value in changes.items() if name not in removed}
    refuse_past(given, now)
    if "information" in given or changes.keys() - KNOWN:
        document = worded(registration, context)
    else:
        document, context = dict(registration.document), registration.context
    for name in removed:
        document.pop(_same(name, context), None)
    document.update({_same(name, context): value for name, value in given.items()})
    return document, context


def _same(name: str, context: Context) -> str:
    """Name a member as `worded` does, so that an IRI and its term are one name."""
    return name if name in KNOWN else context.compact_name(context.expand_name(name))


def _check_identity(registration: Registration, changes: Mapping[str, JsonValue]) -> None:
    for name, present in (("id", registration.id), ("type", TYPE)):
        if name in changes and changes[name] != present:
            raise InvalidInput(
                f"{name} cannot be changed", field=name, value=changes[name], clause=_CLAUSE
            )
