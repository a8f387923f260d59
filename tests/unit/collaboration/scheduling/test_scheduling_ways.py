"""Cells that exclude each other, and chains, beside every division there is."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.scheduling.chains import chains
from hanze.collaboration.scheduling.possible import Possible, possible
from hanze.collaboration.scheduling.problem import Problem, Slot, Table
from hanze.collaboration.scheduling.ways import Cell, ways_of


def day(places: int, travel: dict[tuple[str, str], int], *, slots: int = 3) -> Possible:
    return possible(
        Problem(
            slots=tuple(Slot(f"s{n}", 600 + 30 * n, 620 + 30 * n) for n in range(slots)),
            tables=tuple(Table(f"t{n}", f"p{n}") for n in range(places)),
            guests=(),
            travel=travel,
        )
    )


def excluded(the_day: Possible, one: Cell, other: Cell) -> bool:
    same_time = one[0] == other[0]
    return same_time or (*one, *other) in the_day.clashes or (*other, *one) in the_day.clashes


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([("p0", "p1"), ("p0", "p2"), ("p1", "p2")]), st.sampled_from([5, 20, 50])
    )
)
def test_groups_should_hold_every_two_cells_that_exclude_each_other(
    travel: dict[tuple[str, str], int],
) -> None:
    the_day = day(3, travel)
    found = ways_of(the_day)
    cells = [(f"s{slot}", f"p{place}") for slot in range(3) for place in range(3)]
    for one, other in combinations(cells, 2):
        together = any({one, other} <= group for group in found.exclusive)
        assert together == excluded(the_day, one, other)
    for group in found.exclusive:
        for cell in set(cells) - group:
            assert not all(excluded(the_day, cell, other) for other in group)


def test_groups_should_not_be_complete_when_a_way_by_a_third_place_is_quicker() -> None:
    assert ways_of(day(3, {("p0", "p1"): 20, ("p0", "p2"): 20, ("p1", "p2"): 20})).complete
    assert not ways_of(day(3, {("p0", "p1"): 50})).complete


def test_groups_should_be_pairs_when_there_would_be_too_many() -> None:
    places = 12
    far = {
        (f"p{one}", f"p{other}"): 300
        for one in range(places)
        for other in range(places)
        if f"p{one}" < f"p{other}"
    }
    found = ways_of(day(places, far, slots=5))
    assert not found.complete
    assert {len(group) for group in found.exclusive} == {2}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=7))
def test_chains_should_be_as_few_as_can_be(things: list[tuple[int, int]]) -> None:
    def before(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one[0] < other[0] and one[1] <= other[1]

    things = sorted(things)
    found = chains(things, before)
    assert sorted(thing for chain in found for thing in chain) == things
    assert all(before(one, other) for chain in found for one, other in pairwise(chain))
    # By Dilworth's theorem: as many as the largest group of which none is before another.
    widest = max(
        (
            size
            for size in range(1, len(things) + 1)
            for group in combinations(things, size)
            if not any(before(one, other) for one, other in combinations(group, 2))
        ),
        default=0,
    )
    assert len(found) == widest
