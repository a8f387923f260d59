"""Members of entities and attributes that are not attributes themselves, as q and orderBy name them.

Their names expand like any other (5.5.7), so they are recognised by their core IRIs.
"""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.terms import NGSI_LD

__all__ = [
    "CREATED_AT",
    "DATASET_ID",
    "ENTITY_MEMBERS",
    "EXPIRES_AT",
    "ID",
    "LANG",
    "LOCATION",
    "MEMBER_TERMS",
    "MODIFIED_AT",
    "OBJECT_TYPE",
    "OBSERVED_AT",
    "SCOPE",
    "SYSTEM_NAMES",
    "TYPE",
    "UNIT_CODE",
    "VALUE_TYPE",
]


ID: Final = "@id"
TYPE: Final = "@type"
CREATED_AT: Final = NGSI_LD + "createdAt"
MODIFIED_AT: Final = NGSI_LD + "modifiedAt"
EXPIRES_AT: Final = NGSI_LD + "expiresAt"
OBSERVED_AT: Final = NGSI_LD + "observedAt"
UNIT_CODE: Final = NGSI_LD + "unitCode"
DATASET_ID: Final = NGSI_LD + "datasetId"
LANG: Final = NGSI_LD + "lang"
VALUE_TYPE: Final = NGSI_LD + "hasValueType"
OBJECT_TYPE: Final = NGSI_LD + "hasObjectType"
SCOPE: Final = NGSI_LD + "scope"
LOCATION: Final = NGSI_LD + "location"

#: What the node generates itself (4.8), and what no query has to name to be narrow (5.7.2.4).
SYSTEM_NAMES: Final = frozenset({ID, TYPE, CREATED_AT, MODIFIED_AT, NGSI_LD + "deletedAt"})

#: What names a member of an entity, and never an attribute.
ENTITY_MEMBERS: Final = SYSTEM_NAMES | {EXPIRES_AT, SCOPE}

#: Terms of the members of an entity itself. The core @context is protected, so they are always so.
MEMBER_TERMS: Final[Mapping[str, str]] = {"id": ID, "type": TYPE, "scope": SCOPE}
