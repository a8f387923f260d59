"""The demo's collective through the services that its pages use."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from hanze.collaboration.buddies import buddies_for, live_tenders
from hanze.collaboration.bundling import propose_bundles
from hanze.collaboration.collective import Collective
from hanze.collaboration.filters import Filters
from hanze.collaboration.funnel import Funnel, funnel
from hanze.collaboration.leadership import budget_totals, chair_today, ministry_contacts
from hanze.collaboration.matching.criteria import KINDS
from hanze.collaboration.matching.rank import Option
from hanze.collaboration.overview import Overview, overview
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution, Subsidy
from hanze.collaboration.records.themes import Theme
from hanze.collaboration.subsidies import Eligibility, projects_for
from hanze.connectors import strategy
from hanze.node.node import Node, close_node, open_node
from hanze.settings import load_settings

#: Of so many, two or more must come from the other country.
TOP = 8
#: Challenges of Dutch cities for which nobody in the demo's Korea has an answer.
UNANSWERED = {"aldermonde-quay", "aldermonde-noise", "helmond-shared-data"}
LANGUAGE = {"NL": "nl", "KR": "ko"}
OPEN = ("open", "bundled", "tendering")


@dataclass
class Seen:
    """What the services say about the demo."""

    collective: Collective
    today: date
    abroad: Mapping[str, int]
    seen: Overview
    funnel: Funnel
    bundles: list[set[str]]
    hits: Mapping[str, str]


def _key(record_id: str) -> str:
    return record_id.rsplit(":", 1)[1]


def _country(city: str | None) -> str:
    return "KR" if ":KR:" in (city or "") else "NL"


async def _abroad(node: Node, now: str) -> dict[str, int]:
    """How many solutions of another country, in another language, are near the top."""
    option = Option(weights=KINDS["demand-solution"], top=TOP)
    found: dict[str, int] = {}
    for held in node.collective.of(Demand):
        demand = held.record
        if demand.status not in OPEN:
            continue
        ranking = await node.matchmaker.ranking("demand-solution", demand.id, option, now=now)
        offers = [node.collective.get(one.other, Solution) for one in ranking.matches]
        found[_key(demand.id)] = sum(
            _country(offer.city) != _country(held.city)
            and bool(set(offer.record.themes) & set(demand.themes))
            and LANGUAGE[_country(held.city)] not in offer.record.what_it_does
            for offer in offers
        )
    return found


async def _look(data: Path) -> Seen:
    node = await open_node(load_settings(data, flags={}, environ={}))
    try:
        await strategy.seed(node)
        now = node.clock()
        today = date.fromisoformat(now[:10])
        collective = await node.collective.refresh(now)
        abroad = await _abroad(node, now)
        await node.search.refresh(collective, wait_s=None)
        asked = {"독거노인 외로움": "ko", "flooded underpass": "en", "LomboXnet": "nl"}
        hits = {
            text: _key(node.search.find(text, language, limit=1)[0].held.record.id)
            for text, language in asked.items()
        }
        return Seen(
            collective=collective,
            today=today,
            abroad=abroad,
            seen=overview(collective, node.search, Filters(), language="ko"),
            funnel=funnel(collective),
            bundles=[
                {_country(held.city) for held in proposal.demands}
                for proposal in propose_bundles(collective, node.annotations, today=today)
            ],
            hits=hits,
        )
    finally:
        await node.search.close()
        await close_node(node)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return asyncio.run(_look(tmp_path_factory.mktemp("demo")))


def test_challenges_should_have_two_answers_from_abroad_in_another_language(demo: Seen) -> None:
    few = {key for key, count in demo.abroad.items() if count < 2}
    assert few <= UNANSWERED


def test_overview_should_show_cities_of_every_tenant_in_one_list(demo: Seen) -> None:
    cities = {value.value: value.count for value in demo.seen.facets["city"]}
    for code in ("NL:GM0344", "NL:GM0226", "KR:29", "KR:21", "KR:22"):
        assert cities[f"urn:ngsi-ld:Municipality:{code}"] >= 5
    assert {"urn:ngsi-ld:Country:NL", "urn:ngsi-ld:Country:KR"} <= {
        value.value for value in demo.seen.facets["country"]
    }


def test_search_should_find_the_demos_records_in_each_language(demo: Seen) -> None:
    assert demo.hits == {
        "독거노인 외로움": "groningen-loneliness",
        "flooded underpass": "chimsu-alimi",
        "LomboXnet": "lomboxnet",
    }


def test_funnel_should_count_each_stage_and_each_reason(demo: Seen) -> None:
    assert min(demo.funnel.stages.values()) >= 3
    assert min(demo.funnel.stuck.values()) >= 1
    assert {one.move.value for one in demo.funnel.transitions} >= {
        "forward",
        "skip",
        "loop",
        "stop",
    }
    assert demo.funnel.missing["business-case"] > 0


def test_bundles_should_be_proposed_across_borders(demo: Seen) -> None:
    assert demo.bundles.count({"NL", "KR"}) >= 3


def test_tenders_should_be_live_and_have_buddies(demo: Seen) -> None:
    tenders = live_tenders(demo.collective, demo.today)
    assert len(tenders) >= 3
    assert all(buddies_for(demo.collective, one.need.record.id) for one in tenders)


def test_calls_should_be_open_to_some_projects_and_not_to_others(demo: Seen) -> None:
    found = [
        one.eligibility
        for call in demo.collective.of(Subsidy)
        for one in projects_for(demo.collective, call.record.id, demo.today)
    ]
    assert found.count(Eligibility.ELIGIBLE) >= 5
    assert found.count(Eligibility.NOT) >= 50


def test_themes_should_have_a_chair_today_and_one_contact(demo: Seen) -> None:
    contacts = ministry_contacts(demo.collective)
    assert len(contacts) == 7
    assert not [one for one in contacts if one.missing]
    top = [one.record for one in demo.collective.of(Theme) if one.record.broader is None]
    assert all(chair_today(theme, demo.today) for theme in top)
    assert {total.currency for total in budget_totals(demo.collective)} == {"EUR", "KRW"}
