"""Two cities, each a process: closed data of one is read, and heard of, by the other under an agreement."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.receiver import receiving
from tests.running import RunningNode, run_hanze, start_node

pytestmark = pytest.mark.slow

Json = Any
CARE: Final = "https://w3id.org/dpv/sector/health#HealthcareManagement"
ACTIVITY: Final = "urn:ngsi-ld:ProcessingActivity:zwolle:care"
AGREEMENT: Final = "urn:ngsi-ld:Agreement:groningen:care"
READING: Final = "urn:ngsi-ld:Reading:1"


@dataclass(slots=True)
class City:
    """A node, and who works with it."""

    name: str
    data: Path
    running: RunningNode
    tokens: dict[str, Path]

    @property
    def organisation(self) -> str:
        return organisation_of(self.name)

    async def hanze(self, *arguments: str, who: str = "chief") -> Json:
        environ = {"HANZE_TOKEN_FILE": str(self.tokens[who])}
        done = await asyncio.to_thread(
            run_hanze, *arguments, "--json", "--url", self.running.url, environ=environ
        )
        assert done.code == 0, done.err
        return json.loads(done.out) if done.out.strip() else None

    async def send(
        self, method: str, path: str, body: Json = None, *, who: str | None = None
    ) -> httpx.Response:
        headers = {}
        if who is not None:
            headers["authorization"] = f"Bearer {self.tokens[who].read_text().strip()}"
        async with httpx.AsyncClient(base_url=self.running.url, timeout=20) as http:
            return await http.request(method, path, json=body, headers=headers)

    async def ids(self, who: str | None) -> list[str]:
        answer = await self.send("GET", "/ngsi-ld/v1/entities?type=Reading", who=who)
        assert answer.status_code in (200, 400, 403), answer.text
        return [one["id"] for one in answer.json()] if answer.status_code == 200 else []

    async def past(self, who: str | None) -> int:
        asked = "type=Reading&timerel=after&timeAt=2020-01-01T00:00:00Z&timeproperty=modifiedAt"
        answer = await self.send("GET", f"/ngsi-ld/v1/temporal/entities?{asked}", who=who)
        return len(answer.json()) if answer.status_code == 200 else 0


def organisation_of(name: str) -> str:
    return f"urn:ngsi-ld:Organization:{name.lower()}"


def _token(data: Path, name: str, *arguments: str) -> Path:
    done = run_hanze("token", "new", name, *arguments, "--data", str(data), "--json")
    assert done.code == 0, done.err
    path = data / f"{name}.token"
    path.write_text(json.loads(done.out)["token"])
    return path


def _start(folder: Path, name: str) -> City:
    data = folder / name
    own = organisation_of(name)
    roles = [
        part for role in ("operator", "writer", "owner", "steward") for part in ("--role", role)
    ]
    carer = ("--role", "writer", "--activity", ACTIVITY, "--purpose", CARE)
    data.mkdir(parents=True)
    tokens = {
        "chief": _token(data, "chief", *roles, "--organisation", own),
        "carer": _token(data, "carer", *carer, "--organisation", own),
    }
    environ = {
        "HANZE_GOVERNANCE__ORGANISATION": own,
        "HANZE_GOVERNANCE__CONFIRM_S": "3",
        "HANZE_DISTRIBUTION__ALLOW_PRIVATE": "true",
        "HANZE_NOTIFICATIONS__ALLOW_PRIVATE": "true",
        "HANZE_LEAGUE__GOSSIP_S": "0.5",
        "HANZE_LEAGUE__TIMEOUT_S": "5",
    }
    arguments = ("serve", "--data", str(data), "--port", "0")
    return City(name, data, start_node(arguments, environ=environ, classified=False), tokens)


@asynccontextmanager
async def _cities(folder: Path) -> AsyncIterator[tuple[City, City]]:
    cities: list[City] = []
    try:
        for name in ("Groningen", "Zwolle"):
            cities.append(await asyncio.to_thread(_start, folder, name))
            await cities[-1].hanze("league", "found", "--name", name, "--city", name)
        owner, consumer = cities
        token = (await owner.hanze("league", "invite"))["token"]
        await consumer.hanze("league", "join", token, "--yes")
        await owner.hanze("league", "confirm", "Zwolle", "--yes")
        yield owner, consumer
    finally:
        for city in cities:
            city.running.stop(signal.SIGKILL)


async def _until(holds: Callable[[], Awaitable[bool]], *, within_s: float = 20.0) -> None:
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110  # other processes tell nothing
            await asyncio.sleep(0.2)


async def _agree(owner: City, consumer: City) -> None:
    """Have the owner offer and sign, and the consumer sign on its own node."""
    await owner.hanze(
        *("classify", "Reading", "--closed", "--owner", owner.organisation),
        *("--ground", "Care at home", "--decided-by", "The council"),
        *("--review-at", "2099-01-01"),
    )
    told = (await owner.send("GET", "/api/v1/governance/datasets", who="chief")).json()
    dataset = next(one["id"] for one in told["datasets"] if "collective" not in one["id"])
    (peer,) = (await owner.send("GET", "/api/v1/league/peers", who="chief")).json()["peers"]
    await owner.hanze(
        *("agreement", "offer", "--dataset", dataset, "--id", AGREEMENT),
        *("--with", f"urn:ngsi-ld:Organization:{peer['id']}"),
        *("--purpose", CARE, "--until", "2099-01-01"),
    )
    await owner.hanze("agreement", "sign", AGREEMENT)

    async def is_there() -> bool:
        answer = await consumer.send("GET", "/api/v1/governance/agreements", who="chief")
        return any(one["id"] == AGREEMENT for one in answer.json()["agreements"])

    await _until(is_there)
    await consumer.hanze("agreement", "sign", AGREEMENT)


async def _register(consumer: City, data: Path) -> None:
    activity = data / "activity.json"
    activity.write_text(
        json.dumps(
            {
                "id": ACTIVITY,
                "title": {"nl": "Zorg", "en": "Care", "ko": "돌봄"},
                "organisation": consumer.organisation,
                "purposes": [CARE],
            }
        )
    )
    await consumer.hanze("activity", "set", ACTIVITY, str(activity))


async def _register_past(owner: City, consumer: City) -> None:
    """Have the consumer's node ask for histories, too."""
    made = await consumer.send(
        "POST",
        "/ngsi-ld/v1/csourceRegistrations",
        {
            "type": "ContextSourceRegistration",
            "endpoint": owner.running.url,
            "information": [{"entities": [{"type": "Reading"}]}],
            "operations": ["retrieveTemporal", "queryTemporal"],
            "managementInterval": {"startAt": "2020-01-01T00:00:00Z"},
            "management": {"localOnly": True},
        },
        who="chief",
    )
    assert made.status_code == 201, made.text


async def test_closed_data_should_cross_the_border_under_an_agreement_alone(
    tmp_path: Path,
) -> None:
    async with receiving() as receiver, _cities(tmp_path) as (owner, consumer):
        await _agree(owner, consumer)
        await _register(consumer, tmp_path)
        body = {"id": READING, "type": "Reading", "level": {"type": "Property", "value": 1}}
        made = await owner.send("POST", "/ngsi-ld/v1/entities", body, who="chief")
        assert made.status_code == 201, made.text

        async def is_read() -> bool:
            return await consumer.ids("carer") == [READING]

        await _until(is_read)
        assert await consumer.ids(None) == []
        assert await consumer.ids("chief") == []
        await _register_past(owner, consumer)
        assert (await consumer.past("carer"), await consumer.past(None)) == (1, 0)
        subscribed = await consumer.send(
            "POST",
            "/ngsi-ld/v1/subscriptions",
            {
                "type": "Subscription",
                "entities": [{"type": "Reading"}],
                "notification": {"endpoint": {"uri": receiver.url}},
            },
            who="carer",
        )
        assert subscribed.status_code == 201, subscribed.text

        async def change(level: int) -> None:
            path = f"/ngsi-ld/v1/entities/{READING}/attrs/level"
            answer = await owner.send("PATCH", path, {"value": level}, who="chief")
            assert answer.status_code == 204, answer.text

        async def is_told() -> bool:
            await change(len(receiver.got) + 2)
            await asyncio.sleep(0.5)
            return bool(receiver.got)

        await _until(is_told)
        assert receiver.got[0].ids == [READING]
        await owner.hanze("agreement", "revoke", AGREEMENT, "--reason", "Not needed any more")
        assert await consumer.ids("carer") == []
        assert await consumer.past("carer") == 0
        heard = len(receiver.got)
        for level in (101, 102):
            await change(level)
        await asyncio.sleep(1.5)
        assert all(b"10" not in one.body.partition(b'"level"')[2][:60] for one in receiver.got)
        assert len(receiver.got) == heard

        async def is_ended() -> bool:
            answer = await consumer.send("GET", "/api/v1/governance/agreements", who="chief")
            return any(
                one["id"] == AGREEMENT and one["state"] == "revoked"
                for one in answer.json()["agreements"]
            )

        await _until(is_ended)
