"""Accounts and API clients over the API, with an account of who made them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.identity.grant import checked_grant
from hanze.node.node import Node
from hanze.settings import Settings
from hanze.web.api import identity
from hanze.web.api.frame import PREFIX
from tests.in_process import client_of, node_in_memory

ROOT = "/api/v1/identity"
NEW = {"name": "Ans", "roles": ["steward"], "subject": "urn:x:ans"}
CLIENT = {
    "name": "care",
    "organisation": "urn:x:o",
    "activity": "urn:x:a",
    "purposes": ["dpv:ServiceProvision"],
}


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings()) as node:
        yield node


def as_role(node: Node, *roles: str) -> httpx.AsyncClient:
    client = client_of(node)
    secret = node.tokens.create("-".join(roles), roles=roles, now=node.clock())
    client.headers["authorization"] = f"Bearer {secret}"
    return client


async def test_operator_should_make_change_and_end_accounts(node: Node) -> None:
    async with as_role(node, "operator") as http:
        made = await http.post(f"{ROOT}/accounts", json=NEW)
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        assert made.json()["state"] == "waiting"
        assert (await http.get(made.json()["setUpPath"])).status_code == 200
        again = await http.post(f"{ROOT}/accounts/ans/link")
        assert again.status_code == 201
        assert again.json()["setUpPath"] != made.json()["setUpPath"]
        assert (await http.get(made.json()["setUpPath"])).status_code == 403
        changed = await http.patch(f"{ROOT}/accounts/ans", json={"roles": ["auditor"]})
        assert changed.json()["roles"] == ["auditor", "reader"]
        listed = (await http.get(f"{ROOT}/accounts")).json()["accounts"]
        assert [one["name"] for one in listed] == ["ans"]
        assert "setUpPath" not in listed[0]
        assert (await http.delete(f"{ROOT}/accounts/ans")).status_code == 204
        assert (await http.delete(f"{ROOT}/accounts/ans")).status_code == 404


async def test_operator_should_make_and_end_clients(node: Node) -> None:
    async with as_role(node, "operator") as http:
        made = await http.post(f"{ROOT}/clients", json=CLIENT)
        assert made.status_code == 201
        secret = made.json()["secret"]
        asked = {"grant_type": "client_credentials"}
        token = (await http.post("/oauth2/token", data=asked, auth=("care", secret))).json()
        headers = {"authorization": f"Bearer {token['access_token']}"}
        me = (await http.get(f"{ROOT}/me", headers=headers)).json()
        assert me["actor"] == "care"
        assert me["organisation"] == "urn:x:o"
        assert "purposes" not in me, "they count once they are registered for the activity"
        assert "secret" not in (await http.get(f"{ROOT}/clients")).text
        assert (await http.post(f"{ROOT}/clients", json=CLIENT)).status_code == 409
        assert (await http.delete(f"{ROOT}/clients/care")).status_code == 204
        assert (await http.get(f"{ROOT}/me", headers=headers)).status_code == 401


@pytest.mark.parametrize("role", ["reader", "writer", "steward", "auditor", "owner", "resident"])
async def test_others_should_neither_see_nor_change_who_comes_in(node: Node, role: str) -> None:
    node.entrance.clients.create("care", checked_grant(), now=node.clock())
    async with as_role(node, role) as http:
        for method, path, body in (
            ("GET", "accounts", None),
            ("POST", "accounts", NEW),
            ("PATCH", "accounts/ans", {"roles": ["operator"]}),
            ("POST", "accounts/ans/link", None),
            ("DELETE", "accounts/ans", None),
            ("GET", "clients", None),
            ("POST", "clients", CLIENT | {"name": "other"}),
            ("DELETE", "clients/care", None),
        ):
            answer = await http.request(method, f"{ROOT}/{path}", json=body)
            assert answer.status_code == 403, path
    assert node.entrance.accounts.records() == ()
    assert len(node.entrance.clients.records()) == 1


async def test_security_officer_should_end_what_it_may_not_make(node: Node) -> None:
    node.entrance.clients.create("care", checked_grant(), now=node.clock())
    async with as_role(node, "security-officer") as http:
        assert (await http.post(f"{ROOT}/clients", json=CLIENT)).status_code == 403
        assert (await http.get(f"{ROOT}/clients")).status_code == 200
        assert (await http.delete(f"{ROOT}/clients/care")).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {"name": "ans", "roles": ["developer"]},
        {"name": "ans", "roles": ["node"]},
        {"name": "a b"},
        {"name": "ans", "purposes": ["dpv:ServiceProvision"]},
        {"name": "ans", "purposes": ["care"], "activity": "urn:x:a", "organisation": "urn:x:o"},
        {"name": "ans", "elsewhere": "1"},
        {"name": "ans", "password": "given by somebody else"},
    ],
)
async def test_account_should_be_refused_when_it_is_none(
    node: Node, body: dict[str, object]
) -> None:
    async with as_role(node, "operator") as http:
        assert (await http.post(f"{ROOT}/accounts", json=body)).status_code == 400
    assert node.entrance.accounts.records() == ()


async def test_me_should_say_who_asks(node: Node) -> None:
    async with client_of(node) as http:
        assert (await http.get(f"{ROOT}/me")).json() == {"actor": "anonymous", "roles": ["reader"]}


async def test_routes_should_ask_strangers_who_they_are() -> None:
    async with node_in_memory(Settings()) as node, client_of(node) as stranger:
        for route in identity.ROUTES:
            path = PREFIX + route.path.replace("{name}", "ans")
            answer = await stranger.request(route.method, path, json={"name": "ans"})
            assert answer.status_code == (200 if path == f"{ROOT}/me" else 401), route
