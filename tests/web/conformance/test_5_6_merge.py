"""Merge Entity, at every depth and in simplified form (CIM 009, 5.5.12, 5.6.17, 6.5.3.4)."""

from typing import Any

import httpx
import pytest

from tests.web.conformance.broker import (
    ID,
    NULL,
    Json,
    a_room,
    attribute,
    check_problem,
    create,
    members,
    read,
)

URL = f"/entities/{ID}"
OLD, NEW, COMMON = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"
POINT = {"type": "Point", "coordinates": [1, 2]}


@pytest.mark.clause("5.5.12")
@pytest.mark.parametrize(
    ("before", "fragment", "after"),
    [
        (  # Example 1: what the fragment does not name stays.
            {"value": 25, "unitCode": "CEL", "observedAt": OLD},
            {"type": "Property", "value": 100, "observedAt": NEW},
            {"type": "Property", "value": 100, "unitCode": "CEL", "observedAt": NEW},
        ),
        (  # Example 2: into the JSON of the value.
            {"value": {"street": "A", "city": "Zwolle", "country": "Germany"}},
            {"type": "Property", "value": {"street": "B", "country": NULL}},
            {"type": "Property", "value": {"street": "B", "city": "Zwolle"}},
        ),
        (
            {"value": {"x": {"y": 1, "z": {"q": 1}}, "l": [1, {"a": 1}]}},
            {"value": {"x": {"y": NULL, "z": {"r": 2}}, "l": [{"b": 2}]}},
            {"type": "Property", "value": {"x": {"z": {"q": 1, "r": 2}}, "l": [{"b": 2}]}},
        ),
        (
            {"value": {"x": 1}},
            {"value": {"x": {"y": NULL}}},
            {"type": "Property", "value": {"x": {}}},
        ),
        ({"value": {"x": 1}}, {"value": 5}, {"type": "Property", "value": 5}),
        ({"value": 5}, {"value": {"x": NULL, "y": 1}}, {"type": "Property", "value": {"y": 1}}),
        ({"value": {"x": 1}}, {"value": {"none": NULL}}, {"type": "Property", "value": {"x": 1}}),
        ({"value": {"x": 1}}, {"value": {}}, {"type": "Property", "value": {"x": 1}}),
        # Concise fragments.
        (7, 8, {"type": "Property", "value": 8}),
        ({"value": {"x": 1, "y": 2}}, {"x": 3}, {"type": "Property", "value": {"x": 3, "y": 2}}),
        ({"value": 7, "unitCode": "CEL"}, 8, {"type": "Property", "value": 8, "unitCode": "CEL"}),
        # Sub-attributes merge too.
        (
            {"value": 1, "q": {"value": {"a": 1}, "unitCode": "P1"}, "r": 1},
            # Without its type, the fragment would be a concise value (4.5.2.3).
            {"type": "Property", "q": {"value": {"b": 2}}, "r": NULL},
            {
                "type": "Property",
                "value": 1,
                "q": {"type": "Property", "value": {"a": 1, "b": 2}, "unitCode": "P1"},
            },
        ),
        (
            {"value": 1, "unitCode": "CEL", "observedAt": OLD},
            {"unitCode": NULL, "observedAt": NULL},
            {"type": "Property", "value": 1},
        ),
        # The map of a LanguageProperty merges by language.
        (
            {"languageMap": {"en": "a", "nl": "b", "fr": "c"}},
            {"languageMap": {"nl": "d", "fr": NULL, "de": ["e"]}},
            {"type": "LanguageProperty", "languageMap": {"en": "a", "nl": "d", "de": ["e"]}},
        ),
        (
            {"json": {"a": {"b": 1, "c": 2}}},
            {"json": {"a": {"c": NULL}}},
            {"type": "JsonProperty", "json": {"a": {"b": 1}}},
        ),
        # Values that are no JSON objects are replaced.
        ({"vocab": ["a", "b"]}, {"vocab": "c"}, {"type": "VocabProperty", "vocab": "c"}),
        ({"valueList": [1, 2]}, {"valueList": [3]}, {"type": "ListProperty", "valueList": [3]}),
        (
            {"object": ["urn:a:b", "urn:a:c"], "objectType": "T"},
            {"object": "urn:a:d"},
            {"type": "Relationship", "object": "urn:a:d", "objectType": "T"},
        ),
        (
            {"value": POINT, "q": 1},
            {"value": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
            {
                "type": "GeoProperty",
                "value": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
                "q": {"type": "Property", "value": 1},
            },
        ),
        # Another type is a new attribute; only the simplified form forbids it (6.5.3.4).
        (
            {"value": 1},
            {"type": "Relationship", "object": "urn:a:b"},
            {"type": "Relationship", "object": "urn:a:b"},
        ),
    ],
    ids=str,
)
async def test_merge_should_go_into_what_is_there(
    api: httpx.AsyncClient, before: Any, fragment: Any, after: Any
) -> None:
    await create(api, a=before, b=1)
    response = await api.patch(URL, json={"a": fragment})
    assert (response.status_code, response.content) == (204, b""), response.text
    assert await attribute(api) == after
    room = await read(api, options="sysAttrs")
    assert (room["a"]["modifiedAt"] > room["b"]["modifiedAt"]) is (
        room["modifiedAt"] > room["createdAt"]
    )


@pytest.mark.clause("5.6.17.4")
async def test_merge_should_append_what_is_not_there_without_nulls(api: httpx.AsyncClient) -> None:
    await create(api)
    fragment = {
        "a": {"value": {"x": 1, "y": NULL}, "unitCode": NULL, "q": NULL},
        "b": {"languageMap": {"nl": "x", "en": NULL}},
        "c": NULL,
        "d": [{"value": 1}, {"value": 2, "datasetId": "urn:d:2"}],
    }
    assert (await api.patch(URL, json=fragment)).status_code == 204
    assert await members(api, format="concise") == {
        "a": {"x": 1},
        "b": {"languageMap": {"nl": "x"}},
        "d": [{"value": 1}, {"value": 2, "datasetId": "urn:d:2"}],
    }


@pytest.mark.clause("5.6.17.4")
async def test_merge_should_address_instances_by_dataset_id(api: httpx.AsyncClient) -> None:
    await create(api, a=[{"value": {"x": 1}}, {"value": {"x": 2}, "datasetId": "urn:d:2"}])
    fragment: Json = {"a": {"value": {"y": 3}, "datasetId": "urn:d:2"}}
    assert (await api.patch(URL, json=fragment)).status_code == 204
    assert await attribute(api, format="concise") == [
        {"value": {"x": 1}},
        {"value": {"x": 2, "y": 3}, "datasetId": "urn:d:2"},
    ]
    fragment = {"a": {"value": 4, "datasetId": "urn:d:4"}}
    assert (await api.patch(URL, json=fragment)).status_code == 204
    dataset = {"@none": {"x": 1}, "urn:d:2": {"x": 2, "y": 3}, "urn:d:4": 4}
    assert await attribute(api, format="simplified") == {"dataset": dataset}


@pytest.mark.clause("5.6.17.4")
async def test_merge_should_add_types_and_replace_the_scope(api: httpx.AsyncClient) -> None:
    await create(api, a=1)
    assert (await api.patch(URL, json={"type": ["Hall"], "scope": ["/A", "/B"]})).status_code == 204
    assert await read(api, format="concise") == a_room(
        type=["Room", "Hall"], scope=["/A", "/B"], a=1
    )
    assert (await api.patch(URL, json={"id": ID, "scope": "/C"})).status_code == 204
    assert await attribute(api, "scope") == "/C"
    assert (await api.patch(URL, json={"scope": NULL})).status_code == 204
    assert await attribute(api, "scope") is None


@pytest.mark.clause("6.5.3.4")
async def test_observed_at_should_count_where_there_was_one_and_none_is_sent(
    api: httpx.AsyncClient,
) -> None:
    await create(
        api,
        had={"value": 1, "observedAt": OLD, "q": {"value": 1, "observedAt": OLD}},
        had_and_sent={"value": 1, "observedAt": OLD},
        had_not=1,
        not_merged={"value": 1, "observedAt": OLD},
        other_kind={"value": 1, "observedAt": OLD},
    )
    fragment = {
        "had": {"value": 2, "q": {"value": 2}},
        "had_and_sent": {"value": 2, "observedAt": NEW},
        "had_not": {"value": 2},
        "other_kind": {"object": "urn:a:b"},
        "new": {"value": 2},
    }
    response = await api.patch(URL, params={"observedAt": COMMON}, json=fragment)
    assert response.status_code == 204
    assert await members(api, format="concise") == {
        "had": {"value": 2, "observedAt": COMMON, "q": {"value": 2, "observedAt": COMMON}},
        "had_and_sent": {"value": 2, "observedAt": NEW},
        "had_not": 2,
        "not_merged": {"value": 1, "observedAt": OLD},
        "other_kind": {"object": "urn:a:b", "observedAt": COMMON},
        "new": 2,
    }
    for wrong in ("2022-01-01", "2022-01-01T00:00:00+01:00", "x", ""):
        response = await api.patch(URL, params={"observedAt": wrong}, json=fragment)
        check_problem(response, 400, "BadRequestData")


@pytest.mark.clause("6.5.3.4")
@pytest.mark.parametrize(
    "sent", [{"value": "nieuw"}, {"type": "Property", "value": "nieuw"}, "nieuw"]
)
async def test_a_text_should_take_the_place_of_its_language(
    api: httpx.AsyncClient, sent: Any
) -> None:
    await create(api, a={"languageMap": {"en": "old", "nl": "oud"}}, b="x")
    response = await api.patch(URL, params={"lang": "nl"}, json={"a": sent, "b": "y", "c": "z"})
    assert response.status_code == 204
    assert await members(api, format="concise") == {
        "a": {"languageMap": {"en": "old", "nl": "nieuw"}},
        "b": "y",
        "c": "z",
    }
    several = {"a": ["p", "q"]}
    response = await api.patch(URL, params={"lang": "fr", "format": "simplified"}, json=several)
    assert response.status_code == 204
    assert (await attribute(api))["languageMap"] == {"en": "old", "nl": "nieuw", "fr": ["p", "q"]}


SIMPLE: dict[str, Any] = {
    "p": {"value": {"x": 1, "y": 2}, "unitCode": "CEL", "observedAt": OLD},
    "r": {"object": "urn:a:b", "objectType": "T"},
    "rs": {"object": ["urn:a:b"]},
    "g": {"value": POINT, "q": 1},
    "l": {"languageMap": {"nl": "x", "en": "y"}},
    "v": {"vocab": "x"},
    "j": {"json": {"a": 1}},
    "vl": {"valueList": [1]},
    "ol": {"objectList": ["urn:a:b"]},
    "m": [{"value": 1}, {"value": 2, "datasetId": "urn:d:2"}],
}


@pytest.mark.clause("6.5.3.4")
@pytest.mark.parametrize(
    "params", [{"format": "simplified"}, {"format": "keyValues"}, {"options": "keyValues"}]
)
async def test_simplified_values_should_keep_the_types_that_are_there(
    api: httpx.AsyncClient, params: dict[str, str]
) -> None:
    await create(api, **SIMPLE)
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}
    fragment = {
        "p": {"y": 3, "x": NULL},
        "r": "urn:a:c",
        "rs": ["urn:a:c", "urn:a:d"],
        "g": line,
        "l": {"languageMap": {"nl": "z"}},
        "v": {"vocab": "z"},
        "j": {"json": {"b": 2}},
        "vl": [2],
        "ol": ["urn:a:c"],
        "m": {"dataset": {"@none": 3, "urn:d:2": 4, "urn:d:5": 5}},
        "new": "text",
    }
    response = await api.patch(URL, params=params, json=fragment)
    assert response.status_code == 204, response.text
    assert await members(api, format="concise") == {
        "p": {"value": {"y": 3}, "unitCode": "CEL", "observedAt": OLD},
        "r": {"object": "urn:a:c", "objectType": "T"},
        "rs": {"object": ["urn:a:c", "urn:a:d"]},
        "g": {"value": line, "q": 1},
        "l": {"languageMap": {"nl": "z", "en": "y"}},
        "v": {"vocab": "z"},
        "j": {"json": {"a": 1, "b": 2}},
        "vl": {"valueList": [2]},
        "ol": {"objectList": ["urn:a:c"]},
        "m": [
            {"value": 3},
            {"value": 4, "datasetId": "urn:d:2"},
            {"value": 5, "datasetId": "urn:d:5"},
        ],
        "new": "text",
    }
    nulls = dict.fromkeys(SIMPLE, NULL)
    assert (await api.patch(URL, params=params, json=nulls)).status_code == 204
    left = [
        {"value": 4, "datasetId": "urn:d:2"},
        {"value": 5, "datasetId": "urn:d:5"},
    ]
    assert await members(api, format="concise") == {"m": left, "new": "text"}


@pytest.mark.clause("6.5.3.4")
@pytest.mark.parametrize(
    "fragment",
    [
        *({"r": 5}, {"r": "no uri"}, {"r": {"x": 1}}, {"g": 5}, {"g": "x"}, {"l": 5}, {"ol": [5]}),
        *({"vl": 5}, {"ol": "x"}, {"p": {"json": {}}}, {"p": {"vocab": "x"}}, {"l": {"json": {}}}),
        *({"p": {"languageMap": {"nl": "x"}}}, {"new": None}, {"id": "urn:x:y", "p": 1}),
    ],
    ids=str,
)
async def test_simplified_values_should_not_change_a_type(
    api: httpx.AsyncClient, fragment: Any
) -> None:
    await create(api, **SIMPLE)
    response = await api.patch(URL, params={"format": "simplified"}, json=fragment)
    check_problem(response, 400, "BadRequestData")
    assert await members(api, format="concise") == SIMPLE


@pytest.mark.clause("6.5.3.4")
async def test_parameters_of_merge(api: httpx.AsyncClient) -> None:
    await create(api, a={"object": "urn:a:b"})
    for params in ({"format": "x"}, {"options": "noOverwrite"}, {"datasetId": "urn:d:1"}):
        check_problem(await api.patch(URL, params=params, json={"a": 1}), 400, "InvalidRequest")
    # The format parameter takes precedence.
    both = {"format": "simplified", "options": "normalized"}
    check_problem(await api.patch(URL, params=both, json={"a": 5}), 400, "InvalidRequest")
    both = {"format": "simplified", "options": "keyValues"}
    assert (await api.patch(URL, params=both, json={"a": "urn:a:c"})).status_code == 204
    check_problem(
        await api.patch(URL, params={"lang": "n l"}, json={"a": "x"}), 400, "BadRequestData"
    )


@pytest.mark.clause("5.5.4")
@pytest.mark.parametrize(
    "fragment",
    [
        *({}, [], {"a": None}, {"a": {"value": None}}, {"a": {"value": {"x": None}}}, {"id": "x"}),
        *({"id": NULL, "a": 1}, {"type": NULL, "a": 1}, {"a": {"value": 1, "datasetId": NULL}}),
        *({"a": {"value": [1, NULL]}}, {"a": [{"value": 1}, {"value": 2}]}, {"a b": 1}),
        *({"new": {"unitCode": "CEL"}}, {"a": {"type": "x", "value": 1}}, {"scope": []}),
        *({"a": {"object": ["urn:a:b", NULL]}}, {"@context": {}}, {"new": {"type": "Property"}}),
        *({"observedAt": OLD}, {"a": {"objectType": "T"}}, {"expiresAt": "x"}, {"location": 5}),
    ],
    ids=str,
)
async def test_merge_should_refuse_what_is_no_fragment(
    api: httpx.AsyncClient, fragment: Any
) -> None:
    await create(api, a=1)
    check_problem(await api.patch(URL, json=fragment), 400, "BadRequestData")
    assert await members(api, format="concise") == {"a": 1}
