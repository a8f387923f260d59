"""@contexts that a node keeps, through HTTP (CIM 009, 5.13, 6.29, 6.30)."""

import httpx
import pytest

LD = {"Content-Type": "application/ld+json"}
REL = 'rel="http://www.w3.org/ns/json-ld#context"'


async def hosted(api: httpx.AsyncClient, terms: dict[str, str]) -> str:
    response = await api.post("/jsonldContexts", json={"@context": terms})
    assert response.status_code == 201, response.text
    return response.headers["location"]


@pytest.mark.clause("5.13")
async def test_a_hosted_context_should_be_listed_served_used_and_deleted(
    api: httpx.AsyncClient,
) -> None:
    path = await hosted(api, {"level": "urn:x:level"})
    url = "http://localhost" + path
    assert (await api.get("/jsonldContexts")).json() == [url]
    assert (await api.get(url)).json() == {"@context": {"level": "urn:x:level"}}
    details = (await api.get("/jsonldContexts?details=true&kind=Hosted")).json()
    assert details[0]["kind"] == "Hosted"
    used = await api.post(
        "/entities",
        json={"id": "urn:e:1", "type": "T", "level": 1},
        headers={"Link": f"<{url}>; {REL}"},
    )
    assert used.status_code == 201
    found = await api.get("/entities/urn:e:1?format=simplified")
    assert found.json()["urn:x:level"] == 1
    compact = await api.get(
        "/entities/urn:e:1?format=simplified", headers={"Link": f"<{url}>; {REL}"}
    )
    assert compact.json()["level"] == 1
    assert url in compact.headers["link"]
    assert (await api.delete(url)).status_code == 204
    assert (await api.get(url)).status_code == 404
    kept = await api.get("/entities/urn:e:1?format=simplified")
    assert kept.json()["urn:x:level"] == 1


@pytest.mark.clause("5.13.2")
async def test_what_is_no_context_should_be_refused(api: httpx.AsyncClient) -> None:
    for body in ({}, {"@context": 1}, [1]):
        assert (await api.post("/jsonldContexts", json=body)).status_code == 400
    assert (await api.get("/jsonldContexts?kind=Other")).status_code == 400
    assert (await api.delete("/jsonldContexts/unknown")).status_code == 404


@pytest.mark.clause("6.3.6")
async def test_an_inline_context_should_be_hosted_for_the_answer(api: httpx.AsyncClient) -> None:
    context = {"level": "urn:x:level", "T": "urn:x:T"}
    body = {"id": "urn:e:1", "type": "T", "level": 1, "@context": context}
    assert (await api.post("/entities", json=body, headers=LD)).status_code == 201
    query = {"type": "Query", "entities": [{"type": "T"}], "@context": context}
    response = await api.post(
        "/entityOperations/query", json=query, headers={**LD, "Accept": "application/json"}
    )
    assert response.json()[0]["level"]["value"] == 1
    link = response.headers["link"]
    served = await api.get(link[link.index("<") + 1 : link.index(">")])
    assert served.json()["@context"][0] == context


@pytest.mark.clause("5.5.6")
async def test_a_context_that_cannot_be_fetched_should_answer_504(api: httpx.AsyncClient) -> None:
    response = await api.get(
        "/entities?type=T", headers={"Link": f"<http://127.0.0.1:9/none.jsonld>; {REL}"}
    )
    assert response.status_code == 504
    assert response.json()["type"].endswith("/LdContextNotAvailable")


@pytest.mark.clause("5.5.7")
async def test_scoped_contexts_should_be_refused(api: httpx.AsyncClient) -> None:
    scoped = {"a": {"@id": "urn:x:a", "@context": {"b": "urn:x:b"}}}
    body = {"id": "urn:e:1", "type": "T", "a": 1, "@context": scoped}
    assert (await api.post("/entities", json=body, headers=LD)).status_code == 400
