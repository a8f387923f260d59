"""What a page of another site, or a curious client, must not be able to do."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.settings import Contexts, Settings
from tests.in_process import client_of, node_in_memory

BIN = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin"}
JSON = {"content-type": "application/json"}
EVIL = {"origin": "https://evil.example"}

_REL = '; rel="http://www.w3.org/ns/json-ld#context"'


@pytest.fixture
async def guarded() -> AsyncIterator[Node]:
    """A node as it runs in a city: without --dev."""
    settings = Settings(data=None, contexts=Contexts(timeout_s=1.0))
    async with node_in_memory(settings, base_url="http://city.example") as node:
        yield node


@pytest.fixture
async def city(guarded: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(guarded, API_PATH) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:1026",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example@localhost",
        "192.168.1.10",
        "10.0.0.1:1026",
        "0.0.0.0",
        "[::]",
        "[fe80::1]",
        "localhost:1026:80",
        "localhost/",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/ngsi-ld/v1/types", "/health", "/openapi.json", "/en/"])
async def test_dev_should_answer_to_names_of_loopback_only(
    api: httpx.AsyncClient, host: str, path: str
) -> None:
    answer = await api.get(f"http://localhost{path}", headers={"host": host})
    assert answer.status_code == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1026", "127.0.0.1:1026", "[::1]:1026"])
async def test_dev_should_answer_under_the_names_of_loopback(
    api: httpx.AsyncClient, host: str
) -> None:
    assert (await api.get("types", headers={"host": host})).status_code == 200


async def test_dev_should_look_at_every_host_that_a_request_names(api: httpx.AsyncClient) -> None:
    hosts = [("host", "localhost"), ("host", "evil.example")]
    assert (await api.get("types", headers=hosts)).status_code == 421


async def test_city_should_answer_under_any_name(city: httpx.AsyncClient) -> None:
    assert (await city.get("types", headers={"host": "other.example"})).status_code == 200


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
async def test_writes_should_refuse_what_a_form_of_another_site_can_send(
    api: httpx.AsyncClient, media: str
) -> None:
    headers = {**EVIL, **({"content-type": media} if media else {})}
    for path in (
        "entities",
        "entityOperations/upsert",
        "entityOperations/delete",
        "jsonldContexts",
    ):
        answer = await api.post(path, content=b'{"id":"urn:x:1","type":"T"}', headers=headers)
        assert answer.status_code == 415


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_preflight_should_never_allow_a_write(api: httpx.AsyncClient, method: str) -> None:
    asked = {
        **EVIL,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type",
    }
    for path in ("entities", "entities/urn:x:1", "entities/urn:x:1/attrs", "jsonldContexts"):
        answer = await api.options(path, headers=asked)
        allowed = answer.headers.get("access-control-allow-methods", "")
        assert method not in allowed
        assert "content-type" not in answer.headers.get("access-control-allow-headers", "")


async def test_answers_should_be_open_to_other_sites_for_reading_alone(
    api: httpx.AsyncClient,
) -> None:
    for answer in (
        await api.post("entities", json=BIN, headers=EVIL),
        await api.patch("entities/urn:ngsi-ld:Bin:1", json={"p": 1}, headers=EVIL),
        await api.delete("entities/urn:ngsi-ld:Bin:1", headers=EVIL),
        await api.post("entityOperations/create", json=[BIN], headers=EVIL),
    ):
        assert answer.is_success
        assert "access-control-allow-origin" not in answer.headers
    read = await api.get("entities?type=Bin", headers=EVIL)
    assert read.headers["access-control-allow-origin"] == "*"
    # With "*", browsers send no cookies or credentials along; this must not be lifted.
    assert "access-control-allow-credentials" not in read.headers


async def test_pages_should_be_closed_to_other_sites(api: httpx.AsyncClient) -> None:
    for path in ("/en/", "/health", "/openapi.json"):
        answer = await api.get(f"http://localhost{path}", headers=EVIL)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/en/", "/nl/", "/ko/", "/en/nowhere", "/en/entity/urn%3Ax%3A1"])
async def test_pages_should_carry_the_headers_that_protect_a_reader(
    api: httpx.AsyncClient, path: str
) -> None:
    headers = (await api.get(f"http://localhost{path}")).headers
    policy = dict(
        part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";")
    )
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert policy["default-src"] in {"'none'", "'self'"}
    assert policy["frame-ancestors"] in {"'none'", "'self'"}
    assert policy["base-uri"] in {"'none'", "'self'"}
    assert policy["form-action"] in {"'none'", "'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in {"same-origin", "no-referrer"}


@pytest.mark.parametrize(
    "path", ["/en/data/%3Cscript%3E", "/en/entity/%3Cscript%3E", "/%3Cscript%3E"]
)
async def test_pages_should_not_repeat_markup_of_their_address(
    api: httpx.AsyncClient, path: str
) -> None:
    answer = await api.get(f"http://localhost{path}?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text
    assert "alert(1)</script>" not in answer.text


async def test_city_should_let_nobody_write_without_a_token(city: httpx.AsyncClient) -> None:
    for method, path in (
        ("POST", "entities"),
        ("DELETE", "entities?type=Bin"),
        ("PUT", "entities/urn:x:1"),
        ("PATCH", "entities/urn:x:1"),
        ("DELETE", "entities/urn:x:1"),
        ("POST", "entities/urn:x:1/attrs"),
        ("PATCH", "entities/urn:x:1/attrs"),
        ("PATCH", "entities/urn:x:1/attrs/p"),
        ("PUT", "entities/urn:x:1/attrs/p"),
        ("DELETE", "entities/urn:x:1/attrs/p"),
        *(("POST", f"entityOperations/{name}") for name in ("create", "upsert", "update")),
        *(("POST", f"entityOperations/{name}") for name in ("merge", "delete")),
        ("POST", "jsonldContexts"),
        ("DELETE", "jsonldContexts/x"),
    ):
        answer = await city.request(method, path, content=b"{}", headers=JSON)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.clause("6.3.5")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/c.jsonld",
        "http://127.0.0.1/c.jsonld",
        "http://127.1/c.jsonld",
        "http://2130706433/c.jsonld",
        "http://0x7f.0.0.1/c.jsonld",
        "http://0/c.jsonld",
        "http://[::1]/c.jsonld",
        "http://[::]/c.jsonld",
        "http://[::ffff:127.0.0.1]/c.jsonld",
        "http://[::ffff:a9fe:a9fe]/c.jsonld",
        "http://[fd00::1]/c.jsonld",
        "http://[fe80::1]/c.jsonld",
        "http://[64:ff9b::7f00:1]/c.jsonld",
        "http://10.0.0.1/c.jsonld",
        "http://192.168.0.1/c.jsonld",
        "http://172.16.0.1/c.jsonld",
        "http://100.64.0.1/c.jsonld",
    ],
)
async def test_city_should_not_fetch_contexts_from_behind_it(
    city: httpx.AsyncClient, url: str
) -> None:
    answer = await city.get("types", headers={"link": f"<{url}>{_REL}"})
    assert answer.status_code == 504
    assert answer.json()["type"].endswith("/LdContextNotAvailable")


@pytest.mark.clause("6.3.5")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://localhost/c",
        "gopher://localhost/",
        "data:application/json,{}",
        "http://user:password@example.org/c",
        "http://",
        "http:///c",
        "http://x:99999/c",
        "http://x:port/c",
        "http://[::1/c",
        "//localhost/c",
        "c.jsonld",
        "",
    ],
)
async def test_contexts_should_be_named_by_plain_web_addresses(
    api: httpx.AsyncClient, url: str
) -> None:
    answer = await api.get("types", headers={"link": f"<{url}>{_REL}"})
    assert answer.status_code == 400


@pytest.mark.parametrize("name", ["c\r\nset-cookie: a=b", "c\nx", "c\tx", "c x", 'c">', "c\u0000"])
async def test_contexts_should_not_reach_into_headers(api: httpx.AsyncClient, name: str) -> None:
    url = f"http://localhost/ngsi-ld/v1/jsonldContexts/{name}"
    answer = await api.post(
        "entities",
        json={**BIN, "@context": url},
        headers={"content-type": "application/ld+json"},
    )
    assert answer.status_code == 400


async def test_problems_should_not_show_what_the_node_is_made_of(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("entities/x", "entities?q=((", "nowhere", "entities?type=T&georel=x"):
        text = (await api.get(path)).text
        for inside in ("Traceback", "hanze/", ".py", "sqlite", "SELECT", "apsw", "msgspec"):
            assert inside not in text
    assert "server" not in (await api.get("types")).headers
