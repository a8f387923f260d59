"""Rules of how long history is kept, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.store.history.keeping import DAY, PERIODS, Keeping, KeepingRules

KEEPING = st.builds(
    Keeping,
    st.none() | st.integers(1, 400),
    st.none() | st.integers(1, 400),
    st.sampled_from(sorted(PERIODS.values())),
)
NOW = 20_000 * DAY + 5


@pytest.mark.parametrize("period", PERIODS)
def test_periods_should_divide_a_day(period: str) -> None:
    assert DAY % PERIODS[period] == 0


@given(KEEPING, KEEPING)
def test_joined_rule_should_remove_nothing_that_one_of_them_keeps(
    one: Keeping, other: Keeping
) -> None:
    joined = one.or_more(other)
    assert joined == other.or_more(one)
    for moment in ("removes_before", "condenses_before"):
        mine, each = getattr(joined, moment)(NOW), [getattr(r, moment)(NOW) for r in (one, other)]
        assert mine is None or all(e is not None and mine <= e for e in each)


def test_entity_of_several_types_should_be_kept_as_the_more_careful_rule_says() -> None:
    rules = KeepingRules({"a": Keeping(10, 5), "b": Keeping(20)}, others=Keeping(1))
    assert rules.of(["a"]) == Keeping(10, 5)
    assert rules.of(["a", "b", "c"]) == Keeping(20, None)
    assert rules.of(["c"]) == Keeping(1)


def test_days_should_count_whole_days_in_utc() -> None:
    assert Keeping(keep_days=2).removes_before(NOW) == 19_998 * DAY
    assert Keeping(keep_days=2).condenses_before(NOW) is None
