"""What `/api/v1` offers, for the OpenAPI document: made of the tables of routes and their structs."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from hanze.ngsild.model import JsonValue
from hanze.web.api.frame import ApiRoute
from hanze.web.api.v1 import TABLES

__all__ = ["described_routes", "paths_and_schemas", "plain_path"]

_REF: Final = "#/components/schemas/v1.{name}"
_PROBLEM: Final[JsonValue] = {"$ref": "#/components/schemas/Problem"}
_CONVERTER = re.compile(r":\w+(?=\})")
_PARAMETER = re.compile(r"\{(\w+)\}")
_ATTRIBUTE_LINE = re.compile(r"^    (\w+): (.*)$", re.MULTILINE)

_FAILURES: Final = (400, 401, 403, 404, 405, 409, 422)
_FAILURES_OF_BODIES: Final = (408, 413, 415)
_FAILURES_OF_FILES: Final = (408, 413, 415)
_FAILURES_OF_LIMITS: Final = (429,)
_MEANINGS: Final[Mapping[int, str]] = {
    200: "The answer.",
    201: "Made.",
    202: "Taken; it is done later.",
    204: "Done.",
}
_TENANT: Final[JsonValue] = {
    "name": "NGSILD-Tenant",
    "in": "header",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
}


def described_routes() -> Iterator[tuple[str, ApiRoute]]:
    """Go through all routes, each with its path as OpenAPI writes it."""
    for table in TABLES:
        for route in table:
            yield plain_path(route), route


def plain_path(route: ApiRoute) -> str:
    """The whole path of a route: "/api/v1/records/{id}"."""
    return route.root + _CONVERTER.sub("", route.path)


def paths_and_schemas(
    failures: Mapping[int, str],
) -> tuple[dict[str, JsonValue], dict[str, JsonValue]]:
    """Describe all operations: paths, and the schemas that they refer to by name.

    Args:
        failures: What the status codes of failures mean.
    """
    routes = list(described_routes())
    kinds = [kind for _, one in routes for kind in (one.parameters, one.body, one.answers) if kind]
    distinct = list(dict.fromkeys(kinds))
    written, named = msgspec.json.schema_components(
        distinct, schema_hook=_anything, ref_template=_REF
    )
    schemas = dict(zip(distinct, written, strict=True))
    paths: dict[str, dict[str, JsonValue]] = {}
    for path, route in routes:
        parameters = _members(route.parameters, schemas, named) if route.parameters else ()
        operation = _Operation(route, schemas, failures).describe(path, parameters)
        paths.setdefault(path, {})[route.method.lower()] = operation
    inputs = {_name(schemas[kind]) for _, one in routes if (kind := one.parameters)}
    components = {
        f"v1.{name}": cast("JsonValue", schema)
        for name, schema in named.items()
        if name not in inputs
    }
    return cast("dict[str, JsonValue]", paths), components


class _Operation:
    """Describes one route."""

    def __init__(
        self, route: ApiRoute, schemas: Mapping[Any, Any], failures: Mapping[int, str]
    ) -> None:
        self._route = route
        self._schemas = schemas  # as msgspec writes them
        self._failures = failures

    def describe(self, path: str, parameters: Sequence[JsonValue]) -> JsonValue:
        route = self._route
        *_, package, module = route.handler.__module__.split(".")
        tag = package if package == "collective" else module
        described: dict[str, JsonValue] = {
            "operationId": f"{tag}_{module}_{route.handler.__name__}",
            "tags": [tag],
            "summary": (inspect.getdoc(route.handler) or "").partition("\n")[0],
            "parameters": [*_path_parameters(path), *parameters, _TENANT],
            "responses": {str(status): answer for status, answer in self._responses()},
        }
        if route.writes:
            described["security"] = [{}, {"token": []}]
        if route.body is not None:
            described["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self._schemas[route.body]}},
            }
        elif route.takes:
            file: JsonValue = {"schema": {"type": "string", "format": "binary"}}
            described["requestBody"] = {
                "required": True,
                "content": dict.fromkeys(route.takes, file),
            }
        return described

    def _responses(self) -> Iterator[tuple[int, JsonValue]]:
        route = self._route
        success: dict[str, JsonValue] = {"description": _MEANINGS.get(route.status, "Done.")}
        if route.answers is not None:
            content = {"schema": self._schemas[route.answers]}
            success["content"] = dict.fromkeys(route.media, content)
        elif route.status != 204:  # No Content
            success["content"] = {media: {} for media in route.media}
        yield route.status, success
        failures = (
            *_FAILURES,
            *(_FAILURES_OF_BODIES if route.body is not None else ()),
            *(_FAILURES_OF_FILES if route.takes else ()),
            *(_FAILURES_OF_LIMITS if route.limited else ()),
        )
        for status in failures:
            yield (
                status,
                {
                    "description": self._failures[status],
                    "content": {"application/problem+json": {"schema": _PROBLEM}},
                },
            )


def _path_parameters(path: str) -> Iterator[JsonValue]:
    for name in _PARAMETER.findall(path):
        schema: JsonValue = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _name(schema: Mapping[str, Any]) -> str:
    """To what a schema refers; two structs of one name have longer ones."""
    return str(schema["$ref"]).removeprefix(_REF.format(name=""))


def _members(
    kind: type[msgspec.Struct], schemas: Mapping[Any, Any], named: Mapping[str, Any]
) -> Sequence[JsonValue]:
    """The members of a struct as URL parameters."""
    schema = named[_name(schemas[kind])]
    about: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        about |= dict(_ATTRIBUTE_LINE.findall(inspect.cleandoc(one.__doc__ or "")))
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": member,
            **({"description": about[name]} if name in about else {}),
        }
        for name, member in schema["properties"].items()
    ]


def _anything(kind: type) -> dict[str, object]:
    """The schema of what may be any JSON."""
    if kind is object:
        return {"description": "Any JSON."}
    raise NotImplementedError
