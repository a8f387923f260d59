"""What is bound to a project does nothing until that is active, whichever way it comes in."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hanze.governance.duties import account_of
from hanze.governance.records.activity import Activity, Project
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import checked_grant
from hanze.node.node import Node
from hanze.settings import Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

PASSWORD = "kastanje fiets regenton"  # noqa: S105  # of a test
PROJECT = "urn:ngsi-ld:Project:zwolle:falls"
ACTIVITY = "urn:ngsi-ld:ProcessingActivity:zwolle:falls"
ORGANISATION = "urn:ngsi-ld:Organization:zwolle:homecare"
WRITES = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin"}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    """A node with a project that nobody assessed."""
    settings = Settings(data=tmp_path / "data", server=Server(dev=False))
    async with node_in_memory(settings) as node:
        records = node.governance
        project = Project(id=PROJECT, title={"en": "Falls"}, owner=ORGANISATION)
        activity = Activity(
            id=ACTIVITY,
            title={"en": "Falls"},
            organisation=ORGANISATION,
            purposes=("https://w3id.org/dpv#ServiceProvision",),
            project=PROJECT,
        )
        await records.change(
            Change(records.projects, project),
            Change(records.activities, activity),
            account=account_of(NODE, "project.set", (PROJECT,), now=node.clock()),
        )
        yield node


async def test_a_client_of_a_project_should_not_write_while_that_is_not_active(
    node: Node,
) -> None:
    grant = checked_grant(roles=("writer",), organisation=ORGANISATION)
    clients = node.entrance.clients
    found = {}
    async with client_of(node) as http:
        for name, project in (("bound", PROJECT), ("free", None), ("lost", PROJECT + "x")):
            _, secret = clients.create(name, grant, project=project, now=node.clock())
            given = {"grant_type": "client_credentials"}
            answer = await http.post("/oauth2/token", data=given, auth=(name, secret))
            shown = {"authorization": f"Bearer {answer.json()['access_token']}"}
            written = await http.post("/ngsi-ld/v1/entities", json=WRITES, headers=shown)
            found[name] = (written.status_code, "project_not_active" in written.text)
    assert found == {"bound": (403, True), "lost": (403, True), "free": (201, False)}


async def test_an_account_of_a_project_should_open_no_page_while_that_is_not_active(
    node: Node,
) -> None:
    grant = checked_grant(roles=("steward",), organisation=ORGANISATION, activity=ACTIVITY)
    accounts = node.entrance.accounts
    _, secret = accounts.create("ans", grant, hours=1, now=node.clock())
    await asyncio.to_thread(accounts.set_up, secret, PASSWORD, now=node.clock())
    async with client_of(node) as http:
        assert (await _signed_in(http)).status_code == 303
        for path in ("/en/steward", "/en/data"):
            page = await http.get(path)
            assert (page.status_code, PROJECT in page.text) == (403, True)
        account = await http.get("/en/account")
        assert account.status_code == 200
        left = {"form": form_token(account.text)}
        assert (await http.post("/en/sign-out", data=left, headers=ORIGIN)).status_code == 303
        assert (await http.get("/en/data")).status_code == 200


async def _signed_in(http: httpx.AsyncClient) -> httpx.Response:
    token = form_token((await http.get("/en/sign-in")).text)
    given = {"form": token, "name": "ans", "password": PASSWORD}
    return await http.post("/en/sign-in", data=given, headers=ORIGIN)
