"""What of a write goes where: nothing is lost, nothing is doubled, nothing goes beyond a registration."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.writing.plan import (
    Part,
    Plan,
    Subject,
    narrowed,
    plan_of,
    subject_of_attribute,
    subject_of_content,
    subject_of_entity,
)
from hanze.broker.registry import Match
from hanze.ngsild.model import Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.registration.matching import matched_information
from hanze.ngsild.registration.model import EntityInfo, Mode, Registration, RegistrationInfo
from hanze.ngsild.registration.operations import Operation
from tests.unit.broker.distribution.registered import registered

BIN = "urn:ngsi-ld:Bin:1"
TYPES = ("urn:t:Bin", "urn:t:Lamp")
NAMES = ("urn:a:1", "urn:a:2", "urn:a:3")
DATASETS = (None, "urn:d:1", "urn:d:2")


def of(dataset_id: str | None = None, value: Any = 1) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=value, dataset_id=dataset_id)


def entity(*names: str, **members: Any) -> Entity:
    members.setdefault("types", TYPES[:1])
    return Entity(id=BIN, attributes={name: (of(),) for name in names}, **members)


def registration(number: int = 1, **changes: Any) -> Registration:
    changes.setdefault("operations", frozenset({Operation.CREATE_ENTITY}))
    return registered(id=f"urn:r:{number}", **changes)


def divided(subject: Subject, *found: Registration) -> Plan:
    matches = [
        Match(one, information)
        for one in found
        if (information := matched_information(one, subject.wanted))
    ]
    return plan_of(subject, matches, takes)


def takes(match: Match) -> bool:
    return Operation.CREATE_ENTITY in match.registration.operations


infos = st.builds(
    RegistrationInfo,
    entities=st.lists(
        st.builds(
            EntityInfo,
            types=st.sampled_from([TYPES[:1], TYPES[1:]]),
            id=st.sampled_from([None, BIN, "urn:ngsi-ld:Bin:2"]),
        ),
        max_size=2,
    ).map(tuple),
    property_names=st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple),
)
registrations = st.lists(
    st.builds(
        lambda information, mode, offered, datasets: registration(
            information=information,
            mode=mode,
            operations=frozenset({Operation.CREATE_ENTITY} if offered else ()),
            dataset_ids=datasets,
        ),
        st.lists(infos, min_size=1, max_size=2).map(tuple),
        st.sampled_from(Mode),
        st.booleans(),
        st.none() | st.frozensets(st.sampled_from(DATASETS), min_size=1),
    ),
    max_size=5,
)
contents = st.builds(
    lambda attributes, types, scope: Entity(
        id=BIN,
        types=types,
        scope=scope,
        attributes={
            name: tuple(of(dataset) for dataset in datasets)
            for name, datasets in attributes.items()
        },
    ),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(DATASETS), unique=True, min_size=1),
    ),
    st.sampled_from([TYPES[:1], TYPES[1:], TYPES]),
    st.sampled_from([(), ("/a",)]),
)


def may_have(match: Match, name: str, dataset: str | None) -> bool:
    datasets = match.registration.dataset_ids
    return (datasets is None or dataset in datasets) and any(
        not info.names or name in info.names for info in match.information
    )


@pytest.mark.clause("4.3.6.3")
@pytest.mark.clause("5.6.1")
@given(content=contents, found=registrations)
@settings(max_examples=100, deadline=None)
def test_plan_should_lose_and_double_nothing(content: Entity, found: list[Registration]) -> None:
    found = [registration_with(one, number) for number, one in enumerate(found)]
    subject = subject_of_content(BIN, content)
    plan = divided(subject, *found)
    proxied = [part for part in plan.parts if mode_of(part).is_proxied]
    offered = [part for part in plan.parts if not mode_of(part).is_proxied]
    claimed = frozenset().union(*(part.keys for part in proxied))
    # Every instance is at proxied sources, or here: never both, never neither.
    assert claimed | plan.rest.keys == subject.keys
    assert claimed.isdisjoint(plan.rest.keys)
    for part in plan.parts:
        assert part.match is not None
        assert all(may_have(part.match, *key) for key in part.keys)
        assert narrowed(content, part).id == BIN
        sent = narrowed(content, part)
        assert {(name, i.dataset_id) for name, own in sent.attributes.items() for i in own} == (
            part.keys
        )
        assert sent.types
        registered_types = part.registered_types
        assert registered_types is None or registered_types.issuperset(sent.types)
    for part in offered:
        assert mode_of(part) is Mode.INCLUSIVE
        assert part.supported
        assert part.keys <= plan.rest.keys
    # What stays is claimed by nobody who was asked.
    for one in found:
        match = Match(one, matched_information(one, subject.wanted))
        if one.mode.is_proxied and match.information:
            assert not any(may_have(match, *key) for key in plan.rest.keys)
    assert plan.rest.whole <= subject.whole


def registration_with(one: Registration, number: int) -> Registration:
    return registered(
        id=f"urn:r:{number}",
        information=one.information,
        mode=one.mode,
        operations=one.operations,
        dataset_ids=one.dataset_ids,
    )


def mode_of(part: Part) -> Mode:
    assert part.match is not None
    return part.match.registration.mode


@pytest.mark.clause("5.6.1")
def test_exclusive_should_come_before_redirect() -> None:
    first = registration(1, mode=Mode.REDIRECT)
    second = registration(
        2,
        mode=Mode.EXCLUSIVE,
        information=(RegistrationInfo((EntityInfo(TYPES[:1], BIN),), NAMES[:1]),),
    )
    plan = divided(subject_of_content(BIN, entity(*NAMES)), first, second)
    assert [sorted(part.names) for part in plan.parts] == [list(NAMES[1:]), list(NAMES[:1])]
    assert not plan.rest


@pytest.mark.clause("5.6.1")
def test_all_redirect_sources_should_get_what_they_are_registered_for() -> None:
    found = [registration(number, mode=Mode.REDIRECT) for number in (1, 2)]
    plan = divided(subject_of_content(BIN, entity(*NAMES)), *found)
    assert [part.names for part in plan.parts] == [NAMES, NAMES]
    assert not plan.rest


@pytest.mark.clause("5.6.1")
def test_redirect_that_offers_nothing_should_keep_its_part_all_the_same() -> None:
    plan = divided(
        subject_of_content(BIN, entity(*NAMES)),
        registration(1, mode=Mode.REDIRECT, operations=frozenset()),
        registration(2, operations=frozenset()),
        registration(3, mode=Mode.AUXILIARY),
    )
    assert [part.supported for part in plan.parts] == [False]
    assert not plan.rest


@pytest.mark.clause("4.3.6.1")
def test_members_of_the_entity_should_go_with_the_whole_entity_only() -> None:
    content = entity(*NAMES, scope=("/a",), expires_at="2030-01-01T00:00:00Z")
    some = registration(1, information=(RegistrationInfo((), NAMES[:1]),), mode=Mode.REDIRECT)
    plan = divided(subject_of_content(BIN, content), some)
    (part,) = plan.parts
    assert (narrowed(content, part).scope, narrowed(content, part).expires_at) == ((), None)
    assert narrowed(content, plan.rest).scope == ("/a",)
    plan = divided(subject_of_content(BIN, content), registration(2, mode=Mode.REDIRECT))
    assert narrowed(content, plan.parts[0]) == content
    assert not plan.rest


@pytest.mark.clause("5.6.1")
def test_bare_entity_should_stay_unless_all_of_it_is_registered() -> None:
    some = registration(1, information=(RegistrationInfo((), NAMES[:1]),), mode=Mode.REDIRECT)
    plan = divided(subject_of_content(BIN, entity()), some)
    assert (plan.parts, plan.rest.names) == ((), ("id",))
    plan = divided(subject_of_content(BIN, entity()), registration(2, mode=Mode.REDIRECT))
    assert [part.names for part in plan.parts] == [("id",)]
    assert not plan.rest


@pytest.mark.clause("5.6.1")
def test_entity_should_not_be_made_here_of_an_id_alone() -> None:
    some = registration(1, information=(RegistrationInfo((), NAMES[:1]),), mode=Mode.REDIRECT)
    assert not divided(subject_of_content(BIN, entity(NAMES[0])), some).rest


@pytest.mark.clause("5.6.18")
def test_replacement_should_reach_here_even_when_nothing_is_left_of_it() -> None:
    some = registration(1, information=(RegistrationInfo((), NAMES[:1]),), mode=Mode.REDIRECT)
    subject = subject_of_content(BIN, entity(NAMES[0]), TYPES[:1], replaces=True)
    assert divided(subject, some).rest.names == ("id",)


@pytest.mark.clause("5.6.6")
def test_deletion_should_reach_everybody() -> None:
    found = [
        registration(1, mode=Mode.REDIRECT),
        registration(2, mode=Mode.EXCLUSIVE, information=(RegistrationInfo((), NAMES[:1]),)),
        registration(3),
        registration(4, mode=Mode.AUXILIARY),
    ]
    plan = divided(subject_of_entity(BIN), *found)
    assert [mode_of(part) for part in plan.parts] == [one.mode for one in found[:3]]
    assert plan.rest.whole


@pytest.mark.clause("5.6.5")
def test_deletion_of_all_instances_should_reach_sources_of_some() -> None:
    found = registration(1, mode=Mode.REDIRECT, dataset_ids=frozenset({"urn:d:1"}))
    every = subject_of_attribute(BIN, [(NAMES[0], None)], every_dataset=True)
    plan = divided(every, found)
    assert plan.parts[0].names == plan.rest.names == NAMES[:1]
    default = subject_of_attribute(BIN, [(NAMES[0], None)])
    assert divided(default, found).parts == ()


@pytest.mark.clause("5.12")
def test_types_should_find_registrations_when_they_are_known() -> None:
    lamps = registration(1, information=(RegistrationInfo((EntityInfo(TYPES[1:]),)),))
    fragment = Fragment(attributes={NAMES[0]: (of(),)})
    assert not divided(subject_of_content(BIN, fragment, TYPES[:1]), lamps).parts
    assert divided(subject_of_content(BIN, fragment, TYPES), lamps).parts
    # Nobody knows: whoever may have it is asked.
    vague = subject_of_content(BIN, fragment)
    assert vague.is_vague
    assert divided(vague, lamps).parts
    selected = subject_of_content(BIN, fragment, TYPES, (frozenset(TYPES[:1]),))
    assert not divided(selected, lamps).parts
