"""What q means (CIM 009, 4.9), decided on entities that are made by hand."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.evaluate import (
    evaluate,
    linked_depth,
    matches,
    names_system_only,
)
from hanze.ngsild.query.targets import is_member
from hanze.ngsild.query.tree import (
    And,
    Comparison,
    EntityQuery,
    EntitySelector,
    Exists,
    GeoQuery,
    GeoRelation,
    LinkedPath,
    Literal,
    Match,
    Moment,
    MomentKind,
    Operator,
    Or,
    QueryNode,
    Range,
    ScopePattern,
    Uri,
    ValuePath,
    Values,
)

CORE = "https://uri.etsi.org/ngsi-ld/"
ANY = CORE + "default-context/"


def nobody(_: str) -> None:
    """No other entity is there."""


def a(value: JsonValue, kind: AttributeKind = AttributeKind.PROPERTY, **more: object) -> Attribute:
    return Attribute(kind=kind, value=value, **more)  # type: ignore[arg-type]  # test shorthand


def an_entity(**attributes: Attribute | tuple[Attribute, ...]) -> Entity:
    return Entity(
        id="urn:ngsi-ld:Car:1",
        types=(ANY + "Car",),
        attributes={
            ANY + name: given if isinstance(given, tuple) else (given,)
            for name, given in attributes.items()
        },
        scope=("/Deventer/Centro",),
        created_at="2026-01-01T00:00:00Z",
    )


def path(name: str, *terms: str) -> ValuePath:
    names = tuple(CORE + n[1:] if n.startswith("$") else ANY + n for n in name.split("."))
    return ValuePath(names, tuple(ANY + term for term in terms), terms)


def holds(
    entity: Entity,
    name: str | ValuePath | LinkedPath,
    operator: str,
    operand: Literal | Range | Values,
    others: Mapping[str, Entity] | None = None,
) -> bool:
    where = path(name) if isinstance(name, str) else name
    linked = others or {}

    def follow(uri: str) -> Entity | None:
        return linked.get(uri)

    return evaluate(Comparison(where, Operator(operator), operand), entity, follow)


def moment(microseconds: int, kind: MomentKind = MomentKind.DATE_TIME) -> Moment:
    return Moment(kind, microseconds)


NEW_YEAR = 1_767_225_600_000_000


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("value", "operator", "operand", "expected"),
    [
        (20, "==", 20, True),
        (20, "==", 20.0, True),
        (20, "!=", 21, True),
        (20, "==", "20", False),
        (20, "!=", "20", True),
        (20, ">", 19, True),
        (20, ">", 20, False),
        (20, ">=", 20, True),
        (20, "<", "x", False),
        (True, "==", True, True),
        (True, "==", 1, False),
        (1, "==", True, False),
        (1, "!=", True, True),
        (True, ">=", True, False),
        ("red", "==", "red", True),
        ("red", "==", Values(("black", "red")), True),
        ("red", "!=", Values(("black", "red")), False),
        ("blue", "!=", Values(("black", "red")), True),
        (7, "==", Values(("black", 7)), True),
        (15, "==", Range(10, 20), True),
        (10, "==", Range(10, 20), True),
        (20, "==", Range(10, 20), True),
        (9, "!=", Range(10, 20), True),
        (15, "!=", Range(10, 20), False),
        ("15", "!=", Range(10, 20), True),
        (["blue", "red"], "==", "red", True),
        (["blue", "red"], "!=", "red", False),
        (["blue", "black"], "!=", "red", True),
        (["blue", "red"], "==", Values(("red", "white")), True),
        ([30, 40], ">", 20, False),
        ([], "==", "red", False),
        ([], "!=", "red", True),
        ({"x": 1}, "==", "red", False),
        ({"x": 1}, "!=", "red", True),
        (None, "!=", "red", True),
        ({"@type": "DateTime", "@value": "2026-01-01T00:00:00Z"}, "==", moment(NEW_YEAR), True),
        ("2026-01-01T00:00:00Z", "==", moment(NEW_YEAR), True),
        ("2026-01-01T00:00:00Z", ">", moment(NEW_YEAR - 1), True),
        ("2026-01-01T00:00:00.000Z", "==", "2026-01-01T00:00:00Z", True),
        ("2026-01-01T00:00:00,5Z", ">", "2026-01-01T00:00:00.4Z", True),
        ("2026-01-01", "==", moment(NEW_YEAR), False),
        ("2026-01-01", "==", moment(NEW_YEAR, MomentKind.DATE), True),
        ("12:00:00Z", "<", moment(43_200_000_001, MomentKind.TIME), True),
        (20, "<", moment(NEW_YEAR), False),
        ("http://example.com/red", "==", Uri("HTTP://EXAMPLE.com:80/%72ed"), True),
        ("a", "<", "B", True),
        ("B", "<", "a", False),
        ("Z", "<", "é", False),
        ("a", "<=", "a", True),
        ("a" * 300, "<", "b" * 300, True),
        ("x", "==", moment(NEW_YEAR), False),
        ("x", "<", moment(NEW_YEAR), False),
        ("2026-01-01T00:00:00Z", ">", "2025-01-01", True),
        ({"x": 1}, "<", 5, False),
        (5, "==", moment(NEW_YEAR), False),
        ("https://x.org/a", "==", "HTTPS://x.org/a", False),
        ("no uri", "==", Uri("urn:x:1"), False),
        ("http://[x", "==", Uri("http://[y"), False),
        ("http://x.org/a/..", "==", Uri("http://x.org/"), True),
        ("http://x.org/a/.", "==", Uri("http://x.org/a/"), True),
        (["x"], ">", Range(1, 2), False),
    ],
)
def test_property_values_should_compare_by_type(
    value: JsonValue, operator: str, operand: Literal | Range | Values, expected: bool
) -> None:
    assert holds(an_entity(p=a(value)), "p", operator, operand) is expected


@pytest.mark.clause("4.9")
@pytest.mark.parametrize("operator", ["==", "!=", "<", ">="])
def test_nothing_should_match_when_the_attribute_is_absent(operator: str) -> None:
    assert not holds(an_entity(), "p", operator, 5)


@pytest.mark.clause("4.9")
def test_any_instance_may_match() -> None:
    entity = an_entity(p=(a(5), a(7, dataset_id="urn:x:1")))
    assert holds(entity, "p", "==", 7)
    assert holds(entity, "p", "!=", 7)
    assert holds(entity, "p.$datasetId", "==", Uri("urn:x:1"))
    assert not holds(entity, "p", ">", 7)


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("terms", "operator", "expected"),
    [
        ((), "==", True),
        (("*",), "==", True),
        (("*",), "!=", False),
        (("en",), "==", True),
        (("EN",), "==", True),
        (("en",), "!=", False),
        (("fr",), "==", False),
        (("fr",), "!=", True),
        (("nl",), "!=", False),
        (("en", "x"), "==", False),
    ],
)
def test_languages_should_be_chosen_by_brackets(
    terms: tuple[str, ...], operator: str, expected: bool
) -> None:
    colour = a({"fr": "rouge", "en": ["red", "cat"]}, AttributeKind.LANGUAGE_PROPERTY)
    assert holds(an_entity(color=colour), path("color", *terms), operator, "red") is expected


@pytest.mark.clause("4.9")
def test_relationships_should_know_equality_alone() -> None:
    entity = an_entity(
        one=a("urn:ngsi-ld:P:1", AttributeKind.RELATIONSHIP),
        many=a(["urn:x:1", "urn:x:2"], AttributeKind.LIST_RELATIONSHIP),
    )
    assert holds(entity, "one", "==", "urn:ngsi-ld:P:1")
    assert holds(entity, "one", "==", Uri("urn:NGSI-LD:P:1"))
    assert holds(entity, "one", "!=", Uri("urn:ngsi-ld:P:2"))
    assert evaluate(Exists(path("one")), entity, nobody)
    assert holds(entity, "many", "==", Values((Uri("urn:x:2"), Uri("urn:x:3"))))
    assert not holds(entity, "many", "!=", Uri("urn:x:2"))
    for operator in ("<", "<=", ">", ">="):
        assert not holds(entity, "one", operator, "urn:ngsi-ld:P:1")
    assert not evaluate(Match(path("one"), "urn"), entity, nobody)
    assert not evaluate(Match(path("one"), "zzz", negated=True), entity, nobody)


@pytest.mark.clause("4.9")
def test_other_kinds_should_be_addressed_by_their_value() -> None:
    entity = an_entity(
        vocab=a([ANY + "Male"], AttributeKind.VOCAB_PROPERTY),
        json=a({"value": {"x": 3}}, AttributeKind.JSON_PROPERTY),
        list=a([1, 2], AttributeKind.LIST_PROPERTY),
        address=a({ANY + "city": "Zwolle", ANY + "no": None}),
        geo=a({"type": "Point", "coordinates": [1, 2]}, AttributeKind.GEO_PROPERTY),
    )
    assert holds(entity, "vocab", "==", Uri(ANY + "Male"))
    assert not evaluate(Exists(path("vocab", "x")), entity, nobody)
    assert holds(entity, path("json", "value", "x"), "==", 3)
    assert holds(entity, "list", "==", 2)
    assert holds(entity, path("address", "city"), "==", "Zwolle")
    assert not holds(entity, path("address", "town"), "!=", "Zwolle")
    assert not holds(entity, path("address", "city", "x"), "!=", "Zwolle")
    assert evaluate(Exists(path("address", "no")), entity, nobody)
    assert holds(entity, path("geo", "type"), "==", "Point")
    assert not evaluate(Exists(path("address", "absent")), entity, nobody)
    assert evaluate(Exists(path("address")), entity, nobody)
    assert holds(entity, "vocab", "!=", "Male")


@pytest.mark.clause("4.9")
def test_members_and_sub_attributes_should_be_addressed_by_dots() -> None:
    entity = an_entity(
        t=a(
            5,
            observed_at="2026-01-01T00:00:00Z",
            unit_code="CEL",
            attributes={ANY + "q": (a(9, unit_code="P1"),)},
        )
    )
    assert holds(entity, "t.$observedAt", ">=", moment(NEW_YEAR))
    assert holds(entity, "t.$observedAt", "==", "2026-01-01T00:00:00.0Z")
    assert not holds(entity, "t.$observedAt", ">", moment(NEW_YEAR))
    assert holds(entity, "t.$unitCode", "==", "CEL")
    assert holds(entity, "t.q", "==", 9)
    assert not holds(entity, "t.q.z", "==", 9)
    for absent in ("lang", "datasetId", "hasValueType", "hasObjectType", "expiresAt"):
        assert not evaluate(Exists(path("t.$" + absent)), entity, nobody)
    assert not evaluate(Exists(path("$modifiedAt")), entity, nobody)
    assert holds(entity, "t.q.$unitCode", "==", "P1")
    assert not evaluate(Exists(path("t.$createdAt")), entity, nobody)
    assert holds(entity, "$createdAt", "==", moment(NEW_YEAR))
    assert holds(entity, ValuePath(("@id",)), "==", Uri("urn:ngsi-ld:Car:1"))
    assert holds(entity, ValuePath(("@type",)), "==", Uri(ANY + "Car"))
    assert holds(entity, "$scope", "==", "/Deventer/Centro")
    assert not evaluate(Exists(path("$scope")), replace(entity, scope=()), nobody)


@pytest.mark.clause("4.9")
def test_odd_values_should_have_no_targets() -> None:
    entity = an_entity(
        unset=Attribute(kind=AttributeKind.PROPERTY),
        words=a("no map", AttributeKind.LANGUAGE_PROPERTY),
        number=a(5, AttributeKind.RELATIONSHIP),
    )
    assert not evaluate(Exists(path("unset")), entity, nobody)
    assert not evaluate(Exists(path("unset", "x")), entity, nobody)
    assert not evaluate(Exists(path("words")), entity, nobody)
    assert not holds(entity, "number", "==", 5)
    linked = LinkedPath(ANY + "number", (), path("x"))
    assert not holds(entity, linked, "!=", 5)
    assert is_member(CORE + "unitCode")
    assert is_member("@id")
    assert not is_member(ANY + "unset")


@pytest.mark.clause("4.9")
def test_patterns_should_be_searched_in_strings_alone() -> None:
    entity = an_entity(
        s=a("Parking 12"), n=a(12), l=a({"en": "x"}, AttributeKind.LANGUAGE_PROPERTY)
    )
    assert evaluate(Match(path("s"), "^Park.*[0-9]+$"), entity, nobody)
    assert not evaluate(Match(path("s"), "^12"), entity, nobody)
    assert evaluate(Match(path("s"), "^12", negated=True), entity, nobody)
    assert not evaluate(Match(path("n"), "12"), entity, nobody)
    assert not evaluate(Match(path("n"), "13", negated=True), entity, nobody)
    assert evaluate(Match(path("l"), "x"), entity, nobody)
    assert holds(entity, "l", "<", "y")
    assert not holds(entity, "l", "<", "x")
    assert holds(entity, "l", "==", Range("w", "y"))
    assert not evaluate(Match(path("absent"), "x", negated=True), entity, nobody)


@pytest.mark.clause("4.9")
def test_linked_paths_should_follow_relationships() -> None:
    device = Entity(id="urn:d:1", types=(ANY + "Device",), attributes={ANY + "humidity": (a(40),)})
    station = an_entity(
        sensor=(
            a("urn:d:gone", AttributeKind.RELATIONSHIP, dataset_id="urn:x:2"),
            a("urn:d:1", AttributeKind.RELATIONSHIP),
        ),
        other=a("urn:d:1"),
    )
    others = {"urn:d:1": device}
    humidity = LinkedPath(ANY + "sensor", (), path("humidity"))
    assert holds(station, humidity, "==", 40, others)
    assert not holds(station, humidity, "!=", 40, others)
    assert not holds(station, humidity, "==", 40)
    typed = LinkedPath(ANY + "sensor", (ANY + "Car", ANY + "Device"), path("humidity"))
    assert holds(station, typed, "==", 40, others)
    wrong = LinkedPath(ANY + "sensor", (ANY + "Car",), path("humidity"))
    assert not holds(station, wrong, "==", 40, others)
    assert not holds(station, LinkedPath(ANY + "other", (), path("humidity")), "==", 40, others)
    assert linked_depth(Exists(LinkedPath(ANY + "x", (), humidity))) == 2
    assert linked_depth(And((Exists(path("p")), Exists(humidity)))) == 1


@pytest.mark.clause("5.7.2.4")
def test_names_system_only_should_look_at_first_names() -> None:
    created: QueryNode = Exists(path("$createdAt"))
    assert names_system_only(created)
    assert not names_system_only(Or((created, Exists(path("t.$createdAt")))))
    assert not names_system_only(Exists(LinkedPath(ANY + "x", (), path("$createdAt"))))


@pytest.mark.clause("5.7.2.4")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (EntityQuery(), True),
        (EntityQuery(ids=("urn:ngsi-ld:Car:1",), id_pattern="nothing"), True),
        (EntityQuery(ids=("urn:ngsi-ld:Car:2",)), False),
        (EntityQuery(id_pattern="Car:[0-9]$"), True),
        (EntityQuery(id_pattern="^Car"), False),
        (EntityQuery(types=(frozenset({ANY + "Bus"}), frozenset({ANY + "Car"}))), True),
        (EntityQuery(types=(frozenset({ANY + "Bus", ANY + "Car"}),)), False),
        (EntityQuery(selectors=(EntitySelector(ids=("urn:x:2",)), EntitySelector())), True),
        (EntityQuery(selectors=(EntitySelector(id_pattern="Bus"),)), False),
        (
            EntityQuery(types=(frozenset({ANY + "Car"}),), selectors=(EntitySelector(ids=("x",)),)),
            False,
        ),
        (EntityQuery(scope=((ScopePattern(("Deventer", "+")),),)), True),
        (EntityQuery(scope=((ScopePattern(("Deventer",)),),)), False),
        (EntityQuery(geo=GeoQuery(GeoRelation.WITHIN, b"", CORE + "location")), False),
        (EntityQuery(attributes=(ANY + "x", ANY + "speed")), True),
        (EntityQuery(attributes=(ANY + "x",)), False),
        (EntityQuery(q=Comparison(path("speed"), Operator.GREATER, 50)), True),
        (EntityQuery(q=Comparison(path("speed"), Operator.GREATER, 60)), False),
    ],
)
def test_matches_should_need_every_condition(query: EntityQuery, expected: bool) -> None:
    assert matches(query, an_entity(speed=a(55)), nobody) is expected
