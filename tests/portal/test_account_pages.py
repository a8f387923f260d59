"""Signing in with an account: set up by a link, a password, sessions that end, and who guesses."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from hanze.identity.account import Account
from hanze.identity.grant import checked_grant
from hanze.ngsild.moment import parse_datetime
from hanze.node.node import Node
from hanze.settings import Identity, Server, Settings
from tests.in_process import client_of, node_in_memory
from tests.portal.collective_world import ORIGIN, form_token

PASSWORD = "kastanje fiets regenton"  # noqa: S105  # of a test
OTHER = "another long way in"


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    limits = Identity(failures_per_hour=12, failures_per_account=6)
    settings = Settings(data=tmp_path / "data", server=Server(dev=False), identity=limits)
    async with node_in_memory(settings) as node:
        yield node


async def new_account(node: Node, *roles: str, name: str = "ans") -> tuple[Account, str]:
    """Make an account that waits for its owner; the secret is that of its link."""
    now = node.clock()
    grant = checked_grant(roles=roles or ("steward", "writer"))
    return node.entrance.accounts.create(name, grant, hours=1, now=now)


async def post(client: httpx.AsyncClient, path: str, **given: str) -> httpx.Response:
    """Send a form, with the token of the page that holds it."""
    shown = "/en/account" if path.startswith("/en/account") else path
    token = form_token((await client.get(shown)).text)
    return await client.post(path, data={"form": token, **given}, headers=ORIGIN)


async def enter(client: httpx.AsyncClient, password: str, name: str = "ans") -> httpx.Response:
    return await post(client, "/en/sign-in", name=name, password=password, next="/en/account")


async def ready_account(node: Node) -> Account:
    """Make an account with a password."""
    _, secret = await new_account(node)
    accounts = node.entrance.accounts
    return await asyncio.to_thread(accounts.set_up, secret, PASSWORD, now=node.clock())


async def test_link_should_set_an_account_up_once(node: Node) -> None:
    _, secret = await new_account(node)
    async with client_of(node) as client:
        path = f"/en/set-up/{secret}"
        page = await client.get(path)
        assert "ans" in page.text
        assert page.headers["cache-control"] == "no-store"
        for given, problem in (
            ({"password": "short", "again": "short"}, "at least 12 characters"),
            ({"password": "123456789012", "again": "123456789012"}, "easy to guess"),
            ({"password": PASSWORD, "again": PASSWORD + "x"}, "two different"),
        ):
            answer = await post(client, path, **given)
            assert answer.status_code == 400
            assert problem in answer.text
        answer = await post(client, path, password=PASSWORD, again=PASSWORD)
        assert answer.status_code == 303
        account = await client.get("/en/account")
        assert "signed in as ans" in account.text
        assert "classify data" in account.text
        assert (await client.get(path)).status_code == 403
    kept = Path(str(node.settings.data), "secrets", "accounts.json")
    assert PASSWORD not in await asyncio.to_thread(kept.read_text)


async def test_link_should_not_serve_when_it_is_too_old(node: Node) -> None:
    _, secret = await new_account(node)
    _move(node, 61)
    async with client_of(node) as client:
        assert (await client.get(f"/en/set-up/{secret}")).status_code == 403


async def test_password_should_open_a_session_and_the_answer_should_be_alike_for_strangers(
    node: Node,
) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        refused = [
            await enter(client, "not this one at all"),
            await enter(client, PASSWORD, name="nobody"),
        ]
        texts = [re.sub(r'value="[0-9a-f]{64}"', "", one.text) for one in refused]
        assert [one.status_code for one in refused] == [403, 403]
        assert texts[0] == texts[1]
        assert "ans" not in refused[0].headers.get("set-cookie", "")
        answer = await enter(client, PASSWORD, name=" ANS ")
        assert answer.status_code == 303
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/" in cookie
        assert (await client.get("/en/account")).status_code == 200


@pytest.mark.slow
async def test_guessing_should_be_slowed_down_for_an_account_and_for_an_address(
    node: Node,
) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        for _ in range(6):
            assert (await enter(client, "not this one at all")).status_code == 403
        slowed = await enter(client, PASSWORD)
        assert slowed.status_code == 429
        assert int(slowed.headers["retry-after"]) > 0
        for number in range(6):
            assert (await enter(client, "guess guess", name=f"x{number}")).status_code == 403
        assert (await enter(client, PASSWORD, name="somebody")).status_code == 429
        assert (await client.get("/en/set-up/guess")).status_code == 429
        token = form_token((await client.get("/en/sign-in")).text)
        given = {"form": token, "token": "hanze_guess"}
        answer = await client.post("/en/sign-in", data=given, headers=ORIGIN)
        assert answer.status_code == 429


@pytest.mark.slow
async def test_session_should_have_a_new_id_when_somebody_signs_in(node: Node) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        client.cookies.set("hanze-session", "chosen-by-somebody-else", domain="localhost.local")
        await enter(client, PASSWORD)
        first = client.cookies["hanze-session"]
        assert first != "chosen-by-somebody-else"
        answer = await post(
            client,
            "/en/account",
            action="password",
            old=PASSWORD,
            password=OTHER,
            again=OTHER,
        )
        assert answer.status_code == 303
        assert client.cookies["hanze-session"] != first
        client.cookies.clear()
        client.cookies.set("hanze-session", first, domain="localhost.local")
        assert (await client.get("/en/account")).status_code == 303


@pytest.mark.slow
async def test_changed_password_should_end_other_sessions(node: Node) -> None:
    await ready_account(node)
    async with client_of(node) as here, client_of(node) as there:
        await enter(here, PASSWORD)
        await enter(there, PASSWORD)
        wrong = await post(
            here, "/en/account", action="password", old="no", password=OTHER, again=OTHER
        )
        assert wrong.status_code == 400
        assert (await there.get("/en/account")).status_code == 200
        given = {"action": "password", "old": PASSWORD, "password": OTHER, "again": OTHER}
        await post(here, "/en/account", **given)
        assert (await here.get("/en/account")).status_code == 200
        assert (await there.get("/en/account")).status_code == 303
        assert (await enter(there, PASSWORD)).status_code == 403
        assert (await enter(there, OTHER)).status_code == 303
        await post(there, "/en/account", action="end")
        assert (await there.get("/en/account")).status_code == 200
        assert (await here.get("/en/account")).status_code == 303


@pytest.mark.slow
@pytest.mark.parametrize("change", ["revoke", "roles", "link"])
async def test_session_should_end_when_the_account_changes(node: Node, change: str) -> None:
    await ready_account(node)
    accounts = node.entrance.accounts
    async with client_of(node) as client:
        await enter(client, PASSWORD)
        assert (await client.get("/en/account")).status_code == 200
        if change == "revoke":
            accounts.revoke("ans", now=node.clock())
        elif change == "roles":
            accounts.give("ans", checked_grant(), now=node.clock())
        else:
            secret = accounts.link("ans", hours=1, now=node.clock())
            await asyncio.to_thread(accounts.set_up, secret, OTHER, now=node.clock())
        assert (await client.get("/en/account")).status_code == 303


@pytest.mark.slow
@pytest.mark.parametrize(("minutes", "goes_on"), [(29, True), (31, False)])
async def test_session_should_end_when_nobody_uses_it(
    node: Node, minutes: int, goes_on: bool
) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        await enter(client, PASSWORD)
        _move(node, minutes)
        assert ((await client.get("/en/account")).status_code == 200) is goes_on


@pytest.mark.slow
async def test_session_should_end_however_much_it_is_used(node: Node) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        await enter(client, PASSWORD)
        for _ in range(8 * 3 - 1):
            _move(node, 20)
            assert (await client.get("/en/account")).status_code == 200
        _move(node, 21)
        assert (await client.get("/en/account")).status_code == 303


async def test_roles_should_open_forms_and_stop_with_the_session(node: Node) -> None:
    await ready_account(node)
    async with client_of(node) as client:
        assert (await client.get("/en/collective/new/Demand")).status_code == 303
        await enter(client, PASSWORD)
        assert (await client.get("/en/collective/new/Demand")).status_code == 200
        await post(client, "/en/account", action="purpose", purpose="https://w3id.org/dpv#X")
        token = form_token((await client.get("/en/account")).text)
        await client.post("/en/sign-out", data={"form": token}, headers=ORIGIN)
        assert (await client.get("/en/account")).status_code == 303


@pytest.mark.slow
async def test_forms_of_accounts_should_only_come_from_this_site(node: Node) -> None:
    _, secret = await new_account(node)
    forms = (
        f"/en/set-up/{secret}",
        "/en/account",
        "/en/account/passkeys",
        "/en/account/passkeys/options",
        "/en/sign-in",
        "/en/sign-in/passkey",
        "/en/sign-in/passkey/options",
        "/en/sign-in/elsewhere",
        "/en/sign-out",
    )
    async with client_of(node) as client:
        token = form_token((await client.get("/en/sign-in")).text)
        for path in forms:
            for given, headers in (
                ({}, ORIGIN),
                ({"form": "0" * 64}, ORIGIN),
                ({"form": token}, {}),
                ({"form": token}, {"origin": "https://elsewhere.example"}),
            ):
                answer = await client.post(path, data=given, headers=headers)
                assert answer.status_code == 403, path


@pytest.mark.slow
async def test_cookie_should_be_bound_to_the_host_over_https(tmp_path: Path) -> None:
    server = Server(dev=False, base_url="https://zwolle.example")
    settings = Settings(data=tmp_path / "data", server=server)
    async with node_in_memory(settings) as node, client_of(node) as client:
        await ready_account(node)
        token = form_token((await client.get("/en/sign-in")).text)
        answer = await client.post(
            "/en/sign-in",
            data={"form": token, "name": "ans", "password": PASSWORD},
            headers={"origin": "https://zwolle.example"},
        )
        assert answer.headers["set-cookie"].startswith("__Host-hanze-session=")
        assert "Secure" in answer.headers["set-cookie"]
        assert "max-age=" in answer.headers["strict-transport-security"]


@pytest.mark.slow
async def test_page_should_say_where_passkeys_do_not_work(tmp_path: Path) -> None:
    server = Server(dev=False, base_url="http://192.0.2.1:1026")
    settings = Settings(data=tmp_path / "data", server=server)
    async with node_in_memory(settings) as node, client_of(node) as client:
        await ready_account(node)
        token = form_token((await client.get("/en/sign-in")).text)
        given = {"form": token, "name": "ans", "password": PASSWORD}
        headers = {"origin": "http://192.0.2.1:1026"}
        await client.post("/en/sign-in", data=given, headers=headers)
        page = await client.get("/en/account")
        assert "Browsers make no passkeys for this address" in page.text
        answer = await client.post(
            "/en/account/passkeys/options", data={"form": form_token(page.text)}, headers=headers
        )
        assert answer.status_code >= 400


@pytest.mark.slow
async def test_purpose_should_be_chosen_for_a_session(node: Node) -> None:
    grant = checked_grant(
        organisation="urn:x:o",
        activity="urn:x:a",
        purposes=("dpv:ServiceProvision", "dpv:ResearchAndDevelopment"),
    )
    accounts = node.entrance.accounts
    _, secret = accounts.create("bo", grant, hours=1, now=node.clock())
    await asyncio.to_thread(accounts.set_up, secret, PASSWORD, now=node.clock())
    async with client_of(node) as client:
        await enter(client, PASSWORD, name="bo")
        assert "ServiceProvision" in (await client.get("/en/account")).text


def _move(node: Node, minutes: int) -> None:
    """Let time pass for a node."""
    since = timedelta(microseconds=parse_datetime(node.clock())) + timedelta(minutes=minutes)
    text = (datetime(1970, 1, 1, tzinfo=UTC) + since).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    node.clock = lambda: text
