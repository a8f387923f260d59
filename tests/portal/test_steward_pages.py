"""Pages about which data are open, and the steward's desk: seen, decided, offered, signed, ended."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import httpx
import pytest

from hanze.connectors import simulation
from hanze.connectors.simulation.governed import AGREEMENT, CARE
from hanze.node.node import Node
from hanze.settings import Settings
from tests.in_process import client_of, node_in_memory

FORM = re.compile(r'name="form" value="(\w+)"')
FROM_HERE = {"origin": "http://localhost"}
BIN = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin", "level": {"type": "Property", "value": 1}}
BIN_TYPE = "https://uri.etsi.org/ngsi-ld/default-context/Bin"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as opened:
        await simulation.govern(opened)
        yield opened


@pytest.fixture
async def browser(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def send(browser: httpx.AsyncClient, path: str, **given: str) -> httpx.Response:
    """Fill in a form of a page."""
    token = FORM.search((await browser.get("/en/agreements/new")).text)
    assert token is not None
    return await browser.post(path, data={"form": token.group(1), **given}, headers=FROM_HERE)


async def test_everybody_should_see_what_is_open_and_why_the_rest_is_not() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node) as browser:
        await simulation.govern(node)
        page = (await browser.get("/nl/datasets")).text
        assert "Zorgsensoren thuis" in page
        assert "GDPR, art. 9" in page
        assert "Municipal executive of Aldermonde" in page
        one = await browser.get(f"/en/datasets/{CARE}")
        assert (one.status_code, "Change who may read it" in one.text) == (200, False)
        assert (await browser.get("/ko/steward")).status_code == 403
        assert (await browser.get("/en/agreements/new")).status_code == 403
        assert (await browser.get(f"/en/agreements/{AGREEMENT}")).status_code == 404


async def test_a_type_should_be_classified_on_the_desk(
    node: Node, browser: httpx.AsyncClient
) -> None:
    assert (await browser.post("/ngsi-ld/v1/entities", json=BIN)).status_code == 201
    assert BIN_TYPE in (await browser.get("/en/steward")).text
    nothing = await send(browser, "/en/steward", type=BIN_TYPE)
    assert (nothing.status_code, "Choose who may read" in nothing.text) == (422, True)
    closed = await send(browser, "/nl/steward", type=BIN_TYPE, access="RESTRICTED", owner="urn:a:b")
    assert (closed.status_code, 'href="#ground"' in closed.text) == (422, True)
    assert 'aria-invalid="true"' in closed.text
    done = await send(browser, "/en/steward", type=BIN_TYPE, access="PUBLIC")
    assert (done.status_code, done.headers["location"]) == (303, "/en/steward?did=classified")
    assert BIN_TYPE not in (await browser.get("/en/steward")).text
    assert (await browser.get("/en/datasets")).text.count(">Bin<") == 1
    foreign = await browser.post("/en/steward", data={"type": "*", "access": "PUBLIC"})
    assert foreign.status_code == 403
    assert not any(not one.types for one in node.governance.rules.datasets.values())


async def test_a_dataset_should_be_changed_and_stay_when_an_agreement_rests_on_it(
    node: Node, browser: httpx.AsyncClient
) -> None:
    path = f"/en/datasets/{CARE}"
    given = {
        "do": "change",
        "access": "RESTRICTED",
        "owner": "urn:ngsi-ld:Municipality:hanze:aldermonde",
        "ground": "GDPR, art. 9",
        "decided_by": "The council",
        "decided_at": "2026-01-01",
        "review_at": "2999-01-01",
        "personal": "yes",
        "legal_basis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e",
        "purposes": "sector-health:HomeCareManagement",
    }
    assert (await send(browser, path, **given)).status_code == 303
    changed = node.governance.rules.datasets[CARE].non_publication
    assert changed is not None
    assert changed.decided_by == "The council"
    assert node.governance.rules.datasets[CARE].activity is not None
    wrong = await send(browser, path, **given | {"retention_days": "many"})
    assert (wrong.status_code, "Fill in a number of days." in wrong.text) == (422, True)
    kept = await send(browser, path, do="remove")
    assert (kept.status_code, AGREEMENT in kept.text) == (422, True)


async def test_an_agreement_should_be_offered_signed_and_ended(
    node: Node, browser: httpx.AsyncClient
) -> None:
    terms = {"dataset": CARE, "assignee": "urn:a:b", "valid_until": "2998-01-01"}
    wrong = await send(browser, "/en/agreements/new", **terms, purposes="dpv:NoSuchThing")
    assert (wrong.status_code, 'href="#purposes"' in wrong.text) == (422, True)
    made = await send(browser, "/en/agreements/new", **terms, purposes="dpv:AcademicResearch")
    assert made.status_code == 303
    path = made.headers["location"].partition("?")[0]
    name = path.removeprefix("/en/agreements/")
    page = (await browser.get(path)).text
    assert "Not signed by both" in page
    assert "Sign version 1 for urn:a:b" in page
    for party in ("urn:a:b", "urn:ngsi-ld:Municipality:hanze:aldermonde"):
        assert (await send(browser, path, do="sign", party=party)).status_code == 303
    assert node.governance.rules.agreements[name].version == 1
    form = await browser.get(f"/en/agreements/new?change={quote(name)}")
    assert 'value="urn:a:b"' in form.text
    again = await send(
        browser, "/en/agreements/new", **terms, change=name, purposes="dpv:ScientificResearch"
    )
    assert again.status_code == 303
    assert "Version 2" in (await browser.get(path)).text
    unsaid = await send(browser, path, do="revoke")
    assert (unsaid.status_code, "Say why the agreement ends." in unsaid.text) == (422, True)
    assert (await send(browser, path, do="revoke", reason="Done.")).status_code == 303
    assert "Revoked" in (await browser.get(path)).text
    assert node.governance.rules.agreements[name].revocation is not None
