"""Feeds that calendars follow: zones, whole days, cancellations, reminders."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Component

from hanze.collaboration.feeds import FeedEntry, feed

SEOUL = ZoneInfo("Asia/Seoul")


def _read(*entries: FeedEntry, name: str = "n") -> Calendar:
    found = Calendar.from_ical(feed(entries, name=name, product="Test"))
    assert isinstance(found, Calendar)
    return found


def _only(calendar: Calendar) -> Component:
    (event,) = calendar.walk("VEVENT")
    return event


def test_whole_days_should_end_on_the_day_after() -> None:
    event = _only(_read(FeedEntry("a", date(2027, 1, 20), date(2027, 1, 24), "x")))
    assert event.decoded("dtend") == date(2027, 1, 25)
    single = _only(_read(FeedEntry("a", date(2027, 1, 20), None, "x")))
    assert single.decoded("dtend") == date(2027, 1, 21)


def test_feed_should_be_written_when_others_tell_of_any_year() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    far = [
        FeedEntry("a", date.min, date.max, "x"),
        FeedEntry("b", datetime(1801, 1, 1, 10, 0, tzinfo=zone), None, "x"),
        FeedEntry("c", datetime(9000, 1, 1, 10, 0, tzinfo=zone), None, "x"),
    ]
    assert len(_read(*far).walk("VEVENT")) == 3


def test_times_should_keep_their_zone_and_the_feed_tell_its_rules() -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    starts = datetime(2027, 3, 27, 10, 0, tzinfo=zone)
    calendar = _read(FeedEntry("a", starts, starts + timedelta(days=2), "x"))
    assert _only(calendar).decoded("dtstart").utcoffset() == timedelta(hours=1)
    assert _only(calendar).decoded("dtend").utcoffset() == timedelta(hours=2)
    (rules,) = calendar.walk("VTIMEZONE")
    assert {one.name for one in rules.subcomponents} == {"STANDARD", "DAYLIGHT"}


def test_moments_without_a_name_of_their_zone_should_be_told_in_utc() -> None:
    starts = datetime(2027, 3, 27, 10, 0, tzinfo=timezone(timedelta(hours=9)))
    calendar = _read(FeedEntry("a", starts, None, "x"))
    assert _only(calendar).decoded("dtstart") == datetime(2027, 3, 27, 1, 0, tzinfo=UTC)
    assert calendar.walk("VTIMEZONE") == []


def test_cancelled_entries_should_stay_and_remind_of_nothing() -> None:
    starts = datetime(2027, 1, 20, 10, 0, tzinfo=SEOUL)
    event = _only(
        _read(FeedEntry("a", starts, None, "x", cancelled=True, alarm_days=2, sequence=3))
    )
    assert event["status"] == "CANCELLED"
    assert event["sequence"] == 3
    assert event.walk("VALARM") == []


def test_reminders_should_come_so_many_days_before() -> None:
    event = _only(_read(FeedEntry("a", date(2027, 1, 20), None, "Task", alarm_days=14)))
    (alarm,) = event.walk("VALARM")
    assert alarm.decoded("trigger") == timedelta(days=-14)


def test_feed_should_be_the_same_when_its_entries_are() -> None:
    entry = FeedEntry("a", date(2027, 1, 20), None, "x", modified_at="2026-11-22T10:00:00Z")
    first, second = (feed([entry], name="n", product="p") for _ in range(2))
    assert first == second
    assert b"DTSTAMP:20261122T100000Z" in first


@settings(max_examples=60, deadline=None)
@example("\nX-EVIL:1")
@example("\r\nBEGIN:VEVENT\u2028\x85")
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_texts_should_come_back_and_never_begin_a_property_of_their_own(text: str) -> None:
    entry = FeedEntry(
        "a", date(2027, 1, 20), None, f"s{text}", description=text, url=f"https://h/{text}"
    )
    calendar = _read(entry, name=text)
    assert "X-EVIL" not in calendar
    event = _only(calendar)
    assert str(event["summary"]).startswith("s")
    known = {"UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY"}
    assert set(event) <= known | {"DESCRIPTION", "URL"}
