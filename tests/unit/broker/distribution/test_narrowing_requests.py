"""What a source may be asked for, and what it may say."""

import pytest
from msgspec.structs import replace

from hanze.broker.distribution.narrowing import (
    Portion,
    kept,
    portions,
    selectors_of,
    without_proxied,
)
from hanze.broker.registry import Match
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.tree import EntityQuery, EntitySelector
from hanze.ngsild.registration.model import EntityInfo, Mode, RegistrationInfo
from tests.unit.broker.distribution.registered import registered

ANY = EntitySelector()
A, B = frozenset({"A"}), frozenset({"B"})


def of(*entities: EntityInfo, names: tuple[str, ...] = ()) -> RegistrationInfo:
    return RegistrationInfo(entities=entities, property_names=names)


def entity(entity_id: str = "urn:v:1", types: tuple[str, ...] = ("A",), *names: str) -> Entity:
    instance = Attribute(kind=AttributeKind.PROPERTY, value=1)
    return Entity(id=entity_id, types=types, attributes=dict.fromkeys(names, (instance,)))


@pytest.mark.clause("4.3.6.1")
def test_portions_should_name_only_registered_types_when_more_are_wanted() -> None:
    info = of(EntityInfo(("A",)), EntityInfo(("B",)))
    assert portions([info], [ANY]) == (Portion(types=(A, B)),)
    wanted = EntitySelector(types=(B, frozenset({"C"}), frozenset({"A", "B"})))
    assert portions([info], [wanted]) == (Portion(types=(B,)),)


@pytest.mark.clause("4.3.6.1")
def test_portions_should_be_apart_when_ids_and_types_must_not_mix() -> None:
    info = of(
        EntityInfo(("A",), id="urn:1"),
        EntityInfo(("A",), id="urn:2"),
        EntityInfo(("B",), id="urn:3"),
        EntityInfo(("B",)),
        EntityInfo(("A",), id_pattern="^urn:x"),
        EntityInfo(("A",), id_pattern="^urn:y"),
        names=("speed",),
    )
    names = frozenset({"speed"})
    assert portions([info], [ANY]) == (
        Portion(types=(B,), names=names),
        Portion(ids=("urn:1", "urn:2"), types=(A,), names=names),
        Portion(ids=("urn:3",), types=(B,), names=names),
        Portion(id_pattern="(^urn:x)|(^urn:y)", types=(A,), names=names),
    )


@pytest.mark.clause("5.12")
def test_portions_should_be_of_common_ids_when_both_sides_name_some() -> None:
    info = of(EntityInfo(("A",), id="urn:v:1"), EntityInfo(("A",), id_pattern="^urn:w:"))
    wanted = EntitySelector(ids=("urn:v:1", "urn:w:7", "urn:x:1"))
    assert portions([info], [wanted]) == (Portion(ids=("urn:v:1", "urn:w:7"), types=(A,)),)
    assert portions([info], [EntitySelector(id_pattern="1$")]) == (
        Portion(ids=("urn:v:1",), types=(A,)),
        Portion(id_pattern="^urn:w:", types=(A,)),
    )
    assert portions([info], [EntitySelector(ids=("urn:x:1",))]) == ()


def test_portions_should_be_what_is_wanted_when_only_attributes_are_registered() -> None:
    wanted = EntitySelector(("urn:1",), None, (A,))
    assert portions([of(names=("speed",))], [wanted]) == (
        Portion(("urn:1",), None, (A,), frozenset({"speed"})),
    )


def test_portions_should_stay_within_the_length_of_a_pattern_when_there_are_many() -> None:
    infos = of(*(EntityInfo(("A",), id_pattern=f"^urn:{n:0100}") for n in range(30)))
    found = portions([infos], [ANY])
    assert 1 < len(found) < 10
    assert all(one.id_pattern is not None and len(one.id_pattern) <= 1000 for one in found)


def test_selectors_should_be_narrowed_when_ids_are_known() -> None:
    selectors = (
        EntitySelector(id_pattern="1$", types=(A,)),
        EntitySelector(("urn:2",), None, (B,)),
    )
    query = EntityQuery(selectors=selectors)
    assert selectors_of(query) == selectors
    assert selectors_of(EntityQuery(ids=("urn:1", "urn:3"), selectors=selectors)) == (
        EntitySelector(("urn:1",), None, (A,)),
    )


@pytest.mark.clause("4.3.6.1")
def test_kept_should_be_what_is_registered_when_a_source_says_more() -> None:
    registration = registered()
    match = Match(registration, (of(EntityInfo(("A",)), names=("speed",)),))
    left = kept(entity("urn:1", ("A", "B"), "speed", "level"), match)
    assert left is not None
    assert set(left.attributes) == {"speed"}
    assert kept(entity("urn:1", ("B",)), match) is None
    assert kept(entity("urn:1"), Match(registration, (of(EntityInfo(("A",), id="urn:2")),))) is None
    pattern = Match(registration, (of(EntityInfo(("A",), id_pattern="2$")),))
    assert kept(entity("urn:1"), pattern) is None


def test_kept_should_be_the_same_object_when_all_is_registered() -> None:
    whole = entity("urn:1", ("A",), "speed", "level")
    several = (of(EntityInfo(("A",)), names=("speed",)), of(EntityInfo(("A",))))
    assert kept(whole, Match(registered(), several)) is whole


def test_kept_should_be_the_registered_instances_when_datasets_are_registered() -> None:
    default = Attribute(kind=AttributeKind.PROPERTY, value=1)
    other = replace(default, dataset_id="urn:gps")
    whole = Entity(id="urn:1", types=("A",), attributes={"x": (default, other), "y": (default,)})
    registration = registered(dataset_ids=frozenset({"urn:gps"}))
    left = kept(whole, Match(registration, (RegistrationInfo(),)))
    assert left is not None
    assert left.attributes == {"x": (other,)}


@pytest.mark.clause("4.3.6.3")
def test_own_attributes_should_be_left_out_when_they_are_registered_elsewhere() -> None:
    exclusive = Match(
        registered(mode=Mode.EXCLUSIVE), (of(EntityInfo(("A",), id="urn:1"), names=("speed",)),)
    )
    whole = entity("urn:1", ("A",), "speed", "level")
    left = without_proxied(whole, [exclusive])
    assert left is not None
    assert set(left.attributes) == {"level"}
    other = entity("urn:2", ("A",), "speed")
    assert without_proxied(other, [exclusive]) is other


@pytest.mark.clause("4.3.6.3")
def test_own_entities_should_be_left_out_when_they_are_redirected_whole() -> None:
    redirect = Match(registered(mode=Mode.REDIRECT), (of(EntityInfo(("A",))),))
    assert without_proxied(entity(), [redirect]) is None
    inclusive = Match(registered(), (of(EntityInfo(("A",))),))
    assert without_proxied(entity(), [inclusive]) is not None
