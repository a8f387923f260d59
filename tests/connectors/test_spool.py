"""The spool: kept before it is acknowledged, in order, and never dropped in silence."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hanze.connectors.spool import SPOOL, Spool, SpoolFull
from hanze.connectors.spooled import Held, Letter, Settled
from hanze.connectors.streaming import Message
from hanze.errors import StoreFailure
from hanze.ngsild.moment import parse_datetime

NOW = "2026-11-22T04:00:00Z"
NOW_US = parse_datetime(NOW)
DAY_US = 86_400_000_000


def a_message(body: bytes = b"{}", *, source: str = "roof", at: str = NOW) -> Message:
    return Message(
        source=source, received_at=at, body=body, content_type="application/json", topic="a/b"
    )


def a_spool(path: Path | None, *, most_mb: int = 64, keep_days: float = 7) -> Spool:
    return Spool(path, most_mb=most_mb, keep_days=keep_days, clock=lambda: NOW)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    opened = a_spool(tmp_path / SPOOL)
    yield opened
    await opened.close()


async def settle(spool: Spool, *done: int, at: int = NOW_US, source: str = "roof") -> None:
    await spool.settle(Settled(source, done, at))


async def test_put_should_keep_messages_as_they_came_and_in_order(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / SPOOL)
    await asyncio.gather(*(spool.put(a_message(f"{n}".encode())) for n in range(100)))
    await spool.close()
    again = a_spool(tmp_path / SPOOL)
    found = await again.take("roof", limit=1000)
    await again.close()
    assert [one.message.body for one in found] == [f"{n}".encode() for n in range(100)]
    assert found[0].message == a_message(b"0")


async def test_the_spool_should_be_for_its_owner_alone(spool: Spool, tmp_path: Path) -> None:
    await spool.put(a_message())
    assert _modes(tmp_path) == {0o600}


def _modes(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.glob(f"{SPOOL}*")}


async def test_take_should_repeat_until_messages_are_settled(spool: Spool) -> None:
    for body in (b"1", b"2", b"3"):
        await spool.put(a_message(body))
    first = await spool.take("roof", limit=2)
    assert await spool.take("roof", limit=2) == first
    await settle(spool, *(one.id for one in first))
    assert [one.message.body for one in await spool.take("roof", limit=9)] == [b"3"]
    assert (await spool.counters())["roof"].waiting == 1


async def test_take_should_end_where_messages_are_large(spool: Spool) -> None:
    for _ in range(3):
        await spool.put(a_message(b"x" * (9 << 20)))
    assert len(await spool.take("roof", limit=9)) == 1


async def test_sources_should_not_see_each_other(spool: Spool) -> None:
    await spool.put(a_message(b"1"))
    await spool.put(a_message(b"2", source="cellar"))
    await settle(spool, (await spool.take("cellar", limit=9))[0].id, source="cellar")
    assert [one.message.body for one in await spool.take("roof", limit=9)] == [b"1"]


async def test_put_should_refuse_when_nothing_can_make_room(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / SPOOL, most_mb=1)
    await spool.put(a_message(b"x" * 700_000))
    with pytest.raises(SpoolFull, match="nothing is lost"):
        await spool.put(a_message(b"x" * 700_000))
    await settle(spool, 1)
    await spool.put(a_message(b"y" * 700_000))
    assert [one.message.body[:1] for one in await spool.take("roof", limit=9)] == [b"y"]
    assert (await spool.counters())["roof"].received == 2
    await spool.close()


async def test_put_should_make_room_by_what_is_missed_least(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / SPOOL, most_mb=1)
    for body in (b"held", b"bad", b"stored"):
        await spool.put(a_message(body + b"x" * 250_000))
    letters, held = [Letter(2, "It is no JSON", "bad")], [Held(1, "a", "urn:x:a")]
    await spool.settle(Settled("roof", [1, 2, 3], NOW_US, letters=letters, held=held))

    async def left() -> list[bytes]:
        return [one.message.body.rstrip(b"x") for one in await spool.newest("roof", limit=9)]

    big = b"x" * 250_000
    await spool.put(a_message(b"1" + big, source="cellar"))
    assert await left() == [b"bad", b"held"]
    await spool.put(a_message(b"2" + big, source="cellar"))
    assert await left() == [b"held"]
    await spool.put(a_message(b"3" + big, source="cellar"))
    assert await left() == []
    assert await spool.letters("roof") == []
    assert await spool.devices("roof") == []
    with pytest.raises(SpoolFull):
        await spool.put(a_message(b"4" + big, source="cellar"))
    await spool.close()


async def test_tidy_should_remove_what_was_dealt_with_only(spool: Spool) -> None:
    await spool.put(a_message(b"old", at="2026-11-01T00:00:00Z"))
    await spool.put(a_message(b"old and waiting", at="2026-11-01T00:00:01Z"))
    await settle(spool, 1, at=0)
    assert await spool.tidy(NOW_US) == 1
    assert [one.message.body for one in await spool.take("roof", limit=9)] == [b"old and waiting"]


async def test_dead_letters_should_go_when_their_message_is_settled_anew(spool: Spool) -> None:
    await spool.put(a_message(b"bad"))
    broken = Settled("roof", [1], NOW_US, letters=[Letter(1, "It is no JSON", "bad")], error="!")
    await spool.settle(broken)
    assert [(one.reason, one.part, one.topic) for one in await spool.letters("roof")] == [
        ("It is no JSON", "bad", "a/b")
    ]
    counters = (await spool.counters())["roof"]
    assert (counters.rejected, counters.letters, counters.last_error) == (1, 1, "!")
    assert await spool.take("roof", limit=9) == []
    assert await spool.replay("roof", start=0, end=NOW_US + 1, letters=True) == 1
    (again,) = await spool.take("roof", limit=9)
    assert again.again
    await settle(spool, again.id)
    assert await spool.letters("roof") == []
    assert await spool.take("roof", limit=9) == []


async def test_replay_should_take_the_period_that_is_asked_for(spool: Spool) -> None:
    for hour in range(3):
        await spool.put(a_message(f"{hour}".encode(), at=f"2026-11-22T0{hour}:00:00Z"))
    await settle(spool, 1, 2, 3)
    start = parse_datetime("2026-11-22T01:00:00Z")
    assert await spool.replay("roof", start=start, end=start + 3_600_000_000) == 1
    assert [one.message.body for one in await spool.take("roof", limit=9)] == [b"1"]


async def test_devices_should_wait_with_their_messages(spool: Spool) -> None:
    for body in (b"1", b"2"):
        await spool.put(a_message(body))
    held = [Held(n, "A1", "urn:ngsi-ld:Device:roof:A1") for n in (1, 2)]
    await spool.settle(Settled("roof", [1, 2], NOW_US, held=held))
    (waiting,) = await spool.devices("roof")
    assert (waiting.device, waiting.messages) == ("A1", 2)
    assert (await spool.counters())["roof"].held == 2
    assert await spool.release("roof", "A1", again=True) == (True, 2)
    assert [one.id for one in await spool.take("roof", limit=9)] == [1, 2]
    assert await spool.devices("roof") == []
    assert await spool.release("roof", "A1", again=True) == (False, 0)


async def test_erased_messages_should_leave_nothing(spool: Spool, tmp_path: Path) -> None:
    await spool.put(a_message(b"jan@example.org"))
    await spool.settle(
        Settled("roof", [1], NOW_US, erased=[1], letters=[Letter(1, "It looks personal")])
    )
    assert await spool.newest("roof") == []
    assert await spool.replay("roof", start=0, end=NOW_US + DAY_US) == 0
    (letter,) = await spool.letters("roof")
    assert (letter.part, letter.topic) == ("", "")


async def test_erased_messages_should_not_be_left_in_the_file(tmp_path: Path) -> None:
    spool = a_spool(tmp_path / SPOOL)
    await spool.put(a_message(b"jan@example.org " * 2_000))
    await spool.settle(Settled("roof", [1], NOW_US, erased=[1]))
    await spool.close()
    assert b"jan@example.org" not in (tmp_path / SPOOL).read_bytes()
    assert not (tmp_path / f"{SPOOL}-wal").exists()


async def test_forget_should_remove_all_of_a_source(spool: Spool) -> None:
    await spool.put(a_message(b"1"))
    await spool.put(a_message(b"2", source="cellar"))
    await spool.forget("roof")
    assert set(await spool.counters()) == {"cellar"}
    assert await spool.take("roof", limit=9) == []


async def test_spool_should_refuse_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / SPOOL).write_bytes(b"something else" * 100)
    spool = a_spool(tmp_path / SPOOL)
    with pytest.raises(StoreFailure):
        await spool.put(a_message())
    await spool.close()
