"""The clock of a data breach, and what may become of an incident."""

from typing import Any

import msgspec
import pytest

from hanze.errors import InvalidInput
from hanze.governance.records.incident import Incident, Notice, Risk, Telling
from hanze.governance.securing.breach import (
    IncidentClosed,
    IncidentUnfinished,
    NoBreach,
    assessed,
    clock_of,
    closed,
    noted,
    notified,
    people_told,
)

KNOWN = "2026-06-01T12:00:00Z"
DUE = "2026-06-04T12:00:00Z"


def an_incident(**changes: Any) -> Incident:  # members of any type
    incident = Incident(
        id="urn:ngsi-ld:SecurityIncident:own:1",
        title="A laptop was lost",
        description="With a copy of the register of bins",
        personal=True,
        known_at=KNOWN,
        reported_by="officer",
        reported_at=KNOWN,
    )
    return msgspec.structs.replace(incident, **changes)


def a_notice(at: str, why_late: str = "") -> Notice:
    return Notice(at=at, by="officer", reference="AP 7", why_late=why_late)


TELLING = Telling(at=DUE, by="officer", text={"en": "A laptop was lost."}, how="A letter")


@pytest.mark.parametrize(
    ("now", "hours", "late"),
    [
        (KNOWN, 72, False),
        ("2026-06-04T11:30:00Z", 0, False),
        (DUE, 0, False),
        ("2026-06-04T12:00:01Z", -1, True),
    ],
)
def test_clock_should_run_for_72_hours(now: str, hours: int, late: bool) -> None:
    clock = clock_of(an_incident(), now)
    assert clock is not None
    assert (clock.due, clock.hours, clock.runs, clock.late) == (DUE, hours, True, late)


def test_clock_should_stand_still_at_the_notice() -> None:
    clock = clock_of(an_incident(notice=a_notice("2026-06-02T12:00:00Z")), "2026-07-01T00:00:00Z")
    assert clock is not None
    assert (clock.hours, clock.runs, clock.late) == (48, False, False)


def test_clock_should_not_run_where_nobody_is_harmed() -> None:
    assert clock_of(an_incident(personal=False), KNOWN) is None
    clock = clock_of(an_incident(risk=Risk.UNLIKELY), "2026-07-01T00:00:00Z")
    assert clock is not None
    assert not clock.runs
    assert not clock.late


def test_late_notice_should_say_why() -> None:
    late = "2026-06-04T12:00:01Z"
    with pytest.raises(InvalidInput) as caught:
        notified(an_incident(), a_notice(late), now=late)
    assert (caught.value.field, caught.value.clause) == ("whyLate", "GDPR 33.1")
    made = notified(an_incident(), a_notice(late, "Nobody was on duty"), now=late)
    clock = clock_of(made, late)
    assert clock is not None
    assert clock.late
    with pytest.raises(InvalidInput):
        notified(an_incident(), a_notice(late), now=KNOWN)


def test_breach_should_be_closed_once_all_were_told() -> None:
    incident = an_incident()
    for risk, missing in (
        (Risk.UNKNOWN, "risk is not known"),
        (Risk.SOME, "supervisory authority"),
        (Risk.HIGH, "supervisory authority"),
    ):
        with pytest.raises(IncidentUnfinished, match=missing):
            closed(msgspec.structs.replace(incident, risk=risk), "Lock", by="officer", now=DUE)
    high = notified(msgspec.structs.replace(incident, risk=Risk.HIGH), a_notice(KNOWN), now=DUE)
    with pytest.raises(IncidentUnfinished, match="people were not told") as caught:
        closed(high, "Lock", by="officer", now=DUE)
    assert caught.value.clause == "GDPR 34.1"
    over = closed(people_told(high, TELLING), "Lock", by="officer", now=DUE)
    with pytest.raises(IncidentClosed):
        noted(over, "More", by="officer", now=DUE)
    unlikely = assessed(incident, Risk.UNLIKELY, 3, "It is encrypted", by="officer", now=DUE)
    assert unlikely.notes[-1].text == "unlikely: It is encrypted"
    assert closed(unlikely, "Nothing", by="officer", now=DUE).closing is not None


def test_what_concerns_nobodys_data_should_be_no_breach() -> None:
    incident = an_incident(personal=False)
    with pytest.raises(NoBreach):
        notified(incident, a_notice(KNOWN), now=DUE)
    with pytest.raises(InvalidInput):
        closed(incident, " ", by="officer", now=DUE)
    assert closed(incident, "Nothing", by="officer", now=DUE).closing is not None
