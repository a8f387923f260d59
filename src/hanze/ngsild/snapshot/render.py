"""Snapshots as JSON, in the words of any @context (CIM 009, 5.2.41, 5.3.4, 5.5.7)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonObject, JsonValue
from hanze.ngsild.query.members import ID, SCOPE
from hanze.ngsild.query.members import TYPE as TYPE_MEMBER
from hanze.ngsild.query.projection import ProjectionTerm
from hanze.ngsild.query.tree import TypeSelection
from hanze.ngsild.query.unparse import unparse
from hanze.ngsild.snapshot.model import QueryResult, Snapshot, SnapshotQuery, Status
from hanze.ngsild.snapshot.parse import QUERIES

__all__ = ["HIDDEN", "members_of", "notification_of", "render_snapshot"]

#: Stands for a value that only those see who may write.
HIDDEN: Final = "***"

_MEMBERS: Final[Mapping[str, str]] = {ID: "id", TYPE_MEMBER: "type", SCOPE: "scope"}
_TEXT_LISTS: Final = ("expandValues", "jsonKeys")


def render_snapshot(snapshot: Snapshot, context: Context, *, hides: bool) -> JsonObject:
    """Write a Snapshot with its status, without `@context`.

    Args:
        snapshot: What is written.
        context: Its terms are used.
        hides: Whether values of `receiverInfo`, that may be secrets, are replaced by `HIDDEN`.
    """
    json = members_of(snapshot)
    if context != snapshot.context:
        for name, queries in zip(
            QUERIES, (snapshot.queries, snapshot.temporal_queries), strict=True
        ):
            if name in json:
                json[name] = _worded(json[name], queries, snapshot.context, context)
    if hides and snapshot.receiver_info:
        json["receiverInfo"] = [{"key": key, "value": HIDDEN} for key, _ in snapshot.receiver_info]
    return json


def members_of(snapshot: Snapshot) -> dict[str, JsonValue]:
    """Give all members in the words in which the Snapshot came (5.2.41)."""
    json: dict[str, JsonValue] = {
        **snapshot.document,
        "snapshotPriority": snapshot.priority,
        "snapshotStatus": snapshot.status.value,
        "createdAt": snapshot.created_at,
        "modifiedAt": snapshot.modified_at,
        "expiresAt": snapshot.expires_at,
        "lastUsedAt": snapshot.last_used_at,
    }
    if snapshot.results:
        json["snapshotQueriesDetails"] = _details(snapshot.results)
    if snapshot.temporal_results:
        json["snapshotTemporalQueriesDetails"] = _details(snapshot.temporal_results)
    return json


def notification_of(
    snapshot: Snapshot, *, name: str, now: str, deleted: bool = False
) -> JsonObject:
    """Write what is told of a change of status (5.3.4, 5.16.6).

    Args:
        snapshot: As it is now.
        name: Id of the notification.
        now: DateTime text.
        deleted: The Snapshot is no more: then it has expired by now, and is not ready (5.3.4).
    """
    json: dict[str, JsonValue] = {
        "id": name,
        "type": "SnapshotNotification",
        "snapshotId": snapshot.id,
        "snapshotStatus": (Status.FAILURE if deleted else snapshot.status).value,
        "snapshotPriority": snapshot.priority,
        "expiresAt": snapshot.expires_at,
        "notifiedAt": now,
    }
    if snapshot.results:
        json["snapshotQueriesDetails"] = _details(snapshot.results)
    if snapshot.temporal_results:
        # Another name than in the Snapshot itself, by table 5.3.4-1.
        json["temporalSnapshotQueriesDetails"] = _details(snapshot.temporal_results)
    return json


def _details(results: Sequence[QueryResult]) -> list[JsonValue]:
    return [
        {"resultStatus": one.status.value}
        if one.problem is None
        else {"resultStatus": one.status.value, "problemDetails": one.problem}
        for one in results
    ]


def _worded(
    documents: JsonValue, queries: Sequence[SnapshotQuery], own: Context, context: Context
) -> JsonValue:
    items = documents if isinstance(documents, list | tuple) else ()
    return [
        _query(document, query, own, context) if isinstance(document, Mapping) else document
        for document, query in zip(items, queries, strict=True)
    ]


def _query(
    document: JsonObject, query: SnapshotQuery, own: Context, context: Context
) -> JsonObject:
    json = dict(document)
    asked = query.query
    for name, node in (("q", asked.q), ("csf", query.csf)):
        if node is not None:
            json[name] = unparse(node, context)
    entities = json.get("entities")
    if isinstance(entities, list | tuple):
        json["entities"] = [
            {**item, "type": _types(selector.types, context)} if isinstance(item, Mapping) else item
            for item, selector in zip(entities, asked.selectors, strict=True)
        ]
    geo = json.get("geoQ")
    if asked.geo is not None and isinstance(geo, Mapping) and "geoproperty" in geo:
        json["geoQ"] = {**geo, "geoproperty": context.compact_name(asked.geo.attribute)}
    if asked.attributes:
        json["attrs"] = [context.compact_name(name) for name in asked.attributes]
    if query.projection is not None:
        for name, terms in (("pick", query.projection.pick), ("omit", query.projection.omit)):
            if terms:
                json[name] = [_projected(term, context) for term in terms]
    json.update(_listed_names(document, own, context))
    return json


def _listed_names(document: JsonObject, own: Context, context: Context) -> dict[str, JsonValue]:
    """Reword the members that list names in one text."""
    found: dict[str, JsonValue] = {}
    for member in _TEXT_LISTS:
        text = document.get(member)
        if isinstance(text, str):
            names = (own.expand_name(term.strip()) for term in text.split(","))
            found[member] = ",".join(map(context.compact_name, names))
    return found


def _types(selection: TypeSelection | None, context: Context) -> str:
    if selection is None:
        return "*"
    groups = [sorted(context.compact_name(iri) for iri in group) for group in selection]
    return "|".join(names[0] if len(names) == 1 else f"({';'.join(names)})" for names in groups)


def _projected(term: ProjectionTerm, context: Context) -> str:
    name = _MEMBERS.get(term.name) or context.compact_name(term.name)
    return f"{name}{{{_listed(term.linked, context)}}}" if term.linked else name


def _listed(terms: Iterable[ProjectionTerm], context: Context) -> str:
    return ",".join(_projected(term, context) for term in terms)
