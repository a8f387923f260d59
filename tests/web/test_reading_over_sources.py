"""Retrieval and queries over Context Sources: modes, failures, lies, and what sources are asked."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from msgspec.structs import replace as with_members
from starlette.requests import Request
from starlette.responses import Response

from hanze.ngsild.registration.model import Mode
from hanze.settings import Distribution
from tests.in_process import DEVELOPMENT
from tests.several import Pretender, Served, answer, pretender, register, served_node

Json = Any
ROOM = "urn:ngsi-ld:Room:1"
ROOMS = [{"entities": [{"type": "Room"}]}]
QUICK = replace(DEVELOPMENT, distribution=Distribution(timeout_s=0.3, cooldown_s=0.0))


@pytest.fixture
async def hub() -> AsyncIterator[Served]:
    async with served_node(QUICK) as node:
        yield node


@pytest.fixture
async def source() -> AsyncIterator[Pretender]:
    async with pretender() as found:
        yield found


def prop(value: Json, **members: str) -> dict[str, Json]:
    return {"type": "Property", "value": value, **members}


def room(entity_id: str = ROOM, **attributes: Json) -> dict[str, Json]:
    return {"id": entity_id, "type": "Room", **attributes}


async def hold(node: Served, *entities: Mapping[str, Json]) -> None:
    answered = await node.api.post(
        "/entityOperations/create", json=entities, params={"local": "true"}
    )
    assert answered.status_code == 201, answered.text


def asked_of(source: Pretender, number: int = 0) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(source.got[number][1]).query))


@pytest.mark.clause("5.7.1", "4.3.6.3")
async def test_retrieval_should_leave_own_attributes_out_when_they_are_exclusive_elsewhere(
    hub: Served, source: Pretender
) -> None:
    await hold(hub, room(level=prop(1), name=prop("own")))
    source.answer = answer(room(level=prop(2)))
    information = [{"entities": [{"type": "Room", "id": ROOM}], "propertyNames": ["level"]}]
    node = hub.node.registry
    await register(hub, source.url, information, mode="inclusive", operations=["retrieveOps"])
    # The conflict that forbids this registration is not what is tested.
    registered = node.of_tenant("")[0]
    node.put(with_members(registered, mode=Mode.EXCLUSIVE))
    answered = await hub.api.get(f"/entities/{ROOM}")
    assert answered.json() == room(name=prop("own"), level=prop(2))
    source.answer = answer({}, 404)
    answered = await hub.api.get(f"/entities/{ROOM}")
    assert answered.json() == room(name=prop("own"))
    assert "ngsild-warning" not in answered.headers


@pytest.mark.clause("4.3.6.1", "4.3.6.4")
async def test_sources_should_be_asked_for_what_is_registered_when_more_is_wanted(
    hub: Served, source: Pretender
) -> None:
    source.answer = answer([])
    information = [
        {
            "entities": [{"type": "Room", "idPattern": "^urn:ngsi-ld:Room:"}],
            "propertyNames": ["level", "name"],
        }
    ]
    await register(hub, source.url, information, tenant="far", datasetId=["urn:gps", "@none"])
    await hub.api.get(
        "/entities", params={"type": "Room,Hall", "q": "level>1", "pick": "name,size", "limit": "7"}
    )
    assert asked_of(source) == {
        "idPattern": "^urn:ngsi-ld:Room:",
        "type": "Room",
        "attrs": "level,name",
        "pick": "id,type,scope,name",
        "q": "level>1",
        "datasetId": "@none,urn:gps",
        "options": "sysAttrs",
        "limit": "8",
    }
    headers = source.got[0][2]
    assert headers["ngsild-tenant"] == "far"
    assert hub.node.alias in headers["via"]
    await hub.api.get("/entities", params={"type": "Hall"})
    await hub.api.get("/entities", params={"type": "Room", "local": "true"})
    await hub.api.get("/entities", params={"type": "Room", "id": "urn:ngsi-ld:Hall:1"})
    assert len(source.got) == 1


@pytest.mark.clause("5.7.2", "4.3.6.7")
async def test_sources_should_be_asked_without_filters_when_entities_are_split(
    hub: Served, source: Pretender
) -> None:
    source.answer = answer([])
    await register(hub, source.url, ROOMS)
    params = {"type": "Room", "q": "level>1;name", "scopeQ": "/a", "splitEntities": "true"}
    answered = await hub.api.get("/entities", params=params)
    assert answered.json() == []
    assert asked_of(source) == {
        "type": "Room",
        "pick": "id,type,scope,level,name",
        "options": "sysAttrs",
        "limit": "1000",
    }


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("told", "code"),
    [
        (answer({"title": "Nein"}, 403), "299"),
        (answer(b"<html>"), "111"),
        (answer([{"id": "no URI"}]), "111"),
        (answer({}, 508), "199"),
    ],
)
async def test_answers_should_carry_a_warning_when_an_inclusive_source_fails(
    hub: Served, source: Pretender, told: Any, code: str
) -> None:
    await hold(hub, room(level=prop(1)))
    await register(hub, source.url, ROOMS)
    source.answer = told
    for path, params in (("/entities", {"type": "Room"}), (f"/entities/{ROOM}", {})):
        answered = await hub.api.get(path, params=params)
        assert answered.status_code == 200
        assert answered.json() in (room(level=prop(1)), [room(level=prop(1))])
        assert [one[:3] for one in answered.headers.get_list("ngsild-warning")] == [code]


@pytest.mark.clause("6.3.17")
@pytest.mark.parametrize(
    ("told", "status"),
    [
        (answer({}, 403), 502),
        (answer(b"<html>"), 502),
        (answer({}, 508), 508),
        (answer({}, 404), 404),
    ],
)
async def test_retrieval_should_fail_when_the_only_source_is_redirected_to_and_fails(
    hub: Served, source: Pretender, told: Any, status: int
) -> None:
    await register(hub, source.url, ROOMS, mode="redirect")
    source.answer = told
    assert (await hub.api.get(f"/entities/{ROOM}")).status_code == status
    answered = await hub.api.get("/entities", params={"type": "Room"})
    assert answered.status_code == (200 if status == 404 else status)


@pytest.mark.clause("6.3.17")
async def test_a_silent_source_should_cost_its_time_out_when_others_answer(
    hub: Served, source: Pretender
) -> None:
    async with served_node() as other:
        await hold(other, room(level=prop(1)))
        for url in (source.url, other.url):
            await register(hub, url, ROOMS)
        release = asyncio.Event()

        class Silent(Response):
            async def __call__(self, *_: Any) -> None:
                await release.wait()

        source.answer = lambda _: Silent()
        started = time.perf_counter()
        answered = await hub.api.get("/entities", params={"type": "Room"})
        assert time.perf_counter() - started < 3
        release.set()
        assert answered.json() == [room(level=prop(1))]
        assert answered.headers["ngsild-warning"].startswith("199 ")


@pytest.mark.clause("4.3.6.1", "6.3.17")
async def test_entities_should_be_left_out_when_a_source_is_not_registered_for_them(
    hub: Served, source: Pretender
) -> None:
    information = [{"entities": [{"type": "Room"}], "propertyNames": ["level"]}]
    await register(hub, source.url, information)
    source.answer = answer(
        [
            {"id": "urn:ngsi-ld:Hall:1", "type": "Hall", "level": prop(1)},
            room(level=prop(2), secret=prop(3)),
        ]
    )
    answered = await hub.api.get("/entities", params={"type": "Room", "count": "true"})
    assert answered.json() == [room(level=prop(2))]
    assert answered.headers["ngsild-results-count"] == "1"
    assert answered.headers["ngsild-warning"].startswith("111 ")
    source.answer = answer(room("urn:ngsi-ld:Room:2", level=prop(2)))
    answered = await hub.api.get(f"/entities/{ROOM}")
    assert answered.status_code == 404
    assert hub.node.store.stored("", ROOM) is None


@pytest.mark.clause("4.5.5.3", "6.3.11")
async def test_the_newest_instance_should_be_shown_when_several_nodes_have_one(
    hub: Served, source: Pretender
) -> None:
    early, late = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
    await hold(hub, room(level=prop(1, observedAt=early), name=prop("own")))
    await register(hub, source.url, ROOMS)
    level = prop(2, observedAt=late, createdAt=early, modifiedAt=early)
    name = prop("old", createdAt=early, modifiedAt=early)
    source.answer = answer(room(level=level, name=name, createdAt=early, modifiedAt=early))
    answered = await hub.api.get(f"/entities/{ROOM}")
    assert answered.json() == room(level=prop(2, observedAt=late), name=prop("own"))
    answered = await hub.api.get(f"/entities/{ROOM}", params={"options": "sysAttrs"})
    assert answered.json()["level"] == level
    assert answered.json()["createdAt"] == early


@pytest.mark.clause("4.3.6.2")
async def test_attributes_should_only_be_added_when_a_source_is_auxiliary(
    hub: Served, source: Pretender
) -> None:
    await hold(hub, room(level=prop(1)))
    await register(hub, source.url, ROOMS, mode="auxiliary", operations=["retrieveOps"])
    source.answer = answer([room(level=prop(2), name=prop("far"))])
    for params in ({"type": "Room"}, {"type": "Room", "splitEntities": "true"}):
        answered = await hub.api.get("/entities", params=params)
        assert answered.json() == [room(level=prop(1), name=prop("far"))]


@pytest.mark.clause("5.7.1", "5.7.2")
async def test_merged_entities_should_be_shown_as_asked_when_they_come_from_sources(
    hub: Served, source: Pretender
) -> None:
    title = {"type": "LanguageProperty", "languageMap": {"nl": "Zaal", "en": "Hall"}}
    place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [5.0, 52.0]}}
    await hold(hub, room(level=prop(1)))
    await register(hub, source.url, ROOMS)
    source.answer = answer(room(title=title, location=place))
    path = f"/entities/{ROOM}"
    simple = {"options": "keyValues", "lang": "nl", "omit": "location"}
    assert (await hub.api.get(path, params=simple)).json() == {
        **{"id": ROOM, "type": "Room", "level": 1, "title": "Zaal"},
    }
    feature = await hub.api.get(
        path, params={"attrs": "level"}, headers={"accept": "application/geo+json"}
    )
    assert feature.json()["geometry"] == place["value"]
    assert feature.json()["properties"] == {"type": "Room", "level": prop(1)}
    assert asked_of(source, 1)["pick"] == "id,type,scope,level,location"
    concise = await hub.api.get(path, params={"format": "concise", "pick": "level"})
    assert concise.json() == {"level": 1}
    assert (await hub.api.get(path, params={"attrs": "nothing"})).status_code == 404
    assert (await hub.api.get(path, params={"type": "Hall"})).status_code == 404


@pytest.mark.clause("5.2.34", "6.3.17")
async def test_an_answer_should_be_used_again_when_the_registration_says_how_long(
    hub: Served, source: Pretender
) -> None:
    await register(hub, source.url, ROOMS, management={"cacheDuration": "PT1H"})
    source.answer = answer(room(level=prop(1)))
    fresh, again = [await hub.api.get(f"/entities/{ROOM}") for _ in range(2)]
    assert "ngsild-warning" not in fresh.headers
    assert again.json() == fresh.json()
    assert again.headers["ngsild-warning"].startswith("110 ")
    assert len(source.got) == 1


@pytest.mark.clause("5.7.2", "6.4.3.2")
async def test_only_sources_that_pass_the_filter_should_be_asked_when_there_is_one(
    hub: Served, source: Pretender
) -> None:
    source.answer = answer([])
    await register(hub, source.url, ROOMS, description="city")
    for csf, times in (('description=="land"', 0), ('description=="city"', 1)):
        answered = await hub.api.get("/entities", params={"type": "Room", "csf": csf})
        assert answered.status_code == 200
        assert len(source.got) == times


@pytest.mark.clause("4.5.23")
async def test_linked_entities_should_be_fetched_when_other_nodes_have_them(hub: Served) -> None:
    async with served_node() as other:
        hall = {"id": "urn:ngsi-ld:Hall:1", "type": "Hall", "name": prop("far")}
        await hold(other, hall)
        link = {"type": "Relationship", "object": hall["id"], "objectType": "Hall"}
        await hold(hub, room(isIn=link))
        await register(hub, other.url, [{"entities": [{"type": "Hall"}]}])
        answered = await hub.api.get(f"/entities/{ROOM}", params={"join": "inline"})
        assert answered.json() == room(isIn={**link, "entity": hall})
        answered = await hub.api.get("/entities", params={"type": "Room", "join": "flat"})
        assert answered.json() == [room(isIn=link), hall]
        q = {"type": "Room", "join": "flat", "joinLevel": "1", "q": 'isIn{name}=="far"'}
        answered = await hub.api.get("/entities", params={**q, "count": "true"})
        assert answered.headers["ngsild-results-count"] == "1"
        answered = await hub.api.get("/entities", params={**q, "q": 'isIn{name}=="near"'})
        assert answered.json() == []


@pytest.mark.clause("5.5.9", "6.3.10")
async def test_an_entity_should_be_asked_from_every_source_when_pages_cut_it_off(
    hub: Served,
) -> None:
    ids = [f"urn:ngsi-ld:Room:{n}" for n in range(12)]
    async with served_node() as other:
        await hold(hub, *(room(one, level=prop(1)) for one in ids[6:]))
        await hold(other, *(room(one, name=prop("far")) for one in ids))
        await register(hub, other.url, ROOMS)
        whole = room(ids[6], level=prop(1), name=prop("far"))
        answered = await hub.api.get("/entities", params={"type": "Room", "limit": "2"})
        assert answered.json()[0] == whole
        seen = [
            [
                one["id"]
                for one in (
                    await hub.api.get(
                        "/entities", params={"type": "Room", "limit": "5", "offset": str(offset)}
                    )
                ).json()
            ]
            for offset in (0, 5, 10, 40)
        ]
        assert seen[:3] == [ids[6:11], [ids[11], *ids[:4]], ids[4:6]]
        # Past the end the last one is answered (6.3.10).
        assert seen[3] == [ids[5]]


@pytest.mark.clause("6.23.3.1", "5.2.33")
async def test_queries_by_body_should_reach_sources_when_they_have_several_selectors(
    hub: Served,
) -> None:
    async with served_node() as other:
        halls = [{"id": f"urn:ngsi-ld:Hall:{n}", "type": "Hall"} for n in range(3)]
        await hold(other, *halls, *(room(f"urn:ngsi-ld:Room:{n}") for n in range(3)))
        await register(hub, other.url, [{"entities": [{"type": "Room"}, {"type": "Hall"}]}])
        entities = [{"type": "Room", "idPattern": "1$"}, {"type": "Hall", "id": halls[2]["id"]}]
        answered = await hub.api.post(
            "/entityOperations/query",
            json={"type": "Query", "entities": entities},
            params={"count": "true"},
        )
        assert sorted(one["id"] for one in answered.json()) == [halls[2]["id"], ROOM]
        assert answered.headers["ngsild-results-count"] == "2"


@pytest.mark.clause("5.5.6")
async def test_a_count_should_be_refused_when_more_entities_match_than_the_node_keeps_apart() -> (
    None
):
    few = replace(DEVELOPMENT, distribution=Distribution(max_map_entities=10))
    async with served_node(few) as hub, served_node() as other:
        await hold(other, *(room(f"urn:ngsi-ld:Room:{n}") for n in range(20)))
        await register(hub, other.url, ROOMS)
        answered = await hub.api.get("/entities", params={"type": "Room", "count": "true"})
        assert answered.status_code == 403
        assert "more than 10 entities" in answered.json()["detail"]
        answered = await hub.api.get("/entities", params={"type": "Room"})
        assert len(answered.json()) == 20


@pytest.mark.clause("5.7.2")
async def test_a_source_should_be_asked_by_body_when_the_query_is_too_long_for_a_url(
    hub: Served,
) -> None:
    async with served_node() as other:
        await hold(other, room(level=prop(1)))
        await register(hub, other.url, ROOMS)
        ring = [[4 + n / 1000, 51.0] for n in range(400)] + [[6.0, 53.0], [4.0, 53.0], [4.0, 51.0]]
        place = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [5.0, 52.0]}}
        await hold(other, room("urn:ngsi-ld:Room:2", location=place))
        geo = {"georel": "within", "geometry": "Polygon", "coordinates": [ring]}
        answered = await hub.api.post(
            "/entityOperations/query",
            json={"type": "Query", "entities": [{"type": "Room"}], "geoQ": geo},
        )
        assert answered.json() == [room("urn:ngsi-ld:Room:2", location=place)]


@pytest.mark.clause("5.5.9")
async def test_a_count_should_tell_of_what_was_written_when_it_is_asked_again(hub: Served) -> None:
    async with served_node() as other:
        await register(hub, other.url, ROOMS)
        for number in range(3):
            await hold(hub, room(f"urn:ngsi-ld:Room:own{number}"))
            await hold(other, room(f"urn:ngsi-ld:Room:far{number}"))
            params = {"type": "Room", "limit": "0", "count": "true"}
            answered = await hub.api.get("/entities", params=params)
            assert answered.headers["ngsild-results-count"] == str(2 * number + 2)


@pytest.mark.clause("5.7.2.4", "4.22")
async def test_expired_entities_should_be_left_out_when_a_source_still_has_them(
    hub: Served, source: Pretender
) -> None:
    past, future = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    await register(hub, source.url, ROOMS)
    source.answer = answer(
        [
            room("urn:ngsi-ld:Room:2", expiresAt=past),
            room(level=prop(1, expiresAt=past), name=prop("x"), expiresAt=future),
        ]
    )
    answered = await hub.api.get("/entities", params={"type": "Room"})
    assert answered.json() == [room(name=prop("x"))]


@pytest.mark.clause("4.3.6.1")
async def test_ids_should_come_in_several_requests_when_a_source_takes_no_bodies(
    hub: Served, source: Pretender
) -> None:
    source.answer = answer([])
    await register(hub, source.url, ROOMS, operations=["retrieveOps"])
    ids = [f"urn:ngsi-ld:Room:{'x' * 60}:{n}" for n in range(150)]
    await hub.api.get("/entities", params={"type": "Room", "id": ",".join(ids)})
    asked = [one for n in range(len(source.got)) for one in asked_of(source, n)["id"].split(",")]
    assert len(source.got) > 1
    assert asked == ids
    assert all(len(path) < 8000 for _, path, _ in source.got)


@pytest.mark.clause("6.3.18")
async def test_only_so_many_sources_should_be_asked_when_there_are_more() -> None:
    few = replace(DEVELOPMENT, distribution=Distribution(max_sources=1))
    async with served_node(few) as hub, pretender() as one, pretender() as other:
        for source in (one, other):
            source.answer = answer([])
            await register(hub, source.url, ROOMS)
        for count in ("false", "true"):
            answered = await hub.api.get("/entities", params={"type": "Room", "count": count})
            assert "at most 1" in answered.headers["ngsild-warning"]
        assert (len(one.got), len(other.got)) == (2, 0)


@pytest.mark.clause("6.3.17")
async def test_pages_should_end_when_a_source_repeats_itself_or_takes_too_long(
    hub: Served, source: Pretender
) -> None:
    await register(hub, source.url, ROOMS)
    params = {"type": "Room", "limit": "0", "count": "true"}
    source.answer = answer([room()], link='</x>; rel="next"')
    answered = await hub.api.get("/entities", params=params)
    assert answered.headers["ngsild-results-count"] == "1"
    assert len(source.got) == 2

    class Late(Response):
        async def __call__(self, *arguments: Any) -> None:
            await asyncio.sleep(0.2)
            body = [room(f"urn:ngsi-ld:Room:{len(source.got)}")]
            await answer(body, link='</x>; rel="next"')(arguments[0])(*arguments)

    source.answer = lambda _: Late()
    started = time.perf_counter()
    answered = await hub.api.get("/entities", params=params)
    assert time.perf_counter() - started < 3
    assert int(answered.headers["ngsild-results-count"]) > 1
    assert "in time" in answered.headers["ngsild-warning"]


@pytest.mark.clause("5.5.9.1", "4.3.6.7")
async def test_pages_should_be_of_one_result_when_they_follow_each_other(
    hub: Served, source: Pretender
) -> None:
    rooms = [room(f"urn:ngsi-ld:Room:{n}") for n in range(6)]
    await register(hub, source.url, ROOMS)

    def told(request: Request) -> Response:
        wanted = request.query_params.get("id")
        found = [one for one in rooms if wanted is None or one["id"] in wanted.split(",")]
        return answer(found[: int(request.query_params["limit"])])(request)

    source.answer = told
    params = {"type": "Room", "limit": "2", "count": "true"}
    first = await hub.api.get("/entities", params=params)
    rooms.insert(0, room("urn:ngsi-ld:Room:new"))
    before = len(source.got)
    pages = [
        await hub.api.get("/entities", params={**params, "offset": offset}) for offset in ("2", "4")
    ]
    ids = [one["id"] for page in (first, *pages) for one in page.json()]
    assert ids == [f"urn:ngsi-ld:Room:{n}" for n in range(6)]
    assert len(source.got) - before == len(pages)
    assert {page.headers["ngsild-results-count"] for page in pages} == {"6"}
