"""What several sources say of one entity, as one entity."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.distribution.merging import Version, merge
from hanze.ngsild.model import Attribute, AttributeKind, Entity

NOW = "2026-06-01T12:00:00Z"
PAST = "2026-06-01T11:00:00Z"
SOON = "2026-06-01T13:00:00Z"
LATER = "2026-06-02T00:00:00Z"
LEVEL = "https://example.org/level"
NAME = "https://example.org/name"


def level(value: int, **members: Any) -> Attribute:
    return Attribute(kind=AttributeKind.PROPERTY, value=value, **members)


def entity(*instances: Attribute, expires_at: str | None = None, **members: Any) -> Entity:
    values: dict[str, Any] = {"types": ("https://example.org/Bin",), **members}
    attributes = {LEVEL: instances} if instances else {}
    return Entity(id="urn:bin:1", attributes=attributes, expires_at=expires_at, **values)


def by_dataset(made: Entity) -> dict[str | None, Attribute]:
    return {one.dataset_id: one for one in made.attributes.get(LEVEL, ())}


def merged_levels(*versions: Version) -> list[object]:
    made = merge(versions, NOW)
    assert made is not None
    return [one.value for one in made.attributes.get(LEVEL, ())]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_take_the_most_recently_observed_when_both_were_observed() -> None:
    old = level(1, observed_at="2026-05-01T00:00:00Z", modified_at="2026-05-09T00:00:00Z")
    new = level(2, observed_at="2026-05-02T00:00:00.5Z", modified_at="2026-05-03T00:00:00Z")
    assert merged_levels(Version(entity(old)), Version(entity(new))) == [2]
    assert merged_levels(Version(entity(new)), Version(entity(old))) == [2]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_take_the_most_recently_modified_when_none_was_observed() -> None:
    old = level(1, modified_at="2026-05-01T00:00:00Z")
    new = level(2, modified_at="2026-05-01T00:00:01Z")
    assert merged_levels(Version(entity(old)), Version(entity(new))) == [2]
    assert merged_levels(Version(entity(new)), Version(entity(old))) == [2]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_take_the_first_when_nothing_tells_the_versions_apart() -> None:
    assert merged_levels(Version(entity(level(1))), Version(entity(level(2)))) == [1]


@pytest.mark.clause("4.5.5.1")
def test_merge_should_keep_each_dataset_when_sources_have_different_ones() -> None:
    versions = (
        Version(entity(level(1))),
        Version(entity(level(2, dataset_id="urn:gps"))),
        Version(entity(level(3, dataset_id="urn:gps", observed_at="2026-05-01T00:00:00Z"))),
    )
    assert merged_levels(*versions) == [1, 3]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_pass_over_what_has_expired_when_it_is_newer() -> None:
    gone = level(1, observed_at=NOW, expires_at=PAST)
    assert merged_levels(Version(entity(gone)), Version(entity(level(2)))) == [2]
    assert merge([Version(entity(level(1), expires_at=PAST))], NOW) is None


@pytest.mark.clause("4.5.5.2")
def test_merge_should_hand_down_an_expiry_when_not_every_version_has_it() -> None:
    made = merge(
        [
            Version(entity(level(1, expires_at=LATER), expires_at=SOON)),
            Version(entity(level(2, dataset_id="urn:gps"))),
        ],
        NOW,
    )
    assert made is not None
    assert made.expires_at is None
    assert [one.expires_at for one in made.attributes[LEVEL]] == [SOON, None]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_keep_the_last_expiry_when_every_version_expires() -> None:
    made = merge([Version(entity(expires_at=SOON)), Version(entity(expires_at=LATER))], NOW)
    assert made is not None
    assert made.expires_at == LATER


@pytest.mark.clause("4.3.6.2")
def test_merge_should_only_add_from_auxiliary_sources_when_an_attribute_is_missing() -> None:
    newer = level(2, observed_at=NOW)
    helper = Entity(
        id="urn:bin:1",
        types=("https://example.org/Other",),
        attributes={LEVEL: (newer,), NAME: (level(3),)},
        scope=("/Far",),
    )
    made = merge([Version(helper, auxiliary=True), Version(entity(level(1)))], NOW)
    assert made is not None
    assert made.types == ("https://example.org/Bin",)
    assert made.scope == ()
    assert {name: own[0].value for name, own in made.attributes.items()} == {LEVEL: 1, NAME: 3}


@pytest.mark.clause("4.3.6.2")
def test_merge_should_show_what_auxiliary_sources_have_when_nobody_else_has_any() -> None:
    made = merge(
        [Version(entity(level(1)), auxiliary=True), Version(entity(), auxiliary=True)], NOW
    )
    assert made is not None
    assert made.attributes[LEVEL][0].value == 1


def test_merge_should_join_types_scopes_and_moments_when_versions_differ() -> None:
    made = merge(
        [
            Version(
                entity(
                    types=("urn:A",),
                    scope=("/a",),
                    created_at="2026-01-01T00:00:00.5Z",
                    modified_at="2026-01-01T00:00:00Z",
                )
            ),
            Version(
                entity(
                    types=("urn:B", "urn:A"),
                    scope=("/b", "/a"),
                    created_at="2026-01-01T00:00:00Z",
                    modified_at="2026-01-01T00:00:00.5Z",
                )
            ),
        ],
        NOW,
    )
    assert made is not None
    assert (made.types, made.scope) == (("urn:A", "urn:B"), ("/a", "/b"))
    assert (made.created_at, made.modified_at) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z")


_moments = st.one_of(st.none(), st.integers(0, 9).map(lambda s: f"2026-05-01T00:00:0{s}Z"))
_instances = st.builds(
    level, st.integers(0, 99), observed_at=_moments, dataset_id=st.sampled_from((None, "urn:gps"))
)
_versions = st.lists(
    st.lists(_instances, max_size=2, unique_by=lambda one: one.dataset_id), min_size=1, max_size=4
)


@given(_versions, st.randoms())
@settings(max_examples=80)
def test_merge_should_be_the_same_in_any_order_when_moments_tell_all(
    versions: list[list[Attribute]], random: Random
) -> None:
    # The value follows from the moment, so that no two versions tie and differ.
    told = [
        Version(
            entity(
                *(level(1, observed_at=one.observed_at, dataset_id=one.dataset_id) for one in some)
            )
        )
        for some in versions
    ]
    shuffled = list(told)
    random.shuffle(shuffled)
    one, other = merge(told, NOW), merge(shuffled, NOW)
    assert one is not None
    assert other is not None
    assert by_dataset(one) == by_dataset(other)
