"""How evolutions are asked for at a Context Source (CIM 009, 5.7.3, 5.7.4, 6.18 to 6.24)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

import orjson

from hanze.broker.distribution.narrowing import Portion
from hanze.broker.distribution.requests import MAP_HEADER, Call, segment
from hanze.broker.evolution_reading import Asked
from hanze.ngsild.context import Context
from hanze.ngsild.model import DEFAULT_INSTANCE, JsonValue
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.query.unparse import unparse
from hanze.ngsild.query.unparse_conditions import unparse_geo, unparse_scopes, unparse_types
from hanze.ngsild.registration.model import Registration
from hanze.ngsild.temporal.durations import Duration, format_duration
from hanze.ngsild.temporal.model import TemporalQuery, TimeProperty

__all__ = ["TemporalQuestion", "query_call", "retrieve_call"]

#: Characters of parameters beyond which a query goes into a body.
_LONGEST_URL: Final = 6000
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")
_TEMPORAL: Final = (
    *("timerel", "timeAt", "endTimeAt", "timeproperty", "lastN"),
    *("aggrMethods", "aggrPeriodDuration"),
)
#: What is a member of the body where there is one.
_INSIDE: Final = frozenset({"aggrMethods", "aggrPeriodDuration"})
_SELECTING: Final = ("id", "idPattern", "type")
#: Whose value in a Query body is an array (5.2.23).
_LISTS: Final = frozenset({"attrs", "pick", "datasetId"})


@dataclass(frozen=True, slots=True)
class TemporalQuestion:
    """What is to be known of the evolutions of a portion.

    Attributes:
        asked: Attributes, range and representation.
        filters: Of this `q`, `geo` and `scope` count; the rest is the portion's.
        used_map: The map that the source made before: as it calls it.
    """

    asked: Asked
    filters: EntityQuery
    used_map: str | None = None


def query_call(
    registration: Registration,
    portion: Portion,
    question: TemporalQuestion,
    context: Context,
    *,
    limit: int,
    offset: int = 0,
) -> Call:
    """Ask for a page of the evolutions of a portion (5.7.4).

    It is a GET, but where what is asked is too long for a URL.

    Args:
        context: Of the request: how long names are.
    """
    paging = {"limit": str(limit), **({"offset": str(offset)} if offset else {})}
    written = _Written(registration, portion, question)
    beside = {**_shape(question), **paging}
    length = sum(len(quote(text, safe=":/,")) for text in written.parameters(context).values())
    if length > _LONGEST_URL and portion.types is not None:
        inside = {name: text for name, text in beside.items() if name in _INSIDE}
        outside = [pair for pair in beside.items() if pair[0] not in _INSIDE]
        return Call(
            method="POST",
            path="temporal/entityOperations/query",
            query=lambda _: outside,
            body=lambda own: _body(written.parameters(own) | inside),
            headers=_headers(question),
        )
    return Call(
        method="GET",
        path="temporal/entities",
        query=lambda own: [*written.parameters(own).items(), *beside.items()],
        headers=_headers(question),
    )


def retrieve_call(
    registration: Registration, entity_id: str, portion: Portion, question: TemporalQuestion
) -> Call:
    """Ask for what a source has of one evolution (5.7.3)."""

    def parameters(context: Context) -> list[tuple[str, str]]:
        bare = replace(portion, ids=(), id_pattern=None, types=None)
        return list((_parameters(registration, bare, question, context) | _shape(question)).items())

    return Call(
        method="GET",
        path=f"temporal/entities/{segment(entity_id)}",
        query=parameters,
        headers=_headers(question),
    )


@dataclass(frozen=True, slots=True)
class _Written:
    """What is asked, to be written in the words of any @context."""

    registration: Registration
    portion: Portion
    question: TemporalQuestion

    def parameters(self, context: Context) -> dict[str, str]:
        return _parameters(self.registration, self.portion, self.question, context)


def _headers(question: TemporalQuestion) -> tuple[tuple[str, str], ...]:
    return () if question.used_map is None else ((MAP_HEADER, question.used_map),)


def _shape(question: TemporalQuestion) -> dict[str, str]:
    """Say how evolutions are to look: with their system attributes, by which they are compared."""
    found = {"options": "sysAttrs"}
    if question.asked.aggregation is not None:
        found = {"options": "aggregatedValues,sysAttrs", **_aggregating(question)}
    return found


def _aggregating(question: TemporalQuestion) -> dict[str, str]:
    aggregation = question.asked.aggregation
    if aggregation is None:
        return {}
    return {
        "aggrMethods": ",".join(method.value for method in aggregation.methods),
        "aggrPeriodDuration": format_duration(
            Duration(aggregation.months, aggregation.microseconds)
        ),
    }


def _parameters(
    registration: Registration, portion: Portion, question: TemporalQuestion, context: Context
) -> dict[str, str]:
    asked, filters = question.asked, question.filters
    found: dict[str, str] = {}
    if portion.ids:
        found["id"] = ",".join(portion.ids)
    elif portion.id_pattern is not None:
        found["idPattern"] = portion.id_pattern
    if portion.types is not None:
        found["type"] = unparse_types(portion.types, context)
    found |= _projected(portion.names, asked, context)
    found |= _temporal(asked.temporal)
    if asked.last_n is not None:
        found["lastN"] = str(asked.last_n)
    datasets = _datasets(registration, asked)
    if datasets is not None:
        found["datasetId"] = ",".join(sorted(one or DEFAULT_INSTANCE for one in datasets))
    if filters.q is not None:
        found["q"] = unparse(filters.q, context)
    if filters.geo is not None:
        found |= unparse_geo(filters.geo, context)
    if filters.scope is not None:
        found["scopeQ"] = unparse_scopes(filters.scope)
    return found


def _projected(registered: frozenset[str], asked: Asked, context: Context) -> dict[str, str]:
    """Say which attributes are wanted, and which there have to be.

    `attrs` says both; `pick` says the first alone, and knows the scope.
    """
    required, names = asked.required, asked.names
    if registered:
        required = registered if required is None else required & registered
        names = registered if names is None else names & registered
    found: dict[str, str] = {}
    attrs = sorted((required or frozenset()) - {SCOPE})
    if attrs:
        found["attrs"] = ",".join(map(context.compact_name, attrs))
    if names is not None and (names != frozenset(attrs) or not attrs):
        terms = [context.compact_name(name) for name in sorted(names - {SCOPE})]
        scope = ["scope"] if SCOPE in names else []
        found["pick"] = ",".join(["id", "type", *scope, *terms])
    return found


def _temporal(temporal: TemporalQuery | None) -> dict[str, str]:
    if temporal is None:
        return {}
    found = {"timerel": temporal.timerel.value, "timeAt": format_datetime(temporal.time_at)}
    if temporal.end_time_at is not None:
        found["endTimeAt"] = format_datetime(temporal.end_time_at)
    if temporal.timeproperty is not TimeProperty.OBSERVED_AT:
        found["timeproperty"] = temporal.timeproperty.value
    return found


def _datasets(registration: Registration, asked: Asked) -> frozenset[str | None] | None:
    if registration.dataset_ids is None or asked.datasets is None:
        return asked.datasets if registration.dataset_ids is None else registration.dataset_ids
    return registration.dataset_ids & asked.datasets


def _body(parameters: Mapping[str, str]) -> JsonValue:
    """Write parameters as a Query (5.2.23)."""
    selector: dict[str, JsonValue] = {
        name: parameters[name].split(",") if name == "id" else parameters[name]
        for name in _SELECTING
        if name in parameters
    }
    body: dict[str, JsonValue] = {"type": "Query", "entities": [selector]}
    temporal: dict[str, JsonValue] = {
        name: parameters[name] for name in _TEMPORAL if name in parameters
    }
    if "lastN" in temporal:
        temporal["lastN"] = int(parameters["lastN"])
    if "aggrMethods" in temporal:
        temporal["aggrMethods"] = parameters["aggrMethods"].split(",")
    body["temporalQ"] = temporal
    geo: dict[str, JsonValue] = {name: parameters[name] for name in _GEO if name in parameters}
    if geo:
        body["geoQ"] = {**geo, "coordinates": orjson.loads(parameters["coordinates"])}
    for name, text in parameters.items():
        if name not in (*_SELECTING, *_GEO, *temporal):
            body[name] = text.split(",") if name in _LISTS else text
    return body
