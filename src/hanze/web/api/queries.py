"""Which entities a request means: URL parameters, or a Query body (CIM 009, 5.2.23, 6.4.3, 6.23)."""

from collections.abc import Mapping
from dataclasses import dataclass

from hanze.errors import InvalidInput
from hanze.ngsild.context import Context
from hanze.ngsild.model import JsonValue
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.parse_order import parse_ordering
from hanze.ngsild.query.parse_scopes import parse_scopes
from hanze.ngsild.query.parse_types import parse_types
from hanze.ngsild.query.patterns import check_pattern
from hanze.ngsild.query.tree import EntityQuery, EntitySelector, QueryNode, TypeSelection
from hanze.ngsild.representation.stored import encode
from hanze.ngsild.uri import is_uri
from hanze.web.api.parameters import InvalidRequest, Parameters

__all__ = [
    "BODY_PARAMETERS",
    "SELECTING",
    "Selection",
    "parameters_of_body",
    "selected_types",
    "selection_of",
    "selectors_of_body",
]

_GEO = ("georel", "geometry", "coordinates", "geoproperty")
_ORDER = ("orderBy", "collation", "orderFrom", "orderGeometry")

#: URL parameters that select entities (6.4.3.2, 6.4.3.3).
SELECTING = frozenset(
    {*_GEO, "type", "id", "idPattern", "q", "expandValues", "jsonKeys", "scopeQ", "csf", "local"}
)
#: URL parameters beside a Query body (6.23.3.1); all others are members of the body.
BODY_PARAMETERS = frozenset(
    {"limit", "offset", "count", "format", "options", "local", "geometryProperty"}
)

_MAX_IDS = 10_000
_MAX_SELECTORS = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entities are meant.

    Attributes:
        query: Expanded, without its page.
        local: The operation is limited to this node (6.3.18), as `type=*` implies.
        csf: Only Context Sources whose registrations meet it are asked.
    """

    query: EntityQuery
    local: bool
    csf: QueryNode | None = None


def selection_of(
    parameters: Parameters, context: Context, selectors: tuple[EntitySelector, ...] = ()
) -> Selection:
    """Read the selecting parameters.

    Raises:
        InvalidInput: A parameter breaks its grammar, or two contradict each other.
    """
    type_text = parameters.get("type")
    local = parameters.flag("local")
    if type_text == "*":
        if parameters.get("local") == "false":
            raise InvalidInput("type=* is always local", field="local", clause="6.4.3.2")
        local = True
    csf = parse_q(parameters["csf"], context, field="csf") if "csf" in parameters else None
    get = parameters.get
    query = EntityQuery(
        ids=_checked_ids(parameters.uris("id")),
        id_pattern=_checked_pattern(get("idPattern")),
        types=selected_types(type_text, context),
        selectors=selectors,
        attributes=tuple(context.expand_name(name) for name in parameters.listed("attrs")),
        q=_parsed_q(parameters, context),
        geo=parse_geo(
            georel=get("georel"),
            geometry=get("geometry"),
            coordinates=get("coordinates"),
            geoproperty=get("geoproperty"),
            context=context,
        ),
        scope=parse_scopes(parameters["scopeQ"]) if "scopeQ" in parameters else None,
        ordering=parse_ordering(
            order_by=get("orderBy"),
            collation=get("collation"),
            order_from=get("orderFrom"),
            order_geometry=get("orderGeometry"),
            context=context,
        ),
    )
    return Selection(query, local, csf)


def selected_types(text: str | None, context: Context) -> TypeSelection | None:
    """Read a type selection (4.17); `None` selects every type."""
    return None if text is None else parse_types(text, context)


def parameters_of_body(body: Mapping[str, JsonValue], url: Parameters) -> Parameters:
    """Turn a Query body into the parameters that say the same, joined by those of the URL (5.2.23).

    Raises:
        InvalidInput: The body is no Query, or a member has the wrong type.
    """
    if body.get("type", body.get("@type")) != "Query":
        raise InvalidInput('The type must be "Query"', field="type", clause="5.2.23")
    values = dict(url)
    for name, value in body.items():
        if name in {"type", "@type", "id", "@id"}:
            continue
        _take_member(values, name, value)
    return Parameters(values)


def _take_member(values: dict[str, str], name: str, value: JsonValue) -> None:
    if name == "entities":
        _take_selectors(values, value)
    elif name == "geoQ":
        _take_object(values, name, value, {key: key for key in _GEO})
    elif name == "ordering":
        names = ("orderBy", "collation", "coordinates", "geometry")
        _take_object(values, name, value, dict(zip(names, _ORDER, strict=True)))
    elif name in _LISTS:
        values[name] = _joined(name, value)
    elif name in _NAMES and isinstance(value, list):
        # Texts by the table; peers send arrays, as in the members beside them.
        values[name] = _joined(name, value)
    elif name in _TEXTS:
        values[name] = _text(name, value)
    elif name in _FLAGS:
        values[name] = _flag(name, value)
    elif name == "joinLevel":
        values[name] = _whole_number(name, value)
    elif name in {"temporalQ", "aggrParams"}:
        raise InvalidInput(
            f"{name} belongs to queries of temporal evolution", field=name, clause="5.2.23"
        )
    else:
        raise InvalidRequest(f"A Query has no member {name[:50]}", field=name[:50], clause="5.2.23")


_LISTS = frozenset({"attrs", "pick", "omit", "containedBy", "datasetId"})
_NAMES = frozenset({"expandValues", "jsonKeys"})
_TEXTS = _NAMES | {"q", "scopeQ", "csf", "lang", "join", "entityMapLifetime"}
_FLAGS = frozenset({"entityMap", "splitEntities"})


def _take_selectors(values: dict[str, str], value: JsonValue) -> None:
    """A single selector is the same as the parameters of a URL; several stay selectors."""
    if not isinstance(value, list) or not value or len(value) > _MAX_SELECTORS:
        raise InvalidInput(
            f"entities must be an array of 1 to {_MAX_SELECTORS} selectors",
            field="entities",
            clause="5.2.33",
        )
    types = []
    for selector in value:
        if not isinstance(selector, dict):
            raise InvalidInput("A selector must be an object", field="entities", clause="5.2.33")
        types.append(_text("type", selector.get("type", selector.get("@type"))))
    if "*" in types and values.get("local") != "false":
        values["local"] = "true"
    elif "*" in types:
        raise InvalidInput("type * is always local", field="local", clause="5.2.33")
    # The types of all selectors make the query narrow enough (5.7.2.4), and quick to answer.
    values["type"] = "*" if "*" in types else "|".join(types)


def selectors_of_body(
    body: Mapping[str, JsonValue], context: Context
) -> tuple[EntitySelector, ...]:
    """Read the selectors of a Query body; `id` takes precedence over `idPattern` (5.2.33)."""
    selectors = body.get("entities")
    if not isinstance(selectors, list):
        return ()
    return tuple(_selector(item, context) for item in selectors if isinstance(item, dict))


def _selector(item: Mapping[str, JsonValue], context: Context) -> EntitySelector:
    unknown = item.keys() - {"id", "@id", "idPattern", "type", "@type"}
    if unknown:
        raise InvalidRequest(
            f"A selector has no member {min(unknown)[:50]}", field="entities", clause="5.2.33"
        )
    ids = item.get("id", item.get("@id", ()))
    listed = (ids,) if isinstance(ids, str) else ids
    if not isinstance(listed, list | tuple):
        raise InvalidInput("id must be a URI or an array of them", field="id", clause="5.2.33")
    uris = tuple(_text("id", uri) for uri in listed)
    for uri in uris:
        if not is_uri(uri):
            raise InvalidInput("id must be a URI", field="id", value=uri, clause="5.2.33")
    pattern = None if uris or "idPattern" not in item else _text("idPattern", item["idPattern"])
    types = parse_types(_text("type", item.get("type", item.get("@type"))), context)
    return EntitySelector(_checked_ids(uris), _checked_pattern(pattern), types)


def _take_object(
    values: dict[str, str], name: str, value: JsonValue, names: Mapping[str, str]
) -> None:
    first = next(iter(names))
    if not isinstance(value, dict) or first not in value:
        raise InvalidInput(f"{name} must be an object with {first}", field=name, clause="5.2.23")
    for key, member in value.items():
        if key not in names:
            raise InvalidRequest(f"{name} has no member {key[:50]}", field=f"{name}.{key[:50]}")
        if key == "coordinates" and not isinstance(member, str):
            values[names[key]] = encode(member).decode()
        elif key == "orderBy":
            values[names[key]] = _joined(key, member)
        else:
            values[names[key]] = _text(key, member)


def _joined(name: str, value: JsonValue) -> str:
    """Join an array of strings."""
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ",".join(str(item) for item in value)
    raise _wrong(name, "an array of strings that is not empty", value)


def _text(name: str, value: JsonValue) -> str:
    if isinstance(value, str) and value:
        return value
    raise _wrong(name, "a text that is not empty", value)


def _flag(name: str, value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    raise _wrong(name, "true or false", value)


def _whole_number(name: str, value: JsonValue) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _wrong(name, "a whole number", value)


def _wrong(name: str, expected: str, value: JsonValue) -> InvalidInput:
    return InvalidInput(f"{name} must be {expected}", field=name, value=value, clause="5.2.23")


def _parsed_q(parameters: Parameters, context: Context) -> QueryNode | None:
    if "q" not in parameters:
        return None
    return parse_q(
        parameters["q"],
        context,
        expand_values=frozenset(map(context.expand_name, parameters.listed("expandValues"))),
        json_keys=frozenset(map(context.expand_name, parameters.listed("jsonKeys"))),
    )


def _checked_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    if len(ids) > _MAX_IDS:
        raise InvalidInput(f"The query lists {len(ids)} ids, the most is {_MAX_IDS}", field="id")
    return ids


def _checked_pattern(pattern: str | None) -> str | None:
    return None if pattern is None else check_pattern(pattern, field="idPattern", clause="5.2.33")
