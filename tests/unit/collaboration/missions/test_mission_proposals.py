"""Whom a delegation should meet, and what a country offers."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from hanze.collaboration.annotations import Annotations
from hanze.collaboration.collective import Collective
from hanze.collaboration.matchmaking import Matchmaker
from hanze.collaboration.missions.candidates import sides_of
from hanze.collaboration.missions.country_analysis import acquaintance, analyse, partner_countries
from hanze.collaboration.missions.proposals import propose_programme
from hanze.collaboration.records.cooperation import Accord, Cooperation
from hanze.collaboration.records.missions import Delegate, FollowUp
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution, Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Municipality, Region
from hanze.collaboration.records.projects import Evaluation, Project
from hanze.collaboration.records.record import Record
from tests.collectives import NOW, collective_of
from tests.unit.collaboration.missions.mission_records import (
    BUSAN,
    KR,
    NL,
    ROTTERDAM,
    UTRECHT,
    WATER,
    event,
    item,
    mission,
    places,
)

TODAY = date(2026, 11, 22)
FIRST, LAST = date(2027, 3, 22), date(2027, 3, 24)
GYEONGGI = "urn:ngsi-ld:Region:KR:31"
SUWON = "urn:ngsi-ld:Municipality:KR:31011"
COMPANY = "urn:ngsi-ld:Organization:test:pumps"
FLOODS = {"en": "Flooded tunnels after heavy rain: measuring rainwater in the sewer"}


def _records() -> list[Record]:
    return [
        *places(),
        Region(id=GYEONGGI, title={"en": "Gyeonggi"}, country=KR),
        Municipality(id=SUWON, title={"en": "Suwon"}, country=KR, region=GYEONGGI),
        Organization(
            id=COMPANY,
            title={"en": "Pumps"},
            kind="company",
            country=NL,
            municipality=UTRECHT,
        ),
        Demand(
            id="urn:ngsi-ld:Demand:test:floods",
            title=FLOODS,
            problem=FLOODS,
            source_city=SUWON,
            themes=(WATER,),
        ),
        Solution(
            id="urn:ngsi-ld:Solution:test:pumps",
            title={"en": "Rainwater sensors in the sewer"},
            what_it_does={"en": "Measures rainwater in the sewer and warns of flooded tunnels."},
            providers=(COMPANY,),
            source_city=UTRECHT,
            themes=(WATER,),
        ),
        Project(
            id="urn:ngsi-ld:Project:test:rain",
            title={"en": "Rain map"},
            stage="evaluated",
            evaluation=Evaluation(technical="good"),
            source_city=ROTTERDAM,
            themes=(WATER,),
        ),
        event("fair", {"en": "Water Week"}, date(2027, 3, 23), country=NL, themes=(WATER,)),
    ]


@pytest.fixture
async def collective() -> AsyncIterator[Collective]:
    async with collective_of(*_records()) as collective:
        yield collective


async def test_sides_should_be_those_who_travel_and_the_country_that_receives_them(
    collective: Collective,
) -> None:
    company = Delegate(role={"en": "Director"}, organization=COMPANY)
    out = mission("out", UTRECHT, FIRST, LAST, delegates=(company,), places=(BUSAN,))
    side = sides_of(collective, out)
    assert set(side.travellers) == {UTRECHT, COMPANY}
    assert (side.country, side.places) == (KR, frozenset({BUSAN}))
    coming = mission(
        *("in", UTRECHT, FIRST, LAST),
        direction="incoming",
        places=(GYEONGGI,),
        delegates=(company,),
    )
    side = sides_of(collective, coming)
    # Of a region its cities say what they need; hosts do not travel.
    assert side.travellers == (SUWON, GYEONGGI)
    assert (side.country, side.places) == (NL, frozenset({UTRECHT}))


async def test_guests_should_meet_who_has_what_they_ask_for(collective: Collective) -> None:
    confirmed = item("council", "2027-03-22T09:00", "2027-03-22T12:00", kind="meeting")
    coming = mission(
        *("in", UTRECHT, FIRST, LAST),
        direction="incoming",
        places=(GYEONGGI,),
        timezone="Europe/Amsterdam",
        home_timezone="Asia/Seoul",
        programme=(confirmed,),
    )
    matchmaker = Matchmaker(collective, Annotations(collective))
    found = await propose_programme(collective, matchmaker, coming, now=NOW)
    best = found.candidates[0]
    assert best.host == COMPANY
    assert "Flooded tunnels" in best.reasons["en"]
    assert {"nl", "ko"} <= best.reasons.keys()
    assert "urn:ngsi-ld:Demand:test:floods" in best.about
    assert ROTTERDAM in {one.host for one in found.candidates}
    first = next(one for one in found.items if one.hosts)
    # The morning is taken by what is confirmed.
    assert first.starts == "2027-03-22T13:30"
    assert "\n" not in first.note["en"]
    assert [one.title["en"] for one in found.items if one.kind == "event"] == ["Water Week"]


async def test_nothing_should_be_laid_out_when_only_the_month_is_known(
    collective: Collective,
) -> None:
    coming = mission(
        *("in", UTRECHT, FIRST, LAST), direction="incoming", places=(SUWON,), days_known=False
    )
    matchmaker = Matchmaker(collective, Annotations(collective))
    found = await propose_programme(collective, matchmaker, coming, now=NOW)
    assert found.items == ()
    assert found.left_out == tuple(one.host for one in found.candidates)


async def test_country_should_be_told_by_theme_and_by_whom_one_knows() -> None:
    visit = mission("past", UTRECHT, date(2026, 3, 2), date(2026, 3, 4), status="completed")
    records = [
        *_records(),
        visit,
        Accord(
            id="urn:ngsi-ld:Accord:test:1",
            title={"en": "MoU"},
            kind="memorandum",
            parties=(UTRECHT, SUWON),
            themes=(WATER,),
        ),
        Cooperation(
            id="urn:ngsi-ld:Cooperation:test:1",
            title={"en": "Utrecht and Gyeonggi"},
            party=UTRECHT,
            partner=GYEONGGI,
        ),
        Subsidy(
            id="urn:ngsi-ld:Subsidy:test:1",
            title={"en": "Call"},
            themes=(WATER,),
            countries=(KR,),
            closes=date(2027, 1, 1),
        ),
        FollowUp(
            id="urn:ngsi-ld:FollowUp:test:1",
            title={"en": "Send figures"},
            kind="follow-up",
            mission=visit.id,
            on=date(2026, 3, 4),
            due=date(2026, 6, 1),
        ),
    ]
    async with collective_of(*records) as collective:
        found = analyse(collective, KR, TODAY, home=NL)
        (water,) = (one for one in found.themes if one.theme == WATER)
        assert water.chances == ("they-ask", "money", "known")
        assert {held.record.id for held in water.own_offers} == {
            "urn:ngsi-ld:Project:test:rain",
            "urn:ngsi-ld:Solution:test:pumps",
        }
        assert len(found.known.cooperations) == len(found.known.accords) == 1
        assert [one.id for one in found.known.missions] == [visit.id]
        assert [one.state for one in found.known.follow_ups] == ["late"]
        # Seen from elsewhere, what others agreed on is not known.
        assert acquaintance(collective, KR, TODAY, home="urn:ngsi-ld:Country:BE").accords == ()
        assert acquaintance(collective, KR, TODAY).accords
        other = analyse(collective, KR, TODAY, theme="urn:ngsi-ld:Theme:hanze:energy")
        assert other.themes == ()
        assert partner_countries(collective, NL) == [KR]
