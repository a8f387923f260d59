"""The pages about security, as a server renders them: the list, the switch, an incident's clock."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from hanze.identity.grant import Grant
from hanze.identity.roles import SECURITY_OFFICER, STEWARD
from hanze.node.node import Node
from hanze.settings import Security, Server, Settings
from tests.in_process import client_of, node_in_memory

NAMED = Security(
    ciso="K. de Vries", contact="mailto:security@city.example", policy="https://city.example/cvd"
)


@pytest_asyncio.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings(server=Server(), security=NAMED)) as node:
        yield node


@pytest_asyncio.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node) as client:
        client.headers["origin"] = "http://localhost"
        yield client


def officer(node: Node, *roles: str) -> dict[str, str]:
    grant = Grant(roles=roles or (SECURITY_OFFICER,))
    name = "-".join(grant.roles)
    return {"Authorization": f"Bearer {node.tokens.create(name, grant=grant, now=node.clock())}"}


async def send(
    client: httpx.AsyncClient, path: str, who: dict[str, str], **fields: str
) -> httpx.Response:
    page = await client.get(path, headers=who)
    token = re.search(r'name="form" value="([0-9a-f]+)"', page.text)
    assert token is not None, page.text
    return await client.post(path, data={"form": token[1], **fields}, headers=who)


@pytest.mark.parametrize(
    ("code", "said"), [("nl", "Veiligheid"), ("ko", "보안"), ("en", "Security")]
)
async def test_everybody_should_see_where_to_report(
    client: httpx.AsyncClient, code: str, said: str
) -> None:
    page = await client.get(f"/{code}/security")
    assert page.status_code == 200
    assert f"<h1>{said}</h1>" in page.text
    assert 'href="mailto:security@city.example"' in page.text
    assert "K. de Vries" in page.text
    assert 'value="verify"' not in page.text
    assert (await client.get(f"/{code}/security/incidents")).status_code == 403
    assert (await client.get(f"/{code}/security/emergency")).status_code == 403


async def test_officer_should_declare_and_end_an_emergency(
    node: Node, client: httpx.AsyncClient
) -> None:
    who, path = officer(node), "/en/security/emergency"
    wrong = await send(client, path, who, do="declare", why="Flood", hours="99")
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    done = await send(client, path, who, do="declare", why="Flood", hours="2")
    assert (done.status_code, done.headers["location"]) == (303, path + "?did=declare")
    closed = await client.get("/nl/data")
    assert closed.status_code == 503
    assert "noodsituatie" in closed.text
    assert "Flood" in (await client.get("/nl/security")).text
    listed = await client.get("/en/security", headers=who)
    assert "An emergency is declared" in listed.text
    await send(client, path, who, do="end")
    assert (await client.get("/nl/data")).status_code == 200
    assert "Flood" in (await client.get(path, headers=who)).text


async def test_officer_should_say_what_comes_first(node: Node, client: httpx.AsyncClient) -> None:
    who, path = officer(node), "/en/security/criticality"
    assert (await send(client, path, who, do="set", kind="service")).status_code == 422
    wrong = await send(client, path, who, do="set", kind="service", key="x", level="low")
    assert wrong.status_code == 422
    await send(client, path, who, do="set", kind="service", key="reading", level="vital")
    assert node.security.door.levels.keys() == {"service:reading"}
    await send(client, path, who, do="remove", kind="service", key="reading")
    assert not node.security.door.levels


async def test_incident_should_be_followed_on_its_page(
    node: Node, client: httpx.AsyncClient
) -> None:
    who, path = officer(node), "/en/security/incidents"
    steward = officer(node, STEWARD)
    said = {"title": "Lost laptop", "description": "It was lost", "personal": "yes"}
    thanks = await send(client, path, steward, do="report", **said)
    assert thanks.headers["location"] == path + "?did=reported"
    assert "Lost laptop" not in (await client.get(path, headers=steward)).text
    assert (await send(client, path, who, do="report", title="x")).status_code == 422
    future = {**said, "known_at": "2999-01-01T10:00"}
    assert (await send(client, path, who, do="report", **future)).status_code == 422
    made = await send(client, path, who, do="report", **said)
    where = made.headers["location"]
    page = await client.get(where, headers=who)
    assert "hours left" in page.text
    worklist = await client.get("/en/security", headers=who)
    assert worklist.text.count("Data breach: notify") == 2

    async def step(status: int, **fields: str) -> str:
        answer = await send(client, where, who, **fields)
        assert answer.status_code == status, answer.text
        return answer.text

    await step(303, do="note", text="Not encrypted")
    assert "High: the people" in await step(422, do="risk", risk="high", people="many", why="x")
    await step(303, do="risk", risk="high", people="40", why="Addresses")
    assert "GDPR" not in await step(422, do="close", lessons="Lock")
    await step(303, do="notice", reference="AP 7")
    await step(303, do="tell", telling="A laptop was lost.", how="A letter")
    await step(303, do="close", lessons="Lock")
    assert "Is over" in (await client.get(where, headers=who)).text
    assert "A laptop was lost." in (await client.get("/nl/security")).text


async def test_officer_should_verify_the_log(node: Node, client: httpx.AsyncClient) -> None:
    who = officer(node)
    assert "was not verified" in (await client.get("/en/security", headers=who)).text
    done = await send(client, "/en/security", who, do="verify")
    assert done.headers["location"] == "/en/security?did=verified"
    page = (await client.get("/en/security?did=verified", headers=who)).text
    assert "The log is whole." in page
    assert "Nothing waits for you." in page


async def test_officer_should_begin_with_what_waits(node: Node, client: httpx.AsyncClient) -> None:
    page = (await client.get("/en/sign-in")).text
    form = re.search(r'name="form" value="([0-9a-f]+)"', page)
    back = re.search(r'name="next" value="([^"]+)"', page)
    assert form is not None
    assert back is not None
    for role, where in ((SECURITY_OFFICER, "/en/security"), (STEWARD, back[1])):
        secret = officer(node, role)["Authorization"].removeprefix("Bearer ")
        given = {"form": form[1], "next": back[1], "token": secret}
        answer = await client.post("/en/sign-in", data=given)
        assert answer.headers["location"] == where
        client.cookies.clear()


async def test_pages_should_open_in_an_emergency_for_who_is_signed_in_and_comes_first(
    node: Node, client: httpx.AsyncClient
) -> None:
    who = officer(node)
    steward = officer(node, STEWARD)["Authorization"].removeprefix("Bearer ")
    await send(client, "/en/security/emergency", who, do="declare", why="Flood", hours="2")
    for secret, status in ((steward, 503), (who["Authorization"].removeprefix("Bearer "), 200)):
        assert (await client.get("/en/data")).status_code == 503
        page = (await client.get("/en/sign-in")).text
        form = re.search(r'name="form" value="([0-9a-f]+)"', page)
        assert form is not None
        signed_in = await client.post("/en/sign-in", data={"form": form[1], "token": secret})
        assert signed_in.status_code == 303
        assert client.cookies
        assert (await client.get("/en/data")).status_code == status
        client.cookies.clear()
    client.cookies.set("hanze-session", "guessed")
    assert (await client.get("/en/data")).status_code == 503
