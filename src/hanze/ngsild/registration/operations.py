"""Names of distributed operations and of their groups (CIM 009, 4.20, tables 4.20-1 and 4.20-2)."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["DEFAULT_GROUP", "GROUPS", "Operation", "operations_of"]


class Operation(Enum):
    """What a Context Source may be asked to do."""

    CREATE_ENTITY = "createEntity"
    UPDATE_ENTITY = "updateEntity"
    APPEND_ATTRS = "appendAttrs"
    UPDATE_ATTRS = "updateAttrs"
    DELETE_ATTRS = "deleteAttrs"
    DELETE_ENTITY = "deleteEntity"
    CREATE_BATCH = "createBatch"
    UPSERT_BATCH = "upsertBatch"
    UPDATE_BATCH = "updateBatch"
    DELETE_BATCH = "deleteBatch"
    UPSERT_TEMPORAL = "upsertTemporal"
    APPEND_ATTRS_TEMPORAL = "appendAttrsTemporal"
    DELETE_ATTRS_TEMPORAL = "deleteAttrsTemporal"
    UPDATE_ATTR_INSTANCE_TEMPORAL = "updateAttrInstanceTemporal"
    DELETE_ATTR_INSTANCE_TEMPORAL = "deleteAttrInstanceTemporal"
    DELETE_TEMPORAL = "deleteTemporal"
    MERGE_ENTITY = "mergeEntity"
    REPLACE_ENTITY = "replaceEntity"
    REPLACE_ATTRS = "replaceAttrs"
    MERGE_BATCH = "mergeBatch"
    PURGE_ENTITY = "purgeEntity"
    RETRIEVE_ENTITY = "retrieveEntity"
    QUERY_ENTITY = "queryEntity"
    QUERY_BATCH = "queryBatch"
    RETRIEVE_TEMPORAL = "retrieveTemporal"
    QUERY_TEMPORAL = "queryTemporal"
    RETRIEVE_ENTITY_TYPES = "retrieveEntityTypes"
    RETRIEVE_ENTITY_TYPE_DETAILS = "retrieveEntityTypeDetails"
    RETRIEVE_ENTITY_TYPE_INFO = "retrieveEntityTypeInfo"
    RETRIEVE_ATTR_TYPES = "retrieveAttrTypes"
    RETRIEVE_ATTR_TYPE_DETAILS = "retrieveAttrTypeDetails"
    RETRIEVE_ATTR_TYPE_INFO = "retrieveAttrTypeInfo"
    CREATE_SUBSCRIPTION = "createSubscription"
    UPDATE_SUBSCRIPTION = "updateSubscription"
    RETRIEVE_SUBSCRIPTION = "retrieveSubscription"
    QUERY_SUBSCRIPTION = "querySubscription"
    DELETE_SUBSCRIPTION = "deleteSubscription"
    RETRIEVE_ENTITY_MAP = "retrieveEntityMap"
    UPDATE_ENTITY_MAP = "updateEntityMap"
    DELETE_ENTITY_MAP = "deleteEntityMap"
    CREATE_ENTITY_MAP_QUERY_ENTITY = "createEntityMapQueryEntity"
    CREATE_ENTITY_MAP_QUERY_TEMPORAL = "createEntityMapQueryTemporal"
    RETRIEVE_CONTEXT_SOURCE_IDENTITY = "retrieveContextSourceIdentity"

    # Every distributed request looks some up; Enum's own hash is a Python function.
    __hash__ = object.__hash__


_DISCOVERY: Final = frozenset(
    {
        Operation.RETRIEVE_ENTITY_TYPES,
        Operation.RETRIEVE_ENTITY_TYPE_DETAILS,
        Operation.RETRIEVE_ENTITY_TYPE_INFO,
        Operation.RETRIEVE_ATTR_TYPES,
        Operation.RETRIEVE_ATTR_TYPE_DETAILS,
        Operation.RETRIEVE_ATTR_TYPE_INFO,
    }
)
_SUBSCRIBING: Final = frozenset(
    {
        Operation.CREATE_SUBSCRIPTION,
        Operation.UPDATE_SUBSCRIPTION,
        Operation.RETRIEVE_SUBSCRIPTION,
        Operation.QUERY_SUBSCRIPTION,
        Operation.DELETE_SUBSCRIPTION,
    }
)
_MAPPING: Final = frozenset(
    {
        Operation.RETRIEVE_ENTITY_MAP,
        Operation.UPDATE_ENTITY_MAP,
        Operation.DELETE_ENTITY_MAP,
        Operation.CREATE_ENTITY_MAP_QUERY_ENTITY,
    }
)
_RETRIEVING: Final = frozenset({Operation.RETRIEVE_ENTITY, Operation.QUERY_ENTITY})
_UPDATING: Final = frozenset(
    {
        Operation.UPDATE_ENTITY,
        Operation.UPDATE_ATTRS,
        Operation.REPLACE_ENTITY,
        Operation.REPLACE_ATTRS,
    }
)
_ASSOCIATION: Final = (
    _RETRIEVING
    | _DISCOVERY
    | _SUBSCRIBING
    | {Operation.QUERY_BATCH, Operation.RETRIEVE_CONTEXT_SOURCE_IDENTITY}
)

#: What each group stands for (table 4.20-2).
GROUPS: Final[Mapping[str, frozenset[Operation]]] = {
    "federationOps": _ASSOCIATION | _MAPPING,
    "associationOps": _ASSOCIATION,
    "updateOps": _UPDATING,
    "retrieveOps": _RETRIEVING,
    "redirectionOps": _UPDATING
    | _RETRIEVING
    | _DISCOVERY
    | _MAPPING
    | {
        Operation.CREATE_ENTITY,
        Operation.APPEND_ATTRS,
        Operation.DELETE_ATTRS,
        Operation.DELETE_ENTITY,
        Operation.MERGE_ENTITY,
        Operation.PURGE_ENTITY,
        Operation.RETRIEVE_CONTEXT_SOURCE_IDENTITY,
    },
}

#: What a registration offers that names nothing (4.20).
DEFAULT_GROUP: Final = "federationOps"

_BY_NAME: Final = {one.value: one for one in Operation}


def operations_of(names: tuple[str, ...]) -> frozenset[Operation]:
    """Return the operations that names of operations and of groups stand for.

    Raises:
        KeyError: A name is neither.
    """
    found: set[Operation] = set()
    for name in names or (DEFAULT_GROUP,):
        found |= GROUPS[name] if name in GROUPS else {_BY_NAME[name]}
    return frozenset(found)
