"""In how many rounds sources are asked for a first page, and what for."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.in_process import DEVELOPMENT
from tests.several import Pretender, Served, pretender, register, served_node

ROOMS = [{"entities": [{"type": "Room"}]}]


def room(number: int, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:Room:{number}", "type": "Room", **members}


def holding(source: Pretender, *rooms: dict[str, Any]) -> None:
    """Let a source answer queries as a node would that has these."""

    def told(request: Request) -> Response:
        ids = request.query_params.get("id", "")
        found = [one for one in rooms if not ids or one["id"] in ids.split(",")]
        return JSONResponse(found[: int(request.query_params["limit"])])

    source.answer = told


def ids_asked(source: Pretender) -> list[str | None]:
    """Say what ids each request named."""
    return [dict(parse_qsl(urlsplit(path).query)).get("id") for _, path, _ in source.got]


async def asked(hub: Served, limit: int) -> list[dict[str, Any]]:
    answered = await hub.api.get("/entities", params={"type": "Room", "limit": str(limit)})
    assert "ngsild-warning" not in answered.headers
    found: list[dict[str, Any]] = answered.json()
    return found


async def hold(hub: Served, *rooms: dict[str, Any]) -> None:
    answered = await hub.api.post("/entityOperations/create", json=rooms, params={"local": "true"})
    assert answered.status_code == 201, answered.text


@pytest.mark.clause("5.7.2.4", "4.5.5.3")
async def test_sources_should_be_asked_for_the_page_alone_when_own_entities_fill_it() -> None:
    async with served_node(DEVELOPMENT) as hub, pretender() as first, pretender() as second:
        await hold(hub, *(room(number) for number in range(3)))
        late = {"type": "Property", "value": 1, "observedAt": "2026-06-01T12:00:00Z"}
        holding(first, room(1, level=late), room(8))
        holding(second, room(9))
        for source in (first, second):
            await register(hub, source.url, ROOMS)
        assert await asked(hub, 2) == [room(0), room(1, level=late)]
        for source in (first, second):
            assert ids_asked(source) == ["urn:ngsi-ld:Room:0,urn:ngsi-ld:Room:1"]


@pytest.mark.clause("5.7.2.4", "5.5.9")
async def test_one_source_should_be_asked_both_questions_at_once_when_it_is_alone() -> None:
    async with served_node(DEVELOPMENT) as hub, pretender() as source:
        await hold(hub, room(5))
        level = {"type": "Property", "value": 1}
        holding(source, room(1), room(2), room(3), room(5, level=level))
        await register(hub, source.url, ROOMS)
        assert await asked(hub, 2) == [room(5, level=level), room(1)]
        assert sorted(ids_asked(source), key=str) == [None, "urn:ngsi-ld:Room:5"]


@pytest.mark.clause("5.7.2.4", "5.5.9")
async def test_a_second_round_should_ask_only_those_who_may_have_more_of_the_page() -> None:
    async with served_node(DEVELOPMENT) as hub, pretender() as first, pretender() as second:
        level = {"type": "Property", "value": 1}
        holding(first, room(1), room(2), room(3))
        holding(second, room(4), room(5), room(6), room(2, level=level))
        for source in (first, second):
            await register(hub, source.url, ROOMS)
        assert await asked(hub, 2) == [room(1), room(2, level=level)]
        assert ids_asked(first) == [None]
        assert ids_asked(second) == [None, "urn:ngsi-ld:Room:1,urn:ngsi-ld:Room:2"]


@pytest.mark.clause("5.7.2.4", "6.3.17")
async def test_what_no_page_needs_should_not_be_looked_at_when_a_source_gives_too_much() -> None:
    async with served_node(DEVELOPMENT) as hub, pretender() as first, pretender() as second:
        holding(first, room(1), room(2), room(3))
        holding(second, {"id": "no entity"}, {"id": ["urn:ngsi-ld:Room:1"]}, room(1, type="Room"))
        for source in (first, second):
            await register(hub, source.url, ROOMS)
        assert await asked(hub, 2) == [room(1), room(2)]
