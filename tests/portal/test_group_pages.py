"""Pages of drafts and closed groups, through the door."""

from collections.abc import AsyncIterator, Mapping
from urllib.parse import unquote

import httpx
import pytest

from hanze.collaboration.records.places import Municipality
from hanze.collaboration.writing import create_record
from hanze.identity.caller import Caller
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

_NL = "urn:ngsi-ld:Country:nl"
_NOW = "2026-01-01T00:00:00Z"


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory() as node:
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        yield client


async def _send(
    client: httpx.AsyncClient, path: str, page: str, given: Mapping[str, str]
) -> httpx.Response:
    token = form_token((await client.get(page)).text)
    return await client.post(path, data={"form": token, **given}, headers=ORIGIN)


async def test_draft_should_be_written_found_changed_and_published(
    client: httpx.AsyncClient, node: Node
) -> None:
    city = Municipality(id="urn:ngsi-ld:Municipality:almere", title={"en": "Almere"}, country=_NL)
    await create_record(node.store, Caller("tests", roles=frozenset({"writer"})), city, now=_NOW)
    made = await _send(client, "/en/collective/groups", "/en/collective/groups", {"do": "drafts"})
    at = unquote(made.headers["location"])
    group = at.rpartition("/")[2]
    new = "/en/collective/new/Demand"
    said = {"title.en": "Whisper", "problem.en": "Nobody knows", "group": group}
    city_said = {"source_city": "Almere"}
    form = (await client.get(f"{new}?group={group}")).text
    assert "Only the group “Drafts” sees what you save here" in form
    names = {name: name in form for name in said}
    assert all(names.values()), names
    saved = await _send(client, new, new, {**said, **city_said})
    assert saved.status_code == 303, saved.text
    page = saved.headers["location"].partition("?")[0]
    record = unquote(page).rpartition("/")[2]
    await node.collective.refresh(node.clock())
    assert node.collective.find(record) is None
    assert "Only the group “Drafts” sees this." in (await client.get(page)).text
    assert (
        "1 record that only your groups see" in (await client.get("/en/collective/overview")).text
    )
    edit = page.replace("/record/", "/edit/")
    assert (await client.get(edit)).status_code == 200
    assert "Whisper" in (await client.get(at)).text
    shown = await _send(client, at, at, {"do": "publish", "record": record})
    assert shown.headers["location"] == f"{page}?saved=1"
    assert "Everybody can see it now." in (await client.get(f"{page}?saved=1")).text
    closed = await _send(client, at, at, {"do": "close", "record": record})
    assert closed.headers["location"].endswith("did=close")


@pytest.mark.parametrize("code", ["en", "nl", "ko"])
async def test_pages_should_change_who_is_in_a_group(client: httpx.AsyncClient, code: str) -> None:
    every = f"/{code}/collective/groups"
    made = await _send(client, every, every, {"do": "make", "title": "Lamps together"})
    at = unquote(made.headers["location"])
    added = await _send(client, at, at, {"do": "add", "member": "urn:x:gwangju"})
    assert "urn:x:gwangju" in (await client.get(unquote(added.headers["location"]))).text
    await _send(client, at, at, {"do": "remove", "member": "urn:x:gwangju"})
    assert "urn:x:gwangju" not in (await client.get(at)).text
    assert (await _send(client, at, at, {"do": "add", "member": "*"})).status_code == 400
    assert (await _send(client, at, at, {"do": "dance"})).status_code == 400
    assert (await _send(client, every, every, {"do": "make"})).status_code == 400
    assert "Lamps together" in (await client.get(every)).text
    assert (await client.get(every + "/urn:x:none")).status_code == 404
