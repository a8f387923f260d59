"""What a person names of the history."""

import pytest

from hanze.errors import InvalidInput
from hanze.node.selecting import selection_of
from hanze.store.history.selection import Selection

DAY = 86_400_000_000


def test_selection_should_hold_iris_and_moments() -> None:
    chosen = selection_of(
        "duiven",
        types=["TrafficFlowObserved"],
        ids=["urn:x:1"],
        attributes=["urn:x:intensity"],
        start="1970-01-02",
        end="1970-01-03T00:00:00.5Z",
    )
    assert chosen == Selection(
        tenant="duiven",
        types=frozenset(
            {
                "https://smartdatamodels.org/dataModel.Transportation/TrafficFlowObserved",
                "https://uri.etsi.org/ngsi-ld/default-context/TrafficFlowObserved",
            }
        ),
        ids=frozenset({"urn:x:1"}),
        attributes=frozenset({"urn:x:intensity"}),
        start=DAY,
        end=2 * DAY + 500_000,
    )
    assert selection_of("") == Selection()


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("2026-01-02", "2026-01-02", "to"),
        ("yesterday", None, "from"),
        (None, "2026-13-01", "to"),
    ],
)
def test_selection_should_be_refused_when_a_moment_is_wrong(
    start: str | None, end: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        selection_of("", start=start, end=end)
    assert refused.value.field == field
