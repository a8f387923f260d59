"""Stored @contexts (CIM 009, 5.13, 6.29, 6.30)."""

from typing import Any

import httpx
import pytest

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
TERMS = {"colour": "http://example.org/colour"}


async def added(api: httpx.AsyncClient, context: object = TERMS) -> str:
    response = await api.post("/jsonldContexts", json={"@context": context, "extra": 1})
    assert (response.status_code, response.content) == (201, b"")
    location: str = response.headers["location"]
    assert location.startswith("/ngsi-ld/v1/jsonldContexts/")
    return location.rpartition("/")[2]


@pytest.mark.clause("5.13.2")
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('{"colour": 1}', "BadRequestData"),
        ('{"@context": 1}', "BadRequestData"),
        ('{"@context": {"a": {"@id": 1}}}', "BadRequestData"),
        ('{"@context": {"a": {"@id": "http://a/a", "@context": {}}}}', "BadRequestData"),
        ('["http://a/a"]', "BadRequestData"),
        ('"http://a/a"', "BadRequestData"),
        ("{}", "BadRequestData"),
        ("{", "InvalidRequest"),
        ("", "InvalidRequest"),
    ],
)
async def test_an_invalid_context_should_be_refused(
    api: httpx.AsyncClient, body: str, kind: str
) -> None:
    response = await api.post(
        "/jsonldContexts", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert response.json()["type"] == ERRORS + kind
    assert (await api.get("/jsonldContexts")).json() == []


@pytest.mark.clause("5.13.3")
async def test_contexts_should_be_listed_by_kind(api: httpx.AsyncClient) -> None:
    key = await added(api)
    entity = {"id": "urn:a:1", "type": "T", "@context": [TERMS, {"size": "http://x/size"}]}
    ld = {"Content-Type": "application/ld+json"}
    await api.post("/entities", json=entity, headers=ld)
    query = {"type": "Query", "entities": [{"type": "T"}], "@context": entity["@context"]}
    answered = await api.post("/entityOperations/query", json=query, headers=ld)
    linked = answered.headers["link"].split(">")[0].removeprefix("<")
    hosted = f"http://localhost/ngsi-ld/v1/jsonldContexts/{key}"

    async def urls(query: str = "") -> set[str]:
        return set((await api.get(f"/jsonldContexts{query}")).json())

    assert await urls() == {hosted, linked}
    assert await urls("?kind=Hosted") == {hosted}
    assert await urls("?kind=ImplicitlyCreated&details=false") == {linked}
    assert await urls("?kind=Cached") == set()
    details: list[dict[str, Any]] = (await api.get("/jsonldContexts?details=true")).json()
    for one in details:
        assert {"URL", "localId", "kind", "createdAt"} <= one.keys()
    assert {one["kind"] for one in details} == {"Hosted", "ImplicitlyCreated"}
    served = (await api.get(linked)).json()
    assert served["@context"][:2] == entity["@context"]
    for wrong in ("?kind=hosted", "?kind=", "?details=yes"):
        refused = await api.get(f"/jsonldContexts{wrong}")
        assert refused.status_code == 400, wrong
        assert refused.json()["type"] == ERRORS + "BadRequestData"


@pytest.mark.clause("5.13.4")
async def test_a_context_should_be_served(api: httpx.AsyncClient) -> None:
    key = await added(api)
    served = await api.get(f"/jsonldContexts/{key}")
    assert served.json() == {"@context": TERMS}
    assert served.headers["content-type"] == "application/json"
    assert "link" not in served.headers
    ld = await api.get(f"/jsonldContexts/{key}", headers={"Accept": "application/ld+json"})
    assert (ld.headers["content-type"], ld.json()) == ("application/ld+json", {"@context": TERMS})
    details = (await api.get(f"/jsonldContexts/{key}?details=true")).json()
    assert (details["kind"], details["localId"]) == ("Hosted", key)
    assert details["createdAt"].endswith("Z")
    for query in ("", "?details=true"):
        missing = await api.get(f"/jsonldContexts/urn:none{query}")
        assert missing.status_code == 404
        assert missing.json()["type"] == ERRORS + "ResourceNotFound"


@pytest.mark.clause("5.13.5")
async def test_a_context_should_be_deleted(api: httpx.AsyncClient) -> None:
    key = await added(api)
    reload = await api.delete(f"/jsonldContexts/{key}?reload=true")
    assert reload.status_code == 400
    assert reload.json()["type"] == ERRORS + "BadRequestData"
    deleted = await api.delete(f"/jsonldContexts/{key}?reload=false")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for response in (
        await api.delete(f"/jsonldContexts/{key}"),
        await api.delete(f"/jsonldContexts/{key}?reload=true"),
        await api.get(f"/jsonldContexts/{key}"),
    ):
        assert response.status_code == 404
    assert (await api.get("/jsonldContexts")).json() == []


@pytest.mark.clause("5.5.7")
async def test_answers_should_use_the_context_of_their_request(api: httpx.AsyncClient) -> None:
    """The example of annex C.7."""
    ns = "http://example.org/parking/"
    long = {name: ns + name for name in ("Parking", "available", "total", "name")}
    short = {"OffP": ns + "Parking", "ava": ns + "available", "total": ns + "total"}
    entity = {"id": "urn:p:1", "type": "Parking", "available": 121, "total": 200, "name": "One"}
    await api.post(
        "/entities",
        json={**entity, "@context": [long]},
        headers={"Content-Type": "application/ld+json"},
    )
    url = f"http://localhost/ngsi-ld/v1/jsonldContexts/{await added(api, short)}"
    headers = {"Link": f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"'}
    ld = {"Accept": "application/ld+json"}
    core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
    response = await api.get("/entities/urn:p:1?format=simplified", headers={**headers, **ld})
    assert response.json() == {
        "@context": [url, core],
        "id": "urn:p:1",
        "type": "OffP",
        "ava": 121,
        "total": 200,
        ns + "name": "One",
    }
    bare = await api.get("/entities/urn:p:1?format=simplified", headers=ld)
    assert bare.json() == {
        "@context": core,
        "id": "urn:p:1",
        "type": ns + "Parking",
        ns + "available": 121,
        ns + "total": 200,
        ns + "name": "One",
    }
    assert (await api.get("/entities?type=Parking")).json() == []
    assert len((await api.get("/entities?type=OffP", headers=headers)).json()) == 1
    assert len((await api.get(f"/entities?type={ns}Parking")).json()) == 1
