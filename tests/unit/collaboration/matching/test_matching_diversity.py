"""Shortlists in which not everything comes from one place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.matching.diversity import Ranked, WrongShortlist, diversify

ASPECTS = st.dictionaries(
    st.sampled_from(["city", "country", "supplier"]), st.sampled_from(["a", "b", "c"])
)


@st.composite
def shortlists(draw: st.DrawFn) -> list[Ranked]:
    scores = sorted(draw(st.lists(st.floats(0, 1), max_size=12)), reverse=True)
    return [Ranked(f"r{at}", score, draw(ASPECTS)) for at, score in enumerate(scores)]


@settings(max_examples=100)
@given(shortlists())
def test_order_should_be_unchanged_when_weight_is_zero(ranked: list[Ranked]) -> None:
    found = diversify(ranked, weight=0)
    assert [one.id for one in found] == [one.id for one in ranked]
    assert all(one.loss == 0 and one.place == one.was for one in found)


@settings(max_examples=100)
@given(shortlists(), st.floats(0, 1), st.integers(0, 12))
def test_list_should_be_a_prefix_of_a_permutation_with_its_losses_told(
    ranked: list[Ranked], weight: float, size: int
) -> None:
    whole = diversify(ranked, weight=weight)
    assert sorted(one.was for one in whole) == list(range(1, len(ranked) + 1))
    assert [one.place for one in whole] == list(range(1, len(ranked) + 1))
    assert all(one.loss >= 0 and one.score == ranked[one.was - 1].score for one in whole)
    assert whole[:1] == () or whole[0].loss == 0  # nothing stands above the first
    assert diversify(ranked, weight=weight, size=size) == whole[:size]
    # Giving up score is only for being less like what stands above.
    for at, one in enumerate(whole):
        for passed in whole[at + 1 :]:
            if passed.was < one.was:
                assert weight > 0
                assert _likeness(ranked, whole[:at], passed.was) >= (
                    one.like.similarity if one.like else 0
                )


def _likeness(ranked: list[Ranked], above: tuple[object, ...], was: int) -> float:
    """Most aspects shared with any above, as a share of all aspects in the list."""
    number = len({name for one in ranked for name in one.aspects}) or 1
    mine = ranked[was - 1].aspects.items()
    by_id = {one.id: one for one in ranked}
    shared = [len(mine & by_id[one.id].aspects.items()) for one in above]  # type: ignore[attr-defined]
    return max(shared, default=0) / number


def test_second_result_should_come_from_elsewhere_when_asked() -> None:
    ranked = [
        Ranked("one", 0.9, {"city": "utrecht", "supplier": "x"}),
        Ranked("two", 0.8, {"city": "utrecht", "supplier": "x"}),
        Ranked("three", 0.7, {"city": "busan", "supplier": "x"}),
        Ranked("four", 0.6, {"city": "daegu"}),
    ]
    found = diversify(ranked, weight=0.5)
    assert [one.id for one in found] == ["one", "four", "three", "two"]
    assert found[1].loss == pytest.approx(0.2)
    assert found[1].like is None
    assert found[2].like is not None
    assert (found[2].like.id, found[2].like.shared) == ("one", ("supplier",))
    assert found[3].like is not None
    assert found[3].like.similarity == 1


def test_aspects_should_weigh_as_asked() -> None:
    ranked = [
        Ranked("one", 0.9, {"city": "utrecht", "supplier": "x"}),
        Ranked("two", 0.8, {"city": "utrecht", "supplier": "y"}),
        Ranked("three", 0.8, {"city": "busan", "supplier": "x"}),
    ]
    by_city = diversify(ranked, weight=0.5, aspect_weights={"city": 1})
    by_supplier = diversify(ranked, weight=0.5, aspect_weights={"supplier": 1})
    assert [one.id for one in by_city] == ["one", "three", "two"]
    assert [one.id for one in by_supplier] == ["one", "two", "three"]


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_weight_should_be_between_nothing_and_all(weight: float) -> None:
    with pytest.raises(WrongShortlist, match="weight"):
        diversify([], weight=weight)


def test_list_should_be_refused_when_the_best_is_not_first() -> None:
    with pytest.raises(WrongShortlist, match="best first"):
        diversify([Ranked("a", 0.1, {}), Ranked("b", 0.2, {})], weight=0.5)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("inf")])
def test_weight_of_an_aspect_should_be_above_zero(weight: float) -> None:
    with pytest.raises(WrongShortlist, match="above 0"):
        diversify([], weight=0.5, aspect_weights={"city": weight})
