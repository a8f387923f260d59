"""Ordering and collation (CIM 009, 4.23)."""

import random

import pytest

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.query.collation import check_collation, collation_key
from hanze.ngsild.query.order import Orderer
from hanze.ngsild.query.parse_order import parse_ordering
from hanze.ngsild.query.tree import Direction, Ordering, OrderTerm, ValuePath

ANY = "https://uri.etsi.org/ngsi-ld/default-context/"
CORE_NS = "https://uri.etsi.org/ngsi-ld/"
NAME = CORE.expand_name("name")


def ordering(order_by: str | None, **more: str) -> Ordering | None:
    return parse_ordering(
        order_by=order_by,
        collation=more.get("collation"),
        order_from=more.get("order_from"),
        order_geometry=more.get("order_geometry"),
        context=CORE,
    )


def entity(key: str, **attributes: Attribute | JsonValue) -> Entity:
    return Entity(
        id="urn:x:" + key,
        types=("T" + key,),
        attributes={
            (CORE_NS if name == "location" else ANY) + name: (
                value
                if isinstance(value, Attribute)
                else Attribute(kind=AttributeKind.PROPERTY, value=value),
            )
            for name, value in attributes.items()
        },
        created_at=f"2026-01-0{len(attributes) + 1}T00:00:00Z",
    )


def point(longitude: float, latitude: float) -> Attribute:
    value: JsonValue = {"type": "Point", "coordinates": [longitude, latitude]}
    return Attribute(kind=AttributeKind.GEO_PROPERTY, value=value)


def ordered(entities: list[Entity], order_by: str, **more: str) -> list[str]:
    found = ordering(order_by, **more)
    assert found is not None
    shuffled = list(entities)
    random.Random(1).shuffle(shuffled)
    return [one.id[6:] for one in sorted(shuffled, key=Orderer(found).key)]


@pytest.mark.clause("4.23.3")
def test_orderings_should_be_read() -> None:
    found = ordering("name,age;desc,address[city],name.observedAt;asc,id,type,scope")
    assert found is not None
    assert found.terms == (
        OrderTerm(ValuePath((NAME,))),
        OrderTerm(ValuePath((ANY + "age",)), Direction.DESCENDING),
        OrderTerm(ValuePath((ANY + "address",), (ANY + "city",), ("city",))),
        OrderTerm(ValuePath((NAME, CORE_NS + "observedAt"))),
        OrderTerm(ValuePath(("@id",))),
        OrderTerm(ValuePath(("@type",))),
        OrderTerm(ValuePath((CORE_NS + "scope",))),
    )
    assert ordering(None) is None
    assert ordering(None, collation="de", order_from="[8,40]") is None


@pytest.mark.clause("4.23.3")
@pytest.mark.parametrize(
    "order_by",
    ["", "a,", ",a", "a;", "a;up", "a;ASC", "a;asc;desc", "a b", "a;descending", "1a", "a{b}", ",".join(["a"] * 40)],
)  # fmt: skip
def test_wrong_orderings_should_be_refused(order_by: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ordering(order_by)
    assert caught.value.field == "orderBy"


@pytest.mark.clause("5.7.2.4")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({}, "orderFrom"),
        ({"order_from": "8,40"}, "orderFrom"),
        ({"order_from": "[[8,40],[9,42]]"}, "orderFrom"),
        ({"order_from": "[8,40]", "order_geometry": "Circle"}, "orderGeometry"),
        ({"order_geometry": "Point"}, "orderFrom"),
    ],
)
def test_distances_should_need_a_place(more: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ordering("location;dist-asc", **more)
    assert caught.value.field == field


@pytest.mark.clause("4.23.2")
def test_data_types_should_come_in_their_order() -> None:
    entities = [
        entity("a", v=3),
        entity("b", v=20.5),
        entity("c", v="apple"),
        entity("d", v="Banana"),
        entity("e", v={"x": 1}),
        entity("f", v=[1, 2]),
        entity("g", v=[1, "x"]),
        entity("h", v=False),
        entity("i", v=True),
        entity("j", v="10:00:00Z"),
        entity("k", v="2026-01-01"),
        entity("l", v="2026-01-01T00:00:00Z"),
        entity("m", v={"@type": "@json", "@value": None}),
        entity("n"),
    ]
    assert "".join(ordered(entities, "v")) == "abcdefghijklmn"
    assert "".join(ordered(entities, "v;desc")) == "badcegfihjklmn"


@pytest.mark.clause("4.23.3")
def test_later_terms_should_decide_between_equals() -> None:
    entities = [entity("a", n=1, m=1), entity("b", n=1, m=2), entity("c", n=0, m=9)]
    assert ordered(entities, "n,m;desc") == ["c", "b", "a"]
    assert ordered(entities, "id;desc") == ["c", "b", "a"]
    assert ordered(entities, "type") == ["a", "b", "c"]
    assert ordered([entity("x", a=1), entity("y")], "createdAt") == ["y", "x"]


@pytest.mark.clause("4.23.3")
def test_any_instance_or_language_may_come_first() -> None:
    both = entity("a", v=5)
    more = Attribute(kind=AttributeKind.PROPERTY, value=1, dataset_id="urn:x:1")
    both = Entity(
        id=both.id, types=("T",), attributes={ANY + "v": (*both.attributes[ANY + "v"], more)}
    )
    assert ordered([both, entity("b", v=3)], "v") == ["a", "b"]
    assert ordered([both, entity("b", v=3)], "v;desc") == ["a", "b"]
    texts = Attribute(kind=AttributeKind.LANGUAGE_PROPERTY, value={"en": "b", "fr": "z"})
    assert ordered([entity("a", v=texts), entity("b", v="c")], "v") == ["a", "b"]
    assert ordered([entity("a", v=texts), entity("b", v="c")], "v[fr]") == ["a", "b"]


@pytest.mark.clause("4.23.3")
def test_distances_should_order_places() -> None:
    entities = [
        entity("near", location=point(8, 40.1)),
        entity("far", location=point(8, 41)),
        entity("text", location="nowhere"),
        entity("absent"),
    ]
    near = ["near", "far", "text", "absent"]
    assert ordered(entities, "location;dist-asc", order_from="[8,40]") == near
    far = ["far", "near", "text", "absent"]
    assert ordered(entities, "location;dist-desc", order_from="[8,40]") == far
    line = {"order_from": "[[8,41],[9,42],[9,45]]", "order_geometry": "LineString"}
    assert ordered(entities, "location;dist-asc", **line) == far


@pytest.mark.clause("4.23.1")
def test_texts_should_follow_the_root_collation() -> None:
    words = ["Zebra", "apple", "Äpfel", "Apple", "zoo", "résumé", "resume", "강", "Ω"]
    assert sorted(words, key=collation_key(None)) == [
        *("Äpfel", "apple", "Apple", "resume", "résumé", "Zebra", "zoo", "Ω", "강"),
    ]
    assert sorted(words, key=collation_key("und-x-icu")) == sorted(words, key=collation_key(None))


@pytest.mark.clause("4.23.3")
@pytest.mark.parametrize(
    ("collation", "words"),
    [
        ("de-u-co-phonebk", ["Adler", "Äpfel", "Afrika"]),
        ("de", ["Adler", "Afrika", "Äpfel"]),
        ("sv", ["Zon", "Ängel"]),
        ("und-u-kn-true", ["a2", "a10"]),
        ("und-u-kf-upper", ["A", "a"]),
        ("und-u-ka-shifted", ["de luge", "de-luge", "deluge", "demark"]),
    ],
)
def test_tailorings_should_be_honoured(collation: str, words: list[str]) -> None:
    check_collation(collation)
    assert sorted(words, key=collation_key(collation)) == words


@pytest.mark.clause("4.23.3")
def test_strength_should_decide_what_is_equal() -> None:
    key = collation_key("und-u-ks-level1")
    assert key("résumé") == key("RESUME")
    key = collation_key("und-u-ks-level2")
    assert key("resume") == key("RESUME") != key("résumé")
    key = collation_key("und-u-ks-identic")
    assert key("a") != key("a\u0001")


@pytest.mark.clause("5.7.2.4")
@pytest.mark.parametrize(
    "collation",
    [
        *("", "x", "qq", "english", "en_US", "de@collation=phonebook", "de-u", "de-u-phonebk"),
        *("nl-u-co-phonebk", "en-u-co-foo", "de-u-co-search", "en-u-ks-level9", "en-u-kn-maybe"),
        *("en-u-nu-latn", "de-u-co", "de-u-kn-kn", "und-u-kr-foo1", "en-x-other", "e" * 200),
    ],
)
def test_collations_that_cannot_be_honoured_should_be_refused(collation: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ordering("name", collation=collation)
    assert caught.value.field == "collation"


@pytest.mark.clause("4.23.3")
@pytest.mark.parametrize(
    "collation",
    ["und", "en", "nl-BE", "ko", "de-CH-1996", "zh-Hant-TW", "en-u-kn", "und-u-kr-digit-latn", "zh-u-co-pinyin", "de-u-co-eor", "es-u-co-trad", "und-u-ks-identic", "DE-u-CO-phonebk"],
)  # fmt: skip
def test_known_collations_should_be_accepted(collation: str) -> None:
    assert ordering("name", collation=collation) is not None
