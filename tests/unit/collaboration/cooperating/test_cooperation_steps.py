"""Both sides of a cooperation as one view, and what is due in it."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from hanze.collaboration.collective import RecordNotFound
from hanze.collaboration.cooperating.groups import group_view
from hanze.collaboration.cooperating.reminders import reminder_entries, reminders
from hanze.collaboration.cooperating.steps import cooperation_view, cooperations, counterpart_of
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.months import months_later
from hanze.collaboration.records.cooperation import (
    Cooperation,
    CooperationStep,
    GroupMember,
    GroupTask,
    WorkingGroup,
)
from tests.collectives import collective_of
from tests.cooperating_world import (
    BUSAN,
    GRONINGEN,
    KOREA,
    MOBILITY,
    UTRECHT,
    an_accord,
    places,
    signature_of,
)

TODAY = date(2026, 5, 20)
DAY = timedelta(days=1)


def side(key: str, party: str, partner: str, **changes: object) -> Cooperation:
    one = Cooperation(
        id=f"urn:ngsi-ld:Cooperation:test:{key}",
        title={"en": key},
        source_city=party,
        party=party,
        partner=partner,
    )
    return replace(one, **changes)


def step(of: Cooperation, name: str, due: date | None, done: date | None = None) -> CooperationStep:
    key = of.id.rpartition(":")[2]
    return CooperationStep(
        id=f"urn:ngsi-ld:CooperationStep:test:{key}-{name}-{due}",
        title={"en": name},
        source_city=of.party,
        cooperation=of.id,
        step=name,
        due=due,
        done_on=done,
    )


OURS = side("ours", GRONINGEN, BUSAN, themes=(MOBILITY,))
THEIRS = side("theirs", BUSAN, GRONINGEN, counterpart=OURS.id)


async def test_view_should_tell_who_is_late_with_what() -> None:
    records = (
        *(OURS, THEIRS),
        *(step(OURS, "contacts", TODAY, TODAY), step(THEIRS, "contacts", TODAY, TODAY)),
        *(step(OURS, "challenges", TODAY - DAY), step(THEIRS, "challenges", TODAY)),
        *(step(OURS, "agenda", TODAY + DAY), step(OURS, "meetings", TODAY - DAY, TODAY)),
        step(OURS, "meetings", TODAY + 30 * DAY),
    )
    async with collective_of(*places(), *records) as collective:
        view = cooperation_view(collective, OURS.id, TODAY)
        there = cooperation_view(collective, THEIRS.id, TODAY)
    assert [one.state for one in view.steps] == ["done", "late", "absent", "open", "open"]
    assert [one.state for one in there.steps] == [one.state for one in view.steps]
    assert view.overdue[0].overdue_by == (GRONINGEN,)
    assert view.steps[1].waits_for == (GRONINGEN, BUSAN)
    assert view.steps[1].sides[0].days == -1
    assert (view.done, view.next) == (1, view.steps[1])
    assert len(view.steps[4].sides[0].records) == 2
    assert view.partner.held is not None
    assert there.own.party == BUSAN


async def test_steps_should_not_count_when_another_side_wrote_them() -> None:
    foreign = replace(step(OURS, "contacts", TODAY, TODAY), source_city=BUSAN)
    async with collective_of(*places(), OURS, foreign) as collective:
        view = cooperation_view(collective, OURS.id, TODAY)
        with pytest.raises(RecordNotFound):
            cooperation_view(collective, "urn:ngsi-ld:Cooperation:test:none", TODAY)
    assert view.steps[0].state == "absent"


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (THEIRS, True),
        (replace(THEIRS, counterpart=None), True),
        (replace(THEIRS, counterpart="urn:ngsi-ld:Cooperation:test:another"), False),
        (replace(THEIRS, partner=UTRECHT), False),
        (replace(THEIRS, source_city=UTRECHT), False),
    ],
)
async def test_counterpart_should_be_the_other_sides_own_word(
    other: Cooperation, found: bool
) -> None:
    async with collective_of(*places(), OURS, other) as collective:
        held = counterpart_of(collective, collective.get(OURS.id, Cooperation))
    assert (held is not None) == found


async def test_cooperations_should_be_listed_once_and_late_ones_first() -> None:
    calm = side("calm", UTRECHT, BUSAN, status="active")
    records = (calm, OURS, THEIRS, step(OURS, "contacts", TODAY - DAY))
    async with collective_of(*places(), *records) as collective:
        every = cooperations(collective, TODAY)
        assert [one.held.record.id for one in every] == [OURS.id, calm.id]
        asks: tuple[tuple[dict[str, Any], int], ...] = (
            ({"party": BUSAN}, 2),
            ({"party": UTRECHT}, 1),
            ({"country": KOREA}, 2),
            ({"country": "urn:ngsi-ld:Country:BE"}, 0),
            ({"theme": MOBILITY}, 1),
            ({"status": "active"}, 1),
        )
        for asked, number in asks:
            assert len(cooperations(collective, TODAY, **asked)) == number
        assert len(cooperations(collective, TODAY, late=True)) == 1


async def test_reminders_should_be_told_per_party_the_latest_first() -> None:
    accord = an_accord()
    old = an_accord(
        id="urn:ngsi-ld:Accord:test:old", valid_until=TODAY + 20 * DAY, concluded="2024-10"
    )
    group = WorkingGroup(
        id="urn:ngsi-ld:WorkingGroup:test:a",
        title={"en": "Group"},
        source_city=GRONINGEN,
        accord=accord.id,
        members=(GroupMember(party=GRONINGEN), GroupMember(party=BUSAN)),
        tasks=(
            GroupTask(key="late", title={"en": "Late"}, owner=BUSAN, due=TODAY - DAY),
            GroupTask(key="far", title={"en": "Far"}, owner=BUSAN, due=TODAY + 60 * DAY),
            GroupTask(key="done", title={"en": "Done"}, done_on=TODAY),
            GroupTask(key="ours", title={"en": "Ours"}),
        ),
        next_meeting=TODAY + 3 * DAY,
    )
    ended = replace(group, id="urn:ngsi-ld:WorkingGroup:test:b", ended_on=TODAY)
    signed = signature_of(GRONINGEN, digest_of(accord), TODAY)
    dormant = replace(OURS, id=OURS.id + "-2", status="dormant")
    records = (accord, old, group, ended, signed, OURS, dormant, step(OURS, "agenda", TODAY))
    async with collective_of(*places(), *records, step(dormant, "agenda", TODAY)) as collective:
        busan = reminders(collective, TODAY, party=BUSAN)
        ours = reminders(collective, TODAY, party=GRONINGEN)
        whole = reminders(collective, TODAY, within_days=None)
        view = group_view(collective, group.id, TODAY)
    assert [(one.kind, one.days) for one in busan] == [
        ("task", -1),
        ("meeting", 3),
        ("signature", None),
        ("task", None),
    ]
    assert [one.kind for one in ours] == ["step", "meeting", "task"]
    assert {one.kind for one in whole} == {"task", "meeting", "signature", "step", "accord-ends"}
    assert [one.task.key for one in view.tasks] == ["late", "far", "ours", "done"]
    entries = list(reminder_entries(whole, language="ko", link=lambda record: record.id))
    assert len(entries) == sum(one.due is not None for one in whole)
    assert entries[0].summary == "할 일: Late"
    assert {one.alarm_days for one in entries} == {1, 7}


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 5, 1), 0, date(2026, 5, 1)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_later_should_stay_within_the_month(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later
