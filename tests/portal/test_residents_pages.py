"""Residents' pages: withdraw with one click, ask, object, and nothing of anybody else."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.node.node import Node
from tests.residents_world import ALICE, CARE, KIM, RESEARCH, UNIVERSITY, city_of_residents, sign_in

World = tuple[Node, dict[str, str]]
PAGE = "/en/my-data"
SENSOR = "/en/sensors/urn:ngsi-ld:CrowdCounter:1"


@pytest.fixture
async def city() -> AsyncIterator[World]:
    async with city_of_residents() as world:
        yield world


async def _send(client: httpx.AsyncClient, path: str, **fields: object) -> httpx.Response:
    """Send a form as its page would."""
    page = await client.get(path)
    token = re.search(r'name="form" value="([^"]+)"', page.text)
    assert token is not None
    data = {"form": token.group(1), **fields}
    return await client.post(path, data=data, headers={"Origin": "http://localhost"})


async def test_my_data_should_show_what_is_about_the_resident_and_withdraw_with_one_click(
    city: World,
) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice:
        agreed = {"do": "give", "dataset": CARE, "purpose": RESEARCH, "recipient": UNIVERSITY}
        offered = await alice.get(PAGE)
        refused = await _send(alice, PAGE, **(agreed | {"recipient": "somebody"}))
        given = await _send(alice, PAGE, **(agreed | {"recipient": f"{UNIVERSITY}"}))
        page = (await alice.get(PAGE)).text
        consent = re.search(r'name="id" value="([^"]+ConsentRecord[^"]+)"', page)
        assert consent is not None
        receipt = await alice.get(f"{PAGE}/receipt", params={"id": consent.group(1)})
        done = await _send(alice, PAGE, do="withdraw", id=consent.group(1))
        after = (await alice.get(done.headers["location"])).text
        export = await alice.get(f"{PAGE}/export")
    assert "What you may agree to" in offered.text
    assert refused.status_code == 400
    assert (given.status_code, done.status_code) == (303, 303)
    assert receipt.json()["record_id"] == consent.group(1)
    assert "Your consent is withdrawn" in after
    assert "withdrawn on" in after
    assert "urn:ngsi-ld:Person:bob" not in page
    assert "Inquiry" not in page
    assert export.json()["@graph"]


async def test_my_data_should_be_closed_to_who_is_no_resident_and_to_other_sites(
    city: World,
) -> None:
    node, tokens = city
    async with sign_in(node) as nobody, sign_in(node, tokens["steward"]) as steward:
        closed = await nobody.get(PAGE)
        assert closed.status_code == 403
        assert "sign-in" in closed.text
        assert (await steward.get(PAGE)).status_code == 403
        assert (await nobody.get(f"{PAGE}/export")).status_code == 403
    async with sign_in(node, tokens["alice"]) as alice:
        form = {"do": "ask", "kind": "access"}
        forged = await alice.post(PAGE, data=form, headers={"Origin": "https://evil.example"})
        child = (await alice.get(PAGE, params={"subject": KIM})).text
    assert forged.status_code == 403
    assert "urn:ngsi-ld:Person:kim" in child
    assert f"<dd>{ALICE}" not in child


async def test_request_should_be_asked_for_and_answered_on_pages(city: World) -> None:
    node, tokens = city
    async with sign_in(node, tokens["alice"]) as alice, sign_in(node, tokens["steward"]) as steward:
        asked = await _send(alice, PAGE, do="ask", kind="rectification", text="It was 40")
        assert asked.status_code == 303
        listed = (await steward.get("/en/requests")).text
        path = re.search(r'href="(/en/requests/urn[^"]+)"', listed)
        assert path is not None
        longer = await _send(steward, path.group(1), do="extend", reason="Much to do")
        silent = await _send(steward, path.group(1), do="answer", outcome="refused")
        done = await _send(steward, path.group(1), do="answer", outcome="granted", text="Mended")
        told = (await alice.get(path.group(1))).text
        assert (await alice.get("/en/requests")).status_code == 403
    async with sign_in(node, tokens["bob"]) as bob:
        assert (await bob.get(path.group(1))).status_code == 404
    assert (longer.status_code, silent.status_code, done.status_code) == (303, 400, 303)
    assert "Mended" in told
    assert "Much to do" in told


async def test_sensor_should_be_found_by_its_code_and_objected_to_without_account(
    city: World,
) -> None:
    node, _ = city
    async with sign_in(node) as nobody:
        short = await nobody.get(
            "/sensor/urn:ngsi-ld:CrowdCounter:1", headers={"Accept-Language": "ko"}
        )
        page = (await nobody.get(SENSOR)).text
        sent = await _send(nobody, SENSOR, text="It looks into my kitchen")
        told = await nobody.get(sent.headers["location"])
        every = (await nobody.get("/en/sensors")).text
    assert short.headers["location"] == "/ko/sensors/urn:ngsi-ld:CrowdCounter:1"
    assert "The mayor and aldermen" in page
    assert "7001" not in page
    assert sent.status_code == 303
    assert "It looks into my kitchen" in told.text
    assert told.headers["referrer-policy"] == "no-referrer"
    assert "6 sensors" in every
