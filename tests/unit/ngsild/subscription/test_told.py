"""What a notification tells is read as it was meant: the way there and back."""

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hanze.broker.happened import Happened
from hanze.broker.notification.entities import EntityRendering
from hanze.broker.ports import Store
from hanze.errors import InvalidInput
from hanze.identity.caller import NODE
from hanze.ngsild.context import CORE
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Entity
from hanze.ngsild.subscription.told import Told, read_told
from tests.subscribing import read

EARLIER, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
NAMES = [CORE.expand_name(name) for name in ("level", "name", "location")]

_PROPERTIES = st.builds(
    lambda value: (AttributeKind.PROPERTY, value), st.integers(-5, 5) | st.text("ab", min_size=1)
)
_VALUES = st.one_of(
    _PROPERTIES,
    st.just((AttributeKind.RELATIONSHIP, "urn:ngsi-ld:Lamp:2")),
    st.just((AttributeKind.LANGUAGE_PROPERTY, {"nl": "a", "en": "b"})),
    st.just((AttributeKind.JSON_PROPERTY, {"a": [1]})),
    st.just((AttributeKind.LIST_PROPERTY, [1, 2])),
)


def _entity(attributes: dict[str, list[tuple[str | None, tuple[Any, Any]]]]) -> Entity:
    return Entity(
        id="urn:ngsi-ld:Lamp:1",
        types=(CORE.expand_name("Lamp"),),
        attributes={
            name: tuple(
                Attribute(
                    kind=kind,
                    value=value,
                    dataset_id=dataset,
                    created_at=EARLIER,
                    modified_at=NOW,
                )
                for dataset, (kind, value) in instances
            )
            for name, instances in attributes.items()
            if instances
        },
        created_at=EARLIER,
        modified_at=NOW,
    )


_INSTANCES = st.lists(
    st.tuples(st.sampled_from([None, "urn:x:1"]), _VALUES),
    max_size=2,
    unique_by=lambda one: one[0],
)
_ENTITIES = st.dictionaries(st.sampled_from(NAMES[:2]), _INSTANCES, max_size=2).map(_entity)
_WITH_ALL = read(
    {"entities": [{"type": "Lamp"}]}, notification={"sysAttrs": True, "showChanges": True}
)


def _rendered(happened: Happened) -> Any:
    rendering = EntityRendering(cast(Store, None), NODE, _WITH_ALL, NOW)
    return rendering.data([happened])[0]


@pytest.mark.clause("5.8.6")
@settings(max_examples=60)
@given(before=_ENTITIES, after=_ENTITIES)
def test_read_told_should_show_the_same_again(before: Entity, after: Entity) -> None:
    first = _rendered(Happened(before.id, before, after, NOW))
    told = read_told(first, CORE)
    second = _rendered(Happened(before.id, told.before, told.after, told.deleted_at or NOW))
    assert _sorted(second) == _sorted(first)


@pytest.mark.clause("5.8.6")
@settings(max_examples=30)
@given(before=_ENTITIES)
def test_read_told_should_show_the_same_of_a_deletion(before: Entity) -> None:
    first = _rendered(Happened(before.id, before, None, NOW))
    told = read_told(first, CORE)
    assert told.after is None
    second = _rendered(Happened(before.id, told.before, None, told.deleted_at or ""))
    assert _sorted(second) == _sorted(first)


def _sorted(json: Any) -> Any:
    if isinstance(json, dict):
        return {key: _sorted(value) for key, value in json.items()}
    return sorted(json, key=repr) if isinstance(json, list) else json


def test_read_told_should_know_an_attribute_that_is_gone_when_it_is_a_bare_null() -> None:
    json = {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": NULL}
    told = read_told(json, CORE)
    assert told.after is not None
    assert told.after.attributes == {}
    assert told.before is not None
    assert list(told.before.attributes) == [CORE.expand_name("level")]


def test_read_told_should_say_nothing_of_before_when_nothing_is_said() -> None:
    entity = _entity({NAMES[0]: [(None, (AttributeKind.PROPERTY, 1))]})
    told = read_told(_rendered(Happened(entity.id, None, entity, NOW)), CORE)
    assert told == Told(None, entity)
    assert replace(told.entity) == entity


@pytest.mark.parametrize(
    "json",
    [
        "urn:ngsi-ld:Lamp:1",
        {"type": "Lamp"},
        {"id": "urn:ngsi-ld:Lamp:1"},
        {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "deletedAt": 5},
        {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "deletedAt": "yesterday"},
        {"id": "urn:ngsi-ld:Lamp:1", "type": "Lamp", "level": {"type": "Property"}},
        {
            "id": "urn:ngsi-ld:Lamp:1",
            "type": "Lamp",
            "level": {"type": "Property", "value": 1, "previousObject": {}},
        },
    ],
)
def test_read_told_should_refuse_what_is_no_entity_of_a_notification(json: Any) -> None:
    with pytest.raises(InvalidInput):
        read_told(json, CORE)
