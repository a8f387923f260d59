"""Matching through `/api/v1`: rankings, programmes, and matches that are kept and decided."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

import httpx
import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand, ResearchQuestion
from hanze.collaboration.records.offers import Solution, Standard
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import LabSlot, LivingLab, Project
from hanze.collaboration.records.record import Record
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory

CALLER = Caller(actor="test", roles=frozenset({"writer"}))
NL, KR = "urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"
UTRECHT, ZWOLLE = "urn:ngsi-ld:Municipality:NL:GM0344", "urn:ngsi-ld:Municipality:NL:GM0193"
SEJONG = "urn:ngsi-ld:Municipality:KR:29"
MOBILITY = "urn:ngsi-ld:Theme:hanze:mobility"
OPEN = "urn:ngsi-ld:Standard:test:open"
BIKES = "urn:ngsi-ld:Demand:utrecht:bikes"
FLOOD = "urn:ngsi-ld:Demand:zwolle:flood"
PARKING = "urn:ngsi-ld:Solution:test:parking"
RAIN = "urn:ngsi-ld:Solution:test:rain"
CLOSED = "urn:ngsi-ld:Solution:test:closed"
LATE = date(2099, 1, 1)


def _world() -> Sequence[Record]:
    return (*_places(), *_parties(), *_wants(), *_offers())


def _places() -> Sequence[Record]:
    return (
        Country(id=NL, title={"nl": "Nederland"}, iso_code="NL"),
        Country(id=KR, title={"ko": "대한민국", "nl": "Zuid-Korea"}, iso_code="KR"),
        Municipality(id=UTRECHT, title={"nl": "Utrecht"}, country=NL, population=357_000),
        Municipality(id=ZWOLLE, title={"nl": "Zwolle"}, country=NL, population=128_000),
        Municipality(id=SEJONG, title={"ko": "세종", "nl": "Sejong"}, country=KR),
        Standard(id=OPEN, title={"en": "Open"}, identifier="X 1"),
    )


def _parties() -> Sequence[Record]:
    company = Organization(
        id="urn:ngsi-ld:Organization:test:bikeco",
        title={"en": "BikeCo", "ko": "바이크코"},
        kind="company",
        country=KR,
        offers={"en": "Bicycle parking guidance"},
    )
    university = Organization(
        id="urn:ngsi-ld:Organization:test:university",
        title={"nl": "Universiteit"},
        kind="university",
        disciplines=("hydrologie", "wateroverlast"),
    )
    return company, university


def _wants() -> Sequence[Record]:
    return (
        Demand(
            id=BIKES,
            title={"nl": "Fietsen in de stationsbuurt"},
            problem={
                "nl": "Fietsers vinden geen vrije plek in de fietsenstalling bij het station."
            },
            source_city=UTRECHT,
            themes=(MOBILITY,),
            openness="open",
            standards=(OPEN,),
            trl_minimum=7,
        ),
        Demand(
            id=FLOOD,
            title={"nl": "Natte straten"},
            problem={"nl": "Bij hevige regen staan straten en kelders onder water."},
            source_city=ZWOLLE,
        ),
        ResearchQuestion(
            id="urn:ngsi-ld:ResearchQuestion:zwolle:1",
            title={"nl": "Hoe voorkomen we wateroverlast?"},
            question={"nl": "Wat helpt tegen wateroverlast na zware buien?"},
        ),
    )


def _offers() -> Sequence[Record]:
    return (
        Solution(
            id=PARKING,
            title={"ko": "자전거 주차 안내"},
            what_it_does={"ko": "자전거 보관소의 빈자리를 실시간으로 알려 줍니다."},
            providers=("urn:ngsi-ld:Organization:test:bikeco",),
            source_city=SEJONG,
            themes=(MOBILITY,),
            openness="open",
            standards=(OPEN,),
            trl=8,
            proven_in=("urn:ngsi-ld:Project:sejong:bikes",),
        ),
        Solution(
            id=RAIN,
            title={"en": "Rain watch"},
            what_it_does={"en": "Warns residents before heavy rain floods their street."},
            source_city=SEJONG,
            trl=5,
        ),
        Solution(
            id=CLOSED,
            title={"en": "Bicycle parking counter"},
            what_it_does={"en": "Counts free places in bicycle parking."},
            countries=(KR,),
            openness="closed",
        ),
        Project(
            id="urn:ngsi-ld:Project:sejong:bikes",
            title={"ko": "자전거 주차"},
            stage="evaluated",
            source_city=SEJONG,
            themes=(MOBILITY,),
        ),
        LivingLab(
            id="urn:ngsi-ld:LivingLab:utrecht:1",
            title={"en": "Street lab for bicycle parking"},
            owners=(UTRECHT,),
            source_city=UTRECHT,
            slots=(LabSlot(starts=date(2026, 1, 1), ends=LATE),),
        ),
    )


@dataclass(frozen=True)
class World:
    client: httpx.AsyncClient

    async def rank(self, kind: str, record: str, **more: object) -> dict[str, object]:
        body = {"kind": kind, "record": record, **more}
        answer = await self.client.post("/matching/ranking", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with node_in_memory() as node, client_of(node, "/api/v1") as client:
        pairs = [(write_record(record), HANZE) for record in _world()]
        result = await create_entities(node.store, CALLER, pairs, now=node.clock())
        assert result.errors == []
        yield World(client)


def _others(ranking: dict[str, object]) -> list[str]:
    matches = ranking["matches"]
    assert isinstance(matches, list)
    return [match["other"]["id"] for match in matches]


async def test_a_dutch_demand_should_find_the_korean_solution(world: World) -> None:
    ranking = await world.rank("demand-solution", BIKES)
    assert _others(ranking) == [PARKING, RAIN]
    assert ranking["leftOut"] == {"country": 1}
    best = ranking["matches"][0]  # type: ignore[index]  # JSON
    assert best["score"] > 0.5
    assert {part["criterion"] for part in best["parts"] if part["score"] is not None} >= {
        "text",
        "themes",
        "trl",
        "openness",
        "standards",
        "evidence",
    }
    assert best["reasons"]["nl"].startswith("Beide gaan over: fiets")
    assert "자전거" in best["reasons"]["ko"]
    assert best["other"]["city"] == SEJONG


async def test_a_solution_should_find_its_demand_from_the_other_side(world: World) -> None:
    ranking = await world.rank("demand-solution", RAIN)
    assert ranking["matches"][0]["one"]["id"] == FLOOD  # type: ignore[index]  # JSON


async def test_weights_should_be_the_users(world: World) -> None:
    zero = dict.fromkeys(
        ("themes", "standards", "requirements", "openness", "trl", "evidence", "peers", "groups"), 0
    )
    ranking = await world.rank("demand-solution", BIKES, weights=zero)
    best = ranking["matches"][0]  # type: ignore[index]  # JSON
    (text,) = (part for part in best["parts"] if part["criterion"] == "text")
    assert best["score"] == text["score"]
    assert ranking["weights"]["trl"] == 0  # type: ignore[index]  # JSON


async def test_must_should_keep_only_what_meets_it_whole(world: World) -> None:
    ranking = await world.rank("demand-solution", BIKES, must=["trl"])
    assert _others(ranking) == [PARKING]
    assert ranking["leftOut"] == {"country": 1, "must": 1}


@pytest.mark.parametrize(
    ("kind", "record", "expected"),
    [
        ("demand-demand", BIKES, {FLOOD}),
        ("city-city", UTRECHT, {ZWOLLE, SEJONG}),
        ("company-city", UTRECHT, {"urn:ngsi-ld:Organization:test:bikeco"}),
        (
            "question-researcher",
            "urn:ngsi-ld:ResearchQuestion:zwolle:1",
            {"urn:ngsi-ld:Organization:test:university"},
        ),
        (
            "company-lab",
            "urn:ngsi-ld:LivingLab:utrecht:1",
            {"urn:ngsi-ld:Organization:test:bikeco", "urn:ngsi-ld:Organization:test:university"},
        ),
    ],
)
async def test_every_kind_should_rank_its_other_side(
    world: World, kind: str, record: str, expected: set[str]
) -> None:
    assert set(_others(await world.rank(kind, record, diversity=0.3))) == expected


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"kind": "city-planet", "record": BIKES}, 400, "kind"),
        ({"kind": "city-city", "record": BIKES}, 400, "record"),
        ({"kind": "city-city", "record": "urn:x:nobody"}, 404, None),
        ({"kind": "city-city", "record": UTRECHT, "weights": {"text": -1}}, 400, "weights"),
        ({"kind": "city-city", "record": UTRECHT, "weights": {"beauty": 1}}, 400, "weights.beauty"),
        ({"kind": "city-city", "record": UTRECHT, "must": ["trl"]}, 400, "must"),
        ({"kind": "city-city", "record": UTRECHT, "top": 0}, 400, "top"),
        ({"kind": "city-city", "record": UTRECHT, "colour": "red"}, 400, None),
    ],
)
async def test_ranking_should_refuse_what_makes_no_sense(
    world: World, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = await world.client.post("/matching/ranking", json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field is None or field in answer.json()["field"]


async def test_programme_should_match_each_city_once(world: World) -> None:
    body = {"kind": "city-city", "ones": [UTRECHT, ZWOLLE], "others": [SEJONG], "capacity": 1}
    pytest.importorskip("ortools")
    answer = await world.client.post("/matching/programme", json=body)
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    assert len(plan["matches"]) == 1
    assert plan["optimal"] is True
    assert list(plan["unmatched"].values()) == ["others-full"]


async def test_programme_should_obey_vetoes_and_match_stably(world: World) -> None:
    body = {
        "kind": "city-city",
        "ones": [UTRECHT, ZWOLLE],
        "others": [SEJONG],
        "vetoes": [[UTRECHT, SEJONG]],
        "method": "stable",
    }
    plan = (await world.client.post("/matching/programme", json=body)).json()
    assert [{m["one"]["id"], m["other"]["id"]} for m in plan["matches"]] == [{ZWOLLE, SEJONG}]
    assert plan["unmatched"] == {UTRECHT: "all-vetoed"}


async def test_programme_should_refuse_a_facilitator_as_party(world: World) -> None:
    body = {"kind": "city-city", "ones": [UTRECHT], "others": [SEJONG], "facilitators": [SEJONG]}
    pytest.importorskip("ortools")
    answer = await world.client.post("/matching/programme", json=body)
    assert answer.status_code == 400
    assert "never a party" in answer.json()["detail"]


async def test_a_match_should_be_kept_with_its_score_and_decided_by_both(world: World) -> None:
    kept = await world.client.post(
        "/matches",
        json={"kind": "demand-solution", "one": PARKING, "other": BIKES, "weights": {"trl": 3}},
    )
    assert kept.status_code == 201, kept.text
    match = kept.json()
    path = f"/matches/{match['id']}/decisions"
    first = await world.client.post(path, json={"party": BIKES, "decision": "accepted"})
    assert first.json()["decision"] == "proposed"
    nobody = await world.client.post(path, json={"party": RAIN, "decision": "accepted"})
    assert nobody.status_code == 400
    second = await world.client.post(path, json={"party": PARKING, "decision": "accepted"})
    assert second.json()["decision"] == "accepted"


async def test_a_match_should_not_be_kept_by_who_may_not_write() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node, "/api/v1") as client:
        body = {"kind": "city-city", "one": UTRECHT, "other": SEJONG}
        answer = await client.post("/matches", json=body)
        assert answer.status_code == 401


async def test_kinds_should_say_what_counts_for_each(world: World) -> None:
    kinds = (await world.client.get("/matching/kinds")).json()["kinds"]
    assert {kind["name"] for kind in kinds} >= {"demand-solution", "city-city"}
    assert all(kind["criteria"] for kind in kinds)
