"""Evolutions as other nodes send them: with their system attributes, in pieces."""

import json
from typing import Any

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.representation.aggregated_received import received_aggregate
from hanze.ngsild.representation.temporal import TemporalView, aggregated, instances
from hanze.ngsild.representation.temporal_received import joined_pieces, pieces_of, received_piece
from hanze.ngsild.representation.view import View
from hanze.ngsild.temporal.aggregate import aggregate
from hanze.ngsild.temporal.model import Aggregation, Method, TemporalEntity

NOW = "2026-01-01T00:00:00Z"
VIEW = TemporalView(CORE, View(sys_attrs=True))
LEVEL = CORE.expand_name("level")
MOMENTS = {"createdAt": "2025-01-01T00:00:00Z", "modifiedAt": "2025-02-01T00:00:00Z"}
Json = Any


def received(body: Json) -> TemporalEntity:
    return joined_pieces(received_piece(piece, CORE, now=NOW) for piece in pieces_of(body))


def seen(number: int, **members: Json) -> Json:
    at = f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    return {"type": "Property", "value": number, "observedAt": at, **members}


def an_evolution(**members: Json) -> Json:
    return {"id": "urn:a:1", "type": "T", **members}


@pytest.mark.clause("4.5.7")
def test_what_is_shown_should_be_read_again() -> None:
    body = an_evolution(
        level=[seen(number, **MOMENTS, instanceId=f"urn:i:{number}") for number in range(2000)],
        gone=[{"type": "Property", "value": NULL, "deletedAt": NOW, **MOMENTS}],
        scope=[{"type": "Property", "value": "/A", **MOMENTS}],
        single=seen(1, **MOMENTS, datasetId="urn:d:1"),
        **MOMENTS,
        deletedAt=NOW,
    )
    entity = received(body)
    assert (entity.created_at, entity.deleted_at) == (MOMENTS["createdAt"], NOW)
    assert entity.attributes.keys() == {LEVEL, SCOPE, *map(CORE.expand_name, ("gone", "single"))}
    assert [one.attribute.value for one in entity.attributes[LEVEL]] == list(range(2000))
    shown = json.loads(b"".join(instances(entity, VIEW, concise=False)))
    body["single"] = [body["single"]]
    assert shown == body


def test_an_evolution_should_be_cut_into_pieces_of_little_work() -> None:
    body = an_evolution(
        level=[seen(number) for number in range(1300)], other=[seen(1)], empty=[], plain=seen(5)
    )
    pieces = list(pieces_of(body))
    assert len(pieces) == 3
    assert all(
        sum(len(part) for part in piece.values() if isinstance(part, list)) <= 512
        for piece in pieces
    )
    entity = received(body)
    assert len(entity.attributes[LEVEL]) == 1300
    assert CORE.expand_name("empty") not in entity.attributes


def test_series_should_be_read_without_system_attributes() -> None:
    series = {"type": "Property", "values": [[1, NOW], [2, "2026-01-01T01:00:00Z"]]}
    entity = received(an_evolution(level=series, instanceId="urn:i:1"))
    assert [one.attribute.value for one in entity.attributes[LEVEL]] == [1, 2]
    assert entity.created_at is None


@pytest.mark.parametrize(
    "body",
    [
        [],
        "x",
        {"id": "urn:a:1"},
        {"type": "T"},
        an_evolution(createdAt=3),
        an_evolution(level=[seen(1, createdAt="yesterday")]),
        an_evolution(level=[seen(1, instanceId="no uri")]),
        an_evolution(level=[3]),
    ],
)
def test_what_is_no_evolution_should_be_refused(body: Json) -> None:
    with pytest.raises(InvalidInput):
        received(body)


@pytest.mark.clause("4.5.19")
def test_aggregated_values_should_be_read_again() -> None:
    entity = received(
        an_evolution(level=[seen(1), seen(2, datasetId="urn:d:1")], single=[seen(3)], **MOMENTS)
    )
    values = aggregate(entity, None, Aggregation((Method.SUM, Method.MAX)))
    shown = json.loads(b"".join(aggregated(values, VIEW)))
    again = received_aggregate({**shown, **MOMENTS, "empty": [], "scope": "/A"}, CORE)
    assert again.attributes == values.attributes
    assert again.created_at == MOMENTS["createdAt"]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"id": "urn:a:1"},
        an_evolution(level=3),
        an_evolution(level={"type": "Property"}),
        an_evolution(level={"type": "Property", "sum": 3}),
        an_evolution(level={"type": "Property", "sum": [[1, NOW]]}),
        an_evolution(level={"type": "Property", "sum": [[1, 2, 3]]}),
        an_evolution(level={"type": "Property", "sum": [[1, "x", "y"]]}),
        an_evolution(level={"type": "Property", "datasetId": "no uri", "sum": []}),
    ],
)
def test_what_is_no_aggregate_should_be_refused(body: Json) -> None:
    with pytest.raises(InvalidInput):
        received_aggregate(body, CORE)
