"""What several sources know of one evolution, as one (4.5.5.3, 5.7.3.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.model import NULL, Attribute, AttributeKind
from hanze.ngsild.temporal.merging import TemporalVersion, cut_to, latest, merge_evolutions, within
from hanze.ngsild.temporal.model import Instance, TemporalEntity, TimeProperty
from hanze.ngsild.temporal.moments import moment_of

BY = TimeProperty.OBSERVED_AT
NAME = "https://example.org/level"
HOUR = 3_600_000_000


def an_instance(
    hour: int | None,
    value: int,
    *,
    dataset: str | None = None,
    changed: int = 0,
    deleted: int | None = None,
) -> Instance:
    attribute = Attribute(
        kind=AttributeKind.PROPERTY,
        value=NULL if deleted is not None else value,
        dataset_id=dataset,
        observed_at=None if hour is None else text(hour),
        created_at=text(0),
        modified_at=text(changed),
    )
    return Instance(attribute, deleted_at=None if deleted is None else text(deleted))


def text(hour: int) -> str:
    return f"1970-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"


def evolution(*instances: Instance, types: tuple[str, ...] = ("T",)) -> TemporalEntity:
    return TemporalEntity("urn:a:1", types, {NAME: instances} if instances else {})


def merged(*versions: TemporalEntity, auxiliary: TemporalEntity | None = None) -> list[int]:
    several = [TemporalVersion(one) for one in versions]
    if auxiliary is not None:
        several.append(TemporalVersion(auxiliary, auxiliary=True))
    return values(merge_evolutions(several, BY))


def values(entity: TemporalEntity) -> list[int]:
    return [one.attribute.value for one in entity.attributes.get(NAME, ())]  # type: ignore[misc]  # whole numbers here


@pytest.mark.clause("4.5.5.3")
def test_merge_should_put_instances_in_order_when_sources_have_different_ones() -> None:
    one, other = evolution(an_instance(1, 10), an_instance(5, 50)), evolution(an_instance(3, 30))
    assert merged(one, other) == merged(other, one) == [10, 30, 50]


@pytest.mark.clause("4.5.5.3")
def test_merge_should_take_what_was_changed_last_when_moments_are_the_same() -> None:
    older, newer = an_instance(1, 10, changed=1), an_instance(1, 11, changed=2)
    assert merged(evolution(older), evolution(newer)) == [11]
    assert merged(evolution(newer), evolution(older)) == [11]


def test_merge_should_keep_both_when_one_source_has_two_of_one_moment() -> None:
    twice = evolution(an_instance(1, 10), an_instance(1, 11))
    assert merged(twice, evolution(an_instance(2, 20))) == [10, 11, 20]


def test_merge_should_keep_datasets_apart() -> None:
    one, other = an_instance(1, 10), an_instance(1, 20, dataset="urn:d:1")
    assert merged(evolution(one), evolution(other)) == [10, 20]


def test_merge_should_take_an_unobserved_instance_once_when_it_says_the_same() -> None:
    same = evolution(an_instance(None, 10))
    assert merged(same, same) == [10]
    assert merged(same, evolution(an_instance(None, 11))) == [10, 11]


def test_merge_should_keep_deletions() -> None:
    gone = evolution(an_instance(None, 0, deleted=4))
    assert merged(gone, gone, evolution(an_instance(1, 10))) == [NULL, 10]


@pytest.mark.clause("5.7.3")
def test_auxiliary_sources_should_only_add_moments_that_nobody_has() -> None:
    own, more = evolution(an_instance(1, 10)), evolution(an_instance(1, 99), an_instance(2, 20))
    assert merged(own, auxiliary=more) == [10, 20]


def test_merge_should_join_types_and_say_deleted_when_all_are() -> None:
    gone = evolution(types=("T", "U"))
    gone = TemporalEntity(gone.id, gone.types, {}, deleted_at=text(3))
    made = merge_evolutions([TemporalVersion(gone), TemporalVersion(evolution())], BY)
    assert (made.types, made.deleted_at) == (("T", "U"), None)
    made = merge_evolutions([TemporalVersion(gone), TemporalVersion(gone)], BY)
    assert made.deleted_at == text(3)


def test_latest_should_keep_the_last_ones() -> None:
    entity = evolution(*(an_instance(hour, hour) for hour in range(5)))
    assert values(latest(entity, 2)) == [3, 4]
    assert latest(entity, 5) is entity
    assert latest(entity, None) is entity


@pytest.mark.clause("6.3.10")
@given(
    hours=st.lists(st.integers(0, 12), max_size=12),
    most=st.integers(1, 12),
    backwards=st.booleans(),
)
@settings(max_examples=100)
def test_cut_should_leave_one_whole_end(hours: list[int], most: int, *, backwards: bool) -> None:
    entity = evolution(*(an_instance(hour, hour) for hour in sorted(hours)))
    (kept,), cut = cut_to([entity], most, BY, backwards=backwards)
    left = values(kept)
    assert cut == (left != sorted(hours))
    assert len(left) <= most or len(set(left)) == 1
    assert bool(left) == bool(hours)
    edge = sorted(hours)[-len(left) :] if backwards else sorted(hours)[: len(left)]
    assert left == edge
    # Nothing that stands at the same moment is cut off.
    assert all(hours.count(one) == left.count(one) for one in left)


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(0, 12), st.integers(0, 12))
@settings(max_examples=50)
def test_within_should_include_both_ends(hours: list[int], first: int, last: int) -> None:
    entity = evolution(*(an_instance(hour, hour) for hour in sorted(hours)))
    kept = within(entity, BY, first=first * HOUR, last=last * HOUR)
    assert values(kept) == [hour for hour in sorted(hours) if first <= hour <= last]


@given(st.data())
@settings(max_examples=60)
def test_merge_should_be_the_union_when_every_moment_is_in_one_place(data: st.DataObject) -> None:
    hours = data.draw(st.lists(st.integers(0, 20), unique=True, min_size=1))
    places = data.draw(st.lists(st.integers(0, 2), min_size=len(hours), max_size=len(hours)))
    spread = [
        evolution(
            *(an_instance(h, h) for h, at in sorted(zip(hours, places, strict=True)) if at == n)
        )
        for n in range(3)
    ]
    made = merge_evolutions([TemporalVersion(one) for one in spread], BY)
    assert values(made) == sorted(hours)
    moments = [moment_of(one, BY) for one in made.attributes[NAME]]
    assert moments == sorted(moment for moment in moments if moment is not None)
