"""The clock of residents' requests, children, and what is erased."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.governance.erasing import Fate, going_of
from hanze.governance.records.rights import (
    Guardianship,
    RequestAnswer,
    RequestOutcome,
    RightKind,
    RightsRequest,
)
from hanze.governance.rights import (
    RequestClosed,
    RequestNotExtendable,
    answered,
    children_of,
    clock_of,
    extended,
    months_after,
    parents_of,
)
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.query.access import Part

WHEN = "2026-01-31T23:59:00Z"


def _request(received_at: str = WHEN) -> RightsRequest:
    return RightsRequest(
        id="urn:ngsi-ld:RightsRequest:hanze:1",
        kind=RightKind.ACCESS,
        subject="alice",
        asked_by="alice",
        received_at=received_at,
    )


def _answer(outcome: RequestOutcome, text: str = "") -> RequestAnswer:
    return RequestAnswer(outcome=outcome, by="steward", at="2026-02-10T09:00:00Z", text=text)


@settings(max_examples=100)
@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 24))
def test_months_after_should_keep_the_day_or_end_the_month(day: date, months: int) -> None:
    found = months_after(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day <= day.day
    assert found.day == day.day or months_after(found, 0).replace(day=1).month == found.month


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-01-31T00:00:00Z", "2026-02-28"),
        ("2028-01-30T00:00:00Z", "2028-02-29"),
        ("2026-12-05T00:00:00Z", "2027-01-05"),
    ],
)
def test_clock_should_end_a_month_later(received: str, due: str) -> None:
    assert clock_of(_request(received), received).due == due


def test_clock_should_be_overdue_after_its_last_day() -> None:
    assert not clock_of(_request(), "2026-02-28T23:59:59Z").overdue
    late = clock_of(_request(), "2026-03-01T00:00:00Z")
    assert (late.overdue, late.days, late.extendable) == (True, -1, False)


def test_extended_should_give_two_months_more_once_and_in_time() -> None:
    longer = extended(_request(), by="steward", reason="It is much", now="2026-02-20T00:00:00Z")
    assert clock_of(longer, "2026-03-01T00:00:00Z").due == "2026-04-30"
    with pytest.raises(RequestNotExtendable, match="before"):
        extended(longer, by="steward", reason="More", now="2026-02-21T00:00:00Z")
    with pytest.raises(RequestNotExtendable, match="over"):
        extended(_request(), by="steward", reason="Late", now="2026-03-01T00:00:00Z")
    with pytest.raises(InvalidInput, match="Reasons"):
        extended(_request(), by="steward", reason=" ", now="2026-02-20T00:00:00Z")


def test_answered_should_stop_the_clock_and_give_reasons_for_a_refusal() -> None:
    done = answered(_request(), _answer(RequestOutcome.GRANTED))
    assert clock_of(done, "2027-01-01T00:00:00Z").overdue is False
    with pytest.raises(RequestClosed):
        answered(done, _answer(RequestOutcome.GRANTED))
    with pytest.raises(InvalidInput, match="Reasons"):
        answered(_request(), _answer(RequestOutcome.REFUSED))


def test_parents_should_decide_until_the_child_does() -> None:
    one = Guardianship(
        id="g", parent="alice", child="kim", until="2027-05-01", confirmed_by="s", confirmed_at=WHEN
    )
    known = {one.id: one}
    assert children_of(known, "alice", "2027-04-30T23:00:00Z") == ["kim"]
    assert children_of(known, "alice", "2027-05-01T00:00:00Z") == []
    assert parents_of(known, "kim", WHEN) == [one]


def _visit(*people: str) -> Entity:
    person = Attribute(kind=AttributeKind.RELATIONSHIP, value=list(people))
    minutes = Attribute(kind=AttributeKind.PROPERTY, value=30)
    return Entity(id="v", types=("Visit",), attributes={"who": (person,), "long": (minutes,)})


def test_going_of_should_name_what_goes_with_a_data_subject() -> None:
    whole = Part(dataset="d", types=("Visit",), subject="who")
    some = Part(dataset="d", types=("Visit",), attributes=("long", "absent"), subject="who")
    assert going_of(_visit("alice"), [whole], "alice").fate is Fate.GONE
    assert going_of(_visit("alice"), [whole], "bob").fate is Fate.STAYS
    assert going_of(_visit("alice", "bob"), [whole], "bob").fate is Fate.SHARED
    assert going_of(_visit("alice"), [some], "alice").attributes == {"long", "who"}
