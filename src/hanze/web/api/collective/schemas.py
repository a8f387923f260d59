"""What the records are made of: a JSON Schema for each type, and the @context of their terms."""

import msgspec
from starlette.responses import Response

from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.records.schema import SCHEMA_NS, schema_of
from hanze.errors import NotFound
from hanze.ngsild.vocabulary import HANZE_VOCABULARY
from hanze.web.api.frame import PREFIX, Answer, ApiRoute, Ask

__all__ = ["ROUTES", "SchemaNotFound"]

_SCHEMA = "application/schema+json"
_JSON_LD = "application/ld+json"


class SchemaNotFound(NotFound):
    """There is no type of record of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name[:60]} is no type of record; {PREFIX}/schemas lists them")


class SchemaOfType(Answer, frozen=True):
    """The schema of a type: its published address, and where this node gives it."""

    type: str
    id: str
    href: str


class Schemas(Answer, frozen=True):
    """All schemas."""

    schemas: list[SchemaOfType]


async def list_schemas(_: Ask) -> Schemas:
    """List the JSON Schemas of the types of records."""
    return Schemas(
        schemas=[
            SchemaOfType(type=name, id=f"{SCHEMA_NS}{name}.json", href=f"{PREFIX}/schemas/{name}")
            for name in RECORD_TYPES
        ]
    )


async def retrieve_schema(ask: Ask) -> Response:
    """Give the JSON Schema of a type of record, of its entity in the concise representation."""
    name = ask.path("type").removesuffix(".json")
    if name not in RECORD_TYPES:
        raise SchemaNotFound(name)
    return Response(msgspec.json.encode(schema_of(RECORD_TYPES[name])), media_type=_SCHEMA)


async def retrieve_context(_: Ask) -> Response:
    """Give the @context in which all records are written."""
    return Response(msgspec.json.encode({"@context": HANZE_VOCABULARY}), media_type=_JSON_LD)


ROUTES = (
    ApiRoute("GET", "/schemas", list_schemas, Schemas),
    ApiRoute("GET", "/schemas/{type}", retrieve_schema, media=(_SCHEMA,)),
    ApiRoute("GET", "/context", retrieve_context, media=(_JSON_LD,)),
)
