"""Entities as other nodes send them: with their system attributes."""

from typing import Any

import pytest
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.representation.normalized import one_or_list
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.received import received_entity
from hanze.ngsild.representation.render import View, normalized

MADE, CHANGED = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5Z"
DATES = {"createdAt": MADE, "modifiedAt": CHANGED}
Json = Any


def sent(**members: Json) -> dict[str, Json]:
    return {"id": "urn:room:1", "type": "Room", **members}


@pytest.mark.clause("4.5.5.3", "4.8")
def test_an_entity_should_be_as_it_was_sent_when_it_is_shown_again() -> None:
    json = sent(
        type=["Room", "Hall"],
        scope=["/a", "/b"],
        level=[
            {"type": "Property", "value": 1, **DATES},
            {"type": "Property", "value": 2, "datasetId": "urn:gps", "modifiedAt": MADE},
        ],
        tags={"type": "ListProperty", "valueList": ["a", "b"], **DATES},
        name={
            "type": "Property",
            "value": {"first": "x"},
            "expiresAt": "2030-01-01T00:00:00Z",
            "by": {"type": "Relationship", "object": "urn:me", **DATES},
            **DATES,
        },
        **DATES,
    )
    entity = received_entity({**json, "@context": "https://example.org/c.jsonld"}, CORE)
    assert (entity.created_at, entity.modified_at) == (MADE, CHANGED)
    assert normalized(entity, CORE, View(sys_attrs=True)) == json
    assert one_or_list(list(entity.types)) == [CORE.expand_name("Room"), CORE.expand_name("Hall")]


def test_an_entity_should_be_read_like_any_other_when_it_has_no_system_attributes() -> None:
    json = sent(level=3, tags=["a", "b"], place={"type": "Point", "coordinates": [1, 2]})
    assert received_entity(json, CORE) == parse_entity(json, CORE)


def test_moments_should_be_written_alike_when_they_came_in_another_form() -> None:
    entity = received_entity(sent(createdAt="2026-01-01T00:00:00,5Z"), CORE)
    assert entity == replace(
        parse_entity(sent(), CORE), created_at="2026-01-01T00:00:00.5Z", modified_at=None
    )


@pytest.mark.parametrize("wrong", ["yesterday", 7, ["2026-01-01T00:00:00Z"]])
def test_an_entity_should_be_refused_when_a_moment_is_none(wrong: Json) -> None:
    for json in (
        sent(modifiedAt=wrong),
        sent(level={"type": "Property", "value": 1, "createdAt": wrong}),
    ):
        with pytest.raises(InvalidInput):
            received_entity(json, CORE)
