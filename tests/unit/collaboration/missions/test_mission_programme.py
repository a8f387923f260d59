"""The programme of a mission in time, and its feed."""

from datetime import date, timedelta

from icalendar import Calendar

from hanze.collaboration.collective import Held
from hanze.collaboration.feeds import feed
from hanze.collaboration.missions.mission_feeds import programme_entries, sequence_of
from hanze.collaboration.missions.programme import timed
from hanze.collaboration.records.missions import Mission
from tests.unit.collaboration.missions.mission_records import UTRECHT, item, mission

FIRST, LAST = date(2027, 3, 26), date(2027, 3, 30)


def _visit(*items: object, **more: object) -> Mission:
    return mission("a", UTRECHT, FIRST, LAST, programme=items, **more)


def test_programme_should_be_in_order_of_time_when_entered_in_any_other() -> None:
    found = timed(
        _visit(
            item("unknown", None),
            item("noon", "2027-03-27T12:00"),
            item("day", "2027-03-27"),
            item("early", "2027-03-26T09:00"),
        )
    )
    assert [one.item.key for one in found] == ["early", "day", "noon", "unknown"]
    assert found[-1].day is None
    assert found[1].starts is None
    assert found[1].day == date(2027, 3, 27)


def test_programme_should_follow_each_change_of_the_clock_at_home() -> None:
    before, after = timed(
        _visit(
            item("before", "2027-03-27T10:00", "2027-03-27T11:00"),
            item("after", "2027-03-29T10:00", "2027-03-29T11:00"),
        )
    )
    # Clocks in Europe go forward on 28 March 2027; those in Korea never do.
    assert before.home_starts is not None
    assert after.home_starts is not None
    assert before.home_starts.hour == 2
    assert after.home_starts.hour == 3
    assert after.ends is not None
    assert after.ends - after.home_starts == timedelta(hours=1)


def test_programme_should_not_fail_when_another_node_wrote_what_is_no_time() -> None:
    found = timed(
        _visit(
            item("zone", "2027-03-27T10:00", timezone="Asia/Atlantis"),
            item("day", "2027-02-31"),
            item("skipped", "2027-03-28T02:30", timezone="Europe/Amsterdam"),
            home_timezone="Nowhere/At all",
        )
    )
    by_key = {one.item.key: one for one in found}
    assert by_key["zone"].starts is None
    assert by_key["day"].day is None
    skipped = by_key["skipped"].starts
    assert skipped is not None
    assert (skipped.hour, skipped.minute) == (3, 0)
    assert by_key["skipped"].home_starts is None


def test_feed_of_a_programme_should_hold_zones_and_both_times() -> None:
    made = _visit(
        item("visit", "2027-03-29T10:00", "2027-03-29T11:30", place={"en": "Busan"}),
        item("fair", "2027-03-27"),
        item("some day", None),
    )
    held = Held(made, "", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z")
    written = feed(
        programme_entries(held, language="en", link=lambda one: f"https://h/{one}"),
        name="Programme",
        product="Test",
    )
    calendar = Calendar.from_ical(written)
    events = {str(one["uid"]): one for one in calendar.walk("VEVENT")}
    assert set(events) == {f"{made.id}#visit", f"{made.id}#fair"}
    visit = events[f"{made.id}#visit"]
    assert visit["dtstart"].params["TZID"] == "Asia/Seoul"
    assert visit.decoded("dtend") - visit.decoded("dtstart") == timedelta(minutes=90)
    assert "Europe/Amsterdam: 2027-03-29 03:00 - 04:30" in str(visit["description"])
    assert [str(one["tzid"]) for one in calendar.walk("VTIMEZONE")] == ["Asia/Seoul"]
    assert events[f"{made.id}#fair"].decoded("dtend") == date(2027, 3, 28)


def test_sequence_should_grow_with_each_version() -> None:
    assert sequence_of("") == 0
    assert sequence_of("2026-11-22T10:00:00Z") < sequence_of("2026-11-22T10:00:01Z") < 2**31
