"""Which Snapshots a query selects, by members of the data type (CIM 009, 4.9, 5.16.7)."""

from typing import Final

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.evaluate import evaluate
from hanze.ngsild.query.members import ID, SYSTEM_NAMES, TYPE
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.tree import QueryNode
from hanze.ngsild.snapshot.model import Snapshot, Status
from hanze.ngsild.snapshot.render import members_of
from hanze.ngsild.temporal.filter import attributes_of

__all__ = ["parse_selection", "selects"]

#: The members of tables 5.2.41-1 and 5.2.41-2 that are no members of every entity.
_NAMES: Final = frozenset(
    CORE.expand_name(name)
    for name in (
        *("snapshotQueries", "snapshotTemporalQueries", "snapshotLifetime", "snapshotPriority"),
        *("endpoint", "receiverInfo", "snapshotStatus", "expiresAt", "lastUsedAt"),
        *("snapshotQueriesDetails", "snapshotTemporalQueriesDetails"),
    )
)
_OF_ENTITIES: Final = frozenset({"id", "type", "createdAt", "modifiedAt", "expiresAt"})


def parse_selection(text: str) -> QueryNode:
    """Read a query that selects Snapshots.

    Raises:
        InvalidInput: It breaks the grammar, or names something else than members of a Snapshot.
    """
    node = parse_q(text, CORE)
    unknown = attributes_of(node) - _NAMES - SYSTEM_NAMES - {ID, TYPE}
    if unknown:
        raise InvalidInput(
            f"q must name members of a Snapshot; {CORE.compact_name(min(unknown))} is none",
            field="q",
            value=text,
            clause="5.16.7.4",
        )
    return node


def selects(node: QueryNode, snapshot: Snapshot) -> bool:
    """Tell whether a query selects a Snapshot."""
    return evaluate(node, _as_entity(snapshot), lambda _: None)


def _as_entity(snapshot: Snapshot) -> Entity:
    attributes = {
        CORE.expand_name(name): (Attribute(kind=AttributeKind.PROPERTY, value=_value(name, value)),)
        for name, value in members_of(snapshot).items()
        if name not in _OF_ENTITIES
    }
    return Entity(
        id=snapshot.id,
        types=(CORE.expand_name("Snapshot"),),
        attributes=attributes,
        created_at=snapshot.created_at,
        modified_at=snapshot.modified_at,
        expires_at=snapshot.expires_at,
    )


def _value(name: str, value: JsonValue) -> JsonValue:
    if name == "snapshotStatus" and value == Status.PREPARING.value:
        # 5.16.1.4 calls the first status otherwise than table 5.2.41-2: both words mean it.
        return [value, "preparation"]
    return value
