"""The same records, spread over five nodes: every node answers as one that holds them all."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from hanze.collaboration.held import Held
from hanze.collaboration.records.entities import read_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.replicas.model import is_public
from hanze.connectors import strategy
from hanze.connectors.cases.source import innovation_cases
from hanze.connectors.known import Known
from hanze.connectors.manifest import load_manifest
from hanze.connectors.municipalities_kr.source import korean_municipalities
from hanze.connectors.municipalities_nl.source import dutch_municipalities
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory
from tests.leagues import LeagueOfNodes, league_of, put_records, url_of

AT = "2026-11-01T10:00:00Z"
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


async def compare(several: Sequence[Held[Record]], demands: int) -> None:
    """Compare five nodes with one that holds all; then again when one of them is down."""
    async with node_in_memory() as union, client_of(union) as whole:
        await put_records(union, several, AT)
        await ready(union)
        asked = [held.record.id for held in union.collective.of(Demand)][:demands]
        expected = await answers_of(whole, asked)
        async with spread(several) as league:
            for name in NODES:
                assert not differing(expected, await answers_of(league.client(name), asked)), name
            # What a node hears again, and that another is down, changes nothing either.
            again = list(league.nodes[NODES[0]].collective.own())[::-1]
            await put_records(league.nodes[NODES[0]], again, AT)
            league.asking.down.add(url_of(NODES[1]))
            await league.compare(NODES[2])
            await ready(league.nodes[NODES[2]])
            assert not differing(expected, await answers_of(league.client(NODES[2]), asked))
            told = (await league.client(NODES[2]).get("/api/v1/league/freshness")).json()
            stale = [part["node"] for part in told["parts"] if "staleSince" in part]
            assert stale == [NODES[1]]


async def of_the_strategy() -> list[Held[Record]]:
    async with node_in_memory() as node:
        await strategy.seed(node)
        collective = await node.collective.refresh(node.clock())
        return [held for held in collective.every() if is_public(held.record)]


async def test_every_node_should_answer_alike_when_records_are_spread() -> None:
    several = [
        held
        for number, held in enumerate(await of_the_strategy())
        if isinstance(held.record, Municipality | Theme) or number % 12 == 0
    ]
    await compare(several, 2)


@pytest.mark.slow
async def test_every_node_should_answer_alike_when_a_whole_world_is_spread() -> None:
    await compare(await of_the_strategy(), 3)


@pytest.mark.slow
async def test_every_node_should_answer_alike_when_real_registers_and_cases_are_spread(
    shared_data: Path,
) -> None:
    several = real_records(shared_data / "collective")
    assert sum(isinstance(held.record, Project) for held in several) == 427
    await compare(several, 0)


def real_records(folder: Path) -> list[Held[Record]]:
    """Read the registers of two countries, and 427 cases of the cities in them."""
    of = {name: load_manifest(name).provenance for name in ("municipalities_nl", "cases")}
    of["municipalities_kr"] = load_manifest("municipalities_kr").provenance
    register = folder / "nl/municipalities_nl_2019_2020.csv"
    found = list(
        dutch_municipalities(register, None, of["municipalities_nl"], year=2020).entities()
    )
    register = folder / "kr/korea_sido_sigungu_2010.csv"
    found += korean_municipalities(register, (), None, of["municipalities_kr"]).entities()
    cases = folder / "projects/ips-x-cases.csv"
    found += innovation_cases(cases, Known(found), of["cases"]).entities()
    by_id = {one.id: read_record(one) for one in found if type_of(one.types) is not None}
    return [Held(record, "", AT, AT) for record in by_id.values()]
