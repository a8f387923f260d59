"""Which registrations a request concerns, against the clause read word by word (CIM 009, 5.12)."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.tree import EntitySelector
from hanze.ngsild.registration.matching import Wanted, matched_information, overlaps, wanted_of
from hanze.ngsild.registration.model import EntityInfo, RegistrationInfo
from tests.matching_registrations import (
    IDS,
    NAMES,
    TYPES,
    infos,
    registered_with,
    wanted_strategy,
)


def is_matched(info: EntityInfo, wanted: Wanted | EntitySelector) -> bool:
    """Read the conditions of 5.12 for an entity specification one after the other."""
    if wanted.types is not None and not any(group <= set(info.types) for group in wanted.types):
        return False
    if not wanted.ids and wanted.id_pattern is None:
        return True
    if info.id is None and info.id_pattern is None:
        return True
    if info.id in wanted.ids:
        return True
    if info.id_pattern and any(re.search(info.id_pattern, one) for one in wanted.ids):
        return True
    if wanted.ids or wanted.id_pattern is None:
        return False
    return info.id is None or re.search(wanted.id_pattern, info.id) is not None


def naive(info: RegistrationInfo, wanted: Wanted) -> RegistrationInfo | None:
    names = {*info.property_names, *info.relationship_names}
    if wanted.names and names and not names & wanted.names:
        return None
    kept = tuple(
        one
        for one in info.entities
        if is_matched(one, wanted)
        and (not wanted.selectors or any(is_matched(one, each) for each in wanted.selectors))
        and (not wanted.held or set(one.types) <= wanted.held)
    )
    if info.entities and not kept:
        return None
    return RegistrationInfo(kept, info.property_names, info.relationship_names)


@pytest.mark.clause("5.12")
@settings(max_examples=100, deadline=None)
@given(information=st.lists(infos, min_size=1, max_size=3), wanted=wanted_strategy)
def test_information_should_match_when_the_clause_says_so(
    information: list[RegistrationInfo], wanted: Wanted
) -> None:
    registration = registered_with(tuple(information))
    expected = [found for one in information if (found := naive(one, wanted)) is not None]
    assert list(matched_information(registration, wanted)) == expected


@pytest.mark.clause("5.12")
@pytest.mark.parametrize(
    ("registered", "wanted", "matches"),
    [
        (None, {None}, True),
        ({None}, None, True),
        ({None, "urn:d:1"}, {"urn:d:1"}, True),
        ({"urn:d:2"}, {"urn:d:1", None}, False),
    ],
)
def test_datasets_should_match_when_they_have_one_in_common(
    registered: Any, wanted: Any, matches: bool
) -> None:
    registration = registered_with((RegistrationInfo(property_names=("a",)),), datasets=registered)
    assert bool(matched_information(registration, Wanted(datasets=wanted))) is matches


@pytest.mark.clause("5.12")
def test_a_write_should_match_when_the_entity_has_all_registered_types() -> None:
    value = Attribute(kind=AttributeKind.PROPERTY, value=1)
    entity = Entity(id="urn:v:1", types=("A", "B"), attributes={"speed": (value,)})
    wanted = wanted_of(entity)

    def matches(**members: Any) -> bool:
        return bool(matched_information(registered_with((RegistrationInfo(**members),)), wanted))

    assert matches(entities=(EntityInfo(("A",)),))
    assert matches(entities=(EntityInfo(("A", "B")),))
    assert not matches(entities=(EntityInfo(("A", "C")),))
    assert matches(property_names=("speed", "level"))
    assert not matches(relationship_names=("level",))


@pytest.mark.clause("4.3.6.3")
@settings(max_examples=100, deadline=None)
@given(one=infos, other=infos)
def test_information_should_overlap_when_an_entity_can_be_in_both(
    one: RegistrationInfo, other: RegistrationInfo
) -> None:
    assert overlaps(one, other) == overlaps(other, one)
    assert overlaps(one, one)
    for entity_id in IDS:
        for name in NAMES:
            wanted = Wanted(
                ids=(entity_id,),
                types=tuple(frozenset((iri,)) for iri in TYPES[:1]),
                names=frozenset((name,)),
            )
            if all(matched_information(registered_with((info,)), wanted) for info in (one, other)):
                assert overlaps(one, other)


@pytest.mark.clause("4.3.6.3")
def test_information_should_not_overlap_when_types_ids_or_names_differ() -> None:
    def info(types: str = "A", *names: str, **which: Any) -> RegistrationInfo:
        return RegistrationInfo((EntityInfo(tuple(types), **which),), names)

    assert not overlaps(info("A"), info("B"))
    assert not overlaps(info("A", id="urn:v:1"), info("A", id="urn:v:2"))
    assert not overlaps(info("A", id="urn:v:1"), info("A", id_pattern="2$"))
    assert not overlaps(info("A", "speed"), info("A", "level"))
    assert overlaps(info("A", id="urn:v:1"), info("B", id="urn:v:1"))
    assert overlaps(info("A", "speed"), RegistrationInfo(property_names=("speed",)))
    assert overlaps(info("A", id_pattern="1$"), info("A", id_pattern="2$"))
