"""The collective over nodes: replicas that follow their homes, apart from what lives here."""

import asyncio
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.replicas.model import SourceUnreachable
from hanze.league.model import Status
from tests.leagues import LeagueOfNodes, league_of, put_records, url_of

AT = "2026-11-01T10:00:00Z"
ZWOLLE = "urn:ngsi-ld:Municipality:NL:GM0193"
SEJONG = "urn:ngsi-ld:Municipality:KR:29"
CITIES = {"zwolle": "Zwolle", "sejong": "Sejong"}


def _place(city: str, name: str) -> Municipality:
    return Municipality(id=city, title={"en": name}, country="urn:ngsi-ld:Country:NL")


def _demand(key: str, city: str | None, title: str = "Bicycle parking") -> Demand:
    return Demand(
        id=f"urn:ngsi-ld:Demand:test:{key}",
        title={"en": title},
        problem={"en": f"There is too little {title.lower()}."},
        source_city=city,
    )


async def _two(league: LeagueOfNodes) -> None:
    own = [_place(ZWOLLE, "Zwolle"), _demand("zwolle", ZWOLLE)]
    await put_records(league.nodes["zwolle"], own, AT)
    own = [_place(SEJONG, "Sejong"), _demand("sejong", SEJONG, "Waste sorting")]
    await put_records(league.nodes["sejong"], own, AT)
    await league.compare()


async def _page(client: httpx.AsyncClient, **asked: str) -> dict[str, Any]:
    """Ask until all texts have been read."""
    while True:
        answer = await client.get("/api/v1/records", params={"limit": 100, **asked})
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        if not page.get("pending"):
            return page


async def _ids(client: httpx.AsyncClient, **asked: str) -> list[str]:
    return sorted(one["id"] for one in (await _page(client, **asked))["records"])


async def test_records_should_be_answered_with_their_home_when_a_peer_keeps_them() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        for name in CITIES:
            answer = await _page(league.client(name), q="waste")
            assert [one["id"] for one in answer["records"]] == ["urn:ngsi-ld:Demand:test:sejong"]
            (part,) = answer["freshness"]
            assert part["records"] == 2
            assert "staleSince" not in part
        (record,) = (await _page(league.client("zwolle"), q="waste"))["records"]
        assert record["home"] == {"node": "sejong", "url": url_of("sejong")}
        assert record["sourceCity"]["title"] == {"en": "Sejong"}
        whole = await league.client("zwolle").get(f"/api/v1/records/{record['id']}")
        assert whole.json()["home"]["node"] == "sejong"


async def test_replicas_should_be_apart_when_entities_are_asked_for_or_told_on() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        client = league.client("zwolle")
        found = await client.get("/ngsi-ld/v1/entities/urn:ngsi-ld:Demand:test:sejong")
        assert found.status_code == 404
        types = await client.get("/ngsi-ld/v1/entities", params={"local": "true", "type": "Demand"})
        assert "sejong" not in types.text
        told = (await client.get("/api/v1/league/records")).json()
        assert sorted(told["records"]) == ["urn:ngsi-ld:Demand:test:zwolle", ZWOLLE]
        read = await client.post(
            "/api/v1/league/records/read", json={"ids": ["urn:ngsi-ld:Demand:test:sejong"]}
        )
        assert read.json() == {"records": []}


async def test_changes_should_arrive_when_records_come_change_and_go() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        sejong, zwolle = league.nodes["sejong"], league.client("zwolle")
        await put_records(sejong, [_demand("late", SEJONG, "Night buses")], AT)
        changed = replace(_demand("sejong", SEJONG), title={"en": "Recycling"})
        await put_records(sejong, [changed], "2026-11-01T10:00:01Z")
        assert await league.step("zwolle", "sejong")
        assert await _ids(zwolle, q="night buses") == ["urn:ngsi-ld:Demand:test:late"]
        assert "urn:ngsi-ld:Demand:test:sejong" in await _ids(zwolle, q="recycling")
        gone = "/ngsi-ld/v1/entities/urn:ngsi-ld:Demand:test:late"
        assert (await league.client("sejong").delete(gone)).status_code == 204
        assert await league.step("zwolle", "sejong")
        assert await _ids(zwolle, q="night buses") == []


async def test_changes_should_be_told_at_once_when_a_peer_waits() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(league.step("zwolle", "sejong", wait_s=20.0))
            await asyncio.sleep(0.05)
            new = _demand("new", SEJONG, "Shade")
            await put_records(league.nodes["sejong"], [new], AT)
            async with asyncio.timeout(10):
                assert await waiting
        assert await _ids(league.client("zwolle"), q="shade") == [new.id]


async def test_comparing_should_find_what_was_missed_when_a_cursor_is_of_another_life() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        (key,) = [key for key in league.cursors if key[0] == "zwolle"]
        league.cursors[key] = "anotherlife:3"
        await put_records(league.nodes["sejong"], [_demand("late", SEJONG)], AT)
        assert not await league.step("zwolle", "sejong")
        league.asking.asked.clear()
        await league.compare("zwolle")
        assert "urn:ngsi-ld:Demand:test:late" in await _ids(league.client("zwolle"))
        # Only the one that is new was read.
        assert league.asking.asked.count("POST /api/v1/league/records/read") == 1


async def test_a_part_should_be_stale_when_its_node_is_down_and_fresh_when_it_is_back() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        league.asking.down.add(url_of("sejong"))
        await league.compare("zwolle")
        answer = await _page(league.client("zwolle"), q="waste")
        (part,) = answer["freshness"]
        assert part["staleSince"] == part["heardAt"]
        assert answer["records"][0]["home"]["staleSince"] == part["heardAt"]
        league.asking.down.clear()
        await league.compare("zwolle")
        (part,) = (await league.client("zwolle").get("/api/v1/league/freshness")).json()["parts"]
        assert "staleSince" not in part


@pytest.mark.parametrize("status", [Status.BANNED, Status.LEFT, Status.INTRODUCED])
async def test_replicas_should_vanish_at_once_when_a_peer_is_confirmed_no_longer(
    status: Status,
) -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        zwolle = league.nodes["zwolle"]
        league.decided["zwolle"].decide("sejong", status)
        assert await _ids(league.client("zwolle")) == ["urn:ngsi-ld:Demand:test:zwolle", ZWOLLE]
        assert await zwolle.replicas.drop_unconfirmed(zwolle.store) == ["sejong"]
        assert not list(zwolle.store.registers.items("replica:sejong"))


async def test_a_peer_should_not_speak_for_a_city_when_that_has_another_home() -> None:
    async with league_of({**CITIES, "third": ""}) as league:
        await _two(league)
        lies: list[Record] = [
            _demand("sejong", SEJONG, "Something else"),
            _demand("forged", ZWOLLE, "Forged"),
            _demand("zwolle", None, "Taken over"),
            _demand("carried", "urn:ngsi-ld:Municipality:NL:GM0344", "Carried"),
        ]
        await put_records(league.nodes["third"], lies, AT)
        await league.compare()
        for name in CITIES:
            client = league.client(name)
            assert await _ids(client, q="forged") == []
            assert await _ids(client, q='"something else"') == []
            assert await _ids(client, q='"taken over"') == []
            assert await _ids(client, q="carried") == ["urn:ngsi-ld:Demand:test:carried"]


async def test_what_is_not_public_should_stay_at_home_when_others_ask() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        ideas = [
            Contribution(
                id=f"urn:ngsi-ld:Contribution:test:{status}",
                title={"en": "An idea"},
                source_city=SEJONG,
                status=status,
            )
            for status in ("received", "adopted")
        ]
        await put_records(league.nodes["sejong"], ideas, AT)
        await league.compare("zwolle")
        found = await _ids(league.client("zwolle"), type="Contribution")
        assert found == ["urn:ngsi-ld:Contribution:test:adopted"]


async def test_writing_should_point_home_when_a_record_is_a_replica() -> None:
    async with league_of(CITIES) as league:
        project = Project(
            id="urn:ngsi-ld:Project:test:far", title={"en": "Far"}, source_city=SEJONG, stage="idea"
        )
        await put_records(league.nodes["sejong"], [project], AT)
        await _two(league)
        answer = await league.client("zwolle").post(
            f"/api/v1/projects/{project.id}/stage", json={"stage": "challenge"}
        )
        assert answer.status_code == 409, answer.text
        assert url_of("sejong") in answer.json()["detail"]


async def test_replicas_should_be_there_when_a_node_starts_again() -> None:
    async with league_of(CITIES) as league:
        await _two(league)
        zwolle = league.nodes["zwolle"]
        before = zwolle.replicas.digests("sejong")
        zwolle.replicas.load(zwolle.store.registers)
        assert zwolle.replicas.digests("sejong") == before
        assert await _ids(league.client("zwolle"), q="waste") == ["urn:ngsi-ld:Demand:test:sejong"]


class _Answering(dict[str, bytes]):
    """A peer that answers what it likes."""

    async def ask(
        self, source: object, method: str, path: str, body: object, *, timeout_s: float
    ) -> bytes:
        return self[path.partition("?")[0].rpartition("/")[2]]


@pytest.mark.parametrize(
    "listing",
    [b"", b"[]", b"<html>", b'{"cursor":1,"records":{}}', b'{"cursor":"a","records":[1]}'],
)
async def test_comparing_should_fail_clearly_when_a_peer_answers_garbage(listing: bytes) -> None:
    async with league_of(CITIES) as league:
        league.asking = _Answering(records=listing)  # type: ignore[assignment]  # a peer that misbehaves
        node = league.nodes["zwolle"]
        await league.compare("zwolle")
        (part,) = node.collective.parts(node.clock())
        assert part.stale_since is not None


async def test_comparing_should_take_only_what_was_asked_for_when_a_peer_sends_more() -> None:
    entity = b'{"id":"urn:ngsi-ld:Theme:x:1","type":"Theme","title":{"type":"LanguageProperty","languageMap":{"en":"a"}}}'
    other = entity.replace(b"x:1", b"x:2")
    moments = b'"createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-01-01T00:00:00Z","digest":"d"'
    both = b",".join(b'{"entity":%s,%s}' % (one, moments) for one in (entity, other))
    async with league_of(CITIES) as league:
        league.asking = _Answering(  # type: ignore[assignment]  # a peer that misbehaves
            records=b'{"cursor":"a:1","records":{"urn:ngsi-ld:Theme:x:1":"d","urn:gone":"e"}}',
            read=b'{"records":[%s]}' % both,
        )
        await league.compare("zwolle")
        node = league.nodes["zwolle"]
        assert list(node.replicas.digests("sejong")) == ["urn:ngsi-ld:Theme:x:1"]
        collective = await node.collective.refresh(node.clock())
        assert collective.find("urn:ngsi-ld:Theme:x:2") is None


async def test_a_record_should_be_refused_when_it_is_none() -> None:
    entity = b'{"id":"urn:ngsi-ld:Theme:x:1","type":"Theme"}'
    moments = b'"createdAt":"2026-01-01T00:00:00Z","modifiedAt":"never","digest":"d"'
    async with league_of(CITIES) as league:
        league.asking = _Answering(  # type: ignore[assignment]  # a peer that misbehaves
            records=b'{"cursor":"a:1","records":{"urn:ngsi-ld:Theme:x:1":"d"}}',
            read=b'{"records":[{"entity":%s,%s}]}' % (entity, moments),
        )
        await league.compare("zwolle")
        node = league.nodes["zwolle"]
        assert "urn:ngsi-ld:Theme:x:1" in node.replicas.refused("sejong")
        assert (await node.collective.refresh(node.clock())).find("urn:ngsi-ld:Theme:x:1") is None


async def test_reading_should_be_refused_when_too_many_are_asked_for() -> None:
    async with league_of(CITIES) as league:
        ids = [f"urn:x:{number}" for number in range(201)]
        answer = await league.client("zwolle").post(
            "/api/v1/league/records/read", json={"ids": ids}
        )
        assert answer.status_code == 400
        with pytest.raises(SourceUnreachable):
            await league.asking.ask(
                league.nodes["sejong"].replicas.sources[0],
                "POST",
                "/api/v1/league/records/read",
                answer.request.content,
                timeout_s=1.0,
            )


async def test_a_city_that_moved_out_should_be_told_by_its_own_node_when_that_is_trusted() -> None:
    async with league_of({"zwolle": "Zwolle", "duiven": ""}) as league:
        client, own = league.client("zwolle"), league.client("duiven")
        city = "urn:ngsi-ld:Municipality:NL:GM0226"
        demand = _demand("duiven", city, "Dyke paths")
        for one in (client, own):
            body = {"tenant": "duiven", "city": city}
            assert (await one.post("/api/v1/members", json=body)).status_code == 200
        await put_records(league.nodes["zwolle"], [demand], AT, tenant="duiven")
        newer = _demand("duiven", city, "Dyke lights")
        await put_records(league.nodes["duiven"], [newer], AT, tenant="duiven")
        await league.compare()
        # Each has the city as its tenant: each shows its own, until one is told that it went.
        assert await _ids(client, q="paths") == [demand.id]
        seal = {"sealed": True, "movedTo": url_of("duiven")}
        assert (await client.put("/api/v1/members/duiven/seal", json=seal)).status_code == 200
        found = (await _page(client, q="lights"))["records"]
        assert [one["home"]["node"] for one in found] == ["duiven"]
        assert await _ids(client, q="paths") == []
