"""Pages of the league through the door, and lists of what all its nodes have."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest

from hanze.league.model import Contact
from hanze.node.node import Node
from hanze.settings import Distribution, League, Settings
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import form_token
from tests.portal.league_world import City, cities

LIGHTS = "/en/data/Streetlight"


@pytest.fixture
async def world() -> AsyncIterator[Sequence[City]]:
    """Zwolle trusts Deventer and Breda."""
    async with cities("Zwolle", "Deventer", "Breda") as found:
        await found[0].trusts(found[1])
        await found[0].trusts(found[2])
        yield found


def _lose(city: City, name: str) -> str:
    """Have another node answer nothing any more; return its id."""
    peer = next(one for one in city.node.league.peers() if one.name == name)
    city.node.league.contacts[peer.id] = Contact(
        at="2026-01-02T03:04:05Z", latency_ms=8.0, error="nobody listens there"
    )
    return peer.id


async def test_page_should_show_who_there_is_and_how_talking_goes(world: Sequence[City]) -> None:
    here = world[0]
    lost = _lose(here, "Breda")
    page = (await here.page("/en/league")).text
    assert "2 other nodes" in page
    for one in world:
        assert one.url in page
    assert f'href="{world[1].url}/en/"' in page
    # The map leads to the entries of the list.
    assert f'href="#node-{lost}"' in page
    assert f'id="node-{lost}"' in page
    assert "does not answer" in page
    assert "nobody listens there" in page
    assert "Street light" in page
    me = (await here.do("GET", ""))["member"]
    assert me["fingerprint"] in page
    assert "all that anybody may read" in page
    dutch, korean = [(await here.page(f"/{code}/league")).text for code in ("nl", "ko")]
    assert "antwoordt niet" in dutch
    assert "응답 없음" in korean


async def test_why_a_node_does_not_answer_should_be_for_operators() -> None:
    private = Distribution(allow_private=True)
    closed = Settings(data=None, league=League(gossip_s=3600.0), distribution=private)
    async with cities("Deventer") as (other,), node_in_memory(closed) as node:
        token = (await other.do("POST", "/invitations"))["token"]
        await node.league.found(name="Zwolle", city="Zwolle")
        await node.gossip.join(token)
        peer = node.league.peers()[0]
        node.league.contacts[peer.id] = Contact(error="nobody listens there")
        async with client_of(node) as client:
            page = (await client.get("/en/league")).text
            file = (await client.get("/api/v1/league/peers.csv")).text
        assert "does not answer" in page
        assert "nobody listens there" not in page + file
        assert "Waits for you" not in page
        assert "Sign in to confirm" in page


async def test_page_should_say_how_to_begin_when_there_is_no_league(empty_node: Node) -> None:
    async with client_of(empty_node) as client:
        page = (await client.get("/en/league")).text
        assert "hanze league found" in page
        listing = (await client.get("/en/data")).text
        assert 'name="where"' not in listing
        # An address that somebody passed on still works.
        assert (await client.get("/en/data?where=league")).status_code == 200


async def test_operator_should_confirm_who_waits_with_a_form() -> None:
    async with cities("Zwolle", "Deventer") as (here, other):
        token = (await here.do("POST", "/invitations"))["token"]
        await here.do("POST", "/invitations")
        await other.do("POST", "/join", {"token": token})
        fingerprint = (await other.do("GET", ""))["member"]["fingerprint"]
        async with httpx.AsyncClient(base_url=here.url, timeout=20.0) as client:
            page = (await client.get("/en/league")).text
            assert fingerprint in page
            assert 'hanze league confirm "Deventer"' in page
            assert "1 invitation was not used yet" in page
            given = {"form": form_token(page), "do": "confirm", "member": fingerprint}
            headers = {"origin": here.url}
            refused = await client.post("/en/league", data=given, headers=headers)
            assert (refused.status_code, "must be compared" in refused.text) == (400, True)
            unknown = {**given, "compared": "yes", "member": "Nobody"}
            missing = await client.post("/en/league", data=unknown, headers=headers)
            assert missing.status_code == 404
            done = await client.post(
                "/en/league", data={**given, "compared": "yes"}, headers=headers
            )
            assert (done.status_code, done.headers["location"]) == (303, "/en/league?did=confirm")
            assert "The node is confirmed" in (await client.get(done.headers["location"])).text
        assert [one.name for one in here.node.league.confirmed()] == ["Deventer"]


@pytest.mark.slow
async def test_members_should_be_downloaded_as_a_table(world: Sequence[City]) -> None:
    answer = await world[0].page("/api/v1/league/peers.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(one["name"], one["status"], one["types"]) for one in rows] == [
        ("Breda", "confirmed", "Streetlight"),
        ("Deventer", "confirmed", "Streetlight"),
    ]
    assert (rows[0]["longitude"], rows[0]["latitude"]) == ("4.77", "51.58")


async def test_list_should_show_this_city_or_the_league_with_each_ones_city(
    world: Sequence[City],
) -> None:
    here = world[0]
    own = (await here.page(LIGHTS)).text
    assert "2 results" in own
    assert "Deventer" not in own
    page = (await here.page(LIGHTS, where="league")).text
    assert "9 results" in page
    for one in world:
        assert f'<span class="city">{one.name}</span>' in page
    # Each leads to where it is.
    assert f"{world[2].url}/en/entity/urn%3Angsi-ld%3AStreetlight%3ABreda%3A0" in page
    assert 'href="/en/entity/urn%3Angsi-ld%3AStreetlight%3AZwolle%3A0"' in page
    assert "Not everything is here" not in page
    narrowed = (await here.page(LIGHTS, where="league", text="of breda")).text
    assert "4 results" in narrowed
    everything = (await here.page("/en/data", where="league", sort="name")).text
    assert "9 results" in everything
    wrong = await here.page(LIGHTS, where="league", q="a==(")
    assert wrong.status_code == 400


@pytest.mark.slow
async def test_list_should_say_whose_part_is_missing(world: Sequence[City]) -> None:
    here = world[0]
    await world[1].do("POST", "/ban", {"member": "Zwolle"})
    page = (await here.page(LIGHTS, where="league")).text
    assert "6 results" in page
    assert "Deventer does not answer now: what it has is missing." in page
    file = await here.page("/en/download/entities.csv", type="Streetlight", where="league")
    assert "299" in file.headers["ngsild-warning"]


@pytest.mark.slow
async def test_list_should_go_on_over_pages_of_the_league(world: Sequence[City]) -> None:
    here, other = world[:2]
    async with client_of(other.node, "/ngsi-ld/v1") as api:
        lamps = [{"id": f"urn:ngsi-ld:Lamp:{n}", "type": "Lamp"} for n in range(30)]
        assert (await api.post("/entityOperations/create", json=lamps)).status_code == 201
    await other.node.gossip.step()
    kind = "/en/data/https%3A%2F%2Furi.etsi.org%2Fngsi-ld%2Fdefault-context%2FLamp"
    pages = [(await here.page(kind, where="league", page=number)).text for number in ("1", "2")]
    assert "30 results" in pages[0]
    shown = [one.count('<span class="city">Deventer</span>') for one in pages]
    assert shown == [25, 5]
    assert "where=league&amp;page=2" in pages[0]


@pytest.mark.slow
async def test_downloads_should_name_the_city_when_the_league_was_asked(
    world: Sequence[City],
) -> None:
    here = world[0]
    asked = {"type": "Streetlight", "where": "league"}
    table = (await here.page("/en/download/entities.csv", **asked)).text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {one["id"]: one["nodeCity"] for one in rows} == {
        f"urn:ngsi-ld:Streetlight:{one.name}:{n}": one.name
        for number, one in enumerate(world, 2)
        for n in range(number)
    }
    found = (await here.page("/en/download/entities.jsonld", **asked)).json()
    assert sorted({one["nodeCity"]["value"][0] for one in found}) == [
        "Breda",
        "Deventer",
        "Zwolle",
    ]
    features = (await here.page("/en/download/entities.geojson", **asked)).json()["features"]
    assert all(one["properties"]["nodeCity"] for one in features)
    own = (await here.page("/en/download/entities.csv", type="Streetlight")).text
    assert "nodeCity" not in own
