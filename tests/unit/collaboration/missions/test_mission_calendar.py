"""The calendar of missions and events, clashes, and who could travel together."""

from datetime import date

import pytest

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.missions.alike import alike_in
from hanze.collaboration.missions.calendar import Asked, Outing, months_of, outings
from hanze.collaboration.missions.together import Flag, flags, joining
from hanze.collaboration.records.missions import Delegate
from hanze.collaboration.records.record import Record
from tests.collectives import collective_of
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    NL,
    ROTTERDAM,
    UTRECHT,
    WATER,
    event,
    mission,
    places,
)

TODAY = date(2026, 11, 22)
YEAR = Asked(date(2027, 1, 1), date(2027, 12, 31))


async def _outings(*records: Record, asked: Asked = YEAR) -> list[Outing]:
    async with collective_of(*places(), *records) as collective:
        return outings(collective, asked)


async def _flags(*records: Record) -> list[Flag]:
    return list(flags(await _outings(*records), TODAY))


def _day(day: int, month: int = 1) -> date:
    return date(2027, month, day)


async def test_calendar_should_list_what_touches_the_period() -> None:
    found = await _outings(
        mission("a", UTRECHT, date(2026, 12, 30), _day(2)),
        mission("over", UTRECHT, date(2026, 12, 1), date(2026, 12, 31)),
        event("fair", {"en": "Water Week"}, _day(21)),
    )
    assert [one.id.rsplit(":", 1)[-1] for one in found] == ["a", "fair"]
    assert found[0].kind == "outgoing"
    assert found[0].place == KR
    assert found[0].countries == {NL, KR}


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({"country": NL}, ["out"]),
        ({"country": KR}, ["out", "fair"]),
        ({"theme": WATER}, ["out"]),
        ({"party": UTRECHT}, ["out"]),
        ({"kinds": ("fair",)}, ["fair"]),
    ],
)
async def test_calendar_should_keep_to_what_is_asked(
    asked: dict[str, object], keys: list[str]
) -> None:
    found = await _outings(
        mission("out", UTRECHT, _day(2), _day(4)),
        event("fair", {"en": "Water Week"}, _day(21)),
        asked=Asked(YEAR.starts, YEAR.ends, **asked),  # type: ignore[arg-type]  # the test's own
    )
    assert [one.id.rsplit(":", 1)[-1] for one in found] == keys


@pytest.mark.parametrize("named_by", ["theirs", "ours", "both"])
async def test_mission_should_stand_once_when_both_sides_recorded_it(named_by: str) -> None:
    ours = mission("ours", UTRECHT, _day(2), _day(4))
    theirs = mission("theirs", BUSAN, _day(2), _day(4), direction="incoming", country=NL)
    ids = ours.id, theirs.id
    links = {"theirs": (None, ids[0]), "ours": (ids[1], None), "both": (ids[1], ids[0])}[named_by]
    (found,) = await _outings(
        mission("ours", UTRECHT, _day(2), _day(4), counterpart=links[0]),
        mission(
            *("theirs", BUSAN, _day(2), _day(4)),
            direction="incoming",
            country=NL,
            counterpart=links[1],
        ),
    )
    assert (found.id, found.also) == ids
    assert BUSAN in found.parties


async def test_months_should_hold_what_touches_them_and_empty_ones_too() -> None:
    found = await _outings(mission("a", UTRECHT, _day(30), _day(2, 2)))
    months = months_of(found, starts=_day(15), ends=_day(1, 4), unit="month")
    assert [(one.label, len(one.outings)) for one in months] == [
        ("2027-01", 1),
        ("2027-02", 1),
        ("2027-03", 0),
        ("2027-04", 0),
    ]
    quarters = months_of(found, starts=date(2026, 12, 1), ends=_day(1), unit="quarter")
    assert [one.label for one in quarters] == ["2026-Q4", "2027-Q1"]
    assert months[0].by_theme == {WATER: 1}


async def test_flag_should_be_raised_when_one_person_is_in_two_places() -> None:
    member = Delegate(role={"en": "Mayor"}, contact="urn:ngsi-ld:Contact:test:1")
    found = await _flags(
        mission("a", UTRECHT, _day(2), _day(4), delegates=(member,)),
        mission("b", UTRECHT, _day(4), _day(6), delegates=(member,), country=NL),
    )
    assert [one.kind for one in found] == ["same-people", "same-party"]
    assert found[0].shared == ("urn:ngsi-ld:Contact:test:1",)


async def test_cities_should_be_told_when_they_could_travel_together() -> None:
    found = await _flags(
        mission("a", UTRECHT, _day(2), _day(4)),
        mission("b", ROTTERDAM, _day(20), _day(22)),
        mission("later", ROTTERDAM, _day(20, 6), _day(22, 6)),
    )
    (together,) = found
    assert (together.kind, together.days, together.shared) == ("together", 16, (WATER,))


async def test_two_delegations_in_one_country_should_be_flagged_once_as_a_clash() -> None:
    found = await _flags(
        mission("a", UTRECHT, _day(2), _day(4), themes=()),
        mission("b", ROTTERDAM, _day(3), _day(5)),
    )
    assert [(one.kind, one.shared) for one in found] == [("same-country", (KR,))]


@pytest.mark.parametrize(
    "more",
    [
        {"status": "cancelled"},
        {"status": "completed"},
        {"starts": date(2025, 1, 2), "ends": date(2025, 1, 4)},
    ],
)
async def test_nothing_should_be_flagged_when_it_is_over_or_cancelled(
    more: dict[str, object],
) -> None:
    days = {"starts": _day(2), "ends": _day(4), **more}
    records = [
        mission("a", UTRECHT, **days),  # type: ignore[arg-type]  # the test's own
        mission("b", ROTTERDAM, _day(2), _day(4)),
    ]
    assert await _flags(*records) == []


async def test_months_alone_should_make_no_clash() -> None:
    found = await _flags(
        mission("a", UTRECHT, _day(1), _day(31), days_known=False),
        mission("b", ROTTERDAM, _day(5), _day(6)),
    )
    assert [one.kind for one in found] == ["together"]


async def test_event_should_be_flagged_when_two_cities_entered_it() -> None:
    found = await _flags(
        event("one", {"en": "Busan Water Week"}, _day(21)),
        event("other", {"en": "Water Week Busan", "nl": "Waterweek"}, _day(21)),
        event("else", {"en": "Battery fair"}, _day(21)),
    )
    (twice,) = found
    assert twice.kind == "twice"
    assert twice.alike is not None
    assert twice.alike >= 0.6
    assert {twice.one, twice.other} == {
        "urn:ngsi-ld:Event:test:one",
        "urn:ngsi-ld:Event:test:other",
    }


@pytest.mark.slow
async def test_names_should_be_compared_over_languages() -> None:
    dutch = event("nl", {"nl": "Beurs over luchtkwaliteit"}, _day(21))
    korean = event("ko", {"ko": "대기질 박람회"}, _day(21))
    other = event("other", {"ko": "자전거 주차 회의"}, _day(21))
    async with collective_of(dutch, korean, other) as collective:
        annotations = Annotations(collective)
        assert alike_in(annotations, dutch, korean) > 0.3
        assert alike_in(annotations, dutch, other) < alike_in(annotations, dutch, korean)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({}, "closed"),
        ({"open_to_others": True}, "open"),
        ({"open_to_others": True, "places_left": 0}, "full"),
        ({"open_to_others": True, "register_before": date(2026, 11, 1)}, "too-late"),
        ({"open_to_others": True, "status": "cancelled"}, "cancelled"),
        ({"open_to_others": True, "status": "completed"}, "over"),
    ],
)
def test_joining_should_tell_whether_others_still_may(more: dict[str, object], state: str) -> None:
    assert joining(mission("a", UTRECHT, _day(2), _day(4), **more), TODAY).state == state
