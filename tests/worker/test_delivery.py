"""Notifications from a change to a real receiver."""

import asyncio

import pytest

from hanze.ngsild.moment import format_datetime, parse_datetime
from hanze.ngsild.subscription.model import DeliveryStatus
from hanze.settings import Notifications
from tests.receiver import Received, receiving
from tests.worker.notifying import ME, delivering, until

SUBSCRIPTION = "urn:ngsi-ld:Subscription:1"


def level_of(received: Received) -> object:
    return received.json["data"][0]["level"]["value"]


@pytest.mark.clause("5.8.6", "5.3.1")
async def test_a_change_should_be_notified_when_somebody_subscribes() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.subscribe(
            f"{receiver.url}/n",
            endpoint={"receiverInfo": [{"key": "Authorization", "value": "Bearer secret"}]},
        )
        await world.write(("1", 5))
        got = (await receiver.wait(1))[0]
        assert got.path == "/n"
        assert got.headers["authorization"] == "Bearer secret"
        assert got.json["type"] == "Notification"
        assert got.json["subscriptionId"] == SUBSCRIPTION
        assert got.ids == ["urn:ngsi-ld:Bin:1"]
        assert level_of(got) == 5
        await world.settled()
        state = world.state()
        assert (state.status, state.times_sent, state.times_failed) == (DeliveryStatus.OK, 1, 0)
        assert state.last_notification == state.last_success == got.json["notifiedAt"]


async def test_changes_of_one_request_should_be_one_notification() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.subscribe(receiver.url)
        await world.write(*((str(number), number) for number in range(150)))
        got = await receiver.wait(2)
        await world.settled()
        assert [len(one.ids) for one in sorted(got, key=lambda one: -len(one.ids))] == [100, 50]
        assert len({one_id for one in got for one_id in one.ids}) == 150


async def test_changes_of_an_entity_should_arrive_in_order() -> None:
    async with receiving() as receiver, delivering() as world:
        receiver.answer = lambda received: (200, 0.01 if int(str(level_of(received))) % 3 else 0)
        await world.subscribe(receiver.url)
        for level in range(30):
            await asyncio.gather(*(world.write((name, level)) for name in "abc"))
        await receiver.wait(90)
        await world.settled()
        for name in "abc":
            levels = [level_of(one) for one in receiver.got if one.ids[0].endswith(name)]
            assert levels == list(range(30))


async def test_what_was_not_told_should_be_told_after_a_restart() -> None:
    async with receiving() as receiver, delivering(start=False) as world:
        await world.subscribe(receiver.url)
        for level in range(5):
            await world.write(("1", level))
        assert world.waiting == 5
        world.start()
        await receiver.wait(5)
        await world.settled()
        assert [level_of(one) for one in receiver.got] == [0, 1, 2, 3, 4]


async def test_a_notification_that_is_sent_again_should_have_the_same_id() -> None:
    async with receiving() as receiver, delivering() as world:
        statuses = iter([503, 200])
        receiver.answer = lambda _: (next(statuses), 0)
        await world.subscribe(receiver.url)
        await world.write(("1", 5))
        first, second = await receiver.wait(2)
        assert first.json["id"] == second.json["id"]
        assert second.at - first.at >= 0.79
        await world.settled()
        state = world.state()
        assert (state.times_sent, state.times_failed) == (2, 1)
        assert state.status is DeliveryStatus.OK
        assert state.last_failure == first.json["notifiedAt"]
        assert state.last_success == second.json["notifiedAt"]


@pytest.mark.clause("5.8.6")
async def test_another_success_than_200_should_count_as_failed_and_not_be_sent_again() -> None:
    async with receiving() as receiver, delivering() as world:
        receiver.answer = lambda _: (204, 0)
        await world.subscribe(receiver.url)
        await world.write(("1", 1))
        await world.write(("1", 2))
        await receiver.wait(2)
        await world.settled()
        assert len(receiver.got) == 2
        state = world.state()
        assert (state.status, state.times_sent, state.times_failed) == (DeliveryStatus.FAILED, 2, 2)
        assert state.last_success is None


async def test_dead_and_slow_receivers_should_not_delay_others() -> None:
    async with receiving() as well, receiving() as slow, delivering() as world:
        slow.answer = lambda _: (200, 5)
        await world.subscribe(well.url)
        await world.subscribe(slow.url, name="urn:s:slow")
        for number in range(20):
            await world.subscribe(f"http://127.0.0.1:1/{number}", name=f"urn:s:dead:{number}")
        loop = asyncio.get_running_loop()
        start = loop.time()
        for level in range(50):
            await world.write(("1", level))
        await well.wait(50)
        assert loop.time() - start < 4
        assert [level_of(one) for one in well.got] == list(range(50))
        assert len(slow.got) == 1


async def test_one_message_that_is_refused_should_not_stop_other_entities() -> None:
    limits = Notifications(allow_private=True, max_tries=2)
    async with receiving() as receiver, delivering(limits) as world:
        receiver.answer = lambda received: (400 if level_of(received) == 13 else 200, 0)
        await world.subscribe(receiver.url)
        await world.write(("bad", 13))
        await world.write(("bad", 14))
        await world.write(("good", 1))
        await receiver.wait(2)
        assert [one.ids[0][-4:] for one in receiver.got[:2]] == [":bad", "good"]
        await receiver.wait(4)
        await world.settled()
        assert [level_of(one) for one in receiver.got] == [13, 1, 13, 14]
        (letter,) = world.node.store.dead_letters.listed("")
        assert letter.reason == "the receiver refuses it: status 400"
        assert letter.tries == 2


async def test_one_failure_should_not_stop_what_else_is_told() -> None:
    async with receiving() as receiver, delivering() as world:
        statuses = iter([200, 503, *[200] * 50])
        receiver.answer = lambda _: (next(statuses), 0)
        await world.subscribe(receiver.url)
        for number in range(20):
            await world.write((str(number), number))
            await receiver.wait(number + 1)
        await receiver.wait(21)
        await world.settled()
        levels = [level_of(one) for one in receiver.got]
        assert sorted(map(int, map(str, levels))) == sorted([*range(20), 1])
        assert levels.index(2) < levels.index(1, 2)
        assert world.state().times_failed == 1


@pytest.mark.clause("5.8.6")
async def test_what_waits_should_be_held_while_a_subscription_is_paused() -> None:
    async with receiving() as receiver, delivering(start=False) as world:
        await world.subscribe(receiver.url)
        await world.write(("1", 1))
        await world.update(isActive=False)
        await world.write(("1", 2))
        world.start()
        await asyncio.sleep(0.3)
        assert receiver.got == []
        await world.update(isActive=True)
        await receiver.wait(1)
        await world.settled()
        # What happened during the pause is nobody's business.
        assert [level_of(one) for one in receiver.got] == [1]


@pytest.mark.clause("5.8.6")
async def test_what_waits_should_be_a_dead_letter_when_the_subscription_has_expired() -> None:
    async with receiving() as receiver, delivering(start=False) as world:
        soon = format_datetime(parse_datetime(world.node.clock()) + 500_000)
        await world.subscribe(receiver.url, expiresAt=soon)
        await world.write(("1", 1))
        await until(lambda: world.node.clock() > soon)
        world.start()
        await world.settled()
        assert receiver.got == []
        (letter,) = world.node.store.dead_letters.listed("")
        assert letter.reason == "the subscription has expired"


async def test_what_waits_should_go_with_its_subscription() -> None:
    async with delivering(start=False) as world:
        await world.subscribe("http://127.0.0.1:1/")
        for level in range(3):
            await world.write(("1", level))
        await world.node.subscriptions.delete(ME, SUBSCRIPTION)
        world.start()
        await world.settled()
        assert world.node.store.dead_letters.listed("") == []
        rows = world.node.store.outbox.take(("", SUBSCRIPTION), after=0, limit=9)
        assert rows == []


@pytest.mark.clause("5.2.12")
async def test_throttled_changes_should_be_told_together_at_their_newest() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.subscribe(receiver.url, throttling=0.5)
        await world.write(("a", 0))
        await receiver.wait(1)
        for level in range(1, 6):
            await world.write(("a", level))
            await world.write(("b", level))
        _, second = await receiver.wait(2)
        await world.settled()
        assert len(receiver.got) == 2
        first_at, second_at = (parse_datetime(one.json["notifiedAt"]) for one in receiver.got)
        assert second_at - first_at >= 500_000
        told = {one["id"][-1]: one["level"]["value"] for one in second.json["data"]}
        assert told == {"a": 5, "b": 5}


@pytest.mark.clause("5.2.15")
async def test_changes_during_a_cooldown_should_not_be_notified() -> None:
    async with receiving() as receiver, delivering() as world:
        statuses = iter([500, *[200] * 9])
        receiver.answer = lambda _: (next(statuses), 0)
        await world.subscribe(receiver.url, endpoint={"cooldown": 1_500})
        await world.write(("1", 1))
        first = (await receiver.wait(1))[0]
        await until(lambda: world.state().times_failed == 1)
        await world.write(("1", 2))
        second = (await receiver.wait(2))[1]
        assert second.at - first.at >= 1.4
        await world.write(("1", 3))
        await receiver.wait(3)
        await world.settled()
        assert [level_of(one) for one in receiver.got] == [1, 1, 3]


@pytest.mark.clause("5.2.15")
async def test_an_answer_should_come_within_the_timeout_of_the_subscription() -> None:
    async with receiving() as receiver, delivering() as world:
        receiver.answer = lambda _: (200, 3)
        await world.subscribe(receiver.url, endpoint={"timeout": 50})
        await world.write(("1", 1))
        await until(lambda: world.state().times_failed == 1, within_s=2.5)


@pytest.mark.clause("5.8.6")
async def test_a_notification_should_come_every_interval_while_something_matches() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.write(("1", 5), ("2", 50))
        await world.subscribe(receiver.url, timeInterval=0.3, q="level>10")
        await world.subscribe(
            receiver.url + "/none", name="urn:s:2", timeInterval=0.3, q="level>90"
        )
        await receiver.wait(3)
        assert {tuple(one.ids) for one in receiver.got} == {("urn:ngsi-ld:Bin:2",)}
        first, _, third = receiver.got[:3]
        assert 0.3 < third.at - first.at < 5
        assert len({one.json["id"] for one in receiver.got}) == len(receiver.got)
        await world.update(isActive=False)
        await asyncio.sleep(0.1)
        count = len(receiver.got)
        await asyncio.sleep(0.5)
        assert len(receiver.got) == count


@pytest.mark.clause("5.8.2.4")
async def test_an_update_should_count_for_the_next_notification_of_an_interval() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.write(("2", 50))
        await world.subscribe(receiver.url, timeInterval=0.3, q="level>10")
        await receiver.wait(2)
        await world.update(q="level>90")
        await asyncio.sleep(0.1)
        count = len(receiver.got)
        await asyncio.sleep(0.8)
        assert len(receiver.got) == count


async def test_an_outbox_that_is_full_should_turn_the_oldest_into_dead_letters() -> None:
    limits = Notifications(allow_private=True, max_waiting=100)
    async with receiving() as well, delivering(limits) as world:
        await world.subscribe("http://127.0.0.1:1/")
        await world.subscribe(well.url, name="urn:s:well")
        for level in range(130):
            await world.write(("1", level))
        await well.wait(130)
        await until(lambda: world.waiting <= 100)
        letters = world.node.store.dead_letters.listed("", limit=500)
        assert {one.subscription for one in letters} == {SUBSCRIPTION}
        assert letters[0].reason == "more than 100 notifications wait"
        assert len(letters) + world.waiting == 130
        oldest = [one.happened_id for one in letters]
        waiting = world.node.store.outbox.take(("", SUBSCRIPTION), after=0, limit=200)
        assert max(oldest) < min(row.happened_id for row in waiting)


async def test_a_dead_letter_should_be_sent_when_it_is_replayed() -> None:
    limits = Notifications(allow_private=True, max_tries=1)
    async with receiving() as receiver, delivering(limits) as world:
        receiver.answer = lambda _: (410, 0)
        await world.subscribe(receiver.url)
        await world.write(("1", 1))
        await world.settled()
        letters = world.node.store.dead_letters
        receiver.answer = lambda _: (200, 0)
        assert await letters.replay_all("") == 1
        await receiver.wait(2)
        await world.settled()
        assert level_of(receiver.got[1]) == 1
        assert letters.listed("") == []


async def test_tenants_should_be_told_of_their_own() -> None:
    async with receiving() as receiver, delivering() as world:
        await world.subscribe(receiver.url + "/a", tenant="a")
        await world.subscribe(receiver.url + "/b", tenant="b")
        await world.write(("1", 1), tenant="b")
        (got,) = await receiver.wait(1)
        await world.settled()
        assert got.path == "/b"
        assert got.headers["ngsild-tenant"] == "b"


async def test_secrets_should_not_be_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with delivering(Notifications(allow_private=True, max_tries=1)) as world:
        await world.subscribe(
            "mqtt://user:hunter2@127.0.0.1:1/topic",
            endpoint={"receiverInfo": [{"key": "Authorization", "value": "Bearer hunter2"}]},
        )
        await world.write(("1", 1))
        await until(lambda: world.state().times_failed == 1)
        await world.settled()
        (letter,) = world.node.store.dead_letters.listed("")
        assert "hunter2" not in letter.reason
    assert "hunter2" not in caplog.text


async def test_what_waited_through_all_tries_should_become_dead_letters_together() -> None:
    limits = Notifications(allow_private=True, max_tries=2)
    async with delivering(limits, start=False) as world:
        await world.subscribe("http://127.0.0.1:1/")
        for level in range(5):
            await world.write(("1", level))
        world.start()
        await until(lambda: world.node.store.dead_letters.count() == 5)
        letters = world.node.store.dead_letters.listed("")
        assert {(one.tries, one.reason[-8:]) for one in letters} == {(2, "given up")}
        assert (world.waiting, world.state().times_failed) == (0, 2)


async def test_failures_should_count_on_after_a_restart_for_the_same_endpoint() -> None:
    limits = Notifications(allow_private=True, max_tries=2)
    async with delivering(limits, start=False) as world:
        await world.subscribe("http://127.0.0.1:1/")
        await world.write(("1", 1))
        world.start()
        await until(lambda: world.state().times_failed == 1)
        await world.stop()
        world.start()
        # It is tried at once, and that is the second time.
        await until(lambda: world.node.store.dead_letters.count() == 1)
        await world.write(("1", 2))
        async with receiving() as receiver:
            endpoint = {"endpoint": {"uri": receiver.url}}
            await world.update(notification=endpoint)
            await receiver.wait(1, within_s=20)
            await world.settled()
            assert world.node.store.dead_letters.count() == 1
