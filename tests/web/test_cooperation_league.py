"""A Dutch and a Korean city, each on its own node: both sides of a cooperation, both signatures."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

from hanze.collaboration.cooperating.accords import accord_state
from hanze.collaboration.cooperating.terms import digest_of
from hanze.collaboration.records.cooperation import Accord, AccordSignature
from hanze.collaboration.writing import create_record
from tests.collectives import NOW, WRITER
from tests.cooperating_world import BUSAN, GRONINGEN, an_accord, places, signature_of
from tests.leagues import LeagueOfNodes, league_of, put_records

API = "/api/v1"
DAY = date(2026, 5, 20)


@pytest.fixture
async def league() -> AsyncIterator[LeagueOfNodes]:
    async with league_of({"groningen": GRONINGEN, "busan": BUSAN}) as found:
        for name, city in (("groningen", GRONINGEN), ("busan", BUSAN)):
            node = found.nodes[name]
            for record in places():
                # Each has its own; what everybody has, as countries, is the same.
                if record.source_city in (None, city):
                    await create_record(node.store, WRITER, record, now=node.clock())
        await found.compare()
        yield found


async def ask(league: LeagueOfNodes, name: str, path: str, status: int = 200) -> Any:
    answer = await league.client(name).get(API + path)
    assert answer.status_code == status, answer.text
    return answer.json()


async def post(
    league: LeagueOfNodes, name: str, path: str, status: int = 201, **body: object
) -> Any:
    answer = await league.client(name).post(API + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_accord_should_be_in_force_on_both_nodes_when_each_party_signed_on_its_own(
    league: LeagueOfNodes,
) -> None:
    made = await post(
        league,
        "groningen",
        "/accords",
        kind="memorandum",
        title={"en": "Smart together"},
        parties=[GRONINGEN, BUSAN],
        terms={"en": "We share what we learn."},
    )
    place = f"/accords/{made['id']}"
    offered = await post(league, "groningen", place + "/offer", 200)
    await post(league, "groningen", place + "/signatures", party=GRONINGEN)
    refused = await post(league, "groningen", place + "/signatures", 409, party=BUSAN)
    assert "has a node of its own" in refused["detail"]
    assert refused["field"] == "party"

    await league.compare("busan")
    there = await ask(league, "busan", place)
    assert (there["state"], there["missing"]) == ("partly-signed", [BUSAN])
    assert (there["home"]["node"], there["digest"]) == ("groningen", offered["digest"])
    await post(league, "busan", place + "/signatures", party=BUSAN, digest=there["digest"])
    await league.compare()
    for name in ("groningen", "busan"):
        shown = await ask(league, name, place)
        assert (shown["state"], shown["missing"]) == ("in-force", [])
        page = await league.client(name).get(f"/en/collective{place}")
        assert "In force" in page.text
    elsewhere = await league.client("busan").post(f"{API}{place}/end", json={})
    assert elsewhere.status_code == 409

    refused = await league.client("groningen").patch(
        API + place, json={"terms": {"en": "We share nothing."}}
    )
    assert refused.status_code == 409
    gone = await post(league, "busan", place + "/withdrawals", 200, party=BUSAN)
    assert gone["state"] == "withdrawn"
    await league.compare("groningen")
    assert (await ask(league, "groningen", place))["state"] == "withdrawn"


async def test_signature_should_not_count_when_another_node_wrote_it(
    league: LeagueOfNodes,
) -> None:
    accord = an_accord()
    forged = signature_of(BUSAN, digest_of(accord), DAY)
    own = signature_of(GRONINGEN, digest_of(accord), DAY)
    await put_records(league.nodes["groningen"], [accord, own, forged], NOW)
    await league.compare()
    for name in ("groningen", "busan"):
        node = league.nodes[name]
        collective = await node.collective.refresh(node.clock())
        state = accord_state(collective, collective.get(accord.id, Accord).record, DAY)
        assert (state.state, state.missing) == ("partly-signed", (BUSAN,))


async def test_accord_should_show_as_changed_when_its_node_changed_what_was_signed(
    league: LeagueOfNodes,
) -> None:
    """A node that does not keep to the rules deceives nobody."""
    accord = an_accord()
    groningen, busan = league.nodes["groningen"], league.nodes["busan"]
    own = signature_of(GRONINGEN, digest_of(accord), DAY)
    await put_records(groningen, [an_accord(terms={"en": "We share half of it."}), own], NOW)
    await put_records(busan, [signature_of(BUSAN, digest_of(accord), DAY)], NOW)
    await league.compare()
    for node in (groningen, busan):
        collective = await node.collective.refresh(node.clock())
        assert len(collective.of(AccordSignature)) == 2
        found = accord_state(collective, collective.get(accord.id, Accord).record, DAY)
        assert (found.state, found.signed) == ("changed", ())


async def test_cooperation_should_show_both_sides_on_both_nodes(league: LeagueOfNodes) -> None:
    made = await post(league, "groningen", "/cooperations", party=GRONINGEN, partner=BUSAN)
    place = f"/cooperations/{made['id']}"
    refused = await post(league, "groningen", place + "/answer", 409)
    assert "written there" in refused["detail"]
    await league.compare("busan")
    page = await league.client("groningen").get(f"/en/collective{place}")
    assert "answers on its own node" in page.text
    answered = await post(league, "busan", place + "/answer")
    assert [side["party"]["id"] for side in answered["sides"]] == [BUSAN, GRONINGEN]
    await league.compare("groningen")
    linked = await post(league, "groningen", place + "/counterpart", 200)
    assert linked["sides"][1]["home"]["node"] == "busan"
    theirs = linked["steps"][0]["sides"][1]["records"][0]["id"]
    elsewhere = await league.client("groningen").patch(
        f"{API}/cooperation-steps/{theirs}", json={"due": "2030-01-01"}
    )
    assert elsewhere.status_code == 409
    listed = await ask(league, "busan", "/cooperations")
    assert len(listed["cooperations"]) == 1
