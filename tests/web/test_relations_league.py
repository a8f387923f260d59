"""Relations over nodes: each side keeps records of its own, and both see one and the same."""

from datetime import date, timedelta

import pytest

from hanze.collaboration.records.cooperation import Cooperation
from hanze.collaboration.records.record import Record
from hanze.node.clock import utc_now
from tests.leagues import LeagueOfNodes, league_of, put_records
from tests.relations_world import (
    EINDHOVEN,
    KR,
    MENTOR,
    NL,
    STUDENT,
    SUWON,
    WATER,
    country_lead,
    people,
    places,
)

pytestmark = pytest.mark.slow

CITIES = {"eindhoven": "Eindhoven", "suwon": "Suwon"}


def _records() -> dict[str, list[Record]]:
    """What each side keeps: its own city, profile, cooperation and lead."""
    mentor, student = people()
    shared = [one for one in places() if one.id not in (EINDHOVEN, SUWON)]
    named = {one.id: one for one in places()}
    day = date.fromisoformat(utc_now()[:10]) - timedelta(days=100)
    ours, theirs = "urn:ngsi-ld:Cooperation:test:ours", "urn:ngsi-ld:Cooperation:test:theirs"

    def cooperation(own: str, other: str, party: str, partner: str, days: int) -> Cooperation:
        return Cooperation(
            id=own,
            title={"en": "Rain"},
            source_city=party,
            party=party,
            partner=partner,
            counterpart=other,
            since=day + timedelta(days=days),
        )

    return {
        "eindhoven": [
            *shared,
            named[EINDHOVEN],
            student,
            cooperation(ours, theirs, EINDHOVEN, SUWON, 0),
            country_lead("nl", source_city=EINDHOVEN, lead=EINDHOVEN, partner_lead=SUWON),
        ],
        "suwon": [
            named[SUWON],
            mentor,
            cooperation(theirs, ours, SUWON, EINDHOVEN, 5),
            country_lead(
                "kr",
                source_city=SUWON,
                country=KR,
                lead=SUWON,
                partner_country=NL,
                partner_lead=EINDHOVEN,
            ),
        ],
    }


async def _filled(league: LeagueOfNodes) -> None:
    for name, records in _records().items():
        await put_records(league.nodes[name], records, "2026-11-01T10:00:00Z")
    await league.compare()


async def test_both_nodes_should_tell_the_same_of_a_relation() -> None:
    async with league_of(CITIES) as league:
        await _filled(league)
        told = []
        for name in CITIES:
            client = league.client(name)
            shown = (await client.get(f"/api/v1/relations/{SUWON}")).json()
            leads = (await client.get("/api/v1/leads")).json()["leads"]
            counts = (await client.get("/api/v1/indicators")).json()["total"]["counts"]
            assert [one["agrees"] for one in leads] == [True, True]
            told.append(([(one["kind"], one["on"]) for one in shown["timeline"]], counts))
        assert told[0] == told[1]
        # Both recorded the first contact: it is told once, and counts once.
        assert sorted(kind for kind, _ in told[0][0]) == ["contact", "lead", "lead"]
        assert told[0][1]["contacts"] == 1


async def test_mentorship_should_be_kept_by_one_node_and_seen_by_both() -> None:
    async with league_of(CITIES) as league:
        await _filled(league)
        ours, theirs = league.client("eindhoven"), league.client("suwon")
        (fit,) = (await ours.get("/api/v1/mentors/matching")).json()["proposals"]
        assert (fit["mentor"]["id"], fit["student"]["id"]) == (MENTOR, STUDENT)
        pair = {"mentor": MENTOR, "student": STUDENT}
        made = await ours.post("/api/v1/mentorships", json=pair)
        assert made.status_code == 200, made.text
        # It is the student's city that keeps it here: the mentor is another node's.
        assert made.json()["record"]["city"]["id"] == EINDHOVEN
        assert await league.step("suwon", "eindhoven")
        (seen,) = (await theirs.get("/api/v1/mentors", params={"role": "mentor"})).json()[
            "profiles"
        ]
        assert (seen["room"], len(seen["mentorships"])) == (0, 1)
        path = f"/api/v1/mentorships/{made.json()['record']['id']}/status"
        refused = await theirs.post(path, json={"status": "active"})
        assert (refused.status_code, "eindhoven" in refused.text) == (409, True)
        assert (await ours.post(path, json={"status": "active"})).status_code == 200


async def test_lead_of_the_other_side_should_be_changed_there_only() -> None:
    async with league_of(CITIES) as league:
        await _filled(league)
        client = league.client("eindhoven")
        path = "/api/v1/leads/urn:ngsi-ld:CountryLead:test:kr"
        refused = await client.post(path, json={"until": "2027-01-01"})
        assert (refused.status_code, "suwon" in refused.text) == (409, True)
        double = {"theme": WATER, "country": NL, "lead": EINDHOVEN, "partnerCountry": KR}
        assert (await client.post("/api/v1/leads", json=double)).status_code == 409
