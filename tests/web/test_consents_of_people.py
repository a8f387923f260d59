"""What waits for somebody's word: contacts for the person, children's ideas for a parent."""

from typing import Any, Final

import httpx
import pytest

from hanze.ngsild.terms import HANZE_CONTEXT_URL
from hanze.node.node import Node
from tests.residents_world import city_of_residents, sign_in

_CONTACT: Final = "urn:ngsi-ld:Contact:hanze:desk-7"
_ORGANISATION: Final = "urn:ngsi-ld:Organization:hanze"
_PERSON: Final = {
    "@context": HANZE_CONTEXT_URL,
    "id": _CONTACT,
    "type": "Contact",
    "title": {"languageMap": {"en": "Jan de Vries"}},
    "email": "jan@hanze.example",
    "person": True,
}
_DEMAND: Final = {
    "@context": HANZE_CONTEXT_URL,
    "id": "urn:ngsi-ld:Demand:hanze:lamps",
    "type": "Demand",
    "title": {"languageMap": {"en": "Lamps"}},
    "problem": {"languageMap": {"en": "Dark"}},
    "contacts": {"object": _CONTACT},
}
_IDEA: Final = {
    "title": "Frogs",
    "text": "A pond for frogs behind my school",
    "language": "en",
    "ageGroup": "adult",
}


async def _done(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def _create(client: httpx.AsyncClient, entity: Any) -> httpx.Response:
    headers = {"content-type": "application/ld+json"}
    return await client.post("/ngsi-ld/v1/entities", json=entity, headers=headers)


async def _asked(writer: httpx.AsyncClient) -> str:
    group = await _done(writer, "POST", "/api/v1/groups", {"drafts": True})
    made = await _create(writer, {**_PERSON, "scope": group["scope"]})
    assert made.status_code == 201, made.text
    assert (await _create(writer, _DEMAND)).status_code == 201
    asked = await _done(writer, "POST", f"/api/v1/contacts/{_CONTACT}/consent")
    again = await _done(writer, "POST", f"/api/v1/contacts/{_CONTACT}/consent")
    assert asked == again
    return str(asked["key"])


async def _told(node: Node, client: httpx.AsyncClient) -> str:
    """All that is told of the person, on some ways."""
    paths = (
        f"/api/v1/records/{_CONTACT}",
        "/api/v1/records?q=vries",
        f"/ngsi-ld/v1/entities/{_CONTACT}",
        f"/ngsi-ld/v1/temporal/entities/{_CONTACT}",
        "/api/v1/records.json",
        f"/en/collective/record/{_CONTACT}",
        "/en/collective/record/urn:ngsi-ld:Demand:hanze:lamps",
    )
    texts = [(await client.get(path)).text for path in paths]
    told = [held.record.id for held in (await node.collective.refresh(node.clock())).every()]
    return "\n".join([*texts, *told])


async def test_contact_should_be_shown_from_consent_to_withdrawal() -> None:
    async with (
        city_of_residents() as (node, tokens),
        sign_in(node, tokens["writer"]) as writer,
        sign_in(node) as nobody,
    ):
        key = await _asked(writer)
        assert "Vries" not in await _told(node, nobody)
        path = f"/api/v1/closed-records/{_CONTACT}/publication"
        assert (await writer.post(path)).status_code == 400
        at = f"/api/v1/contact-consents/{key}"
        assert (await _done(nobody, "GET", at))["email"] == "jan@hanze.example"
        assert (await nobody.post(at + "0", json={"agreed": True})).status_code == 404
        await _done(nobody, "POST", at, {"agreed": True})
        await _done(nobody, "POST", at, {"agreed": True})
        shown = await _told(node, nobody)
        assert "Jan de Vries" in shown
        assert _CONTACT in (await node.giving.listing()).records
        await _done(nobody, "POST", at, {"agreed": False})
        gone = await _told(node, nobody)
        assert "Vries" not in gone
        entity = await _done(nobody, "GET", "/ngsi-ld/v1/entities/" + str(_DEMAND["id"]))
        assert _CONTACT not in str(entity)
        assert _CONTACT not in (await node.giving.listing()).records
        assert (await nobody.get(at)).status_code == 404


async def test_nobody_should_ask_for_a_desk_or_without_writing() -> None:
    async with (
        city_of_residents() as (node, tokens),
        sign_in(node, tokens["writer"]) as writer,
        sign_in(node) as nobody,
    ):
        assert (await _create(writer, _PERSON)).status_code == 400
        desk = {**_PERSON, "person": False}
        assert (await _create(writer, desk)).status_code == 201
        path = f"/api/v1/contacts/{_CONTACT}/consent"
        assert (await writer.post(path)).status_code == 400
        assert (await nobody.post(path)).status_code == 401
        assert (await writer.post(path.replace("desk-7", "none"))).status_code == 404


@pytest.mark.parametrize("agreed", [True, False])
async def test_child_should_wait_for_its_parent_and_for_nobody_else(agreed: bool) -> None:
    async with city_of_residents() as (node, tokens):
        people = {name: sign_in(node, token) for name, token in tokens.items()}
        made = await _done(people["kim"], "POST", "/api/v1/contributions", _IDEA)
        assert made["waitsForParent"] is True
        idea = f"/api/v1/contributions/waiting/{made['id']}"
        for name in ("bob", "writer", "steward"):
            read = await people[name].get(f"/ngsi-ld/v1/entities/{made['id']}")
            assert "frogs" not in read.text
            assert (await people[name].get(f"/api/v1/records/{made['id']}")).status_code == 404
            # A child does not decide, and nor do others.
        for name in ("bob", "kim"):
            refused = await people[name].post(idea, json={"agreed": True})
            assert refused.status_code == 404
        own = await _done(people["kim"], "GET", "/api/v1/contributions/waiting")
        assert own["contributions"][0].get("mayDecide", False) is False
        theirs = await _done(people["alice"], "GET", "/api/v1/contributions/waiting")
        assert theirs["contributions"][0]["mayDecide"] is True
        page = await people["alice"].get("/en/collective/contributions/waiting")
        assert page.status_code == 200
        await _done(people["alice"], "POST", idea, {"agreed": agreed})
        record = await people["bob"].get(f"/api/v1/records/{made['id']}")
        assert record.status_code == (200 if agreed else 404)
        if agreed:
            assert record.json()["entity"]["ageGroup"] == "child"
            assert record.json()["entity"]["parentalConsentOn"]
        assert node.closed.waiting.kept.all() == {}
        refused = await people["alice"].post(idea, json={"agreed": True})
        assert refused.status_code == 404


async def test_who_is_no_child_should_contribute_at_once() -> None:
    async with city_of_residents() as (node, tokens), sign_in(node, tokens["bob"]) as bob:
        made = await _done(bob, "POST", "/api/v1/contributions", _IDEA)
        assert "waitsForParent" not in made
        assert (await bob.get(f"/api/v1/records/{made['id']}")).status_code == 200
