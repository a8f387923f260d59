"""The pages of matching: rankings, matches that were kept, programmes; in three languages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.matches import Match
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Country, Municipality
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import DEVELOPMENT, client_of, node_in_memory

_DEMAND = "urn:ngsi-ld:Demand:test:bikes"
_SOLUTION = "urn:ngsi-ld:Solution:test:parking"
_CITIES = [f"urn:ngsi-ld:Municipality:test:{number}" for number in range(4)]


@dataclass(frozen=True)
class Site:
    node: Node
    client: httpx.AsyncClient

    async def page(self, path: str, *, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    async def token(self) -> str:
        """The hidden field that every form of the site carries."""
        page = await self.page(f"/en/collective/match?record={_DEMAND}")
        return page.partition('name="form" value="')[2].partition('"')[0]

    async def send(self, path: str, **fields: object) -> httpx.Response:
        data = {"form": await self.token(), **fields}
        headers = {"origin": "http://localhost"}
        return await self.client.post(path, data=data, headers=headers)


async def _fill(node: Node) -> None:
    records = (
        Country(id="urn:ngsi-ld:Country:NL", title={"en": "Netherlands"}, iso_code="NL"),
        *(
            Municipality(
                id=name,
                title={"en": f"City {number}", "ko": f"도시 {number}"},
                population=10_000 * (number + 1),
                country="urn:ngsi-ld:Country:NL",
            )
            for number, name in enumerate(_CITIES)
        ),
        Demand(
            id=_DEMAND,
            title={"nl": "Fietsen", "ko": "자전거"},
            problem={"nl": "Te weinig plek in de fietsenstalling."},
            source_city=_CITIES[0],
        ),
        Solution(
            id=_SOLUTION,
            title={"en": "<b>Bicycle</b> parking guide"},
            what_it_does={"en": "Shows free places in bicycle parking."},
            trl=8,
        ),
    )
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    pairs = [(write_record(record), HANZE) for record in records]
    result = await create_entities(node.store, caller, pairs, now=node.clock())
    assert result.errors == []


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with node_in_memory(DEVELOPMENT) as node, client_of(node) as client:
        await _fill(node)
        yield Site(node, client)


@pytest.mark.parametrize(
    ("language", "heading", "because"),
    [
        ("nl", "Wie past bij wie", "Beide gaan over: fiets"),
        ("en", "Who fits whom", "Both are about: "),
        ("ko", "누구와 누가 맞을까요", "공통된 내용: 자전거"),
    ],
)
async def test_ranking_should_say_who_fits_and_why(
    site: Site, language: str, heading: str, because: str
) -> None:
    page = await site.page(f"/{language}/collective/match?record={_DEMAND}")
    assert f"<h1>{heading}</h1>" in page
    assert because in page
    assert "&lt;b&gt;Bicycle&lt;/b&gt;" in page
    assert "<b>Bicycle" not in page


async def test_weights_should_stand_in_the_address(site: Site) -> None:
    page = await site.page(f"/en/collective/match?record={_DEMAND}&w.text=0&w.trl=9&must=trl")
    assert (
        'name="w.text" type="number" min="0" max="100" step="0.5" inputmode="decimal" value="0"'
        in page
    )
    assert '<details class="weights" open>' in page


@pytest.mark.parametrize(
    ("query", "status"),
    [("w.text=-1", 400), ("w.text=many", 400), ("kind=nonsense", 200), ("variety=7", 200)],
)
async def test_ranking_should_bear_wrong_addresses(site: Site, query: str, status: int) -> None:
    await site.page(f"/en/collective/match?record={_DEMAND}&{query}", status=status)


async def test_without_a_record_there_should_be_something_to_choose(site: Site) -> None:
    page = await site.page("/en/collective/match")
    assert _DEMAND in page
    found = await site.page("/nl/collective/match?text=fietsenstalling&kind=demand-solution")
    assert _SOLUTION in found
    await site.page("/en/collective/match?record=urn:x:nobody", status=404)


async def test_a_match_should_be_proposed_and_decided(site: Site) -> None:
    fields = {"kind": "demand-solution", "one": _DEMAND, "other": _SOLUTION, "w.trl": "2"}
    kept = await site.send("/en/collective/match", **fields)
    assert kept.status_code == 303, kept.text
    collective = await site.node.collective.refresh(site.node.clock())
    (held,) = collective.of(Match)
    assert held.record.weights["trl"] == 2
    for party in held.record.parties:
        decided = await site.send(
            "/nl/collective/matches", match=held.record.id, party=party, decision="accepted"
        )
        assert decided.status_code == 303, decided.text
    await collective.refresh(site.node.clock())
    assert collective.of(Match)[0].record.decision == "accepted"
    assert "100" not in (await site.page("/ko/collective/matches?decision=declined"))


async def test_a_form_should_be_refused_without_its_token_and_from_elsewhere(site: Site) -> None:
    fields = {"kind": "demand-solution", "one": _DEMAND, "other": _SOLUTION}
    own = {"origin": "http://localhost"}
    without = await site.client.post("/en/collective/match", data=fields, headers=own)
    assert without.status_code == 403
    fields["form"] = await site.token()
    elsewhere = {"origin": "https://elsewhere.example"}
    stolen = await site.client.post("/en/collective/match", data=fields, headers=elsewhere)
    assert stolen.status_code == 403


async def test_programme_should_be_planned_kept_and_downloaded(site: Site) -> None:
    pytest.importorskip("ortools")
    query = "kind=city-city&capacity=1&" + "&".join(f"one={name}" for name in _CITIES)
    page = await site.page(f"/ko/collective/programme?{query}")
    assert "짝 2쌍" in page
    table = await site.page(f"/en/collective/programme?{query}&format=csv")
    assert table.startswith("\ufeffone,one_title,other")
    assert len(table.splitlines()) == 3
    pairs = [line.split(",") for line in table.splitlines()[1:]]
    kept = await site.send(
        "/en/collective/programme",
        kind="city-city",
        name="Spring 2027",
        pair=[f"{row[0]}|{row[2]}" for row in pairs],
    )
    assert kept.status_code == 303, kept.text
    listed = await site.page("/en/collective/matches?programme=Spring+2027")
    assert "2 matches" in listed


async def test_programme_should_say_what_is_impossible(site: Site) -> None:
    pytest.importorskip("ortools")
    one, other = _CITIES[:2]
    query = f"kind=city-city&one={one}&other={other}&fix={one}|{other}&veto={one}|{other}"
    assert "is fixed and vetoed" in await site.page(f"/en/collective/programme?{query}", status=400)


async def test_visitors_should_read_and_not_write() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as client:
        await _fill(node)
        page = await client.get(f"/en/collective/match?record={_DEMAND}")
        assert page.status_code == 200
        assert "Propose this match" not in page.text
        answer = await client.post(
            "/en/collective/match",
            data={"kind": "demand-solution", "one": _DEMAND, "other": _SOLUTION},
            headers={"origin": "http://localhost"},
        )
        assert answer.status_code in (401, 403)
        collective = await node.collective.refresh(node.clock())
        assert list(collective.of(Match)) == []
