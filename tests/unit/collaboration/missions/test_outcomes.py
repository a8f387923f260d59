"""Results and follow-ups over all missions: open, done, late, and in which order."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.missions.outcomes import STATES, count, state_of, tracked
from hanze.collaboration.records.missions import FollowUp
from tests.journeys import (
    BRABANT,
    FIRST,
    GYEONGGI,
    JOURNEY,
    STUDIES,
    TODAY,
    travelled,
)

_DAYS = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))


async def test_tracked_should_list_late_ones_first_when_days_have_passed() -> None:
    collective = await travelled()
    found = tracked(collective, TODAY)
    assert [(one.held.record.id.rsplit(":", 1)[1], one.state, one.days) for one in found] == [
        ("studies", "late", -510),
        ("invitation", "open", 26702),
        ("plan", "done", None),
        ("first", "done", None),
    ]
    assert count(found) == {"late": 1, "open": 1, "done": 2, "dropped": 0}


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"mission": FIRST}, ["first"]),
        ({"owner": GYEONGGI}, ["studies"]),
        ({"state": "late"}, ["studies"]),
        ({"country": "urn:ngsi-ld:Country:NL"}, []),
        ({"theme": "urn:ngsi-ld:Theme:hanze:energy"}, ["studies", "invitation", "plan"]),
        ({"owner": BRABANT, "mission": JOURNEY, "state": "open"}, ["invitation"]),
    ],
)
async def test_tracked_should_leave_what_filters_ask_when_some_are_given(
    filters: dict[str, str], ids: list[str]
) -> None:
    collective = await travelled()
    found = tracked(collective, TODAY, **filters)  # type: ignore[arg-type]  # a state is text here
    assert [one.held.record.id.rsplit(":", 1)[1] for one in found] == ids


async def test_tracked_should_not_be_late_when_it_is_the_last_day() -> None:
    collective = await travelled()
    found = tracked(collective, date(2025, 6, 30), mission=JOURNEY, state="open")
    assert next((one.held.record.id, one.days) for one in found) == (STUDIES, 0)


@given(st.sampled_from(("open", "done", "dropped")), st.none() | _DAYS)
@settings(max_examples=60)
def test_state_of_should_be_late_only_when_open_after_its_day(
    status: str, due: date | None
) -> None:
    record = FollowUp(
        id="urn:x", title={"en": "x"}, kind="result", on=TODAY, due=due, status=status
    )
    found = state_of(record, TODAY)
    assert found in STATES
    assert (found == "late") == (status == "open" and due is not None and due < TODAY)
