"""No copy of a subscription asks for more than is registered (CIM 009, 5.8.1.4)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.narrowing import registered_names
from hanze.broker.distribution.subscriptions.copying import copied, parts_of, selects, wanted_by
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.ngsild.registration.matching import matched_information
from hanze.ngsild.registration.model import (
    EntityInfo,
    Management,
    Registration,
    RegistrationInfo,
)
from hanze.ngsild.subscription.model import Subscription
from tests.subscribing import read

NAME = CORE.expand_name
ENDPOINT = {"uri": "http://here/"}


def registered(*information: RegistrationInfo, **members: Any) -> Registration:
    return Registration(
        id="urn:r:1",
        registered_in="",
        endpoint="http://there",
        information=information,
        operations=frozenset(),
        context=CORE,
        document={},
        created_at="2026-01-01T00:00:00Z",
        modified_at="2026-01-01T00:00:00Z",
        **members,
    )


def info(*entities: EntityInfo, names: tuple[str, ...] = ()) -> RegistrationInfo:
    return RegistrationInfo(entities, tuple(NAME(name) for name in names))


def lamp(**members: Any) -> EntityInfo:
    return EntityInfo((NAME("Lamp"),), **members)


def copies(
    subscription: Subscription, registration: Registration, *, split: bool = False
) -> list[dict[str, Any]]:
    information = matched_information(registration, wanted_by(subscription))
    return [
        copied(subscription, part, registration, CORE, ENDPOINT, split=split)
        for part in parts_of(subscription, information)
    ]


@pytest.mark.clause("5.8.1")
def test_copied_should_be_narrowed_to_the_entities_that_are_registered() -> None:
    subscription = read({"entities": [{"type": "Lamp", "idPattern": "^urn:ngsi-ld:Lamp:1"}]})
    one, two = lamp(id="urn:ngsi-ld:Lamp:10"), lamp(id="urn:ngsi-ld:Lamp:2")
    copy = copies(subscription, registered(info(one, two, EntityInfo((NAME("Bin"),)))))[0]
    assert copy["entities"] == [{"type": "Lamp", "id": "urn:ngsi-ld:Lamp:10"}]
    assert copy["notification"] == {"endpoint": ENDPOINT, "sysAttrs": True}


@pytest.mark.clause("5.8.1")
def test_copied_should_take_the_entities_that_are_registered_when_none_are_named() -> None:
    subscription = read({"watchedAttributes": ["level"]})
    assert copies(subscription, registered(info(lamp())))[0]["entities"] == [{"type": "Lamp"}]
    assert "entities" not in copies(subscription, registered(info(names=("level",))))[0]


@pytest.mark.clause("5.8.1")
def test_parts_of_should_make_a_copy_for_each_group_of_attributes() -> None:
    subscription = read({"entities": [{"type": "Lamp"}, {"type": "Bin"}]})
    bins = info(EntityInfo((NAME("Bin"),)), names=("full",))
    found = copies(subscription, registered(info(lamp(), names=("level",)), bins))
    assert [(one["entities"], one["watchedAttributes"]) for one in found] == [
        ([{"type": "Lamp"}], ["level"]),
        ([{"type": "Bin"}], ["full"]),
    ]


def test_parts_of_should_be_empty_when_nothing_registered_is_watched() -> None:
    subscription = read({"entities": [{"type": "Lamp"}], "watchedAttributes": ["name"]})
    assert copies(subscription, registered(info(lamp(), names=("level",)))) == []


@pytest.mark.clause("5.2.14.1")
@pytest.mark.parametrize(
    ("shown", "names", "wanted"),
    [
        ({}, (), {}),
        ({}, ("level",), {"attributes": ["level"]}),
        ({"attributes": ["name", "level"]}, (), {"attributes": ["name", "level"]}),
        ({"attributes": ["name", "level"]}, ("level",), {"attributes": ["level"]}),
        ({"attributes": ["name"]}, ("level",), {"pick": ["id", "type"]}),
        ({"pick": ["id"]}, (), {"pick": ["id", "type"]}),
        ({"pick": ["scope", "level"]}, (), {"pick": ["id", "type", "scope", "level"]}),
        ({"omit": ["id", "level"]}, (), {"omit": ["level"]}),
        ({"omit": ["level"]}, ("level", "name"), {"attributes": ["name"]}),
    ],
)
def test_copied_should_ask_for_what_is_shown_and_registered(
    shown: dict[str, Any], names: tuple[str, ...], wanted: dict[str, Any]
) -> None:
    subscription = read({"entities": [{"type": "Lamp"}]}, notification=shown)
    copy = copies(subscription, registered(info(lamp(), names=names)))[0]
    notification = copy["notification"]
    assert {
        key: notification[key] for key in ("attributes", "pick", "omit") if key in notification
    } == wanted


@pytest.mark.clause("5.8.1")
def test_copied_should_leave_out_what_is_asked_of_whole_entities_when_they_are_in_parts() -> None:
    subscription = read(
        {
            "entities": [{"type": "Lamp"}],
            "q": "level>2",
            "scopeQ": "/a",
            "geoQ": {"georel": "near;maxDistance==1", "geometry": "Point", "coordinates": [1, 2]},
        },
        notification={"pick": ["level"], "showChanges": True},
    )
    whole = copies(subscription, registered(info(lamp())))[0]
    assert {"q", "scopeQ", "geoQ"} <= whole.keys()
    split = copies(subscription, registered(info(lamp())), split=True)[0]
    assert {"q", "scopeQ", "geoQ"}.isdisjoint(split)
    assert split["notification"] == {"endpoint": ENDPOINT, "sysAttrs": True, "showChanges": True}


def test_copied_should_keep_to_the_datasets_and_the_place_of_the_registration() -> None:
    subscription = read({"entities": [{"type": "Lamp"}], "datasetId": ["urn:d:1", "@none"]})
    registration = registered(
        info(lamp()),
        dataset_ids=frozenset({None, "urn:d:2"}),
        management=Management(local_only=True),
    )
    copy = copies(subscription, registration)[0]
    assert copy["datasetId"] == ["@none"]
    assert copy["localOnly"] is True


def test_selects_should_tell_which_entities_are_meant() -> None:
    subscription = read({"entities": [{"type": "Lamp", "id": "urn:ngsi-ld:Lamp:1"}]})
    known = Entity(id="urn:ngsi-ld:Lamp:1", types=(NAME("Lamp"),), attributes={})
    other = Entity(id="urn:ngsi-ld:Lamp:2", types=(NAME("Lamp"),), attributes={})
    assert selects(subscription.entities, known)
    assert not selects(subscription.entities, other)
    assert selects((), other)


_TYPES = st.sampled_from(["Lamp", "Bin"])
_IDS = st.sampled_from(["urn:x:1", "urn:x:2", "urn:x:12"])
_PATTERNS = st.sampled_from(["^urn:x:1", "2$"])
_NAMES = st.lists(st.sampled_from(["level", "name"]), max_size=2, unique=True)
_ENTITY_INFOS = st.builds(
    lambda kind, entity_id, pattern: EntityInfo(
        (NAME(kind),), entity_id, None if entity_id else pattern
    ),
    _TYPES,
    st.none() | _IDS,
    st.none() | _PATTERNS,
)
_INFOS = st.builds(
    lambda entities, names: info(*entities, names=tuple(names)),
    st.lists(_ENTITY_INFOS, max_size=3),
    _NAMES,
)
_SELECTORS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Lamp", "Bin", "Lamp|Bin"])},
    optional={"id": _IDS, "idPattern": _PATTERNS},
)


@pytest.mark.clause("4.3.6.1")
@settings(max_examples=80)
@given(
    infos=st.lists(_INFOS.filter(lambda one: one.entities or one.names), min_size=1, max_size=3),
    selectors=st.lists(_SELECTORS, max_size=2),
    watched=_NAMES,
    kind=_TYPES,
    entity_id=_IDS,
)
def test_parts_of_should_be_about_just_what_is_registered_and_subscribed_to(
    infos: list[RegistrationInfo],
    selectors: list[dict[str, str]],
    watched: list[str],
    kind: str,
    entity_id: str,
) -> None:
    members: dict[str, Any] = {"entities": selectors, "watchedAttributes": watched}
    subscription = read(
        {name: value for name, value in members.items() if value} or {"localOnly": True}
    )
    registration = registered(*infos)
    parts = parts_of(subscription, matched_information(registration, wanted_by(subscription)))
    entity = Entity(id=entity_id, types=(NAME(kind),), attributes={})
    wanted = {NAME(name) for name in watched or ("level", "name")}
    for name in (NAME("level"), NAME("name")):
        here = [one for one in infos if not one.names or name in one.names]
        offered = registered_names(here, entity) is not None
        meant = name in wanted and selects(subscription.entities, entity)
        asked = any(
            selects(part.selectors, entity)
            and selects(subscription.entities, entity)
            and name in (part.watched or part.names or {name})
            for part in parts
        )
        assert asked == (offered and meant)
