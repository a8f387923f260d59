"""Signing in to the portal, and that nobody unsigned writes when a node is public."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hanze.node.node import Node
from hanze.settings import Server, Settings
from hanze.web.portal.collective.routes import PAGES
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import (
    GRONINGEN,
    ORIGIN,
    PROJECT,
    fill,
    form_token,
)


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Node]:
    """A node as it runs for the public."""
    settings = Settings(data=tmp_path / "data", server=Server(dev=False))
    async with node_in_memory(settings) as node:
        await fill(node)
        yield node


async def test_nobody_should_write_unsigned_when_the_node_is_public(closed: Node) -> None:
    writing = [page for page in PAGES if page.take is not None and not page.anyone]
    assert writing
    before = closed.collective.version
    async with client_of(closed) as client:
        token = form_token((await client.get("/en/sign-in")).text)
        for page in writing:
            path = re.sub(r"\{type\}", "Demand", page.path)
            path = "/en/collective" + re.sub(r"\{[^}]*\}", PROJECT, path)
            for given in ({"form": token, "title.en": "X"}, {}):
                answer = await client.post(path, data=given, headers=ORIGIN)
                assert answer.status_code == 403, path
        for path in ("/new/Demand", f"/edit/{PROJECT}"):
            answer = await client.get(f"/en/collective{path}")
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/en/sign-in?next=")
    assert (await closed.collective.refresh(closed.clock())).version == before


async def signed_in(node: Node, client: httpx.AsyncClient) -> tuple[str, str]:
    """Sign in; return the token that was used, and the cookie's header."""
    secret = node.tokens.create("officer", now=node.clock())
    token = form_token((await client.get("/nl/sign-in")).text)
    answer = await client.post(
        "/nl/sign-in",
        data={"form": token, "token": secret, "next": "/nl/collective/new/Demand"},
        headers=ORIGIN,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/nl/collective/new/Demand"
    return secret, answer.headers["set-cookie"]


async def test_signing_in_should_open_the_forms_without_giving_the_token_away(
    closed: Node,
) -> None:
    async with client_of(closed) as client:
        secret, cookie = await signed_in(closed, client)
        assert secret not in cookie
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        page = await client.get("/nl/collective/new/Demand")
        assert page.status_code == 200
        assert secret not in page.text
        given = {
            "form": form_token(page.text),
            "title.nl": "Waterhinder",
            "problem.nl": "De straat loopt onder.",
            "source_city": GRONINGEN,
        }
        answer = await client.post("/nl/collective/new/Demand", data=given, headers=ORIGIN)
        assert answer.status_code == 303


async def test_cookie_should_only_go_over_https_when_the_site_does(tmp_path: Path) -> None:
    server = Server(dev=False, base_url="https://together.example")
    settings = Settings(data=tmp_path / "data", server=server)
    async with node_in_memory(settings) as node, client_of(node) as client:
        assert "Secure" in (await signed_in(node, client))[1]


async def test_session_should_end_when_signed_out_or_the_token_is_revoked(closed: Node) -> None:
    async with client_of(closed) as client:
        await signed_in(closed, client)
        page = await client.get("/nl/collective/new/Demand")
        token = form_token(page.text)
        closed.tokens.revoke("officer", now=closed.clock())
        answer = await client.post(
            "/nl/collective/new/Demand", data={"form": token}, headers=ORIGIN
        )
        assert answer.status_code == 403
        assert (await client.get("/nl/collective/new/Demand")).status_code == 303
    async with client_of(closed) as client:
        await signed_in(closed, client)
        kept = dict(client.cookies)
        token = form_token((await client.get("/nl/collective/new/Demand")).text)
        await client.post("/nl/sign-out", data={"form": token}, headers=ORIGIN)
        client.cookies.update(kept)
        assert (await client.get("/nl/collective/new/Demand")).status_code == 303


async def test_sign_in_should_refuse_a_wrong_token_and_lead_nowhere_else(closed: Node) -> None:
    async with client_of(closed) as client:
        token = form_token((await client.get("/en/sign-in")).text)
        answer = await client.post(
            "/en/sign-in", data={"form": token, "token": "hanze_wrong"}, headers=ORIGIN
        )
        assert answer.status_code == 403
        assert "This token does not work" in answer.text
        assert "hanze_wrong" not in answer.text
        assert "set-cookie" not in answer.headers
        page = await client.get("/en/sign-in?next=//evil.example/")
        assert "evil.example" not in page.text.partition("<main")[2].partition("</main")[0]
