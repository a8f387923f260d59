"""What holds for every entity and every fragment."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild import patch
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attributes, Entity, Fragment, Instances
from hanze.ngsild.patch import Patched
from hanze.ngsild.representation.parse import NullPolicy, parse_entity, parse_fragment
from hanze.ngsild.representation.stored import dump, load

BORN = "2026-01-01T00:00:00Z"
NOW = "2026-02-02T00:00:00Z"

NUMBERS = st.sampled_from([0, 1, 1.0, True, "x", [1], {"x": 1}, {"x": {"y": 1.0}}])
DATASETS = st.sampled_from(["@none", "urn:x:1", "urn:x:2"])


def properties(values: st.SearchStrategy[Any], *, sub: bool = True) -> st.SearchStrategy[Any]:
    optional: dict[str, st.SearchStrategy[Any]] = {"unitCode": st.just("CEL")}
    if sub:
        optional["sub"] = properties(values, sub=False)
    return st.fixed_dictionaries({"type": st.just("Property"), "value": values}, optional=optional)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make instances of an attribute, each with a datasetId of its own."""
    return st.dictionaries(DATASETS, one, min_size=1, max_size=2).map(
        lambda by_id: [{**json, "datasetId": key} for key, json in by_id.items()]
    )


def members(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(["a", "b", "c"]), several(one), max_size=3)


def parsed_entity(json: dict[str, Any]) -> Entity:
    return patch.stamp(parse_entity({"id": "urn:x:bin", "type": "Bin", **json}, CORE), BORN)


def parsed_fragment(json: dict[str, Any], nulls: NullPolicy) -> Fragment:
    return parse_fragment(json, CORE, nulls)


ENTITIES = members(properties(NUMBERS)).map(parsed_entity)
APPENDED = members(properties(NUMBERS)).map(lambda json: parsed_fragment(json, NullPolicy.REFUSE))
UPDATES = members(properties(NUMBERS | st.just(NULL))).map(
    lambda json: parsed_fragment(json, NullPolicy.UPDATE)
)
MERGES = members(properties(NUMBERS | st.sampled_from([NULL, {"x": NULL}]))).map(
    lambda json: parsed_fragment(json, NullPolicy.MERGE)
)


def untouched(entity: Entity, fragment: Fragment) -> set[tuple[str, str | None]]:
    """Name the instances of which the fragment does not speak."""
    return keys(entity.attributes) - keys(fragment.attributes)


def keys(attributes: Attributes) -> set[tuple[str, str | None]]:
    return {(name, one.dataset_id) for name, instances in attributes.items() for one in instances}


def assert_laws(entity: Entity, fragment: Fragment, patched: Patched, again: Patched) -> None:
    present = {(name, one.dataset_id): one for name, one in flat(entity.attributes)}
    result = {(name, one.dataset_id): one for name, one in flat(patched.entity.attributes)}
    for key in untouched(entity, fragment):
        assert result[key] is present[key]
    for key, one in result.items():
        assert one.created_at == (present[key].created_at if key in present else NOW)
        assert one is present.get(key) or one.modified_at == NOW
    assert all(instances for instances in patched.entity.attributes.values())
    assert (patched.entity is entity) == (not patched.changes)
    assert patched.entity.created_at == BORN
    assert patched.entity.modified_at == (NOW if patched.changes else BORN)
    assert repr(again.entity) == repr(patched.entity)
    assert_stored(patched.entity)


def flat(attributes: Attributes) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Instances]] = list(attributes.items())
    return [(name, one) for name, instances in pairs for one in instances]


def assert_stored(entity: Entity) -> None:
    """See that system attributes survive being stored."""
    _, body, system = dump(entity, CORE)
    assert repr(load(body, system, CORE)) == repr(entity)


@given(ENTITIES, UPDATES)
@settings(max_examples=80, deadline=None)
@pytest.mark.clause("5.5.8")
def test_update_should_touch_what_is_named_and_be_idempotent(
    entity: Entity, fragment: Fragment
) -> None:
    patched = patch.update_attributes(entity, fragment, NOW)
    again = patch.update_attributes(patched.entity, fragment, NOW)
    assert_laws(entity, fragment, patched, again)


@given(ENTITIES, APPENDED, st.booleans())
@settings(max_examples=80, deadline=None)
@pytest.mark.clause("5.6.3.4")
def test_append_should_touch_what_is_named_and_be_idempotent(
    entity: Entity, fragment: Fragment, overwrite: bool
) -> None:
    patched = patch.append_attributes(entity, fragment, NOW, overwrite=overwrite)
    again = patch.append_attributes(patched.entity, fragment, NOW, overwrite=overwrite)
    assert_laws(entity, fragment, patched, again)
    if not overwrite:
        assert all(change.old is None for change in patched.changes)


@given(ENTITIES, MERGES)
@settings(max_examples=80, deadline=None)
@pytest.mark.clause("5.5.12")
def test_merge_should_touch_what_is_named_and_be_idempotent(
    entity: Entity, fragment: Fragment
) -> None:
    patched = patch.merge_entity(entity, fragment, NOW)
    again = patch.merge_entity(patched.entity, fragment, NOW)
    assert_laws(entity, fragment, patched, again)


@given(ENTITIES, ENTITIES)
@settings(max_examples=80, deadline=None)
@pytest.mark.clause("5.6.18.4")
def test_replace_should_leave_the_new_content_alone(present: Entity, content: Entity) -> None:
    patched = patch.replace_entity(present, content, NOW)
    assert keys(patched.entity.attributes) == keys(content.attributes)
    assert patched.entity.created_at == BORN
    again = patch.replace_entity(patched.entity, content, NOW)
    assert repr(again.entity) == repr(patched.entity)


@given(ENTITIES)
@settings(max_examples=30, deadline=None)
@pytest.mark.clause("5.5.12")
def test_merge_should_change_nothing_by_what_is_there_already(entity: Entity) -> None:
    same = Fragment(attributes=entity.attributes)
    merged = patch.merge_entity(entity, same, NOW).entity
    assert dump(merged, CORE)[1] == dump(entity, CORE)[1]
