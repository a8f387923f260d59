"""Pages of insight through the door: what is watched, what is usual, who decides on light."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec
import pytest

from hanze.insight.watches import Member, Watch, add_watch, watch_named
from hanze.ngsild.vocabulary import HANZE
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token
from tests.portal.insight_world import CONTEXT, CROWD, NOISE, WATCH, histories, moment_text

#: A Friday night, when it is dark in the street.
NOW = datetime(2026, 1, 30, 23, 5, tzinfo=UTC)
ADD = {"name": "quiet", "entity-1": NOISE, "attribute-1": "LAeq", "role-1": "sound"}
MORE = {"period": "30", "persist": "180"}


async def fill(node: Node, *, days: int = 24, crowd: float = 300.0) -> None:
    """Give the node its street, with a past."""
    node.clock = lambda: moment_text(NOW)
    async with client_of(node, "/ngsi-ld/v1") as api:
        for past in histories(NOW, days=days, crowd=crowd):
            entity = {name: one[-1] if isinstance(one, list) else one for name, one in past.items()}
            for path, body in (("/temporal/entities", past), ("/entities", entity)):
                answer = await api.post(path, json=body, headers=CONTEXT)
                assert answer.status_code == 201, answer.text


@pytest.fixture
async def street() -> AsyncIterator[Node]:
    """A street that is loud, with an open alert and light that is proposed."""
    async with node_in_memory() as node:
        await fill(node)
        async with client_of(node, "/api/v1") as api:
            assert (await api.post("/insight/watches", json=WATCH)).status_code == 201
        await node.insight.step(moment_text(NOW))
        yield node


async def send(client: httpx.AsyncClient, path: str, given: dict[str, str]) -> httpx.Response:
    token = form_token((await client.get("/en/insight/add")).text)
    return await client.post(path, data={"form": token, **given}, headers=ORIGIN)


async def test_list_should_say_verdict_since_when_and_which_alert_is_open(street: Node) -> None:
    async with client_of(street) as client:
        page = (await client.get("/en/insight")).text
        assert "higher than usual" in page
        assert "or longer" in page
        assert "open alert" in page
        assert "300 was measured" in page
        assert "It does not know of holidays or events." in page
        assert 'href="/api/v1/insight/watches"' in page
        assert "hoger dan gewoonlijk" in (await client.get("/nl/insight")).text
        assert "평소보다 높음" in (await client.get("/ko/insight")).text


async def test_list_should_be_narrowed_by_its_address(street: Node) -> None:
    async with client_of(street) as client:
        for query, there in (("text=STREET", 1), ("text=qqq", 0), ("alert=open", 1), ("page=9", 0)):
            page = (await client.get(f"/en/insight?{query}")).text
            assert page.count('href="/en/insight/watches/street"') == there


async def test_watches_of_another_tenant_should_not_be_shown(street: Node) -> None:
    seen = watch_named(street.store.registers, "street")
    other = msgspec.structs.replace(seen, name="elsewhere", tenant="other")
    await street.store.transact(lambda uow: add_watch(uow.registers, other))
    async with client_of(street) as client:
        assert "elsewhere" not in (await client.get("/en/insight")).text
        assert (await client.get("/en/insight/watches/elsewhere")).status_code == 404


async def test_watch_that_cannot_look_should_say_so(empty_node: Node) -> None:
    member = Member("urn:x:absent", "https://x.example/noise")
    await empty_node.store.transact(
        lambda uow: add_watch(uow.registers, Watch(name="blind", members=(member,)))
    )
    async with client_of(empty_node) as client:
        assert "The node cannot look now." in (await client.get("/en/insight")).text
        page = (await client.get("/en/insight/watches/blind")).text
        assert "The node cannot look at this attribute." in page


async def test_empty_list_should_say_so(empty: httpx.AsyncClient) -> None:
    page = (await empty.get("/en/insight")).text
    assert "Nothing is watched yet." in page


async def test_watch_should_show_charts_reasons_alerts_and_tables(street: Node) -> None:
    async with client_of(street) as client:
        page = (await client.get("/en/insight/watches/street?days=3")).text
        assert page.count('<svg class="plot"') == page.count('<path class="range"') == 2
        assert page.count('<path class="measured" d="M') >= 2
        assert 'class="beside" aria-hidden' in page
        assert "<title id=" in page
        assert "<desc id=" in page
        assert "LAeq: " in page
        assert "How unusual: high" in page
        assert 'aria-current="true">Last 3 days' in page
        assert "Table: 143 periods" in page
        second = (await client.get("/en/insight/watches/street?days=3&page=2")).text
        assert second.count(" open>\n<summary>Table: 143 periods") == 2
        odd = (await client.get("/en/insight/watches/street?days=400&page=x")).text
        assert 'aria-current="true">Last 24 hours' in odd
        assert (await client.get("/en/insight/watches/absent")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["insight/watches/street?days=1", f"insight/usual?id={CROWD}&attribute=peopleCount"],
)
async def test_few_people_should_be_told_as_no_number(street: Node, path: str) -> None:
    async with client_of(street) as client:
        page = (await client.get(f"/en/{path}")).text
    assert "6 periods are left out of the line." in page
    rows = re.findall(r"<td data-label=\"Measured\">(.*?)</td>", page)
    assert rows.count("fewer than 5") == 6
    assert "3" not in rows
    assert f"/api/v1/insight/usual?id={CROWD}" not in page


async def test_few_people_should_not_follow_from_the_download(street: Node) -> None:
    street.clock = lambda: moment_text(NOW.replace(hour=10))
    async with client_of(street) as client:
        seen = (await client.get("/api/v1/insight/watches/street")).json()
        page = (await client.get("/en/insight/watches/street")).text
    sound, crowd = (member["latest"] for member in seen["members"])
    assert sound["deviation"] is not None
    assert crowd["verdict"] == "usual"
    assert crowd.get("value") is crowd.get("deviation") is seen.get("deviation") is None
    assert "fewer than 5 was measured" in page


async def test_alert_about_few_people_should_tell_no_number() -> None:
    async with node_in_memory() as node:
        await fill(node, crowd=3)
        member = Member(CROWD, HANZE.expand_name("peopleCount"), "people")
        watch = Watch(name="empty", members=(member,), persist_minutes=60)
        await node.store.transact(lambda uow: add_watch(uow.registers, watch))
        assert await node.insight.step(moment_text(NOW)) == 1
        async with client_of(node) as client:
            found = await client.get("/ngsi-ld/v1/entities?type=Alert", headers=CONTEXT)
            page = (await client.get("/en/insight/watches/empty")).text
    (alert,) = found.json()
    assert alert["subCategory"]["value"] == "lower-than-usual"
    assert alert.keys().isdisjoint({"measuredValue", "expectedValue", "deviation"})
    assert "fewer than 5 was measured" in page


async def test_usual_should_show_any_attribute_with_numbers(street: Node) -> None:
    path = f"/en/insight/usual?id={NOISE}&attribute=LAeq"
    async with client_of(street) as client:
        page = (await client.get(f"{path}&days=7")).text
        assert page.count('<svg class="plot"') == 1
        found = re.search(r'href="(/api/v1/insight/usual[^"]+)"', page)
        assert found is not None
        answer = await client.get(found[1].replace("&amp;", "&"))
        assert len(answer.json()["periods"]) == 335
        assert f"/en/insight/add?id={quote(NOISE)}&amp;attribute=LAeq" in page
        assert (await client.get("/en/insight/usual?id=urn:x:y&attribute=LAeq")).status_code == 404
        assert (await client.get("/en/insight/usual")).status_code == 400
        nothing = (await client.get(path.replace("LAeq", "absent"))).text
        assert "There are no numbers in this time" in nothing


async def test_short_history_should_show_what_is_measured_and_say_what_is_not_known() -> None:
    async with node_in_memory() as node:
        await fill(node, days=3)
        async with client_of(node) as client:
            page = (await client.get(f"/en/insight/usual?id={NOISE}&attribute=LAeq")).text
    assert "Too little is known of earlier weeks" in page
    assert '<path class="range"' not in page
    assert page.count('<svg class="plot"') == 1


@pytest.mark.parametrize(("do", "said"), [("confirm", "confirmed"), ("decline", "declined")])
async def test_proposal_should_be_decided_once_and_say_who_did(
    street: Node, do: str, said: str
) -> None:
    path = "/en/insight/watches/street"
    async with client_of(street) as client:
        page = (await client.get(path)).text
        assert "The node switches nothing by itself" in page
        assert 'Why<span class="hidden">: calm light' in page
        found = re.search(r'name="proposal" value="([^"]+)"', page)
        assert found is not None
        answer = await send(client, path, {"do": do, "proposal": found[1]})
        assert answer.status_code == 303
        page = (await client.get(answer.headers["location"])).text
        assert "Nothing was switched." in page
        assert f">{said}</span>" in page
        assert "Decided by" in page
        assert "Decided on" in page
        assert 'name="proposal"' not in page
        assert (await send(client, path, {"do": do, "proposal": found[1]})).status_code == 409
        other = {"do": do, "proposal": "urn:ngsi-ld:LightScenarioProposal:insight:other:1"}
        assert (await send(client, path, other)).status_code == 404
        assert (await send(client, path, {"do": "burn"})).status_code == 400


async def test_watch_should_be_added_and_removed_by_forms(street: Node) -> None:
    async with client_of(street) as client:
        answer = await send(client, "/en/insight/add", {**ADD, **MORE, "title": "Rest"})
        assert answer.status_code == 303
        page = (await client.get(answer.headers["location"])).text
        assert "This is watched from now on." in page
        assert "<h1>Rest</h1>" in page
        path = "/en/insight/watches/quiet"
        assert (await send(client, path, {"do": "remove"})).status_code == 400
        answer = await send(client, path, {"do": "remove", "sure": "yes"})
        assert answer.headers["location"] == "/en/insight?did=removed"
        assert "The watch is removed." in (await client.get(answer.headers["location"])).text
        assert (await client.get(path)).status_code == 404


async def test_mistakes_in_the_form_should_stand_beside_their_fields(street: Node) -> None:
    mistakes: list[tuple[dict[str, str], str, int]] = [
        ({"name": "No Name"}, "name", 400),
        ({"name": ""}, "name", 400),
        ({"name": "street"}, "name", 409),
        ({"entity-1": ""}, "entity-1", 400),
        ({"entity-1": "urn:x:absent"}, "entity-1", 400),
        ({"attribute-1": "location"}, "attribute-1", 400),
        ({"attribute-1": "no name"}, "attribute-1", 400),
        ({"entity-2": NOISE, "attribute-2": "LAeq"}, "attribute-2", 400),
        ({"entity-1": "", "attribute-1": ""}, "entity-1", 400),
    ]
    async with client_of(street) as client:
        for change, field, status in mistakes:
            answer = await send(client, "/nl/insight/add", {**ADD, **MORE, **change})
            assert answer.status_code == status, change
            assert f'id="{field}-error"' in answer.text
            assert answer.text.count('aria-invalid="true"') == 1


async def test_form_should_be_filled_from_the_address(street: Node) -> None:
    async with client_of(street) as client:
        page = (await client.get(f"/en/insight/add?id={NOISE}&attribute=LAeq")).text
        assert f'value="{NOISE}"' in page
        given = {**ADD, "period": "7", "persist": "180"}
        assert (await send(client, "/en/insight/add", given)).status_code == 400


async def test_nobody_unsigned_should_change_anything(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", server=Server(dev=False))
    async with node_in_memory(settings) as node, client_of(node) as client:
        answer = await client.get("/en/insight/add")
        assert answer.headers["location"].startswith("/en/sign-in?next=")
        assert "Sign in to watch something" in (await client.get("/en/insight")).text
        token = form_token((await client.get("/en/sign-in")).text)
        given = {"form": token, **ADD, **MORE}
        answer = await client.post("/en/insight/add", data=given, headers=ORIGIN)
        assert answer.status_code == 403
        forged = await client.post("/en/insight/add", data=given)
        assert forged.status_code == 403
