"""Temporal evolutions as JSON and back: every kind, every representation, what is refused."""

from json import loads
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, AttributeKind
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.language import parse_languages
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.query.projection import parse_projection
from hanze.ngsild.representation.temporal import (
    TemporalView,
    aggregated,
    instances,
    temporal_values,
)
from hanze.ngsild.representation.temporal_parse import (
    parse_temporal_entity,
    parse_temporal_fragment,
    parse_temporal_instance,
)
from hanze.ngsild.representation.view import View
from hanze.ngsild.temporal.model import (
    AggregatedEntity,
    AggregatedSeries,
    Instance,
    Method,
    TemporalEntity,
    TimeProperty,
)

CONTEXT = CORE
VIEW = TemporalView(CONTEXT)
ID = "urn:ngsi-ld:Bin:1"
NOW = "2026-05-04T12:00:00Z"
FIRST, SECOND = "2026-05-04T10:00:00Z", "2026-05-04T11:00:00Z"
Json = dict[str, Any]


def body(**members: Any) -> Json:
    return {"id": ID, "type": "Bin", **members}


def parse(**members: Any) -> TemporalEntity:
    return parse_temporal_entity(body(**members), CONTEXT, now=NOW)


def normalized(entity: TemporalEntity, view: TemporalView = VIEW) -> Any:
    return loads(b"".join(instances(entity, view, concise=False)))


def values(entity: TemporalEntity, view: TemporalView = VIEW) -> Any:
    return loads(b"".join(temporal_values(entity, view)))


#: By kind: the normalized member and two values of it; what the series is called and holds.
KINDS: list[tuple[str, str, list[Any], str, list[Any]]] = [
    ("Property", "value", [1, {"a": "b"}], "values", [1, {"a": "b"}]),
    (
        "GeoProperty",
        "value",
        [{"type": "Point", "coordinates": [5.4, 52.1]}] * 2,
        "values",
        [{"type": "Point", "coordinates": [5.4, 52.1]}] * 2,
    ),
    (
        "LanguageProperty",
        "languageMap",
        [{"en": "yes"}, {"nl": "nee"}],
        "languageMaps",
        [{"languageMap": {"en": "yes"}}, {"languageMap": {"nl": "nee"}}],
    ),
    ("VocabProperty", "vocab", ["on", ["on", "off"]], "vocabs", [{"vocab": "on"}, {"vocab": ["on", "off"]}]),
    ("JsonProperty", "json", [[1], {"x": None}], "jsons", [{"json": [1]}, {"json": {"x": None}}]),
    ("ListProperty", "valueList", [[1, 2], []], "valueLists", [[1, 2], []]),
    ("Relationship", "object", ["urn:a:1", ["urn:a:1", "urn:a:2"]], "objects", ["urn:a:1", ["urn:a:1", "urn:a:2"]]),
    (
        "ListRelationship",
        "objectList",
        [[{"object": "urn:a:1"}], [{"object": "urn:a:2"}, {"object": "urn:a:1"}]],
        "objectLists",
        [["urn:a:1"], ["urn:a:2", "urn:a:1"]],
    ),
]  # fmt: skip


@pytest.mark.clause("4.5.9")
@pytest.mark.parametrize(("kind", "member", "sent", "series", "paired"), KINDS)
def test_each_kind_should_read_and_write_in_both_forms(
    kind: str, member: str, sent: list[Any], series: str, paired: list[Any]
) -> None:
    times = (FIRST, SECOND)
    whole = [
        {"type": kind, member: value, "observedAt": time}
        for value, time in zip(sent, times, strict=True)
    ]
    simple = {"type": kind, series: [list(pair) for pair in zip(paired, times, strict=True)]}
    entity = parse(a=whole)
    assert entity == parse(a=simple)
    assert normalized(entity) == body(a=whole)
    assert values(entity) == body(a=simple)
    concise = orjson.loads(b"".join(instances(entity, VIEW, concise=True)))
    assert parse_temporal_entity(concise, CONTEXT, now=NOW) == entity


@pytest.mark.clause("4.5.7")
def test_parse_should_take_a_single_instance_or_an_array_of_them() -> None:
    instance = {"type": "Property", "value": 1, "observedAt": FIRST}
    assert parse(a=instance) == parse(a=[instance]) == parse(a={"value": 1, "observedAt": FIRST})
    again = parse(a=[instance, instance, {**instance, "datasetId": "urn:d:1"}])
    (found,) = again.attributes.values()
    assert [one.attribute.dataset_id for one in found] == [None, None, "urn:d:1"]


@pytest.mark.clause("5.2.2")
def test_parse_should_pass_over_what_the_node_sets_itself() -> None:
    instance = {"type": "Property", "value": 1, "instanceId": "urn:x:1", "createdAt": FIRST}
    entity = parse(a=[instance], createdAt=FIRST, modifiedAt=FIRST)
    (found,) = entity.attributes.values()
    assert found == (Instance(Attribute(kind=AttributeKind.PROPERTY, value=1)),)
    assert entity.created_at is None


@pytest.mark.clause("4.5.6")
def test_parse_should_take_the_scope_plain_and_as_a_property() -> None:
    plain = parse(scope=["/a", "/b"])
    assert [one.attribute.observed_at for one in plain.attributes[SCOPE]] == [NOW]
    as_property = parse(scope={"type": "Property", "value": "/a", "observedAt": FIRST})
    assert as_property == parse(scope={"type": "Property", "values": [["/a", FIRST]]})
    assert normalized(as_property)["scope"] == [
        {"type": "Property", "value": "/a", "observedAt": FIRST}
    ]
    gone = {"type": "Property", "value": NULL, "deletedAt": SECOND}
    assert parse(scope=[gone]).attributes[SCOPE][0].deleted_at == SECOND


@pytest.mark.clause("5.5.4")
def test_parse_should_take_a_null_when_it_says_when_the_attribute_was_deleted() -> None:
    gone = {"type": "Property", "value": NULL, "deletedAt": SECOND}
    entity = parse(a=[{"value": 1, "observedAt": FIRST}, {**gone, "observedAt": SECOND}])
    last = next(iter(entity.attributes.values()))[-1]
    assert last.deleted_at == SECOND
    assert last.attribute.value == NULL
    said = {"type": "LanguageProperty", "languageMap": {"@none": NULL}, "deletedAt": SECOND}
    sys_attrs = replace_view(sys_attrs=True)
    assert normalized(parse(a=[said]), sys_attrs)["a"] == [said]


REFUSED: list[Json] = [
    {"a": []},
    {"a": 1},
    {"a": [1, 2]},
    {"a": NULL},
    {"a": {"b": 1}},
    {"a": {"type": "Property"}},
    {"a": {"type": "Property", "value": NULL}},
    {"a": {"type": "Relationship", "object": "no uri"}},
    {"a": {"type": "Property", "value": 1, "observedAt": "noon"}},
    {"a": {"type": "Property", "values": []}},
    {"a": {"type": "Property", "values": [1]}},
    {"a": {"type": "Property", "values": [[1]]}},
    {"a": {"type": "Property", "values": [[1, "noon"]]}},
    {"a": {"type": "Property", "values": [[1, FIRST]], "unitCode": "MTR"}},
    {"a": {"type": "Property", "values": [[1, FIRST]], "datasetId": "none"}},
    {"a": {"value": NULL, "deletedAt": "noon"}},
    {"a": {"value": NULL, "deletedAt": SECOND, "observedAt": NULL}},
    {"a": {"type": "Nonsense", "value": 1}},
    {"location": {"type": "Property", "value": 1}},
    {"scope": 1},
    {"scope": []},
    {"scope": [1]},
    {"scope": "7"},
    {"scope": {"type": "Relationship", "object": "urn:a:1"}},
    {"scope": {"type": "Property", "value": "/a", "unitCode": "MTR"}},
    {"scope": {"type": ["Property"], "value": "/a"}},
    {"value": {"type": "Property", "value": 1}},
    {"a": {"value": 1}, "https://uri.etsi.org/ngsi-ld/default-context/a": {"value": 1}},
    {"id": "no uri"},
    {"id": None},
    {"type": []},
]


@pytest.mark.clause("5.2.20")
@pytest.mark.parametrize("members", REFUSED)
def test_parse_should_refuse_when_it_is_no_temporal_evolution(members: Json) -> None:
    with pytest.raises(InvalidInput):
        parse(**members)


@pytest.mark.clause("5.6.11.4")
def test_parse_should_ask_for_id_and_type_when_the_evolution_may_be_new() -> None:
    wrong: list[Any] = [{"type": "Bin"}, {"id": ID}, [], None, "text"]
    for json in wrong:
        with pytest.raises(InvalidInput):
            parse_temporal_entity(json, CONTEXT, now=NOW)


@pytest.mark.clause("5.6.12.3")
def test_parse_fragment_should_keep_to_the_entity_of_the_path() -> None:
    fragment = parse_temporal_fragment({"a": {"value": 1}}, CONTEXT, ID, now=NOW)
    assert (fragment.id, fragment.types) == (ID, ())
    with pytest.raises(InvalidInput):
        parse_temporal_fragment({"id": "urn:a:2", "a": {"value": 1}}, CONTEXT, ID, now=NOW)


@pytest.mark.clause("5.6.14.3")
def test_parse_instance_should_want_exactly_one() -> None:
    name = CONTEXT.expand_name("a")
    sent: Json = {"a": [{"type": "Property", "value": 1}]}
    found = parse_temporal_instance(sent, CONTEXT, ID, name, now=NOW)
    assert found.attribute.value == 1
    wrong: list[Json] = [{}, {"b": {"value": 1}}, {**sent, "b": {"value": 1}}, {"a": sent["a"] * 2}]
    for json in wrong:
        with pytest.raises(InvalidInput):
            parse_temporal_instance(json, CONTEXT, ID, name, now=NOW)


def replace_view(**members: Any) -> TemporalView:
    return TemporalView(CONTEXT, View(**members))


def recorded(value: Any, at: str, **members: Any) -> Instance:
    attribute = Attribute(
        kind=members.pop("kind", AttributeKind.PROPERTY),
        value=value,
        observed_at=at,
        created_at=NOW,
        modified_at=NOW,
        dataset_id=members.pop("dataset_id", None),
    )
    return Instance(attribute, **members)


def evolution(*recordings: Instance) -> TemporalEntity:
    return TemporalEntity(
        ID, (CONTEXT.expand_name("Bin"),), {CONTEXT.expand_name("a"): recordings}, NOW, NOW
    )


@pytest.mark.clause("6.3.11")
def test_instances_should_show_system_attributes_only_on_request() -> None:
    entity = evolution(recorded(1, FIRST, instance_id="urn:i:1", deleted_at=NOW))
    plain = {"type": "Property", "value": 1, "observedAt": FIRST, "instanceId": "urn:i:1"}
    assert normalized(entity) == body(a=[plain])
    moments = {"createdAt": NOW, "modifiedAt": NOW}
    gone = replace(entity, deleted_at=NOW)
    assert normalized(gone, replace_view(sys_attrs=True)) == body(
        a=[{**plain, **moments, "deletedAt": NOW}], **moments, deletedAt=NOW
    )


@pytest.mark.clause("4.5.9")
def test_temporal_values_should_pair_with_the_property_asked_for() -> None:
    entity = evolution(recorded(1, FIRST), recorded(2, SECOND, deleted_at=SECOND))
    by_change = TemporalView(CONTEXT, timeproperty=TimeProperty.MODIFIED_AT)
    assert values(entity, by_change)["a"]["values"] == [[1, NOW], [2, NOW]]
    by_deletion = TemporalView(CONTEXT, timeproperty=TimeProperty.DELETED_AT)
    assert values(entity, by_deletion)["a"]["values"] == [[2, SECOND]]
    untimed = evolution(Instance(Attribute(kind=AttributeKind.PROPERTY, value=1)))
    assert values(untimed) == body()


@pytest.mark.clause("4.5.5")
def test_temporal_values_should_keep_datasets_and_kinds_apart() -> None:
    entity = evolution(
        recorded(1, FIRST),
        recorded("urn:a:1", SECOND, kind=AttributeKind.RELATIONSHIP),
        recorded(2, SECOND, dataset_id="urn:d:1"),
    )
    assert values(entity)["a"] == [
        {"type": "Property", "values": [[1, FIRST]]},
        {"type": "Relationship", "objects": [["urn:a:1", SECOND]]},
        {"type": "Property", "datasetId": "urn:d:1", "values": [[2, SECOND]]},
    ]
    assert parse(a=values(entity)["a"]).attributes.keys() == entity.attributes.keys()


@pytest.mark.clause("4.15")
def test_both_forms_should_choose_a_language_when_one_is_asked_for() -> None:
    kind = AttributeKind.LANGUAGE_PROPERTY
    entity = evolution(recorded({"en": "yes", "nl": "ja"}, FIRST, kind=kind))
    view = replace_view(languages=parse_languages("nl"))
    assert normalized(entity, view)["a"] == [
        {"type": "Property", "value": "ja", "observedAt": FIRST, "lang": "nl"}
    ]
    assert values(entity, view)["a"] == {"type": "Property", "values": [["ja", FIRST]]}


@pytest.mark.clause("4.21")
@pytest.mark.parametrize(
    ("pick", "omit", "expected"),
    [
        ("id", None, {"id"}),
        ("a,scope", None, {"a", "scope"}),
        (None, "scope,type", {"id", "a"}),
        ("id,a", "a", {"id"}),
        ("none", None, set()),
    ],
)
def test_every_form_should_show_what_is_picked_and_not_omitted(
    pick: str | None, omit: str | None, expected: set[str]
) -> None:
    entity = parse(scope=[{"type": "Property", "value": "/a", "observedAt": NOW}], a={"value": 1, "observedAt": NOW})  # fmt: skip
    view = TemporalView(CONTEXT, projection=parse_projection(pick, omit, CONTEXT))
    assert set(normalized(entity, view)) == set(values(entity, view)) == expected


@pytest.mark.clause("4.5.19.0")
def test_aggregated_should_name_methods_and_periods() -> None:
    series = AggregatedSeries(AttributeKind.PROPERTY, None, {Method.MAX: ((3, 0, 60_000_000),)})
    other = AggregatedSeries(AttributeKind.PROPERTY, "urn:d:1", {Method.MAX: ()})
    types, name = (CONTEXT.expand_name("Bin"),), CONTEXT.expand_name("a")

    def rendered(*found: AggregatedSeries) -> Any:
        entity = AggregatedEntity(ID, types, {name: found})
        return orjson.loads(b"".join(aggregated(entity, VIEW)))

    first = {"type": "Property", "max": [[3, "1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z"]]}
    assert rendered(series) == body(a=first)
    assert rendered(series, other) == body(
        a=[first, {"type": "Property", "datasetId": "urn:d:1", "max": []}]
    )


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(), st.integers(0, 10**15)), min_size=1, max_size=600))
def test_both_forms_should_be_read_back_as_the_same(points: list[tuple[int, int]]) -> None:
    entity = parse(a=[{"value": value, "observedAt": format_datetime(at)} for value, at in points])
    for json in (normalized(entity), values(entity)):
        assert parse_temporal_entity(json, CONTEXT, now=NOW) == entity
