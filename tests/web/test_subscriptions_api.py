"""Subscriptions through HTTP (CIM 009, 5.8.1 to 5.8.5, 6.10, 6.11)."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from hanze.broker.subscription_records import put_state
from hanze.ngsild.subscription.model import DeliveryStatus, SubscriptionState
from hanze.ngsild.terms import API_PATH
from hanze.node.node import Node
from hanze.settings import Notifications, Server, Settings
from tests.in_process import DEVELOPMENT, client_of, node_in_memory

LD = {"Content-Type": "application/ld+json"}
REL = 'rel="http://www.w3.org/ns/json-ld#context"'
TERMS = {"Vehicle": "urn:x:Vehicle", "speed": "urn:x:speed"}
ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
ID = "urn:ngsi-ld:Subscription:1"
PATH = f"/subscriptions/{ID}"
CORE_URL = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"


def subscription(**more: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "type": "Subscription",
        "entities": [{"type": "Vehicle"}],
        "notification": {"endpoint": {"uri": "http://localhost:9/notify"}},
        **more,
    }


async def create(api: httpx.AsyncClient, **more: Any) -> None:
    response = await api.post("/subscriptions", json=subscription(**more))
    assert response.status_code == 201, response.text


@pytest.mark.clause("6.10.3.1")
@pytest.mark.clause("6.11.3.1")
async def test_a_subscription_should_be_there_when_it_was_created(api: httpx.AsyncClient) -> None:
    body = subscription(watchedAttributes=["speed"], q="speed>50", status="expired")
    response = await api.post("/subscriptions/", json=body)
    assert response.status_code == 201
    assert response.headers["location"] == f"/ngsi-ld/v1{PATH}"
    assert response.content == b""
    found = await api.get(PATH)
    assert found.status_code == 200
    assert found.headers["content-type"] == "application/json"
    assert found.json() == {
        **body,
        "status": "active",
        "jsonldContext": CORE_URL,
    }


@pytest.mark.clause("5.8.1")
async def test_an_id_should_be_made_when_none_is_given(api: httpx.AsyncClient) -> None:
    body = subscription()
    del body["id"]
    response = await api.post("/subscriptions", json=body)
    location = response.headers["location"]
    assert location.startswith("/ngsi-ld/v1/subscriptions/urn:ngsi-ld:Subscription:")
    found = await api.get("http://localhost" + location)
    assert found.json()["id"] == location.rpartition("/")[2]


@pytest.mark.clause("5.8.1")
async def test_a_subscription_should_conflict_when_its_id_is_taken(api: httpx.AsyncClient) -> None:
    await create(api)
    response = await api.post("/subscriptions", json=subscription())
    assert response.status_code == 409
    assert response.json()["type"] == ERRORS + "AlreadyExists"


@pytest.mark.clause("5.8.1")
@pytest.mark.clause("6.10.3.1")
@pytest.mark.parametrize(
    "more",
    [
        {"id": "no uri"},
        {"id": ""},
        {"type": "Other"},
        {"entities": []},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"expiresAt": "not-a-date"},
        {"expiresAt": "urn:ngsi-ld:null"},
        {"isActive": None},
        {"notification": {"endpoint": {"uri": "urn:x:1"}}},
        {"jsonldContext": "no url"},
    ],
)
async def test_a_subscription_should_be_refused_when_it_is_wrong(
    api: httpx.AsyncClient, more: dict[str, Any]
) -> None:
    response = await api.post("/subscriptions", json=subscription(**more))
    assert response.status_code == 400
    problem = response.json()
    assert problem["type"] == ERRORS + "BadRequestData"
    assert problem["field"]
    assert (await api.get("/subscriptions")).json() == []


@pytest.mark.clause("6.3.20")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/subscriptions?local=true"),
        ("GET", "/subscriptions?type=Vehicle"),
        ("GET", "/subscriptions?options=keyValues"),
        ("GET", f"{PATH}?attrs=q"),
        ("PATCH", f"{PATH}?options=sysAttrs"),
        ("DELETE", f"{PATH}?local=true"),
    ],
)
async def test_a_parameter_should_be_refused_when_the_operation_does_not_know_it(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    await create(api)
    response = await api.request(method, path, json=None if method == "GET" else {"q": "a"})
    assert response.status_code == 400
    assert response.json()["type"] == ERRORS + "InvalidRequest"


@pytest.mark.clause("6.3.5")
@pytest.mark.clause("5.5.7")
async def test_names_should_be_read_and_shown_in_the_context_of_each_request(
    api: httpx.AsyncClient,
) -> None:
    added = await api.post("/jsonldContexts", json={"@context": TERMS})
    url = "http://localhost" + added.headers["location"]
    body = subscription(watchedAttributes=["speed"], q="speed>50")
    response = await api.post("/subscriptions", json={**body, "@context": [url]}, headers=LD)
    assert response.status_code == 201
    plain = (await api.get(PATH)).json()
    assert plain["entities"] == [{"type": "urn:x:Vehicle"}]
    assert plain["watchedAttributes"] == ["urn:x:speed"]
    assert plain["jsonldContext"] == url
    link = {"Link": f"<{url}>; {REL}"}
    short = await api.get(PATH, headers={**link, "Accept": "application/ld+json"})
    assert short.json()["watchedAttributes"] == ["speed"]
    assert short.json()["q"] == "speed>50"
    assert short.json()["@context"] == [url, CORE_URL]
    assert "link" not in short.headers
    listed = await api.get("/subscriptions", headers=link)
    assert listed.json()[0]["entities"] == [{"type": "Vehicle"}]
    assert url in listed.headers["link"]
    patched = await api.patch(PATH, json={"watchedAttributes": ["urn:x:weight", "colour"]})
    assert patched.status_code == 204
    again = (await api.get(PATH, headers=link)).json()
    assert again["watchedAttributes"] == ["urn:x:weight", "colour"]
    assert again["q"] == "speed>50"
    assert again["jsonldContext"] == url


@pytest.mark.clause("5.8.1")
async def test_an_inline_context_should_have_a_url_for_notifications(
    api: httpx.AsyncClient,
) -> None:
    await api.post("/subscriptions", json={**subscription(), "@context": TERMS}, headers=LD)
    url = (await api.get(PATH)).json()["jsonldContext"]
    assert (await api.get(url)).json()["@context"][0] == TERMS


@pytest.mark.clause("5.8.1")
@pytest.mark.clause("5.8.2")
async def test_the_context_of_notifications_should_be_there_and_valid_when_it_is_named(
    api: httpx.AsyncClient,
) -> None:
    gone = "http://localhost:9/context.jsonld"
    response = await api.post("/subscriptions", json=subscription(jsonldContext=gone))
    assert response.status_code == 504
    assert response.json()["type"] == ERRORS + "LdContextNotAvailable"
    await create(api)
    assert (await api.patch(PATH, json={"jsonldContext": gone})).status_code == 504
    added = await api.post("/jsonldContexts", json={"@context": TERMS})
    url = "http://localhost" + added.headers["location"]
    assert (await api.patch(PATH, json={"jsonldContext": url})).status_code == 204
    assert (await api.get(PATH)).json()["jsonldContext"] == url
    assert (await api.patch(PATH, json={"jsonldContext": None})).status_code == 204
    assert (await api.get(PATH)).json()["jsonldContext"] == CORE_URL


@pytest.mark.clause("6.11.3.2")
async def test_a_subscription_should_change_when_a_fragment_is_patched(
    api: httpx.AsyncClient, node: Node
) -> None:
    await create(api, q="speed>50", throttling=5)
    fragment = {"type": "Subscription", "id": ID, "isActive": False, "q": "speed>80"}
    headers = {"Content-Type": "application/merge-patch+json"}
    response = await api.patch(PATH, json=fragment, headers=headers)
    assert response.status_code == 204
    assert "content-length" not in response.headers
    found = (await api.get(f"{PATH}?options=sysAttrs")).json()
    assert (found["status"], found["q"], found["throttling"]) == ("paused", "speed>80", 5)
    assert found["createdAt"] < found["modifiedAt"]
    assert "createdAt" not in (await api.get(PATH)).json()
    known = node.subscription_index.get("", ID)
    assert known is not None
    assert not known.is_active


@pytest.mark.clause("5.8.2")
async def test_a_fragment_should_be_refused_when_it_is_wrong(api: httpx.AsyncClient) -> None:
    await create(api)
    before = (await api.get(PATH)).json()
    wrong: list[dict[str, Any]] = [
        {"notification": {"format": "keyValues"}},
        {"notification": {"format": "keyValues", "endpoint": None}},
        {"expiresAt": "2020-01-01T00:00:00Z"},
        {"id": "urn:s:other"},
        {"throttling": -1},
        {},
    ]
    for fragment in wrong:
        response = await api.patch(PATH, json=fragment)
        assert response.status_code == 400, fragment
        assert response.json()["type"] == ERRORS + "BadRequestData"
    assert (await api.get(PATH)).json() == before


@pytest.mark.clause("6.11.3")
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_subscription_should_not_be_found_when_there_is_none(
    api: httpx.AsyncClient, method: str
) -> None:
    body = None if method == "GET" else {"isActive": False}
    unknown = await api.request(method, PATH, json=body)
    assert unknown.status_code == 404
    assert unknown.json()["type"] == ERRORS + "ResourceNotFound"
    invalid = await api.request(method, "/subscriptions/InvalidUri", json=body)
    assert invalid.status_code == 400
    assert invalid.json()["type"] == ERRORS + "BadRequestData"


@pytest.mark.clause("6.3.2")
async def test_a_method_should_be_refused_when_the_resource_has_none(
    api: httpx.AsyncClient,
) -> None:
    assert (await api.patch("/subscriptions/", json={})).status_code == 405
    assert (await api.put(PATH, json={})).status_code == 405
    wrong = await api.post("/subscriptions", content=b"x", headers={"Content-Type": "text/plain"})
    assert wrong.status_code == 415
    malformed = await api.post(
        "/subscriptions", content=b"{", headers={"Content-Type": "application/json"}
    )
    assert malformed.json()["type"] == ERRORS + "InvalidRequest"
    await create(api)
    geo = await api.get(PATH, headers={"Accept": "application/geo+json"})
    assert geo.status_code == 406


@pytest.mark.clause("6.11.3.3")
async def test_a_subscription_should_be_gone_when_it_was_deleted(
    api: httpx.AsyncClient, node: Node
) -> None:
    await create(api)
    response = await api.delete(PATH)
    assert (response.status_code, response.content) == (204, b"")
    assert (await api.get(PATH)).status_code == 404
    assert node.subscription_index.get("", ID) is None
    await create(api)


@pytest.mark.clause("6.10.3.2")
@pytest.mark.clause("6.3.10")
async def test_subscriptions_should_come_in_pages_when_there_are_many(
    api: httpx.AsyncClient,
) -> None:
    for number in (3, 1, 2):
        await create(api, id=f"urn:s:{number}")
    accept = {"Accept": "application/ld+json"}
    middle = await api.get("/subscriptions?limit=1&offset=1&count=true", headers=accept)
    assert [one["id"] for one in middle.json()] == ["urn:s:1"]
    assert middle.headers["ngsild-results-count"] == "3"
    media = 'type="application/ld+json"'
    path = "/ngsi-ld/v1/subscriptions?count=true&limit=1&offset="
    assert middle.headers.get_list("link") == [
        f'<{path}2>; rel="next"; {media}',
        f'<{path}0>; rel="prev"; {media}',
    ]
    last = await api.get("/subscriptions?limit=1&offset=2")
    assert [one["id"] for one in last.json()] == ["urn:s:2"]
    assert not any("next" in link for link in last.headers.get_list("link"))
    beyond = await api.get("/subscriptions?limit=2&offset=9")
    assert [one["id"] for one in beyond.json()] == ["urn:s:2"]
    everything = await api.get("/subscriptions")
    assert [one["id"] for one in everything.json()] == ["urn:s:3", "urn:s:1", "urn:s:2"]
    none = await api.get("/subscriptions?limit=0&count=true")
    assert (none.json(), none.headers["ngsild-results-count"]) == ([], "3")
    assert (await api.get("/subscriptions?limit=0")).status_code == 400
    assert (await api.get("/subscriptions?limit=1001")).status_code == 403


@pytest.mark.clause("5.2.14.2")
async def test_what_became_of_notifications_should_be_shown(
    api: httpx.AsyncClient, node: Node
) -> None:
    await create(api)
    state = SubscriptionState(status=DeliveryStatus.OK, times_sent=1)
    await node.store.transact(lambda uow: put_state(uow.registers, "", ID, state))
    await node.store.transact(lambda uow: put_state(uow.registers, "", "urn:s:gone", state))
    notification = (await api.get(PATH)).json()["notification"]
    assert (notification["status"], notification["timesSent"]) == ("ok", 1)
    await api.delete(PATH)
    await create(api)
    assert "timesSent" not in (await api.get(PATH)).json()["notification"]


@pytest.mark.clause("4.3.6.8")
async def test_a_subscription_should_stay_what_it_is_when_an_earlier_version_is_preferred(
    api: httpx.AsyncClient,
) -> None:
    await create(api)
    response = await api.get(PATH, headers={"Prefer": 'respond-async, NGSI-LD="1.0"'})
    assert response.status_code == 200
    assert response.headers["preference-applied"] == "ngsi-ld=1.0"
    plain = await api.get(PATH, headers={"Prefer": "respond-async"})
    assert "preference-applied" not in plain.headers


@pytest.mark.clause("5.5.10")
async def test_subscriptions_should_belong_to_their_tenant(api: httpx.AsyncClient) -> None:
    city = {"NGSILD-Tenant": "city"}
    response = await api.get("/subscriptions", headers=city)
    assert response.json()["type"] == ERRORS + "NonexistentTenant"
    assert (await api.delete(PATH, headers=city)).status_code == 404
    made = await api.post("/subscriptions", json=subscription(), headers=city)
    assert made.status_code == 201
    assert made.headers["ngsild-tenant"] == "city"
    assert (await api.get(PATH)).status_code == 404
    assert (await api.get(PATH, headers=city)).status_code == 200
    assert len((await api.get("/subscriptions", headers=city)).json()) == 1


async def test_subscriptions_should_be_closed_to_those_who_may_not_write() -> None:
    async with node_in_memory(Settings(data=None)) as node, client_of(node, API_PATH) as api:
        for method, path in (
            ("GET", "/subscriptions"),
            ("GET", PATH),
            ("POST", "/subscriptions"),
            ("PATCH", PATH),
            ("DELETE", PATH),
        ):
            response = await api.request(method, path, json=None)
            assert response.status_code == 401, (method, path)


async def test_a_subscription_should_be_refused_when_there_are_as_many_as_may_be() -> None:
    settings = Settings(
        data=None, server=Server(dev=True), notifications=Notifications(max_subscriptions=1)
    )
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        await create(api)
        response = await api.post("/subscriptions", json=subscription(id="urn:s:2"))
        assert response.status_code == 403
        assert response.json()["reason"] == "too-many-subscriptions"


@pytest.mark.clause("5.8.2")
async def test_no_change_should_be_lost_when_several_come_at_once(api: httpx.AsyncClient) -> None:
    await create(api)
    fragments: list[dict[str, Any]] = [
        {"description": "d"},
        {"q": "speed>5"},
        {"throttling": 5},
        {"scopeQ": "/a"},
    ]
    await asyncio.gather(*(api.patch(PATH, json=fragment) for fragment in fragments))
    found = (await api.get(PATH)).json()
    for fragment in fragments:
        assert fragment.items() <= found.items()


@pytest.mark.clause("5.8.1")
async def test_subscriptions_should_be_known_when_the_node_starts_again(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, server=DEVELOPMENT.server)
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        for number in (2, 1):
            body = subscription(id=f"urn:s:{number}", watchedAttributes=["speed"])
            await api.post("/subscriptions", json={**body, "@context": TERMS}, headers=LD)
        await api.post(
            "/subscriptions",
            json={**subscription(), "@context": {"Vehicle": "urn:y:Vehicle"}},
            headers=LD,
        )
        before = (await api.get("/subscriptions")).json()
        await api.delete(PATH)
        assert len(list(node.store.registers.items("subscription-context"))) == 2
    async with node_in_memory(settings) as node, client_of(node, API_PATH) as api:
        assert (await api.get("/subscriptions")).json() == before[:2]
        assert len(list(node.store.registers.items("subscription-context"))) == 1
        known = node.subscription_index.get("", "urn:s:1")
        assert known is not None
        assert known.watched == ("urn:x:speed",)
        assert known.notified_context.expand_name("speed") == "urn:x:speed"
