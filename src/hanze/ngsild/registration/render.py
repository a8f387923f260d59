"""Registrations as JSON, in the words of any @context (CIM 009, 5.2.9, 5.5.7)."""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.registration.model import (
    EntityInfo,
    Registration,
    RegistrationInfo,
    RegistrationState,
)
from hanze.ngsild.registration.parse import KNOWN
from hanze.ngsild.registration.parse_source_info import FROM_REQUEST, HIDDEN

__all__ = ["render_registration", "worded"]

#: Keys of `contextSourceInfo` whose values are no secrets (4.3.6.6).
_OPEN_KEYS: Final = frozenset({"accept", "contentType", "jsonldContext", "ngsildConformance"})


def render_registration(
    registration: Registration,
    context: Context,
    state: RegistrationState,
    *,
    information: tuple[RegistrationInfo, ...] | None = None,
    sys_attrs: bool = False,
    hides: bool = True,
) -> JsonObject:
    """Write a registration with what the node knows of it, without `@context`.

    Args:
        registration: What is written.
        context: Its terms are used.
        state: How asking the source went.
        information: The part of its information that is shown (5.10.2.5); all where it is `None`.
        sys_attrs: Whether `createdAt` and `modifiedAt` are shown (6.3.11).
        hides: Whether values of `contextSourceInfo` that may be secrets are replaced by `HIDDEN`.
    """
    json = worded(registration, context)
    if information is not None and information != registration.information:
        json["information"] = [_info(info, context) for info in information]
    if hides and "contextSourceInfo" in json:
        json["contextSourceInfo"] = [
            {"key": key, "value": value if _is_open(key, value) else HIDDEN}
            for key, value in registration.source_info
        ]
    json.update(_state(state))
    if sys_attrs:
        json["createdAt"] = registration.created_at
        json["modifiedAt"] = registration.modified_at
    return json


def _is_open(key: str, value: str) -> bool:
    return key in _OPEN_KEYS or value == FROM_REQUEST


def _state(state: RegistrationState) -> dict[str, JsonValue]:
    """Write the members of table 5.2.9-2; counters are there from 1 on."""
    status = None if state.failed is None else "failed" if state.failed else "ok"
    members: dict[str, JsonValue] = {
        "status": status,
        "timesSent": state.times_sent or None,
        "timesFailed": state.times_failed or None,
        "lastSuccess": state.last_success,
        "lastFailure": state.last_failure,
    }
    return {name: value for name, value in members.items() if value is not None}


def worded(registration: Registration, context: Context) -> dict[str, JsonValue]:
    """Write a registration with the terms of an @context; read with it, it means the same.

    In the terms in which it came, it is as it came.
    """
    document = dict(registration.document)
    own = registration.context
    if context == own:
        return document
    for name in document.keys() - KNOWN:
        value = document.pop(name)
        document[context.compact_name(own.expand_name(name))] = context.compact_value(
            own.expand_value(value)
        )
    document["information"] = [_info(info, context) for info in registration.information]
    return document


def _info(info: RegistrationInfo, context: Context) -> JsonObject:
    json: dict[str, JsonValue] = {}
    if info.entities:
        json["entities"] = [_entity(one, context) for one in info.entities]
    for member, names in (
        ("propertyNames", info.property_names),
        ("relationshipNames", info.relationship_names),
    ):
        if names:
            json[member] = [context.compact_name(name) for name in names]
    return json


def _entity(info: EntityInfo, context: Context) -> Mapping[str, JsonValue]:
    types: list[JsonValue] = [context.compact_name(iri) for iri in info.types]
    json: dict[str, JsonValue] = {"type": types[0] if len(types) == 1 else types}
    if info.id is not None:
        json["id"] = info.id
    if info.id_pattern is not None:
        json["idPattern"] = info.id_pattern
    return json
