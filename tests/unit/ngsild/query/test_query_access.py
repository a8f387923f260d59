"""Views say the same as the parts that they are made of."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import (
    WHOLE,
    Access,
    Among,
    Part,
    Seen,
    redact,
    said_of,
    seen_of,
)
from tests.store.strategies import NAMES, TYPES, accesses, entities

A, B = TYPES[:2]


@settings(max_examples=100)
@given(accesses, entities())
def test_view_should_say_of_an_entity_what_its_access_says(access: Access, entity: Entity) -> None:
    view = access.view(frozenset(entity.types))
    seen = seen_of(access, entity)
    assert view.of(entity) == seen
    if view.is_open:
        assert seen == WHOLE
    for name in NAMES:
        told = view.shows(name)
        if seen is not None and told is not None:
            assert seen.shows(name) is told


@given(accesses, st.frozensets(st.sampled_from(TYPES), min_size=1))
def test_view_should_be_kept_with_its_access(access: Access, types: frozenset[str]) -> None:
    assert access.view(types) is access.view(frozenset(types))


@given(accesses)
def test_mark_should_be_the_same_when_the_same_may_be_read(access: Access) -> None:
    assert access.mark == Access(access.parts, access.rest, access.shares).mark


@settings(max_examples=50)
@given(entities(), st.frozensets(st.sampled_from(NAMES)))
def test_redact_should_leave_what_is_seen_and_nothing_else(
    entity: Entity, hidden: frozenset[str]
) -> None:
    left = redact(entity, Seen(None, hidden))
    assert left.attributes.keys() == entity.attributes.keys() - hidden
    assert (left is entity) is hidden.isdisjoint(entity.attributes)


def test_view_should_be_open_when_all_of_its_parts_are_public() -> None:
    public = Part(dataset="d:1", types=(A,), allowed=True, public=True)
    agreed = Part(dataset="d:2", types=(B,), allowed=True)
    access = Access((public, agreed))
    assert access.view(frozenset((A,))).is_open
    # It may be read, and that is to be accounted for.
    assert access.view(frozenset((B,))).seen is WHOLE
    assert not access.view(frozenset((B,))).is_open
    assert not access.view(frozenset((A, B))).is_open
    assert access.view(frozenset(("urn:other",))).seen is None


def test_view_should_be_closed_when_a_part_closes_all_whatever_others_say() -> None:
    closed = Part(dataset="d:1", types=(A,))
    some = Part(dataset="d:2", types=(A,), scopes=("/a",), allowed=True)
    view = Access((closed, some), rest=True).view(frozenset((A,)))
    assert (view.is_fixed, view.seen) == (True, None)


def test_said_should_be_texts_and_ids() -> None:
    among = Among("@id", frozenset(("urn:x:1",)))
    entity = Entity(id="urn:x:1", types=(A,), attributes={})
    assert said_of(entity, "@id") == frozenset(("urn:x:1",))
    assert among.has_all(entity)
    assert not Among(NAMES[0], frozenset(("a",))).has_all(entity)
