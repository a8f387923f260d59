"""What the simplified temporal representation calls the values of each kind (CIM 009, 4.5.9)."""

from collections.abc import Mapping
from typing import Final

from hanze.ngsild.model import AttributeKind

__all__ = ["SERIES_MEMBERS", "WRAPPED"]

#: The member that holds the pairs of value and time.
SERIES_MEMBERS: Final[Mapping[AttributeKind, str]] = {
    AttributeKind.PROPERTY: "values",
    AttributeKind.GEO_PROPERTY: "values",
    AttributeKind.LANGUAGE_PROPERTY: "languageMaps",
    AttributeKind.VOCAB_PROPERTY: "vocabs",
    AttributeKind.JSON_PROPERTY: "jsons",
    AttributeKind.LIST_PROPERTY: "valueLists",
    AttributeKind.RELATIONSHIP: "objects",
    AttributeKind.LIST_RELATIONSHIP: "objectLists",
}

#: Kinds whose values stand in an object of their own.
WRAPPED: Final = frozenset(
    {
        AttributeKind.LANGUAGE_PROPERTY,
        AttributeKind.VOCAB_PROPERTY,
        AttributeKind.JSON_PROPERTY,
    }
)
