"""Which changes trigger which subscriptions: the table of triggers (CIM 009, 5.8.6, 5.2.12)."""

from typing import Any

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.subscription.model import Trigger
from hanze.ngsild.subscription.trigger import changes_of, differ, entity_query, is_triggered
from tests.store import strategies
from tests.subscribing import a_subscription, read

NAME = "https://uri.etsi.org/ngsi-ld/default-context/"
SPEED, COLOUR = NAME + "speed", NAME + "colour"


def prop(value: Any, **more: Any) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=value, **more)


def entity(**attributes: Any) -> Entity:
    """A vehicle; each attribute is an instance, several, or a value."""
    made = {}
    for name, given_ in attributes.items():
        parts = given_ if isinstance(given_, tuple) else (given_,)
        made[NAME + name] = tuple(p if isinstance(p, Attribute) else prop(p) for p in parts)
    return Entity(id="urn:v:1", types=(NAME + "Vehicle",), attributes=made)


def nobody(_uri: str) -> None:
    return None


SLOW, FAST = entity(speed=5), entity(speed=80)
STEPS: dict[str, tuple[Entity | None, Entity | None]] = {
    "creation": (None, SLOW),
    "deletion": (SLOW, None),
    "addition": (entity(colour="red"), entity(colour="red", speed=5)),
    "update": (SLOW, FAST),
    "removal": (entity(colour="red", speed=5), entity(colour="red")),
    "same": (SLOW, entity(speed=5)),
    "empty creation": (None, entity()),
    "empty deletion": (entity(), None),
}
#: What each trigger makes of the steps.
TABLE = {
    "entityCreated": {"creation", "empty creation"},
    "entityDeleted": {"deletion", "empty deletion"},
    "entityUpdated": {"creation", "deletion", "addition", "update", "removal"},
    "attributeCreated": {"creation", "addition"},
    "attributeUpdated": {"update"},
    "attributeDeleted": {"deletion", "removal"},
}


@pytest.mark.clause("5.2.12")
@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize("trigger", TABLE)
@pytest.mark.parametrize("step", STEPS)
def test_a_subscription_should_be_triggered_when_its_trigger_knows_the_step(
    trigger: str, step: str
) -> None:
    subscription = read({"entities": [{"type": "Vehicle"}], "notificationTrigger": [trigger]})
    assert is_triggered(subscription, *STEPS[step], nobody) is (step in TABLE[trigger])


@pytest.mark.clause("5.2.12")
@pytest.mark.parametrize("step", STEPS)
def test_additions_and_updates_should_trigger_when_nothing_is_said(step: str) -> None:
    subscription = read({"entities": [{"type": "Vehicle"}]})
    assert is_triggered(subscription, *STEPS[step], nobody) is (
        step in {"creation", "addition", "update"}
    )


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize("trigger", TABLE)
@pytest.mark.parametrize("step", STEPS)
def test_nothing_should_trigger_when_what_changed_is_not_watched(trigger: str, step: str) -> None:
    subscription = read({"watchedAttributes": ["weight"], "notificationTrigger": [trigger]})
    assert not is_triggered(subscription, *STEPS[step], nobody)


INSTANCES = (prop(1), prop(2, dataset_id="urn:d:1"))


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (INSTANCES[:1], INSTANCES, {Trigger.ATTRIBUTE_CREATED}),
        (INSTANCES, INSTANCES[:1], {Trigger.ATTRIBUTE_DELETED}),
        (INSTANCES, (INSTANCES[1], INSTANCES[0]), set()),
        (INSTANCES, (INSTANCES[0], prop(3, dataset_id="urn:d:1")), {Trigger.ATTRIBUTE_UPDATED}),
        (
            INSTANCES,
            (prop(5), prop(2, dataset_id="urn:d:2")),
            {Trigger.ATTRIBUTE_CREATED, Trigger.ATTRIBUTE_UPDATED, Trigger.ATTRIBUTE_DELETED},
        ),
    ],
)
def test_each_instance_should_count_when_there_are_several(
    before: tuple[Attribute, ...], after: tuple[Attribute, ...], expected: set[Trigger]
) -> None:
    changes = changes_of(entity(speed=before), entity(speed=after))
    assert set(changes.names) == expected
    assert all(names == {SPEED} for names in changes.names.values())


ONE = prop(5, unit_code="KMH", attributes={COLOUR: (prop("red"),)})


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (
            replace(ONE, modified_at="2026-01-01T00:00:00Z", created_at="2025-01-01T00:00:00Z"),
            False,
        ),
        (replace(ONE, value=5.0), False),
        (replace(ONE, value=6), True),
        (replace(ONE, value="5"), True),
        (replace(ONE, unit_code="MTR"), True),
        (replace(ONE, observed_at="2026-01-01T00:00:00Z"), True),
        (replace(ONE, expires_at="2099-01-01T00:00:00Z"), True),
        (replace(ONE, attributes={}), True),
        (replace(ONE, attributes={COLOUR: (prop("red", modified_at="x"),)}), False),
        (replace(ONE, attributes={COLOUR: (prop("blue"),)}), True),
        (replace(ONE, kind=AttributeKind.JSON_PROPERTY), True),
    ],
)
def test_an_instance_should_differ_when_any_member_says_something_else(
    other: Attribute, expected: bool
) -> None:
    assert differ(ONE, other) is expected
    assert differ(other, ONE) is expected


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, True, True),
        ({"a": 1}, {"a": True}, True),
        ({"a": [1, 2]}, {"a": [1.0, 2]}, False),
        ([1], [1, 2], True),
        ({"a": 1}, {"b": 1}, True),
        ([1], {"a": 1}, True),
        ("1", ["1"], True),
        (None, 0, True),
    ],
)
def test_values_should_differ_when_they_are_other_json(old: Any, new: Any, expected: bool) -> None:
    assert differ(prop(old), prop(new)) is expected


@pytest.mark.clause("5.8.6")
@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"q": "speed>50"}, True),
        ({"q": "speed<50"}, False),
        ({"entities": [{"type": "Bike"}]}, False),
        ({"entities": [{"type": "Bike"}, {"type": "Vehicle"}]}, True),
        ({"entities": [{"type": "Vehicle", "id": "urn:v:2"}]}, False),
        ({"entities": [{"type": "Vehicle", "id": "urn:v:2", "idPattern": ".*"}]}, False),
        ({"entities": [{"type": "Vehicle", "idPattern": "^urn:v:"}]}, True),
        ({"scopeQ": "/City"}, False),
    ],
)
def test_an_entity_should_be_notified_when_it_meets_the_conditions_afterwards(
    more: dict[str, Any], expected: bool
) -> None:
    subscription = read({"watchedAttributes": ["speed"], **more})
    assert is_triggered(subscription, SLOW, FAST, nobody) is expected


@pytest.mark.clause("5.8.6")
def test_a_deleted_entity_should_be_asked_as_it_was_when_a_condition_is_set() -> None:
    subscription = read(
        {"watchedAttributes": ["speed"], "q": "speed>50", "notificationTrigger": ["entityDeleted"]}
    )
    assert is_triggered(subscription, FAST, None, nobody)
    assert not is_triggered(subscription, SLOW, None, nobody)


@pytest.mark.clause("4.9")
def test_a_linked_entity_should_be_asked_when_a_path_leads_to_it() -> None:
    link = Attribute(kind=AttributeKind.RELATIONSHIP, value="urn:v:1")
    lorry = Entity(id="urn:v:2", types=(NAME + "Lorry",), attributes={NAME + "follows": (link,)})
    subscription = read({"entities": [{"type": "Lorry"}], "q": "follows{speed}>50"})
    assert is_triggered(subscription, None, lorry, {"urn:v:1": FAST}.get)
    assert not is_triggered(subscription, None, lorry, {"urn:v:1": SLOW}.get)
    assert not is_triggered(subscription, None, lorry, nobody)


@pytest.mark.clause("5.8.6")
def test_changes_should_not_trigger_when_there_is_an_interval() -> None:
    subscription = read({"entities": [{"type": "Vehicle"}], "timeInterval": 5})
    assert not is_triggered(subscription, SLOW, FAST, nobody)
    assert entity_query(subscription).selectors == subscription.entities


@settings(max_examples=60, deadline=None)
@given(strategies.entities())
def test_nothing_should_change_when_an_entity_stays_what_it_is(same: Entity) -> None:
    again = replace(
        same,
        attributes={
            name: tuple(replace(one, modified_at="2027-01-01T00:00:00Z") for one in instances)
            for name, instances in reversed(list(same.attributes.items()))
        },
    )
    assert not changes_of(same, again).names
    everything = replace(a_subscription(), triggers=frozenset(Trigger))
    assert not is_triggered(everything, same, again, nobody)
    assert is_triggered(everything, None, same, nobody)
    assert is_triggered(everything, same, None, nobody)
    assert not is_triggered(everything, None, None, nobody)
