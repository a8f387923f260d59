"""Registrations of Context Sources from JSON (CIM 009, 5.2.8 to 5.2.11, 5.2.22, 5.2.34, 5.9.2.4)."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE, Context
from hanze.ngsild.geometry import to_shape, validate_geometry
from hanze.ngsild.model import DEFAULT_INSTANCE, NULL, JsonObject, JsonValue
from hanze.ngsild.moment import normalise_datetime, parse_datetime
from hanze.ngsild.registration.model import (
    Management,
    Mode,
    Registration,
    TimeInterval,
)
from hanze.ngsild.registration.operations import GROUPS, Operation, operations_of
from hanze.ngsild.registration.parse_information import parse_information
from hanze.ngsild.registration.parse_source_info import parse_source_info
from hanze.ngsild.representation.values import NullPolicy, read_scopes
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.temporal.durations import Duration, parse_duration
from hanze.ngsild.terms import API_PATH
from hanze.ngsild.uri import is_uri

__all__ = [
    "KNOWN",
    "TYPE",
    "Written",
    "cleaned",
    "parse_registration",
    "refuse_nulls",
    "refuse_past",
]

#: What a registration is called in its own `type`.
TYPE: Final = "ContextSourceRegistration"

_CLAUSE: Final = "5.2.9"
#: The members of table 5.2.9-1. Whatever else stands beside them describes the source: a Context
#: Source Property, which csf can ask for (4.9).
KNOWN: Final = frozenset(
    {
        *("id", "type", "endpoint", "information", "mode", "operations", "tenant"),
        *("contextSourceAlias", "contextSourceInfo", "datasetId", "description", "expiresAt"),
        *("location", "observationSpace", "operationSpace", "scope", "management"),
        *("managementInterval", "observationInterval", "refreshRate", "registrationName"),
    }
)
_KNOWN_INSIDE: Final[Mapping[str, frozenset[str]]] = {
    "information": frozenset({"entities", "propertyNames", "relationshipNames"}),
    "information.entities": frozenset({"id", "idPattern", "type"}),
    "contextSourceInfo": frozenset({"key", "value"}),
    "management": frozenset({"cacheDuration", "cooldown", "localOnly", "timeout"}),
    "managementInterval": frozenset({"startAt", "endAt"}),
    "observationInterval": frozenset({"startAt", "endAt"}),
}
#: What the node generates itself falls away where it is given (table 5.2.9-2).
_GENERATED: Final = frozenset(
    {
        *("createdAt", "modifiedAt", "@context"),
        *("lastFailure", "lastSuccess", "status", "timesFailed", "timesSent"),
    }
)
_ALIASES: Final = {"@id": "id", "@type": "type"}

_MODES: Final[Mapping[str, Mode]] = {mode.value: mode for mode in Mode}
_OPERATIONS: Final = frozenset((*GROUPS, *(one.value for one in Operation)))
#: The only operations of auxiliary sources (5.9.2.4).
_OF_AUXILIARY: Final = frozenset({"retrieveOps", "retrieveEntity", "queryEntity"})
_AREAS: Final = ("location", "observationSpace", "operationSpace")
_MOST_NAMES: Final = 1000
_LONGEST_TENANT: Final = 256
#: A month of a duration, in seconds: only caches look at it.
_MONTH_S: Final = 30 * 86_400


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A registration as it was written, and what goes with it.

    Attributes:
        tenant: In which it is registered.
        document: `cleaned`, with `id`.
        context: The @context of the document.
        created_at: DateTime text.
        modified_at: DateTime text.
    """

    tenant: str
    document: JsonObject
    context: Context
    created_at: str
    modified_at: str


def cleaned(body: JsonObject) -> dict[str, JsonValue]:
    """Leave of a registration, or of a fragment of one, what a registrant can say.

    Members that the node generates are ignored where they are given (5.2.9).

    Raises:
        InvalidInput: An object in it has a member that its table does not know (5.5.4): a misspelt
            one would be ignored in silence.
    """
    kept: dict[str, JsonValue] = {}
    for given, value in body.items():
        name = _ALIASES.get(given, given)
        if name not in _GENERATED:
            kept[name] = _cleaned_inside(value, name)
    return kept


def _cleaned(body: JsonObject, known: frozenset[str], path: str) -> dict[str, JsonValue]:
    kept: dict[str, JsonValue] = {}
    for given, value in body.items():
        name = _ALIASES.get(given, given)
        inside = f"{path}.{name}"
        if name not in known:
            raise InvalidInput(
                f"{inside[:200]} is no member of a registration; here it has: "
                f"{', '.join(sorted(known))}",
                field=inside[:200],
                clause="5.5.4",
            )
        kept[name] = _cleaned_inside(value, inside)
    return kept


def _cleaned_inside(value: JsonValue, path: str) -> JsonValue:
    known = _KNOWN_INSIDE.get(path)
    if known is None:
        return value
    if isinstance(value, Mapping):
        return _cleaned(value, known, path)
    if isinstance(value, list | tuple):
        return [_cleaned(one, known, path) if isinstance(one, Mapping) else one for one in value]
    return value


def refuse_nulls(document: JsonObject) -> None:
    """Refuse NGSI-LD Nulls, which only fragments may hold (5.5.4).

    Raises:
        InvalidInput: A member is one.
    """
    for name, value in document.items():
        if value is None or value == NULL:
            raise InvalidInput(
                f"{name} must not be null: that only takes away what is there already",
                field=name,
                value=NULL,
                clause="5.5.4",
            )


def refuse_past(document: JsonObject, now: str) -> None:
    """Refuse an expiry that has come already (5.9.2.4).

    Args:
        document: A registration, or a fragment of one without Nulls.
        now: DateTime text.

    Raises:
        InvalidInput: `expiresAt` is not after now, or no DateTime.
    """
    expires_at = document.get("expiresAt")
    if expires_at is not None and parse_datetime(expires_at, field="expiresAt") <= parse_datetime(
        now
    ):
        raise InvalidInput(
            "expiresAt must be in the future", field="expiresAt", value=expires_at, clause="5.9.2.4"
        )


def parse_registration(written: Written) -> Registration:
    """Read a registration.

    Raises:
        InvalidInput: A member breaks its table, or what its mode asks for is missing.
    """
    members = Members(written.document, "", _CLAUSE)
    if members.member("type") != TYPE:
        members.fail("type", f'must be "{TYPE}"')
    registration_id = members.member("id")
    if not isinstance(registration_id, str) or not is_uri(registration_id):
        members.fail("id", "must be a URI")
    _check_properties(written)
    expires_at = members.text("expiresAt")
    _check_texts(members)
    mode = members.choice("mode", _MODES) or Mode.INCLUSIVE
    return Registration(
        id=registration_id,
        registered_in=written.tenant,
        endpoint=_endpoint(members),
        information=parse_information(members, written.context, mode),
        mode=mode,
        operations=_operations(members, mode),
        tenant=_tenant(members),
        alias=_alias(members),
        source_info=parse_source_info(members),
        dataset_ids=_datasets(members),
        scopes=_scopes(members),
        locations=_locations(members),
        management=_management(members),
        observation_interval=_interval(members, "observationInterval"),
        management_interval=_interval(members, "managementInterval"),
        expires_at=None
        if expires_at is None
        else normalise_datetime(expires_at, field="expiresAt"),
        context=written.context,
        document=written.document,
        created_at=written.created_at,
        modified_at=written.modified_at,
    )


def _check_properties(written: Written) -> None:
    """See that members beyond the table can be properties of the source."""
    for name in written.document.keys() - KNOWN:
        written.context.expand_name(name)
        written.context.expand_value(written.document[name])


def _check_texts(members: Members) -> None:
    for name in ("description", "registrationName"):
        members.text(name)
    _duration(members, "refreshRate")


def _endpoint(members: Members) -> str:
    members.member("endpoint")
    text = members.text("endpoint") or ""
    if not _is_followable(text):
        members.fail("endpoint", "must be a URL that begins with http:// or https://")
    if "@" in urlsplit(text).netloc:
        raise InvalidInput(
            "endpoint must hold no name and no password: contextSourceInfo is for them",
            field="endpoint",
            clause=_CLAUSE,
        )
    if "?" in text or "#" in text:
        members.fail("endpoint", "must have no query and no fragment")
    return text.rstrip("/").removesuffix(API_PATH).rstrip("/")


def _is_followable(text: str) -> bool:
    if not (text.isascii() and is_uri(text) and text.startswith(("http://", "https://"))):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or an address in brackets that is none
        return False


def _operations(members: Members, mode: Mode) -> frozenset[Operation]:
    names = members.texts("operations", most=len(_OPERATIONS)) or ()
    unknown = [name for name in names if name not in _OPERATIONS]
    if unknown:
        members.fail("operations", f"must hold names of 4.20; {unknown[0][:100]} is none")
    if mode is Mode.AUXILIARY and not (names and _OF_AUXILIARY.issuperset(names)):
        raise InvalidInput(
            "operations of an auxiliary source must be among "
            f"{', '.join(sorted(_OF_AUXILIARY))}, and must be given",
            field="operations",
            value=",".join(names) or None,
            clause="5.9.2.4",
        )
    return operations_of(names)


def _tenant(members: Members) -> str:
    tenant = members.text("tenant") or ""
    if len(tenant) > _LONGEST_TENANT or not all("!" <= sign <= "~" for sign in tenant):
        members.fail(
            "tenant",
            f"must be at most {_LONGEST_TENANT} visible ASCII signs: it goes into a header",
        )
    return tenant


def _alias(members: Members) -> str | None:
    alias = members.text("contextSourceAlias")
    if alias is not None and not all("!" <= sign <= "~" and sign != "," for sign in alias):
        members.fail("contextSourceAlias", "must be a pseudonym as RFC 7230 has them in Via")
    return alias


def _datasets(members: Members) -> frozenset[str | None] | None:
    ids = members.texts("datasetId", most=_MOST_NAMES)
    if ids is None:
        return None
    if not all(one == DEFAULT_INSTANCE or is_uri(one) for one in ids):
        members.fail("datasetId", "must hold URIs, or @none")
    return frozenset(None if one == DEFAULT_INSTANCE else one for one in ids)


def _scopes(members: Members) -> tuple[str, ...]:
    if not members.has("scope"):
        return ()
    return read_scopes(members.member("scope"), NullPolicy.REFUSE)


def _locations(members: Members) -> tuple[tuple[str, bytes], ...]:
    found = []
    for name in _AREAS:
        if members.has(name):
            geometry = validate_geometry(members.member(name), field=name)
            found.append((CORE.expand_name(name), bytes(to_shape(geometry).wkb)))
    return tuple(found)


def _management(members: Members) -> Management:
    if not members.has("management"):
        return Management()
    own = members.inner("management", "5.2.34")
    return Management(
        cache_duration_s=_duration(own, "cacheDuration"),
        cooldown_ms=own.positive("cooldown"),
        timeout_ms=own.positive("timeout"),
        local_only=own.flag("localOnly") is True,
    )


def _duration(members: Members, name: str) -> float:
    """Read a duration in seconds; 0 when absent."""
    text = members.text(name)
    if text is None:
        return 0.0
    length: Duration = members.read(name, lambda: parse_duration(text, field=name))
    return length.months * _MONTH_S + length.microseconds / 1e6


def _interval(members: Members, name: str) -> TimeInterval | None:
    if not members.has(name):
        return None
    own = members.inner(name, "5.2.11")
    own.member("startAt")
    start = _moment(own, "startAt") or ""
    end = _moment(own, "endAt")
    if end is not None and parse_datetime(end) < parse_datetime(start):
        own.fail("endAt", "must not be before startAt")
    return TimeInterval(start, end)


def _moment(members: Members, name: str) -> str | None:
    text = members.text(name)
    if text is None:
        return None
    return members.read(name, lambda: normalise_datetime(text, field=name))
