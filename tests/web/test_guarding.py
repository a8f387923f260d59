"""What every answer carries, and what is not looked at: pages of other sites, and what is no JSON."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.governance.duties import account_of
from hanze.governance.records.dataset import Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.settings import Identity, Server, Settings
from tests.in_process import client_of, node_in_memory

CARE = "https://zwolle.example/CareSensor"
EVIL = {"origin": "https://elsewhere.example"}
PATHS = ("/ngsi-ld/v1/types", "/api/v1/records", "/health", "/openapi.json", "/en/", "/nowhere")


@pytest.fixture
async def developer() -> AsyncIterator[httpx.AsyncClient]:
    async with node_in_memory() as node, client_of(node) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_answers_should_carry_what_protects(developer: httpx.AsyncClient, path: str) -> None:
    answer = await developer.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in answer.headers
    if not path.startswith("/ngsi-ld"):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize("path", PATHS)
async def test_answers_should_ask_for_encryption_where_there_is_any(path: str) -> None:
    settings = Settings(server=Server(base_url="https://zwolle.example"))
    async with node_in_memory(settings) as node, client_of(node) as client:
        answer = await client.get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    "headers",
    [EVIL, {"origin": "null"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_page_of_another_site_should_change_nothing_under_dev(
    developer: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in ("/api/v1/league", "/api/v1/insight/watches", "/oauth2/token"):
        answer = await developer.post(path, json={}, headers=headers)
        assert answer.status_code == 403
        assert answer.json()["reason"] == "foreign-page"
    theme = await developer.post("/theme", data={"theme": "dark"}, headers=headers)
    assert theme.status_code == 403
    assert "set-cookie" not in theme.headers


@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded"])
async def test_body_should_be_told_to_be_json(developer: httpx.AsyncClient, media: str) -> None:
    headers = {"content-type": media} if media else {}
    answer = await developer.post("/api/v1/contributions", content=b"{}", headers=headers)
    assert answer.status_code == 415


async def test_theme_should_be_chosen_from_this_site() -> None:
    async with node_in_memory(Settings()) as node, client_of(node) as client:
        chosen = {"theme": "dark", "back": "/en/"}
        foreign = await client.post("/theme", data=chosen, headers=EVIL)
        assert "set-cookie" not in foreign.headers
        own = await client.post("/theme", data=chosen, headers={"origin": "http://localhost"})
        assert "set-cookie" in own.headers


async def test_guessed_tokens_should_be_slowed_down() -> None:
    settings = Settings(identity=Identity(failures_per_hour=5))
    async with node_in_memory(settings) as node, client_of(node) as client:
        right = node.tokens.create("right", now=node.clock())
        for path in ("/ngsi-ld/v1/types", "/api/v1/records", "/en/"):
            for number in range(3):
                headers = {"authorization": f"Bearer hanze_{number}"}
                answer = await client.get(path, headers=headers)
                assert answer.status_code in (401, 403, 429)
        assert answer.status_code == 429
        again = await client.get("/ngsi-ld/v1/types", headers={"authorization": f"Bearer {right}"})
        assert again.status_code == 200


async def test_ids_should_not_be_found_out_one_by_one() -> None:
    settings = Settings(identity=Identity(refusals_per_hour=3))
    async with node_in_memory(settings) as node, client_of(node) as client:
        closed = Dataset(
            id="urn:ngsi-ld:Dataset:zwolle:care", title={"en": "Care"}, types=(CARE,), owner="urn:x"
        )
        await node.governance.change(
            Change(node.governance.datasets, closed),
            account=account_of(NODE, "dataset.classified", (closed.id,), now=node.clock()),
        )
        codes = []
        for number in range(5):
            path = f"/ngsi-ld/v1/entities/urn:ngsi-ld:CareSensor:{number}?type={CARE}"
            answer = await client.get(path)
            codes.append(answer.status_code)
        assert codes == [403, 403, 403, 429, 429]
        assert int(answer.headers["retry-after"]) > 0
        assert (await client.get("/ngsi-ld/v1/types")).status_code == 200
