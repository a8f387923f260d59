"""Entity maps: known in their tenant, for a while, and not too many (4.5.25, 5.5.14)."""

import pytest

from hanze.broker import entity_map
from hanze.broker.entity_map import (
    LOCAL,
    EntityMap,
    EntityMapNotFound,
    EntityMaps,
    MapKind,
    MapWish,
    TooManyMapped,
    fingerprint_of,
    map_id_of,
    owner_of,
)
from hanze.errors import InvalidInput
from hanze.identity.caller import Caller
from hanze.ngsild.query.tree import EntityQuery, Share

NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:09:00Z"
MUCH_LATER = "2026-01-01T02:00:00Z"


@pytest.fixture
def maps() -> EntityMaps:
    return EntityMaps(most_entities=3)


def kept(maps: EntityMaps, *ids: str, owner: str = "", now: str = NOW) -> EntityMap:
    found = maps.new(owner, MapKind.ENTITIES, "f")
    for one in ids:
        found.add(one, LOCAL)
    maps.keep(found, now=now)
    return found


@pytest.mark.clause("5.14.1")
def test_a_map_should_be_known_until_its_time_is_over(maps: EntityMaps) -> None:
    found = kept(maps, "urn:a:1")
    assert maps.retrieve("", found.id, now=LATER) is found
    with pytest.raises(EntityMapNotFound):
        maps.retrieve("", found.id, now=MUCH_LATER)
    with pytest.raises(EntityMapNotFound):
        maps.retrieve("other", found.id, now=NOW)


def test_a_lifetime_should_be_bounded(maps: EntityMaps) -> None:
    found = maps.new("", MapKind.ENTITIES, "f")
    maps.keep(found, now=NOW, lifetime_s=10**9)
    assert maps.retrieve("", found.id, now="2026-01-01T00:59:59Z") is found
    with pytest.raises(EntityMapNotFound):
        maps.retrieve("", found.id, now="2026-01-01T01:00:01Z")


@pytest.mark.clause("5.14.2")
def test_a_map_should_live_on_when_it_is_extended(maps: EntityMaps) -> None:
    found = kept(maps)
    maps.extend("", found.id, "2026-01-01T00:30:00Z", now=NOW)
    assert maps.retrieve("", found.id, now="2026-01-01T00:29:00Z") is found
    with pytest.raises(InvalidInput, match="future"):
        maps.extend("", found.id, NOW, now=NOW)


@pytest.mark.clause("5.5.14")
def test_a_map_should_serve_its_own_query_alone(maps: EntityMaps) -> None:
    found = kept(maps)
    path = f"https://node.example/ngsi-ld/v1/entityMaps/{found.id}"
    assert maps.used("", path, MapKind.ENTITIES, "f", now=NOW) is found
    assert maps.used("", "urn:a:other", MapKind.ENTITIES, "f", now=NOW) is None
    for kind, fingerprint in ((MapKind.ENTITIES, "g"), (MapKind.TEMPORAL, "f")):
        with pytest.raises(InvalidInput, match="other parameters"):
            maps.used("", found.id, kind, fingerprint, now=NOW)


def test_a_retrieval_should_use_a_map_that_has_the_entity(maps: EntityMaps) -> None:
    found = maps.of_one("", MapKind.TEMPORAL, "urn:a:1", ["urn:r:1"])
    maps.keep(found, now=NOW)
    assert maps.any_used("", found.id, MapKind.TEMPORAL, "urn:a:1", now=NOW) is found
    assert maps.any_used("", found.id, MapKind.TEMPORAL, "urn:a:2", now=NOW) is None
    assert maps.any_used("", found.id, MapKind.ENTITIES, "urn:a:1", now=NOW) is None
    assert maps.any_used("", None, MapKind.TEMPORAL, "urn:a:1", now=NOW) is None


def test_maps_should_be_bounded_in_number_and_size(
    maps: EntityMaps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entity_map, "_MOST_MAPS", 2)
    first, second, third = kept(maps), kept(maps, now=LATER), kept(maps, now=LATER)
    assert len(maps) == 2
    with pytest.raises(EntityMapNotFound):
        maps.retrieve("", first.id, now=LATER)
    monkeypatch.setattr(entity_map, "_MOST_ENTITIES", 2)
    large = kept(maps, "urn:a:1", "urn:a:2", "urn:a:3", now="2026-01-01T00:09:30Z")
    assert len(maps) == 1
    assert maps.retrieve("", large.id, now=LATER) is large
    assert {second.id, third.id}.isdisjoint({large.id})


def test_a_map_should_not_have_more_than_it_may(maps: EntityMaps) -> None:
    found = kept(maps, "urn:a:1", "urn:a:2", "urn:a:3")
    maps.check_size(found)
    found.add("urn:a:4", LOCAL)
    with pytest.raises(TooManyMapped, match="3 entities"):
        maps.check_size(found)


def test_what_was_found_should_be_recalled_for_some_seconds(maps: EntityMaps) -> None:
    found = maps.new("t", MapKind.TEMPORAL, "f")
    maps.remember(found, now=NOW)
    assert maps.recalled("t", "f", now="2026-01-01T00:00:05Z") is found
    assert maps.recalled("t", "g", now=NOW) is None
    assert maps.recalled("u", "f", now=NOW) is None
    assert maps.recalled("t", "f", now=LATER) is None
    with pytest.raises(EntityMapNotFound):
        maps.retrieve("t", found.id, now=NOW)


def test_a_map_should_name_every_source_once() -> None:
    found = EntityMap(id="urn:m:1", owner="", kind=MapKind.ENTITIES, fingerprint="")
    for source in (LOCAL, "urn:r:1", LOCAL):
        found.add("urn:a:1", source)
    assert found.entries == {"urn:a:1": (LOCAL, "urn:r:1")}
    found.remove(["urn:a:1", "urn:a:2"])
    assert not found.entries


@pytest.mark.clause("5.5.14")
def test_fingerprints_should_pass_over_ids_and_pages() -> None:
    query = EntityQuery(types=(frozenset({"T"}),))
    page = EntityQuery(ids=("urn:a:1",), types=query.types, limit=3, offset=9, count=True)
    assert fingerprint_of(query) == fingerprint_of(page)
    assert fingerprint_of(query) != fingerprint_of(EntityQuery())
    assert fingerprint_of(query, 1) != fingerprint_of(query, 2)


def test_ids_should_be_read_from_paths() -> None:
    assert map_id_of("/ngsi-ld/v1/entityMaps/urn%3Aa%3Ab") == "urn:a:b"
    assert map_id_of(" urn:a:b ") == "urn:a:b"


def test_a_wish_should_be_true_when_it_says_something() -> None:
    assert not MapWish(lifetime_s=5.0)
    assert MapWish(wanted=True)
    assert MapWish(location="urn:a:b")


def test_a_map_should_be_known_to_those_alone_who_may_read_the_same() -> None:
    everything = Caller(actor="a", tenant="t")
    some = Caller(actor="b", tenant="t", shares=(Share(types=("T",)),))
    less = Caller(actor="c", tenant="t", shares=())
    assert len({owner_of(everything), owner_of(some), owner_of(less)}) == 3
    assert owner_of(everything) == owner_of(Caller(actor="d", tenant="t"))
