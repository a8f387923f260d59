"""`/api/v1/notifications`: what waits, and what could not be told."""

import httpx
import pytest

from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.dying import SUBSCRIPTION, die
from tests.in_process import client_of, node_in_memory

LETTERS = "/api/v1/notifications/dead-letters"


@pytest.fixture
async def client(node: Node) -> httpx.AsyncClient:
    return client_of(node)


async def test_letters_should_be_listed_page_by_page(node: Node, client: httpx.AsyncClient) -> None:
    await die(node, 3)
    first = (await client.get(LETTERS, params={"limit": 2})).json()
    assert len(first["deadLetters"]) == 2
    letter = first["deadLetters"][0]
    assert letter["subscription"] == SUBSCRIPTION
    assert letter["entity"] == "urn:ngsi-ld:Bin:1"
    assert letter["reason"] == "status 503; given up"
    assert letter["tries"] == 3
    assert letter["diedAt"] == "1970-01-01T00:00:01Z"
    rest = (await client.get(LETTERS, params={"after": first["next"]})).json()
    assert len(rest["deadLetters"]) == 1
    assert "next" not in rest
    other = {"subscription": "urn:ngsi-ld:Subscription:2"}
    assert (await client.get(LETTERS, params=other)).json()["deadLetters"] == []


async def test_overview_should_count_what_is_due(node: Node, client: httpx.AsyncClient) -> None:
    await die(node, 2)
    told = (await client.get("/api/v1/notifications")).json()
    assert told == {
        "subscriptions": [{"subscription": SUBSCRIPTION, "waiting": 1, "deadLetters": 2}]
    }


async def test_a_letter_should_be_shown_with_its_notification_and_without_secrets(
    node: Node, client: httpx.AsyncClient
) -> None:
    await die(node, 2)
    number = (await client.get(LETTERS)).json()["deadLetters"][1]["number"]
    shown = await client.get(f"{LETTERS}/{number}")
    assert shown.json()["notification"]["data"][0]["level"]["value"] == 1
    assert "hunter2" not in shown.text


async def test_letters_should_wait_again_when_they_are_replayed(
    node: Node, client: httpx.AsyncClient
) -> None:
    await die(node, 3)
    number = (await client.get(LETTERS)).json()["deadLetters"][0]["number"]
    assert (await client.post(f"{LETTERS}/{number}/replay")).status_code == 202
    key = ("", SUBSCRIPTION)
    assert node.store.outbox.waiting_of(key) == 2
    moved = await client.post(f"{LETTERS}/replay", params={"subscription": SUBSCRIPTION})
    assert moved.json() == {"deadLetters": 2}
    rows = node.store.outbox.take(key, after=0, limit=9)
    assert [row.happened_id for row in rows] == sorted(row.happened_id for row in rows)
    assert len(rows) == 4
    assert (await client.get(LETTERS)).json()["deadLetters"] == []


async def test_letters_should_be_gone_when_they_are_discarded(
    node: Node, client: httpx.AsyncClient
) -> None:
    await die(node, 3)
    letter = (await client.get(LETTERS)).json()["deadLetters"][0]
    assert (await client.delete(f"{LETTERS}/{letter['number']}")).status_code == 204
    assert (await client.delete(LETTERS)).json() == {"deadLetters": 2}
    assert node.store.dead_letters.count() == 0
    left = node.store.outbox.take(("", SUBSCRIPTION), after=0, limit=9)
    assert len(left) == 1
    assert node.store.outbox.happened(left[0].happened_id) is not None


@pytest.mark.parametrize("number", ["99", "9" * 30])
async def test_a_letter_that_is_not_there_should_be_not_found(
    node: Node, client: httpx.AsyncClient, number: str
) -> None:
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/replay")):
        answer = await client.request(method, f"{LETTERS}/{number}{path}")
        assert answer.status_code == 404


async def test_letters_should_stay_within_their_tenant(
    node: Node, client: httpx.AsyncClient
) -> None:
    await die(node, 1, tenant="other")
    assert (await client.get(LETTERS)).json()["deadLetters"] == []
    assert (await client.delete(LETTERS)).json() == {"deadLetters": 0}
    elsewhere = {"NGSILD-Tenant": "other"}
    letter = (await client.get(LETTERS, headers=elsewhere)).json()["deadLetters"][0]
    assert (await client.get(f"{LETTERS}/{letter['number']}")).status_code == 404


async def test_letters_should_be_for_those_who_may_write() -> None:
    async with node_in_memory(Settings(server=Server(dev=False))) as node:
        client = client_of(node)
        for method, path in (
            ("GET", "/api/v1/notifications"),
            ("GET", LETTERS),
            ("DELETE", LETTERS),
            ("POST", LETTERS + "/replay"),
            ("GET", LETTERS + "/1"),
            ("DELETE", LETTERS + "/1"),
            ("POST", LETTERS + "/1/replay"),
        ):
            assert (await client.request(method, path)).status_code == 401


@pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 5_000, "-1", "x", "²", "1.0"])
async def test_a_letter_should_not_be_found_when_its_number_is_none(
    client: httpx.AsyncClient, number: str
) -> None:
    answer = await client.get(f"{LETTERS}/{number}")
    assert answer.status_code == 404
