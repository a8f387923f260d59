"""What the HTTP binding asks of every operation (CIM 009, 6.3)."""

from typing import Any

import httpx
import pytest

ERRORS = "https://uri.etsi.org/ngsi-ld/errors/"
REL = 'rel="http://www.w3.org/ns/json-ld#context"'
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
ID = "urn:ngsi-ld:S:1"
JSON, LD, GEO = "application/json", "application/ld+json", "application/geo+json"


def sensor(number: int, **members: Any) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:S:{number}", "type": "S", "n": number, **members}


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    body = [sensor(number) for number in range(5)]
    assert (await api.post("/entityOperations/create", json=body)).status_code == 201
    return api


@pytest.mark.clause("6.3.4")
@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (LD, LD),
        (GEO, GEO),
        (f"{LD}, {JSON}", JSON),
        (f"{GEO}, {LD}", LD),
        (f"{LD};q=0.5, {JSON};q=0.4", LD),
        (f"{JSON};q=0.1, {GEO};q=0.2, {LD};q=0.15", GEO),
        ("text/html, */*;q=0.1", JSON),
        (f"text/html, {LD}", LD),
        (f"*/*;q=0.1, {LD}", LD),
        (f"{JSON};q=0, */*", LD),
        (f"{JSON};charset=utf-8", JSON),
        ("APPLICATION/LD+JSON;Q=1", LD),
        ("text/html", None),
        ("image/*", None),
        (f"{JSON};q=0", None),
        ("text/html, image/png;q=0.9", None),
    ],
)
async def test_accept_should_choose_the_representation(
    broker: httpx.AsyncClient, accept: str | None, expected: str | None
) -> None:
    if accept is None:
        del broker.headers["Accept"]
    headers = {} if accept is None else {"Accept": accept}
    body = {"type": "Query", "entities": [{"type": "S"}]}
    for response in (
        await broker.get(f"/entities/{ID}", headers=headers),
        await broker.get("/entities?type=S", headers=headers),
        await broker.post("/entityOperations/query", json=body, headers=headers),
    ):
        if expected is None:
            assert response.status_code == 406
            assert response.headers["content-type"] == JSON
            assert response.json()["available"] == [JSON, LD, GEO]
        else:
            assert response.status_code == 200
            assert response.headers["content-type"] == expected


@pytest.mark.clause("6.3.6")
async def test_the_context_should_be_in_the_body_or_a_link(broker: httpx.AsyncClient) -> None:
    for path in (f"/entities/{ID}", "/entities?type=S", "/types", "/types/S", "/attributes/n"):
        plain = await broker.get(path)
        assert plain.headers["link"] == f'<{CORE}>; {REL}; type="application/ld+json"', path
        assert "@context" not in plain.text
        ld = await broker.get(path, headers={"Accept": LD})
        assert "link" not in ld.headers
        shown = ld.json()
        for part in shown if isinstance(shown, list) else [shown]:
            assert part["@context"] == CORE, path


@pytest.mark.clause("6.3.5")
async def test_the_context_of_a_request_should_be_that_of_its_answer(
    broker: httpx.AsyncClient,
) -> None:
    added = await broker.post(
        "/jsonldContexts",
        json={"@context": {"Probe": "https://uri.etsi.org/ngsi-ld/default-context/S"}},
    )
    url = "http://localhost" + added.headers["location"]
    links = (
        f'<{url}>; {REL}; type="application/ld+json"',
        f"<{url}>;{REL}",
        f"<{url}>; rel=http://www.w3.org/ns/json-ld#context",
        f'<{url}>; type="application/ld+json"; {REL}',
        f'<http://x/y>; rel="next", <{url}>; {REL}',
    )
    for link in links:
        response = await broker.get("/entities?type=Probe&limit=1", headers={"Link": link})
        assert response.status_code == 200, response.text
        assert response.json()[0]["type"] == "Probe", link
        assert response.headers.get_list("link")[0].startswith(f"<{url}>; {REL}")
    ld = await broker.get(f"/entities/{ID}", headers={"Link": links[0], "Accept": LD})
    assert ld.json()["@context"] == [url, CORE]
    for wrong in (f"<{url}>; {REL}, <{url}x>; {REL}", f"{url}; {REL}"):
        response = await broker.get(f"/entities/{ID}", headers={"Link": wrong})
        assert response.status_code == 400, wrong
        assert response.json()["type"] == ERRORS + "BadRequestData"
    ignored = await broker.get(f"/entities/{ID}", headers={"Link": '<http://x/y>; rel="next"'})
    assert ignored.status_code == 200


@pytest.mark.clause("6.3.3")
@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("/entities/urn:none", 404, "ResourceNotFound"),
        ("/entities/none", 400, "BadRequestData"),
        ("/entities/" + ID + "?attrs=none", 404, "ResourceNotFound"),
        ("/entities/" + ID + "?type=None", 404, "ResourceNotFound"),
        ("/entities/" + ID + "?options=none", 400, "InvalidRequest"),
        ("/entities/" + ID + "?q=n", 400, "InvalidRequest"),
        ("/entities/" + ID + "?limit=1", 400, "InvalidRequest"),
        ("/entities", 400, "BadRequestData"),
        ("/entities/", 400, "BadRequestData"),
        ("/entities?id=" + ID, 400, "BadRequestData"),
        ("/entities?scopeQ=/a", 400, "BadRequestData"),
        ("/entities?idPattern=a", 400, "BadRequestData"),
        ("/entities?attrs=createdAt", 400, "BadRequestData"),
        ("/entities?attrs=createdAt,modifiedAt", 400, "BadRequestData"),
        ("/entities?q=modifiedAt", 400, "BadRequestData"),
        ("/entities?local=false", 400, "BadRequestData"),
        ("/entities?type=*&local=false", 400, "BadRequestData"),
        ("/entities?type=S&options=none", 400, "InvalidRequest"),
        ("/entities?type=S&options=keyValues,concise", 400, "InvalidRequest"),
        ("/entities?type=S&format=none", 400, "InvalidRequest"),
        ("/entities?type=S&timerel=before", 400, "InvalidRequest"),
        ("/entities?type=S&none=1", 400, "InvalidRequest"),
        ("/entities?type=S&type=T", 400, "InvalidRequest"),
        ("/entities?type=S&limit=-1", 400, "BadRequestData"),
        ("/entities?type=S&limit=x", 400, "BadRequestData"),
        ("/entities?type=S&limit=1.5", 400, "BadRequestData"),
        ("/entities?type=S&limit=0", 400, "BadRequestData"),
        ("/entities?type=S&limit=0&count=false", 400, "BadRequestData"),
        ("/entities?type=S&limit=1000000", 403, "TooManyResults"),
        ("/entities?type=S&offset=-1", 400, "BadRequestData"),
        ("/entities?type=S&count=yes", 400, "BadRequestData"),
        ("/entities?type=S&local=yes", 400, "BadRequestData"),
        ("/entities?type=S&id=none", 400, "BadRequestData"),
        ("/entities?type=S&id=urn:a:b,none", 400, "BadRequestData"),
        ("/entities?type=S&idPattern=[", 400, "BadRequestData"),
        ("/entities?type=", 400, "BadRequestData"),
        ("/entities?type=S|", 400, "BadRequestData"),
        ("/entities?type=S;T", 400, "BadRequestData"),
        ("/entities?type=(S;T", 400, "BadRequestData"),
        ("/entities?type=S&csf=n==", 400, "BadRequestData"),
        ("/entities?type=S&datasetId=none", 400, "BadRequestData"),
        ("/entities?type=S&splitEntities=x", 400, "BadRequestData"),
        ("/entities?type=S&orderBy=n", 400, "BadRequestData"),
        ("/types?details=x", 400, "BadRequestData"),
        ("/types/none", 404, "ResourceNotFound"),
        ("/attributes/none", 404, "ResourceNotFound"),
        ("/attributes?limit=1", 400, "InvalidRequest"),
        ("/none", 404, "ResourceNotFound"),
        ("/entityOperations/none", 404, "ResourceNotFound"),
        ("/jsonldContexts/none", 404, "ResourceNotFound"),
        ("/snapshots", 405, "OperationNotSupported"),
    ],
)
async def test_errors_should_be_problems(
    broker: httpx.AsyncClient, path: str, status: int, kind: str
) -> None:
    for accept in (JSON, LD):
        response = await broker.get(path, headers={"Accept": accept})
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == JSON
        assert "link" not in response.headers
        problem = response.json()
        assert problem["type"] == ERRORS + kind
        assert problem["status"] == status
        assert problem["title"]
        assert problem["detail"]


@pytest.mark.clause("6.3.2")
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/entities", "DELETE, GET, HEAD, OPTIONS, POST"),
        ("POST", f"/entities/{ID}", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
        ("GET", f"/entities/{ID}/attrs", "OPTIONS, PATCH, POST"),
        ("GET", f"/entities/{ID}/attrs/n", "DELETE, OPTIONS, PATCH, PUT"),
        ("GET", "/entityOperations/query", "OPTIONS, POST"),
        ("PATCH", "/types", "GET, HEAD, OPTIONS"),
        ("DELETE", "/attributes/n", "GET, HEAD, OPTIONS"),
        ("PUT", "/jsonldContexts", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/jsonldContexts/urn:a", "DELETE, GET, HEAD, OPTIONS"),
        ("POST", "/info/sourceIdentity", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_should_be_told_the_right_ones(
    api: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await api.request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed
    assert response.headers["content-type"] == JSON
    assert {"type", "title", "detail"} <= response.json().keys()
    options = await api.options(path)
    assert (options.status_code, options.headers["allow"]) == (204, allowed)
    assert "content-length" not in options.headers


@pytest.mark.clause("6.3.2")
async def test_head_should_answer_as_get_without_a_body(broker: httpx.AsyncClient) -> None:
    for path in (f"/entities/{ID}", "/entities?type=S&count=true&limit=2", "/types", "/entities"):
        got, headed = await broker.get(path), await broker.head(path)
        assert (headed.status_code, headed.content) == (got.status_code, b"")
        assert headed.headers == got.headers


@pytest.mark.clause("6.3.10")
async def test_pages_should_link_on_with_all_parameters(broker: httpx.AsyncClient) -> None:
    url = "/entities?limit=2&type=S&q=n%3E=0;n%3C9&options=sysAttrs&local=true&orderBy=n;desc"
    seen: list[int] = []
    following: str | None = "http://localhost/ngsi-ld/v1" + url + "&count=true"
    for offset in (0, 2, 4):
        assert following is not None
        page = await broker.get(following, headers={"Accept": LD})
        assert page.headers["ngsild-results-count"] == "5"
        seen += [entity["n"]["value"] for entity in page.json()]
        assert all("createdAt" in entity for entity in page.json())
        links = {
            rel: link
            for link in page.headers.get_list("link")
            for rel in ("next", "prev")
            if f'rel="{rel}"' in link
        }
        assert set(links) == (
            {"next"} if not offset else {"prev", "next"} if offset < 4 else {"prev"}
        )
        assert all('type="application/ld+json"' in link for link in links.values())
        target = links.get("next")
        following = target and "http://localhost" + target[1 : target.index(">")]
    assert seen == [4, 3, 2, 1, 0]
    beyond = await broker.get("/entities?type=S&offset=99")
    assert [entity["id"] for entity in beyond.json()] == ["urn:ngsi-ld:S:4"]
    nothing = await broker.get("/entities?type=None&offset=99&count=true")
    assert (nothing.json(), nothing.headers["ngsild-results-count"]) == ([], "0")
    exact = await broker.get("/entities?type=S&limit=5")
    assert len(exact.headers.get_list("link")) == 1


@pytest.mark.clause("6.3.13")
async def test_counts_should_come_when_asked_for(broker: httpx.AsyncClient) -> None:
    counted = await broker.get("/entities?type=S&limit=0&count=true")
    assert (counted.json(), counted.headers["ngsild-results-count"]) == ([], "5")
    for query in ("count=false", "limit=2"):
        plain = await broker.get(f"/entities?type=S&{query}")
        assert "ngsild-results-count" not in plain.headers
    attrs = await broker.get("/entities?attrs=none&count=true")
    assert attrs.headers["ngsild-results-count"] == "0"


@pytest.mark.clause("6.3.14")
async def test_the_tenant_should_be_in_every_answer(broker: httpx.AsyncClient) -> None:
    tenant = {"NGSILD-Tenant": "city"}
    for path in (f"/entities/{ID}", "/entities?type=S", "/types", "/attributes", "/types/S"):
        response = await broker.get(path, headers=tenant)
        assert response.status_code == 404, path
        assert response.json()["type"] == ERRORS + "NonexistentTenant"
        assert response.headers["ngsild-tenant"] == "city"
    identity = await broker.get("/info/sourceIdentity", headers=tenant)
    assert identity.json()["type"] == ERRORS + "NonexistentTenant"
    created = await broker.post("/entities", json=sensor(1, colour="red"), headers=tenant)
    assert (created.status_code, created.headers["ngsild-tenant"]) == (201, "city")
    own = await broker.get("/entities?type=S&format=simplified", headers=tenant)
    assert own.json() == [sensor(1, colour="red")]
    assert own.headers["ngsild-tenant"] == "city"
    default = await broker.get(f"/entities/{ID}?format=simplified")
    assert default.json() == sensor(1)
    assert "ngsild-tenant" not in default.headers
    refused = await broker.get(f"/entities/{ID}?options=none", headers=tenant)
    assert (refused.status_code, refused.headers["ngsild-tenant"]) == (400, "city")
    identities = [
        (await broker.get("/info/sourceIdentity", headers=headers)).json()["contextSourceAlias"]
        for headers in (tenant, {})
    ]
    assert identities[0] != identities[1]


@pytest.mark.clause("6.33.3.1")
async def test_the_identity_should_have_its_members(api: httpx.AsyncClient) -> None:
    plain = await api.get("/info/sourceIdentity")
    assert plain.status_code == 200
    assert REL in plain.headers["link"]
    identity = plain.json()
    assert identity.keys() == {
        *("id", "type", "contextSourceAlias", "contextSourceUptime", "contextSourceTimeAt"),
    }
    assert identity["type"] == "ContextSourceIdentity"
    assert ":" in identity["id"]
    assert identity["contextSourceUptime"].startswith("PT")
    assert identity["contextSourceTimeAt"].endswith("Z")
    ld = await api.get("/info/sourceIdentity", headers={"Accept": LD})
    assert ld.json()["@context"] == CORE
    assert (await api.get("/info/sourceIdentity", headers={"Accept": GEO})).status_code == 406


@pytest.mark.clause("4.3.6.8")
@pytest.mark.parametrize(
    ("prefer", "status", "applied", "kind"),
    [
        ("ngsi-ld=1.3", 203, "ngsi-ld=1.3", "Property"),
        ("ngsi-ld=1.4", 200, "ngsi-ld=1.4", "LanguageProperty"),
        ("ngsi-ld=1.9", 200, "ngsi-ld=1.9", "LanguageProperty"),
        ("ngsi-ld=2.0", 200, "ngsi-ld=1.9", "LanguageProperty"),
        ('ngsi-ld="1.6"', 200, "ngsi-ld=1.6", "LanguageProperty"),
        ("respond-async", 200, None, "LanguageProperty"),
        ("ngsi-ld=none", 200, None, "LanguageProperty"),
    ],
)
async def test_prefer_should_name_the_version(
    api: httpx.AsyncClient, prefer: str, status: int, applied: str | None, kind: str
) -> None:
    entity = {"id": ID, "type": "T", "name": {"languageMap": {"en": "a"}}}
    await api.post("/entities", json=entity)
    for path in (f"/entities/{ID}", "/entities?type=T"):
        response = await api.get(path, headers={"Prefer": prefer})
        assert response.status_code == status
        assert response.headers.get("preference-applied") == applied
        shown = response.json()
        shown = shown[0] if isinstance(shown, list) else shown
        assert shown["name"]["type"] == kind


@pytest.mark.clause("6.3.11")
async def test_system_attributes_should_come_when_asked_for(broker: httpx.AsyncClient) -> None:
    members = {"createdAt", "modifiedAt"}
    for query in ("options=sysAttrs", "options=sysAttrs,concise", "options=concise,sysAttrs"):
        shown = (await broker.get(f"/entities/{ID}?{query}")).json()
        assert members <= shown.keys()
        assert members <= shown["n"].keys()
    both = await broker.get(f"/entities/{ID}?options=sysAttrs&format=simplified")
    assert both.json()["n"] == 1
    assert members <= both.json().keys()
    plain = (await broker.get(f"/entities/{ID}")).text
    assert "createdAt" not in plain


@pytest.mark.clause("6.3.7")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"type": "Property", "value": 1}),
        ("format=normalized", {"type": "Property", "value": 1}),
        ("options=normalized", {"type": "Property", "value": 1}),
        *((f"{name}={form}", 1) for name in ("format", "options") for form in ("concise",)),
        *((f"{name}=simplified", 1) for name in ("format", "options")),
        *((f"{name}=keyValues", 1) for name in ("format", "options")),
        ("format=normalized&options=keyValues", {"type": "Property", "value": 1}),
        ("format=simplified&options=normalized", 1),
    ],
)
async def test_format_should_go_before_options(
    broker: httpx.AsyncClient, query: str, expected: object
) -> None:
    assert (await broker.get(f"/entities/{ID}?{query}")).json()["n"] == expected
    posted = await broker.post(
        f"/entityOperations/query?{query}", json={"type": "Query", "q": "n==1"}
    )
    assert posted.json()[0]["n"] == expected
