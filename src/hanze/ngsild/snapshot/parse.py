"""Snapshots from JSON (CIM 009, 5.2.41, 5.16.1.4, 5.16.2.4, 5.16.4.4)."""

import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import NULL, JsonObject, JsonValue
from hanze.ngsild.snapshot.model import QueryResult, Snapshot, SnapshotQuery, Status
from hanze.ngsild.snapshot.parse_query import parse_query
from hanze.ngsild.subscription.members import Members
from hanze.ngsild.subscription.model import Asker
from hanze.ngsild.temporal.durations import parse_duration
from hanze.ngsild.uri import is_uri

__all__ = [
    "DEFAULT_PRIORITY",
    "QUERIES",
    "TYPE",
    "Kept",
    "checked",
    "cleaned",
    "lifetime_s",
    "parse_snapshot",
    "refuse_queries",
    "require_queries",
    "updated_document",
]

#: What a Snapshot is called in its own `type`.
TYPE: Final = "Snapshot"
#: Its members that say what it is made of.
QUERIES: Final = ("snapshotQueries", "snapshotTemporalQueries")
DEFAULT_PRIORITY: Final = 5

_CLAUSE: Final = "5.2.41"
_KNOWN: Final = frozenset(
    {"id", "type", *QUERIES, "snapshotLifetime", "snapshotPriority", "endpoint", "receiverInfo"}
)
#: What the node generates itself falls away where it is given (table 5.2.41-2).
_GENERATED: Final = frozenset(
    {
        *("snapshotStatus", "snapshotQueriesDetails", "snapshotTemporalQueriesDetails"),
        *("createdAt", "modifiedAt", "expiresAt", "lastUsedAt", "@context"),
    }
)
_ALIASES: Final = {"@id": "id", "@type": "type"}
_LOWEST, _HIGHEST = 1, 10
_MOST_QUERIES: Final = 100
_MOST_PAIRS: Final = 100
_MONTH_S: Final = 30 * 86_400
_LONGEST_ID: Final = 1024

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]{0,8192}")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A Snapshot as it is kept: how it was written, and how far it is (`Snapshot`)."""

    tenant: str
    document: JsonObject
    context: Context
    slot: int
    cloned_from: str | None = None
    status: Status = Status.PREPARING
    results: tuple[QueryResult, ...] = ()
    temporal_results: tuple[QueryResult, ...] = ()
    tries: int = 0
    created_at: str
    modified_at: str
    expires_at: str
    last_used_at: str
    asker: Asker | None = None


def cleaned(body: JsonObject) -> dict[str, JsonValue]:
    """Leave of a Snapshot, or of a fragment of one, what a client can say.

    Members that the node generates are ignored where they are given (5.2.41).

    Raises:
        InvalidInput: The table does not know a member (5.5.4): a misspelt one would be ignored in
            silence.
    """
    kept: dict[str, JsonValue] = {}
    for given, value in body.items():
        name = _ALIASES.get(given, given)
        if name in _GENERATED:
            continue
        if name not in _KNOWN:
            raise InvalidInput(
                f"{name[:100]} is no member of a Snapshot; it has: {', '.join(sorted(_KNOWN))}",
                field=name[:100],
                clause="5.5.4",
            )
        kept[name] = value
    return kept


def require_queries(document: JsonObject) -> None:
    """See that a Snapshot that is created says what it is made of (5.2.41).

    Raises:
        InvalidInput: It has queries of neither kind.
    """
    if not any(name in document for name in QUERIES):
        raise InvalidInput(
            f"{' or '.join(QUERIES)} must be there", field=QUERIES[0], clause=_CLAUSE
        )


def refuse_queries(document: JsonObject) -> None:
    """Refuse queries where a Snapshot is cloned or updated (5.2.41).

    Raises:
        InvalidInput: There are some.
    """
    for name in QUERIES:
        if name in document:
            raise InvalidInput(
                f"{name} can only be set when a Snapshot is created", field=name, clause=_CLAUSE
            )


def updated_document(present: Snapshot, fragment: JsonObject) -> JsonObject:
    """Say what a Snapshot is to be written as, once a fragment has met it (5.5.8, 5.16.4.4).

    Raises:
        InvalidInput: The fragment would change what cannot be changed.
    """
    changes = cleaned(fragment)
    refuse_queries(changes)
    for name, value in (("id", present.id), ("type", TYPE)):
        if name in changes and changes[name] != value:
            raise InvalidInput(
                f"{name} cannot be changed", field=name, value=changes[name], clause="5.16.4.4"
            )
    document = dict(present.document)
    for name, new in changes.items():
        if new is None or new == NULL:
            document.pop(name, None)
        else:
            document[name] = new
    checked(document)
    return document


def checked(document: JsonObject) -> Members:
    """Check everything but the queries (5.2.41).

    Raises:
        InvalidInput: A member breaks the table.
    """
    members = Members(document, "", _CLAUSE)
    if members.member("type") != TYPE:
        members.fail("type", f'must be "{TYPE}"')
    snapshot_id = members.member("id")
    if not isinstance(snapshot_id, str) or not is_uri(snapshot_id):
        members.fail("id", "must be a URI")
    if not snapshot_id.isascii() or len(snapshot_id) > _LONGEST_ID:
        members.fail("id", f"must have at most {_LONGEST_ID} signs of ASCII: headers name it")
    lifetime_s(document)
    _priority(members)
    _endpoint(members)
    _receiver_info(members)
    return members


def lifetime_s(document: JsonObject) -> float | None:
    """Read how long a Snapshot is to live, in seconds; `None` where that is not said.

    Raises:
        InvalidInput: It is no duration, or none at all.
    """
    members = Members(document, "", _CLAUSE)
    text = members.text("snapshotLifetime")
    if text is None:
        return None
    length = members.read(
        "snapshotLifetime", lambda: parse_duration(text, field="snapshotLifetime")
    )
    seconds = length.months * _MONTH_S + length.microseconds / 1e6
    if seconds <= 0:
        members.fail("snapshotLifetime", "must be longer than nothing")
    return seconds


def parse_snapshot(kept: Kept) -> Snapshot:
    """Read a Snapshot.

    Raises:
        InvalidInput: A member breaks its table.
    """
    members = checked(kept.document)
    return Snapshot(
        id=str(kept.document["id"]),
        tenant=kept.tenant,
        slot=kept.slot,
        cloned_from=kept.cloned_from,
        queries=_queries(members, QUERIES[0], kept.context, temporal=False),
        temporal_queries=_queries(members, QUERIES[1], kept.context, temporal=True),
        priority=_priority(members),
        endpoint=_endpoint(members),
        receiver_info=_receiver_info(members),
        document=kept.document,
        context=kept.context,
        status=kept.status,
        results=kept.results,
        temporal_results=kept.temporal_results,
        tries=kept.tries,
        created_at=kept.created_at,
        modified_at=kept.modified_at,
        expires_at=kept.expires_at,
        last_used_at=kept.last_used_at,
        asker=kept.asker,
    )


def _queries(
    members: Members, name: str, context: Context, *, temporal: bool
) -> tuple[SnapshotQuery, ...]:
    if not members.has(name):
        return ()
    items = members.member(name)
    if not isinstance(items, list | tuple) or not 0 < len(items) <= _MOST_QUERIES:
        members.fail(name, f"must be an array of 1 to {_MOST_QUERIES} queries")
    return tuple(
        parse_query(item, f"{name}[{number}]", context, temporal=temporal)
        for number, item in enumerate(items)
    )


def _priority(members: Members) -> int:
    if not members.has("snapshotPriority"):
        return DEFAULT_PRIORITY
    value = members.member("snapshotPriority")
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != int(value)
        or not _LOWEST <= value <= _HIGHEST
    ):
        members.fail("snapshotPriority", f"must be a whole number from {_LOWEST} to {_HIGHEST}")
    return int(value)


def _endpoint(members: Members) -> str | None:
    text = members.text("endpoint")
    if text is not None and not _is_followable(text):
        members.fail("endpoint", "must be a URL that begins with http:// or https://")
    return text


def _is_followable(text: str) -> bool:
    if not (is_uri(text) and text.lower().startswith(("http://", "https://"))):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or an address in brackets that is none
        return False


def _receiver_info(members: Members) -> tuple[tuple[str, str], ...]:
    if not members.has("receiverInfo"):
        return ()
    items = members.member("receiverInfo")
    if not isinstance(items, list | tuple) or len(items) > _MOST_PAIRS:
        members.fail("receiverInfo", f"must be an array of at most {_MOST_PAIRS} pairs")
    return tuple(_pair(item, f"receiverInfo[{number}]") for number, item in enumerate(items))


def _pair(item: JsonValue, path: str) -> tuple[str, str]:
    pair = Members(item, path, "5.2.22")
    key, value = pair.member("key"), pair.member("value")
    # Not `fail`: it would quote the value, which may be a secret.
    if not isinstance(key, str) or _HEADER_NAME.fullmatch(key) is None:
        raise InvalidInput(f"{path}.key must be the name of an HTTP header", field=f"{path}.key")
    if not isinstance(value, str) or _HEADER_VALUE.fullmatch(value) is None:
        raise InvalidInput(
            f"{path}.value must be what an HTTP header can have", field=f"{path}.value"
        )
    return key, value
