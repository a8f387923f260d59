"""Ways around access that somebody may try: none of them tells what is closed."""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx
import pytest

from hanze.governance.duties import account_of
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.service import Change
from hanze.identity.caller import NODE
from hanze.identity.grant import Grant
from hanze.ngsild.context import CORE
from hanze.ngsild.terms import API_PATH, DEFAULT_VOCAB
from hanze.node.node import Node
from hanze.settings import Settings
from tests.governing import CARE, FRAUD, OTHER, a_dataset, an_activity, an_agreement, both_signed
from tests.in_process import client_of, node_in_memory

#: Stands in every closed value, and nowhere else.
CLOSED: Final = "zwijger"
TREE: Final = CORE.expand_name("Tree")
PATIENT: Final = CORE.expand_name("Patient")
PULSE: Final = CORE.expand_name("pulse")
LINK: Final = '<{}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
PAST: Final = {"timerel": "after", "timeAt": "2020-01-01T00:00:00Z", "timeproperty": "modifiedAt"}


def open_dataset(name: str, *types: str, **changes: Any) -> Dataset:  # members of any type
    dataset = f"urn:ngsi-ld:Dataset:tests:{name}"
    return a_dataset(id=dataset, types=types, access_rights=AccessRights.PUBLIC, **changes)


#: Trees are open but for their pulse, and but for those in the yard; patients are closed.
DATASETS: Final = (
    open_dataset("trees", TREE),
    a_dataset(id="urn:ngsi-ld:Dataset:tests:pulse", types=(TREE,), attributes=(PULSE,)),
    a_dataset(id="urn:ngsi-ld:Dataset:tests:yard", types=(TREE,), scopes=("/yard",)),
    a_dataset(id="urn:ngsi-ld:Dataset:tests:patients", types=(PATIENT,)),
)
AGREED: Final = both_signed(
    an_agreement(
        targets=tuple(one.id for one in DATASETS[1:]),
        valid_from="2020-01-01T00:00:00Z",
        valid_until="2099-01-01T00:00:00Z",
    ),
    now="2020-01-01T00:00:00Z",
)
ENTITIES: Final[tuple[dict[str, Any], ...]] = (
    {
        "id": "urn:ngsi-ld:Tree:1",
        "type": "Tree",
        "scope": "/park",
        "height": {"type": "Property", "value": 4},
        "pulse": {
            "type": "Property",
            "value": f"{CLOSED}-1",
            "detail": {"type": "Property", "value": f"{CLOSED}-2"},
        },
        "keeper": {"type": "Relationship", "object": "urn:ngsi-ld:Patient:1"},
    },
    {
        "id": "urn:ngsi-ld:Tree:2",
        "type": "Tree",
        "scope": "/yard",
        "height": {"type": "Property", "value": f"{CLOSED}-3"},
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [5.0, 52.0]},
        },
    },
    {
        "id": "urn:ngsi-ld:Tree:3",
        "type": ["Tree", "Patient"],
        "height": {"type": "Property", "value": f"{CLOSED}-4"},
    },
    {
        "id": "urn:ngsi-ld:Patient:1",
        "type": "Patient",
        "height": {"type": "Property", "value": f"{CLOSED}-5"},
        "name": {"type": "LanguageProperty", "languageMap": {"nl": f"{CLOSED}-6"}},
        "near": {"type": "Relationship", "object": "urn:ngsi-ld:Tree:1"},
    },
)


async def keep(node: Node, *changes: Change[Any]) -> None:
    account = account_of(NODE, "tests.prepared", (), now=node.clock())
    await node.governance.change(*changes, account=account)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(Settings(), classified=False) as node:
        kept = node.governance
        await keep(
            node,
            *(Change(kept.datasets, one) for one in DATASETS),
            Change(kept.agreements, AGREED),
            Change(kept.activities, an_activity()),
        )
        async with client(node, Grant(roles=("writer",))) as http:
            made = await http.post("/entityOperations/create", json=list(ENTITIES))
            assert made.status_code == 201, made.text
        yield node


def client(node: Node, grant: Grant | None = None) -> httpx.AsyncClient:
    found = client_of(node, API_PATH)
    if grant is not None:
        name = f"client-{len(node.tokens.records())}"
        secret = node.tokens.create(name, grant=grant, now=node.clock())
        found.headers["authorization"] = f"Bearer {secret}"
    return found


def carer(node: Node) -> httpx.AsyncClient:
    grant = Grant(
        roles=("reader", "writer"),
        organisation=OTHER,
        activity=an_activity().id,
        purposes=(CARE,),
    )
    return client(node, grant)


@pytest.fixture
async def anybody(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client(node) as http:
        yield http


@pytest.fixture
async def writer(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client(node, Grant(roles=("writer", "operator"))) as http:
        yield http


def tells_nothing(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    assert CLOSED not in f"{answer.headers}{answer.text}", answer.text


#: Questions whose answer would depend on a closed value; each is refused.
REFUSED: Final[tuple[Mapping[str, str], ...]] = (
    {"type": "Tree", "q": f'pulse=="{CLOSED}-1"'},
    {"type": "Tree", "q": f"pulse~=^{CLOSED}"},
    {"type": "Tree", "q": f"pulse!~={CLOSED}"},
    {"type": "Tree", "q": f'pulse.detail=="{CLOSED}-2"'},
    {"type": "Tree", "q": "pulse[detail]==1"},
    {"type": "Tree", "q": 'height==4;(pulse=="x"|pulse)'},
    {"type": "Tree", "q": "pulse"},
    {"type": "Tree", "q": "pulse.modifiedAt>2020-01-01T00:00:00Z"},
    {"type": "tree,Patient"},
    {"type": "Patient"},
    {"type": "Patient", "limit": "0", "count": "true"},
    {"type": "(Tree;Patient)"},
    {"type": "Tree|Patient"},
    {"type": "Tree,Patient"},
    {"type": TREE + "|" + PATIENT},
    {"type": "Tree", "orderBy": "pulse", "local": "true"},
    {"type": "Tree", "orderBy": "pulse[detail];desc", "local": "true"},
    {"type": "Tree", "attrs": "pulse"},
    {"type": "Tree", "attrs": "height,pulse"},
    {"type": "Tree", "pick": "pulse"},
    {"type": "Tree", "q": "keeper{Patient:height}==4", "join": "flat", "joinLevel": "1"},
    {"type": "Tree", "q": f'pulse=="{CLOSED}"', "local": "true", "limit": "0", "count": "true"},
    {"q": "pulse", "local": "true"},
    {"attrs": "pulse"},
    {"type": "Tree", "scopeQ": "/yard"},
    {"type": "Tree", "scopeQ": "/yard/#"},
    {"id": "urn:ngsi-ld:Patient:1", "local": "true"},
    {"id": "urn:ngsi-ld:Patient:1,urn:ngsi-ld:Tree:1", "local": "true"},
    {
        "type": "Tree",
        "georel": "near;maxDistance==9",
        "geometry": "Point",
        "coordinates": "[5,52]",
        "geoproperty": "pulse",
    },
)


async def test_questions_about_what_is_closed_should_be_refused_alike(
    anybody: httpx.AsyncClient,
) -> None:
    for asked in REFUSED:
        answer = await anybody.get("/entities", params=asked)
        tells_nothing(answer)
        assert answer.status_code in (400, 403), (asked, answer.text)
        assert answer.json().get("reason") in ("purpose_required", "unclassified"), asked


#: Questions that are answered with the one open tree at most.
ANSWERED: Final[tuple[Mapping[str, str], ...]] = (
    {"type": "Tree"},
    {"type": "Tree", "count": "true", "limit": "0"},
    {"type": "Tree", "q": "height"},
    {"type": "Tree", "q": f"height~={CLOSED}"},
    {"type": "Tree", "q": "modifiedAt>2020-01-01T00:00:00Z"},
    {"type": "Tree", "idPattern": ".*"},
    {"type": "Tree", "idPattern": ".*[23]$"},
    {"type": "Tree", "scopeQ": "/#"},
    {"type": "Tree", "scopeQ": "/+"},
    {"type": "Tree", "id": "urn:ngsi-ld:Tree:2,urn:ngsi-ld:Tree:3"},
    {"type": "Tree", "orderBy": "height", "local": "true"},
    {"type": "Tree", "options": "sysAttrs"},
    {"type": "Tree", "options": "keyValues", "join": "inline", "joinLevel": "5"},
    {"type": "Tree", "join": "flat", "joinLevel": "5"},
    {"type": "Tree", "omit": "height"},
    {"type": "Tree", "lang": "nl"},
    {"type": "Tree", "pick": "keeper{pulse}", "join": "flat"},
    {
        "type": "Tree",
        "georel": "near;minDistance==1",
        "geometry": "Point",
        "coordinates": "[5,52]",
    },
    {"type": "Tree", "georel": "disjoint", "geometry": "Point", "coordinates": "[9,9]"},
    {"local": "true"},
)


async def test_what_is_answered_should_beopen_dataset(anybody: httpx.AsyncClient) -> None:
    for asked in ANSWERED:
        answer = await anybody.get("/entities", params={**asked, "count": "true"})
        tells_nothing(answer)
        assert answer.status_code == 200, (asked, answer.text)
        assert answer.headers["ngsild-results-count"] in "01"
        assert {one.get("id", "urn:ngsi-ld:Tree:1") for one in answer.json()} <= {
            "urn:ngsi-ld:Tree:1"
        }
        assert not any("pulse" in one for one in answer.json())


async def test_closed_and_missing_should_be_told_alike(anybody: httpx.AsyncClient) -> None:
    ids = [(name, one) for name in ("Patient", "Tree", "patient", "PATIENT") for one in "1239"]
    for name, number in ids:
        entity_id = f"urn:ngsi-ld:{name}:{number}"
        if entity_id == "urn:ngsi-ld:Tree:1":
            continue
        paths = (
            f"/entities/{entity_id}",
            f"/entities/{entity_id.replace(':', '%3A')}",
            f"/entities/{entity_id}?type=Tree",
            f"/entities/{entity_id}?options=keyValues&pick=id",
            f"/temporal/entities/{entity_id}",
            f"/temporal/entities/{entity_id}?lastN=1",
        )
        for path in paths:
            other = path.replace(f":{number}", ":77").replace(f"%3A{number}", "%3A77")
            answer, none = await anybody.get(path), await anybody.get(other)
            head, no_head = await anybody.head(path), await anybody.head(other)
            tells_nothing(answer)
            assert answer.status_code == none.status_code != 200, path
            assert head.status_code == no_head.status_code == answer.status_code
            assert answer.text.replace(f":{number}", "") == none.text.replace(":77", ""), path
            lengths = [{**one.headers, "content-length": ""} for one in (answer, none)]
            assert lengths[0] == lengths[1]


async def test_other_words_should_mean_the_same(
    node: Node, anybody: httpx.AsyncClient, writer: httpx.AsyncClient
) -> None:
    context = {
        "Boom": PATIENT,
        "height": PULSE,
        "Tree": PATIENT,
        "soort": "@type",
        "hart": PULSE,
        "dv": DEFAULT_VOCAB,
    }
    made = await writer.post("/jsonldContexts", json={"@context": context})
    assert made.status_code == 201, made.text
    url = "http://localhost" + made.headers["location"].removeprefix("http://localhost")
    headers = {"link": LINK.format(url)}
    for asked in (
        {"type": "Boom"},
        {"type": "dv:Patient"},
        {"type": PATIENT},
        {"type": PATIENT.replace("Patient", "%50atient")},
        {"type": "Plant", "q": "hart"},
        {"q": "hart", "local": "true"},
        {"q": "dv:pulse", "local": "true"},
        {"attrs": "hart"},
        {"attrs": PULSE},
        {"type": TREE, "pick": "hart"},
        {"type": TREE, "q": f"hart~={CLOSED}"},
    ):
        answer = await anybody.get("/entities", params=asked, headers=headers)
        tells_nothing(answer)
        assert answer.status_code in (400, 403), (asked, answer.text)
    body = {"type": "Query", "entities": [{"type": "Boom"}], "@context": context}
    ld = {"content-type": "application/ld+json"}
    answer = await anybody.post("/entityOperations/query", content=json.dumps(body), headers=ld)
    tells_nothing(answer)
    assert answer.status_code in (400, 403), answer.text


async def test_headers_should_open_nothing(node: Node, anybody: httpx.AsyncClient) -> None:
    path = "/entities?type=Patient"
    async with carer(node) as other:
        assert (await other.get(path)).status_code == 200
        several = [("hanze-purpose", CARE), ("hanze-purpose", FRAUD)]
        for headers in (
            several,
            several[::-1],
            [("hanze-purpose", f"{CARE},{FRAUD}")],
            [("hanze-purpose", FRAUD)],
            [("hanze-purpose", "")],
        ):
            answer = await other.get(path, headers=headers)
            tells_nothing(answer)
            assert answer.status_code in (400, 403), (headers, answer.text)
    for made in (
        {"hanze-purpose": CARE},
        {"hanze-on-behalf-of": OTHER},
        {"hanze-on-behalf-of": "urn:ngsi-ld:Organisation:groningen", "hanze-purpose": CARE},
        {"x-forwarded-for": "127.0.0.1", "x-forwarded-user": "dev", "x-real-ip": "127.0.0.1"},
        {"x-forwarded-host": "localhost", "forwarded": "for=127.0.0.1", "host": "localhost:1"},
        {"x-original-url": "/api/v1/types", "x-http-method-override": "POST"},
        {"ngsild-tenant": "Default"},
        {"ngsild-tenant": " "},
        {"ngsild-tenant": "/snapshots/1"},
        {"ngsild-snapshot": "urn:ngsi-ld:Snapshot:none"},
        {"signature-input": 'sig=("@method");keyid="x"', "signature": "sig=:AAAA:"},
        {"authorization": "Bearer "},
        {"authorization": "Basic ZGV2OmRldg=="},
        {"cookie": "hanze-session=x; __Host-hanze-session=x"},
    ):
        answer = await anybody.get(path, headers=made)
        tells_nothing(answer)
        assert answer.status_code in (400, 401, 403, 404), (made, answer.text)


#: Other ways to write what is closed.
PATHS: Final = (
    "//entities?type=Patient",
    "/entities/?type=Patient",
    "/entities?type=Tree&type=Patient",
    "/entities?type=Patient&type=Tree",
    "/entities?Type=Patient&local=true",
    "/entities?type=Patient%00",
    "/entities?type=%50atient",
    "/entities?type=Tree;Patient",
    "/entities/urn:ngsi-ld:Tree:1/attrs/pulse",
    "/entities/urn%3Angsi-ld%3APatient%3A1",
    "/entities/..%2Fentities%2Furn:ngsi-ld:Patient:1",
    "/entities/urn:ngsi-ld:Patient:1/",
    "/entities/urn:ngsi-ld:Patient:1/attrs",
    "/entities/urn:ngsi-ld:Tree:1?pick=pulse",
    "/entities/urn:ngsi-ld:Tree:1?attrs=pulse",
    "/entities/urn:ngsi-ld:Tree:1?join=inline&joinLevel=9",
    "/entities/urn:ngsi-ld:Tree:1?join=flat&joinLevel=9&options=keyValues",
    "/entities/urn:ngsi-ld:Tree:1?geometryProperty=pulse",
    "/types/Patient",
    "/types/" + PATIENT.replace("/", "%2F"),
    "/attributes/pulse",
    "/attributes?details=true",
    "/types?details=true",
)


async def test_paths_should_open_nothing(anybody: httpx.AsyncClient) -> None:
    accepted = ("application/json", "application/geo+json", "application/ld+json")
    for path, accept in itertools.product(PATHS, accepted):
        answer = await anybody.get(path, headers={"accept": accept})
        tells_nothing(answer)
        if answer.status_code == 200:
            assert "pulse" not in answer.text
            assert "Patient" not in answer.text.replace("urn:ngsi-ld:Patient:1", "")
            assert "Tree:2" not in answer.text


PAST_REFUSED: Final[tuple[Mapping[str, str], ...]] = (
    {"attrs": "pulse"},
    {"pick": "pulse"},
    {"q": f"pulse~={CLOSED}"},
    {"attrs": "pulse", "options": "aggregatedValues", "aggrMethods": "distinctCount"},
    {"attrs": "pulse", "lastN": "1"},
)


async def test_the_past_should_be_no_way_around(anybody: httpx.AsyncClient) -> None:
    for asked in PAST_REFUSED:
        answer = await anybody.get("/temporal/entities", params={"type": "Tree", **PAST, **asked})
        tells_nothing(answer)
        assert answer.status_code == 400, answer.text
        assert answer.json()["reason"] == "purpose_required"
    for more in (
        {},
        {"lastN": "9"},
        {"options": "temporalValues"},
        {"options": "aggregatedValues", "aggrMethods": "min,max,distinctCount,totalCount"},
        {"attrs": "height", "options": "aggregatedValues", "aggrMethods": "sum,avg,stddev"},
        {"q": f"height~={CLOSED}"},
    ):
        answer = await anybody.get(
            "/temporal/entities", params={"type": "Tree", "count": "true", **PAST, **more}
        )
        tells_nothing(answer)
        assert answer.status_code == 200, answer.text
        assert {one["id"] for one in answer.json()} <= {"urn:ngsi-ld:Tree:1"}
        assert answer.headers["ngsild-results-count"] in "01"
