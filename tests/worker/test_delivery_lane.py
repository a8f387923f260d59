"""The order in which a lane hands out what waits, whatever fails meanwhile."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.store.outbox.values import DueRow
from hanze.worker.delivery.lane import PAGE, Lane

ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60)


def rows_of(changes: list[tuple[str, bool]]) -> list[DueRow]:
    """Number the changes; one that is together with the one before it shares its unit."""
    rows: list[DueRow] = []
    for number, (entity, together) in enumerate(changes, 1):
        unit = rows[-1].unit_id if together and rows else number
        rows.append(DueRow(number, unit, entity))
    return rows


@given(changes=ROWS, seed=st.integers(0, 1_000))
@settings(max_examples=100)
def test_rows_of_an_entity_should_go_in_order_each_once_whatever_fails(
    changes: list[tuple[str, bool]], seed: int
) -> None:
    choose = random.Random(seed)
    lane = Lane(("", "urn:s"), more=False)
    for row in rows_of(changes):
        assert lane.arrive(row)
    under_way: list[tuple[DueRow, ...]] = []
    taken: list[DueRow] = []
    now = 0
    while len(lane) or under_way:
        now += 1
        message = lane.next(now)
        if message:
            flying = {row.entity for other in under_way for row in other}
            assert not flying & {row.entity for row in message}
            assert len({row.unit_id for row in message}) == 1
            under_way.append(message)
        if under_way and (not message or choose.random() < 0.5):
            landed = under_way.pop(choose.randrange(len(under_way)))
            end = choose.random()
            if end < 0.4:
                lane.land(landed)
                taken += landed
            elif end < 0.7:
                lane.return_(landed)
            else:
                lane.return_(
                    [row._replace(tries=row.tries + 1) for row in landed], hold_until=now + 3
                )
    assert sorted(row.happened_id for row in taken) == list(range(1, len(changes) + 1))
    for entity in "abc":
        told = [row.happened_id for row in taken if row.entity == entity]
        assert told == sorted(told)


def test_changes_of_one_unit_should_go_together_each_entity_once() -> None:
    lane = Lane(("", "urn:s"), more=False)
    for row in (DueRow(1, 1, "a"), DueRow(2, 1, "b"), DueRow(3, 1, "a"), DueRow(4, 4, "c")):
        lane.arrive(row)
    assert [row.happened_id for row in lane.next(0)] == [1, 2]
    assert [row.happened_id for row in lane.next(0)] == [4]
    assert lane.next(0) == ()


def test_what_is_refused_should_not_hold_up_other_entities() -> None:
    lane = Lane(("", "urn:s"), more=False)
    for row in (DueRow(1, 1, "a"), DueRow(2, 2, "a"), DueRow(3, 3, "b")):
        lane.arrive(row)
    refused = lane.next(0)
    lane.return_(refused, hold_until=500)
    assert [row.entity for row in lane.next(10)] == ["b"]
    assert lane.next(10) == ()
    assert lane.wait_us(10) == 490
    assert [row.happened_id for row in lane.next(500)] == [1]


def test_a_lane_should_hold_a_bounded_part_and_read_the_rest() -> None:
    lane = Lane(("", "urn:s"), more=False)
    stored = [DueRow(number, number, f"e{number}") for number in range(1, 3 * PAGE)]
    for row in stored:
        lane.arrive(row)
    assert len(lane) == PAGE
    assert lane.more
    told: list[int] = []
    while True:
        while lane.wants_rows:
            page = [row for row in stored if row.happened_id > lane.read_to][:PAGE]
            lane.read(page, PAGE)
        message = lane.next(0)
        if not message:
            break
        assert len(lane) <= 2 * PAGE
        lane.land(message)
        told += [row.happened_id for row in message]
    assert told == [row.happened_id for row in stored]


def test_rows_that_are_read_again_should_not_be_sent_while_they_are_known() -> None:
    lane = Lane(("", "urn:s"), more=False)
    rows = [DueRow(number, number, f"e{number}") for number in (5, 6)]
    for row in rows:
        lane.arrive(row)
    flying = lane.next(0)
    lane.reread()
    lane.read([DueRow(1, 1, "old"), *rows], PAGE)
    assert [lane.next(0)[0].happened_id for _ in range(2)] == [1, 6]
    lane.land(flying)
    assert lane.next(0) == ()


@pytest.mark.clause("5.2.12")
def test_a_throttled_lane_should_keep_the_newest_of_each_entity() -> None:
    lane = Lane(("", "urn:s"), more=False)
    for row in (DueRow(1, 1, "a"), DueRow(2, 2, "b"), DueRow(3, 3, "a")):
        lane.arrive(row)
    assert [row.happened_id for row in lane.collapse()] == [1]
    assert [row.happened_id for row in lane.next_of_all(0)] == [2, 3]
    assert lane.collapse() == ()


def test_what_waited_through_all_tries_should_be_doomed() -> None:
    lane = Lane(("", "urn:s"), more=False)
    for number in (1, 2, 3):
        lane.arrive(DueRow(number, number, f"e{number}"))
    assert [row.happened_id for row in lane.doomed(2)] == [1, 2]
    assert lane.doomed(2) == ()
    assert len(lane) == 1


def test_what_was_refused_together_should_go_alone() -> None:
    lane = Lane(("", "urn:s"), more=False)
    for row in (DueRow(1, 1, "a"), DueRow(2, 1, "b"), DueRow(3, 1, "c")):
        lane.arrive(row)
    lane.return_(lane.next(0), hold_until=5)
    again = lane.next(5)
    assert len(again) == 3
    lane.return_(again, hold_until=9, alone=True)
    assert [len(lane.next(9)) for _ in range(4)] == [1, 1, 1, 0]
