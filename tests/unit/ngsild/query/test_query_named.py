"""Which attributes a query looks at, and which every match has."""

import pytest

from hanze.ngsild.context import CORE
from hanze.ngsild.query.named import attributes_looked_at, attributes_required
from hanze.ngsild.query.parse import parse_q
from hanze.ngsild.query.parse_geo import parse_geo
from hanze.ngsild.query.tree import EntityQuery

_NEAR = parse_geo(
    georel="near;maxDistance==5",
    geometry="Point",
    coordinates="[5,52]",
    geoproperty=None,
    context=CORE,
)


def names(*terms: str) -> frozenset[str]:
    return frozenset(map(CORE.expand_name, terms))


def query(q: str | None = None, *, near: bool = False, attributes: str = "") -> EntityQuery:
    return EntityQuery(
        q=None if q is None else parse_q(q, CORE),
        geo=_NEAR if near else None,
        attributes=tuple(map(CORE.expand_name, attributes.split())),
    )


@pytest.mark.clause("5.12")
@pytest.mark.parametrize(
    ("asked", "looked_at"),
    [
        (query(), names()),
        (query("level>3"), names("level")),
        (query("level>3;(name|depth.unit==2)"), names("level", "name", "depth")),
        (query("owner{name}"), names("owner")),
        (query("createdAt>2026-01-01T00:00:00Z;level"), names("level")),
        (query("level", near=True, attributes="name"), names("level", "location", "name")),
    ],
)
def test_attributes_looked_at_should_be_those_that_decide(
    asked: EntityQuery, looked_at: frozenset[str]
) -> None:
    assert attributes_looked_at(asked) == looked_at


@pytest.mark.clause("5.12")
@pytest.mark.parametrize(
    ("asked", "required"),
    [
        (query(), names()),
        (query("level>3", attributes="name depth"), names("name", "depth")),
        (query("level>3|name"), names("level", "name")),
        (query("createdAt>2026-01-01T00:00:00Z|level"), names()),
        (query("createdAt>2026-01-01T00:00:00Z", near=True), names("location")),
        (query(near=True), names("location")),
    ],
)
def test_attributes_required_should_be_had_by_every_match(
    asked: EntityQuery, required: frozenset[str]
) -> None:
    assert attributes_required(asked) == required
