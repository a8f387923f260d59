"""Filters are addresses: what is written is read as the same, and nonsense is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.collaboration.filters import UNKNOWN, Filters
from hanze.collaboration.records.record import PROVENANCES
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.errors import InvalidInput

_WORD = st.text(min_size=1, max_size=20).map(str.strip).filter(bool)
_WORDS = st.lists(_WORD, unique=True, max_size=4).map(tuple)


@given(
    st.builds(
        Filters,
        text=st.text(max_size=40).map(str.strip),
        types=st.lists(st.sampled_from(list(RECORD_TYPES)), unique=True).map(tuple),
        themes=_WORDS,
        cities=_WORDS,
        regions=_WORDS,
        countries=_WORDS,
        stages=_WORDS,
        statuses=_WORDS,
        provenances=st.lists(st.sampled_from([*PROVENANCES, UNKNOWN]), unique=True).map(tuple),
        since=st.none() | st.dates(),
    )
)
def test_parameters_should_be_read_as_they_were_written(filters: Filters) -> None:
    assert Filters.from_parameters(filters.to_parameters()) == filters


def test_what_is_no_filter_should_be_passed_over() -> None:
    given_twice = [
        ("limit", "9"),
        ("type", "Demand"),
        ("type", "Demand"),
        ("city", " "),
        ("q", " x "),
    ]
    assert Filters.from_parameters(given_twice) == Filters(text="x", types=("Demand",))


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ([("type", "Tree")], "type"),
        ([("since", "yesterday")], "since"),
        ([("provenance", "rumour")], "provenance"),
        ([("q", "x" * 5_001)], "q"),
        ([("city", f"urn:x:{number}") for number in range(101)], "city"),
    ],
)
def test_nonsense_should_be_refused(parameters: list[tuple[str, str]], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Filters.from_parameters(parameters)
    assert caught.value.field == field
