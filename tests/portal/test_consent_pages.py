"""Pages on which people say whether they are named, and parents what a child brought in."""

from collections.abc import Mapping
from typing import Final

import httpx

from hanze.collaboration.records.organisations import Contact
from hanze.identity.caller import Caller
from hanze.identity.roles import WRITER
from hanze.node.node import Node
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

_ID: Final = "urn:ngsi-ld:Contact:almere:7"
_NOW: Final = "2026-01-01T00:00:00Z"
_WRITER: Final = Caller("tests", roles=frozenset({WRITER}), credential="token:tests")


async def _send(
    client: httpx.AsyncClient, path: str, page: str, given: Mapping[str, str]
) -> httpx.Response:
    token = form_token((await client.get(page)).text)
    return await client.post(path, data={"form": token, **given}, headers=ORIGIN)


async def _drafted(node: Node) -> None:
    group = await node.closed.groups.drafts(_WRITER, now=_NOW)
    contact = Contact(id=_ID, title={"en": "Jan de Vries"}, email="jan@hanze.example", person=True)
    await node.closed.records.draft(_WRITER, contact, group, now=_NOW)


async def test_person_should_say_yes_and_later_no_without_an_account() -> None:
    async with node_in_memory() as node, client_of(node) as client:
        await _drafted(node)
        page = f"/en/collective/record/{_ID}"
        assert "Ask this person whether they may be named" in (await client.get(page)).text
        asked = await _send(client, "/en/collective/consent", page, {"contact": _ID})
        (asked_id,) = node.closed.contacts.kept.all()
        key = asked_id.rpartition(":")[2]
        assert key in asked.text
        for code in ("en", "nl", "ko"):
            shown = await client.get(f"/{code}/collective/consent/{key}")
            assert "jan@hanze.example" in shown.text
            assert shown.headers["cache-control"] == "no-store"
        at = f"/en/collective/consent/{key}"
        assert (await _send(client, at, at, {"answer": "perhaps"})).status_code == 400
        agreed = await _send(client, at, at, {"answer": "yes"})
        assert "Thank you." in (await client.get(agreed.headers["location"])).text
        assert "Only the group" not in (await client.get(page)).text
        gone = await _send(client, at, at, {"answer": "no"})
        assert "You are not named any more" in gone.text
        assert (await client.get(page)).status_code == 404
        assert (await client.get(at)).status_code == 404


async def test_waiting_should_ask_strangers_to_sign_in() -> None:
    async with node_in_memory() as node, client_of(node) as client:
        for code in ("en", "nl", "ko"):
            page, form = f"/{code}/collective/contributions/waiting", f"/{code}/collective/groups"
            assert (await client.get(page)).status_code == 200
            refused = await _send(client, page, form, {"id": "urn:x:1", "answer": "yes"})
            assert refused.status_code == 404
