"""The records of the collective as JSON: what types there are."""

from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.web.api.collective.frame import Answer, ApiRoute, Ask

__all__ = ["ROUTES"]


class TypeOfRecord(Answer, frozen=True):
    """A type of record, and how many the node holds."""

    name: str
    count: int


class TypesOfRecords(Answer, frozen=True):
    """All types."""

    types: list[TypeOfRecord]


async def list_types(ask: Ask) -> TypesOfRecords:
    """List the types of records with their numbers."""
    collective = await ask.node.collective.refresh(ask.now)
    return TypesOfRecords(
        types=[
            TypeOfRecord(name=name, count=len(collective.of(kind)))
            for name, kind in RECORD_TYPES.items()
        ]
    )


ROUTES = (ApiRoute("GET", "/types", list_types, TypesOfRecords),)
