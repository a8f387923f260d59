"""Signing in at an OpenID provider: a real one, little, in a process of its own."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from hanze.identity.grant import checked_grant
from hanze.node.node import Node
from hanze.settings import Identity, Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.openid_provider import CLIENT, SECRET, Provider, running_provider
from tests.portal.collective_world import ORIGIN, form_token

SUBJECT = "urn:ngsi-ld:Person:zwolle:1"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


def settings_of(provider: Provider, data: Path, **more: Any) -> Settings:
    secrets = data / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "oidc").write_text(SECRET + "\n")
    identity = Identity(
        oidc_issuer=provider.url,
        oidc_title="TestiD",
        oidc_client_id=CLIENT,
        oidc_secret="oidc",  # noqa: S106  # the name of a file
        failures_per_hour=1_000,
        **more,
    )
    return Settings(data=data, server=Server(dev=False), identity=identity)


@pytest.fixture
async def node(provider: Provider, tmp_path: Path) -> AsyncIterator[Node]:
    provider.control()
    settings = settings_of(
        provider,
        tmp_path / "data",
        oidc_residents=True,
        oidc_subject_claim="data_subject",
        oidc_roles_claim="groups",
        oidc_roles="city-data=steward",
        oidc_organisation="urn:ngsi-ld:Organization:zwolle",
    )
    async with node_in_memory(settings) as node:
        yield node


async def leave(client: httpx.AsyncClient) -> str:
    """Press the button; return the address of the provider."""
    page = await client.get("/en/sign-in")
    assert "Sign in with TestiD" in page.text
    given = {"form": form_token(page.text), "next": "/en/account"}
    answer = await client.post("/en/sign-in/elsewhere", data=given, headers=ORIGIN)
    assert answer.status_code == 200
    found = re.search(r'content="0; url=([^"]*)"', answer.text)
    assert found is not None
    return html.unescape(found[1])


async def round_trip(client: httpx.AsyncClient, provider: Provider) -> httpx.Response:
    back = provider.sign_in(await leave(client))
    return await client.get(back)


async def test_person_should_come_in_as_a_resident_and_nothing_should_be_kept(
    node: Node, provider: Provider
) -> None:
    provider.control(claims={"data_subject": SUBJECT, "name": "Ans de Vries"})
    async with client_of(node) as client:
        address = await leave(client)
        asked = parse_qs(urlsplit(address).query)
        assert asked["scope"] == ["openid"]
        assert len(asked["state"][0]) > 30
        assert len(asked["nonce"][0]) > 30
        answer = await client.get(provider.sign_in(address))
        assert answer.status_code == 200
        assert "url=/en/account" in answer.text
        page = await client.get("/en/account")
        assert "see the data about yourself" in page.text
        assert "classify" not in page.text
    assert node.entrance.accounts.records() == ()
    assert SUBJECT not in await asyncio.to_thread(_kept, Path(str(node.settings.data)))


def _kept(data: Path) -> str:
    return "".join(one.read_text() for one in data.rglob("*.json"))


@pytest.mark.slow
async def test_subject_and_roles_should_come_from_the_claims(
    node: Node, provider: Provider
) -> None:
    provider.control(claims={"data_subject": SUBJECT, "groups": ["city-data", "other", "operator"]})
    async with client_of(node) as client:
        await round_trip(client, provider)
        page = await client.get("/en/account")
        assert "classify data" in page.text
        assert "run this node" not in page.text
        assert "urn:ngsi-ld:Organization:zwolle" in page.text


@pytest.mark.slow
async def test_account_should_be_that_of_who_the_provider_says(
    node: Node, provider: Provider
) -> None:
    provider.control(claims={"sub": "ans-at-work"})
    accounts = node.entrance.accounts
    grant = checked_grant(roles=("auditor",))
    elsewhere = f"{provider.url} ans-at-work"
    accounts.create("ans", grant, hours=1, elsewhere=elsewhere, now=node.clock())
    async with client_of(node) as client:
        await round_trip(client, provider)
        page = await client.get("/en/account")
        assert "signed in as ans" in page.text
        assert "read the logs" in page.text
        accounts.revoke("ans", now=node.clock())
        assert (await client.get("/en/account")).status_code == 303


@pytest.mark.slow
async def test_nobody_without_an_account_should_come_in_when_residents_do_not(
    provider: Provider, tmp_path: Path
) -> None:
    provider.control()
    settings = settings_of(provider, tmp_path / "data")
    async with node_in_memory(settings) as node, client_of(node) as client:
        answer = await round_trip(client, provider)
        assert answer.status_code == 403
        assert "hanze-session" not in client.cookies


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    [
        {"claims": {"iss": "https://elsewhere.example"}},
        {"claims": {"aud": "another-node"}},
        {"claims": {"aud": [CLIENT, "another-node"]}},
        {"claims": {"nonce": "another"}},
        {"claims": {"exp": 1_000}},
        {"claims": {"iat": 4_000_000_000}},
        {"claims": {"sub": ""}},
        {"claims": {"exp": None}},
        {"wrong": "algorithm"},
        {"wrong": "unsigned"},
        {"key": "foreign"},
    ],
)
async def test_id_token_should_be_refused_when_something_is_wrong(
    node: Node, provider: Provider, how: dict[str, Any]
) -> None:
    provider.control(**how)
    async with client_of(node) as client:
        answer = await round_trip(client, provider)
        assert answer.status_code == 403
        assert "You are not signed in" in answer.text
        assert "hanze-session" not in client.cookies


async def test_answer_should_serve_once_and_in_the_browser_that_asked(
    node: Node, provider: Provider
) -> None:
    async with client_of(node) as client, client_of(node) as other:
        back = provider.sign_in(await leave(client))
        assert (await other.get(back)).status_code == 403
        assert (await client.get(back.replace("state=", "state=x"))).status_code == 403
        assert (await client.get(back)).status_code == 200
        assert (await client.get(back)).status_code == 403
        assert (await client.get("/sign-in/back")).status_code == 403


async def test_code_of_somebody_else_should_not_serve(node: Node, provider: Provider) -> None:
    async with client_of(node) as client, client_of(node) as thief:
        stolen = parse_qs(urlsplit(provider.sign_in(await leave(client))).query)["code"][0]
        mine = provider.sign_in(await leave(thief))
        state = parse_qs(urlsplit(mine).query)["state"][0]
        # PKCE: the code was made for another verifier.
        answer = await thief.get("/sign-in/back", params={"code": stolen, "state": state})
        assert answer.status_code == 403


@pytest.mark.slow
async def test_page_should_say_so_when_the_provider_is_no_provider(
    node: Node, provider: Provider
) -> None:
    provider.control(issuer="https://elsewhere.example")
    async with client_of(node) as client:
        page = await client.get("/en/sign-in")
        given = {"form": form_token(page.text)}
        answer = await client.post("/en/sign-in/elsewhere", data=given, headers=ORIGIN)
        assert answer.status_code == 504
    gone = replace(
        node.settings, identity=Identity(oidc_issuer="http://127.0.0.1:9", oidc_client_id="x")
    )
    async with node_in_memory(replace(gone, data=None)) as other, client_of(other) as client:
        given = {"form": form_token((await client.get("/en/sign-in")).text)}
        answer = await client.post("/en/sign-in/elsewhere", data=given, headers=ORIGIN)
        assert answer.status_code == 504
