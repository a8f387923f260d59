"""The same records, spread over five nodes: every node answers as one that holds them all."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from zlib import crc32

import httpx
import pytest

from hanze.collaboration.held import Held
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Country, Municipality, Region
from hanze.collaboration.records.record import Record
from hanze.collaboration.replicas.model import is_public
from hanze.connectors import strategy
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory
from tests.leagues import LeagueOfNodes, league_of, put_records, url_of

NODES = ("alkmaar", "busan", "delft", "sejong", "zwolle")
QUESTIONS = ("자전거 보관소", "bicycle parking", "energie", "waste", "fiets", "Sejong")
#: Members that say where an answer comes from and how fresh that is: they differ.
_OF_PLACE = {"freshness", "home", "tenant", "pending", "seconds", "createdAt", "sealedOn"}


def plain(value: Any) -> Any:
    """Leave out what tells of a place, not of the record."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items() if name not in _OF_PLACE}
    return [plain(one) for one in value] if isinstance(value, list) else value


async def answers_of(client: httpx.AsyncClient, demands: Sequence[str]) -> dict[str, Any]:
    """Ask a node for what the collective is: overview, search, bundles, matches, lead cities."""
    asked = [f"/api/v1/records?limit=200&q={question}" for question in QUESTIONS]
    asked += [
        "/api/v1/records?limit=1000",
        "/api/v1/records?limit=100&sort=title&language=nl",
        "/api/v1/records?limit=100&sort=city",
        "/api/v1/bundles/proposals",
        "/api/v1/leadership",
        "/api/v1/leadership/budgets",
        "/api/v1/funnel",
        "/api/v1/funnel/standings",
        "/api/v1/connections",
    ]
    found = {}
    for path in asked:
        answer = await client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = plain(answer.json())
    for demand in demands:
        for kind in ("demand-solution", "demand-demand"):
            body = {"kind": kind, "record": demand, "top": 50}
            answer = await client.post("/api/v1/matching/ranking", json=body)
            assert answer.status_code == 200, answer.text
            found[f"{kind} {demand}"] = plain(answer.json())
    return found


async def ready(node: Node) -> None:
    """Have everything read, as the worker does."""
    collective = await node.collective.refresh(node.clock())
    await node.search.refresh(collective, wait_s=None)
    await node.matchmaker.prepare(node.clock())


@asynccontextmanager
async def spread(several: Sequence[Held[Record]]) -> AsyncIterator[LeagueOfNodes]:
    """Spread records over nodes by their city, each node hearing of them in an order of its own."""
    async with league_of(dict.fromkeys(NODES, "")) as league:
        for number, name in enumerate(NODES):
            mine = [
                held
                for held in several
                if crc32((held.city or held.record.id).encode()) % len(NODES) == number
            ]
            mine.sort(key=lambda held: crc32(f"{number}{held.record.id}".encode()))
            for start in range(0, len(mine), 500):
                await put_records(league.nodes[name], mine[start : start + 500], "")
        await league.compare()
        for node in league.nodes.values():
            await ready(node)
        yield league


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [path for path in one if one[path] != other[path]]


async def test_every_node_should_answer_alike_when_records_are_spread() -> None:
    async with node_in_memory() as union, client_of(union) as whole:
        await strategy.seed(union)
        await ready(union)
        several = [held for held in union.collective.every() if is_public(held.record)]
        demands = [held.record.id for held in union.collective.of(Demand)][:3]
        for held in union.collective.every():
            if not is_public(held.record):
                path = f"/ngsi-ld/v1/entities/{held.record.id}"
                headers = {"NGSILD-Tenant": held.kept_in} if held.kept_in else {}
                assert (await whole.delete(path, headers=headers)).status_code == 204
        await ready(union)
        expected = await answers_of(whole, demands)
        async with spread(several) as league:
            for name in NODES:
                assert not differing(expected, await answers_of(league.client(name), demands)), name
            # What one of them hears later changes nothing either.
            one = league.nodes[NODES[0]]
            moved = [held for held in one.collective.own() if isinstance(held.record, Demand)]
            await put_records(one, moved, "")
            league.asking.down.add(url_of(NODES[1]))
            await league.compare(NODES[2])
            await ready(league.nodes[NODES[2]])
            found = await answers_of(league.client(NODES[2]), demands)
            assert not differing(expected, found)
            told = (await league.client(NODES[2]).get("/api/v1/league/freshness")).json()
            stale = [part["node"] for part in told["parts"] if "staleSince" in part]
            assert stale == [NODES[1]]


@pytest.mark.slow
async def test_every_node_should_answer_alike_when_real_registers_are_spread(
    registers_of_others: Sequence[Record],
) -> None:
    """With 427 real cases and the registers of two countries."""
    async with node_in_memory() as union, client_of(union) as whole:
        for start in range(0, len(registers_of_others), 500):
            some = registers_of_others[start : start + 500]
            await put_records(union, some, "2026-11-01T10:00:00Z")
        await ready(union)
        kinds = {type(held.record) for held in union.collective.every()}
        assert {Municipality, Region, Country} & kinds
        expected = await answers_of(whole, ())
        async with spread(list(union.collective.every())) as league:
            for name in NODES:
                assert not differing(expected, await answers_of(league.client(name), ())), name
