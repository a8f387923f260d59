"""The catalogue over the API: validated with the shapes of DCAT-AP and DCAT-AP-NL, and harvested."""

import warnings
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import DCAT, RDF, SH
from starlette.requests import Request
from starlette.responses import Response

from hanze.catalogue.graphs import CatalogueUnreadable, graph_of
from hanze.catalogue.harvesting import HarvestNotFound, Harvests, HarvestSource
from hanze.errors import InvalidInput
from hanze.governance.duties import DutyMissing, account_of
from hanze.governance.records.dataset import AccessRights, Dataset, NonPublication
from hanze.governance.service import Change
from hanze.identity.caller import ANONYMOUS, NODE, Caller
from hanze.identity.roles import OPERATOR
from hanze.node.node import Node
from hanze.settings import Distribution, Governance, Portal, Settings
from hanze.web.portal.translation import type_words
from tests.in_process import client_of, node_in_memory
from tests.several import pretender, served_node

SHAPES = Path(__file__).resolve().parents[3] / "shared/data/governance/dcat-ap-nl-3"
SETTINGS = Settings(
    data=None,
    portal=Portal(title="Zwolle"),
    governance=Governance(organisation="urn:ngsi-ld:Organization:zwolle:city"),
    distribution=Distribution(allow_private=True),
)
NOW = "2026-06-10T12:00:00Z"
OPERATING = Caller("operator", None, frozenset({OPERATOR}))
AIR = "https://smartdatamodels.org/dataModel.Environment/AirQualityObserved"
OPEN = Dataset(
    id="urn:ngsi-ld:Dataset:zwolle:AirQualityObserved",
    title={"en": "Air quality observed"},
    types=(AIR,),
    access_rights=AccessRights.PUBLIC,
    license="https://creativecommons.org/publicdomain/zero/1.0/",
    modified="2026-06-01T12:00:00Z",
    issued="2026-06-01",
)
VALUABLE = msgspec.structs.replace(
    OPEN,
    id="urn:ngsi-ld:Dataset:zwolle:Weather",
    title={"nl": "Weer"},
    types=("https://smartdatamodels.org/dataModel.Weather/WeatherObserved",),
    conditions={"en": "Name the source."},
    contact="data@zwolle.example",
    keywords={"nl": ("weer", "wind")},
    frequency="http://publications.europa.eu/resource/authority/frequency/HOURLY",
    hvd_category="http://data.europa.eu/bna/c_164e0bf5",
    license="https://creativecommons.org/licenses/by/4.0/",
)
AGREED = msgspec.structs.replace(
    OPEN,
    id="urn:ngsi-ld:Dataset:zwolle:Care",
    title={"nl": "Zorg"},
    types=("https://example.org/CareSensor",),
    access_rights=AccessRights.RESTRICTED,
    owner="urn:ngsi-ld:Organization:zwolle:care",
    license=None,
    non_publication=NonPublication(
        ground="GDPR", decided_by="Council", decided_at="2026-01-01", review_at="2999-01-01"
    ),
)
HIDDEN = (
    msgspec.structs.replace(AGREED, id=f"{AGREED.id}1", access_rights=AccessRights.NON_PUBLIC),
    msgspec.structs.replace(AGREED, id=f"{AGREED.id}2", access_rights=None),
    msgspec.structs.replace(AGREED, id=f"{AGREED.id}3", confidential=True),
    msgspec.structs.replace(OPEN, id=f"{OPEN.id}4", tenant="elsewhere"),
)


async def keep(node: Node, *datasets: Dataset) -> None:
    changes = [Change(node.governance.datasets, one) for one in datasets]
    await node.governance.change(*changes, account=account_of(NODE, "test", [], now=node.clock()))


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with node_in_memory(SETTINGS, classified=False) as node:
        await keep(node, OPEN, VALUABLE, AGREED, *HIDDEN)
        yield node


@pytest.fixture
async def client(node: Node) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(node, "/api/v1") as client:
        yield client


def nodes_of(document: Any, kind: str) -> list[Any]:  # JSON
    return [one for one in document["@graph"] if kind in one["@type"]]


def shapes() -> Graph:
    """Read the shapes; two links to properties without a path are left out: validators raise."""
    if not SHAPES.is_dir():
        pytest.skip(f"The shapes of DCAT-AP-NL are not in {SHAPES}")
    graph = Graph()
    for path in sorted(SHAPES.glob("*.ttl")):
        if "SHACL" in path.name or "shapes" in path.name:
            graph.parse(path)
    for owner, link in list(graph.subject_objects(SH.property)):
        if (link, SH.path, None) not in graph:
            graph.remove((owner, SH.property, link))
    return graph


async def test_catalogue_should_pass_the_shapes_of_dcat_ap_nl(client: httpx.AsyncClient) -> None:
    with warnings.catch_warnings():
        # Their own: of the libraries below them.
        warnings.simplefilter("ignore")
        from pyshacl import validate  # noqa: PLC0415  # warns when it is imported

        data = graph_of((await client.get("/catalogue")).json())
        conforms, report, text = validate(data, shacl_graph=shapes(), advanced=True)
    assert (None, RDF.type, DCAT.Distribution) in data
    assert isinstance(report, Graph)
    violations = {
        (str(report.value(one, SH.resultPath)), str(report.value(one, SH.resultMessage)))
        for one in report.subjects(SH.resultSeverity, SH.Violation)
    }
    assert violations == set(), text
    assert conforms or not violations


async def test_check_should_find_nothing_missing(client: httpx.AsyncClient) -> None:
    found = (await client.get("/catalogue/check")).json()
    assert found == {"valid": True, "datasets": 4}


async def test_catalogue_should_list_what_is_open_or_under_agreements(
    client: httpx.AsyncClient,
) -> None:
    found = nodes_of((await client.get("/catalogue")).json(), "dcat:Dataset")
    listed = {one["dct:identifier"]["@value"] for one in found}
    assert {OPEN.id, VALUABLE.id, AGREED.id} <= listed
    assert not listed & {one.id for one in HIDDEN}


async def test_open_type_should_be_complete_without_anything_typed_twice(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/catalogue/datasets/" + OPEN.id)).json()
    (found,) = nodes_of(document, "dcat:Dataset")
    titles = {one["@language"]: one["@value"] for one in found["dct:title"]}
    assert titles["en"] == "Air quality observed"
    assert titles.keys() == {"en", "nl", "ko"}
    assert found["dcat:theme"][0]["@id"].endswith("/ENVI")
    names = {
        one["dct:title"][0]["@value"].rpartition("(")[2]
        for one in nodes_of(document, "dcat:Distribution")
    }
    assert names == {"NGSI-LD)", "NGSI-LD temporal)", "CSV)", "GeoJSON)"}
    (service,) = nodes_of(document, "dcat:DataService")
    assert service["dcat:endpointDescription"]["@id"] == "http://localhost/openapi.json"


async def test_every_download_should_be_there(node: Node, client: httpx.AsyncClient) -> None:
    document = (await client.get("/catalogue/datasets/" + OPEN.id)).json()
    async with client_of(node) as asking:
        for one in nodes_of(document, "dcat:Distribution"):
            url = one["dcat:accessURL"]["@id"].removeprefix("http://localhost")
            assert (await asking.get(url)).status_code == 200, url


async def test_catalogue_of_everything_should_list_each_type_that_is_there() -> None:
    async with node_in_memory() as node, client_of(node) as client:
        entity = {"id": "urn:ngsi-ld:Bin:1", "type": "Bin"}
        assert (await client.post("/ngsi-ld/v1/entities", json=entity)).status_code == 201
        await keep(node, msgspec.structs.replace(OPEN, id="urn:ngsi-ld:Dataset:own:all", types=()))
        found = nodes_of((await client.get("/api/v1/catalogue")).json(), "dcat:Dataset")
        assert "urn:ngsi-ld:Dataset:own:all:Bin" in {
            one["dct:identifier"]["@value"] for one in found
        }


async def test_turtle_should_say_the_same(client: httpx.AsyncClient) -> None:
    turtle = await client.get("/catalogue", headers={"accept": "text/turtle"})
    assert turtle.headers["content-type"].startswith("text/turtle")
    assert (await client.get("/catalogue.ttl")).text == turtle.text
    written = Graph().parse(data=turtle.text, format="turtle")
    linked = graph_of((await client.get("/catalogue.jsonld")).json())
    assert len(written) == len(linked) and set(written) == set(linked)
    assert (await client.get("/catalogue.xml")).status_code == 404


async def test_large_catalogue_should_come_in_pages(client: httpx.AsyncClient) -> None:
    first = (await client.get("/catalogue", params={"limit": 1})).json()
    (root,) = nodes_of(first, "hydra:Collection")
    assert (root["hydra:totalItems"], len(root["dcat:dataset"])) == (4, 1)
    (view,) = nodes_of(first, "hydra:PartialCollectionView")
    assert "limit=1" in view["hydra:next"]["@id"] and "hydra:previous" not in view
    last = (await client.get("/catalogue", params={"limit": 1, "page": 4})).json()
    (view,) = nodes_of(last, "hydra:PartialCollectionView")
    assert "hydra:next" not in view


async def test_unknown_dataset_should_not_be_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/catalogue/datasets/" + HIDDEN[0].id)).status_code == 404


async def test_others_catalogue_should_be_listed_beside_ours_and_never_passed_on(
    node: Node, client: httpx.AsyncClient
) -> None:
    here = msgspec.structs.replace(OPEN, id="urn:ngsi-ld:Dataset:deventer:Air")
    async with served_node(whole=True) as other:
        await keep(other.node, here)
        address = f"{other.url}/api/v1/catalogue?limit=1"
        await node.catalogue.harvests.add(OPERATING, address, now=node.clock())
    (found,) = (await client.get("/catalogue/harvested")).json()["catalogues"]
    assert found["name"] and found["readAt"] and not found.get("problem")
    assert here.id in {one["id"].rpartition("/")[2] for one in found["datasets"]}
    assert len(found["datasets"]) == 2
    assert "deventer" not in (await client.get("/catalogue")).text
    # Its node is gone: what it listed stays, and says how old it is.
    await node.catalogue.harvests.step("2999-01-01T00:00:00Z")
    (again,) = node.catalogue.harvests.listed()
    assert again.problem and again.read_at == found["readAt"] and len(again.datasets) == 2
    await node.catalogue.harvests.remove(OPERATING, address, now=node.clock())
    assert node.catalogue.harvests.listed() == ()


async def test_harvest_should_be_refused_to_who_may_not(
    node: Node, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/catalogue/harvested", json={})).status_code == 401
    with pytest.raises(DutyMissing):
        await node.catalogue.harvests.add(ANONYMOUS, "https://a.example/", now=node.clock())


def test_shapes_should_be_read_when_they_are_there() -> None:
    assert (None, RDF.type, URIRef(str(SH.NodeShape))) in shapes()


async def test_catalogue_should_tell_nothing_of_closed_types_and_how_much_there_is() -> None:
    everything = msgspec.structs.replace(OPEN, id="urn:ngsi-ld:Dataset:own:all", types=())
    agreed = msgspec.structs.replace(
        AGREED, types=("https://uri.etsi.org/ngsi-ld/default-context/Patient",)
    )
    async with node_in_memory() as node, client_of(node) as client:
        for kind in ("Patient", "Bin"):
            entity = {"id": f"urn:ngsi-ld:{kind}:1", "type": kind}
            assert (await client.post("/ngsi-ld/v1/entities", json=entity)).status_code == 201
        await keep(node, everything, agreed)
        found = node.catalogue.offers("", type_words, node.clock())
        counted = {one.id: one.entities for one in found}
        assert counted[f"{everything.id}:Bin"] == 1
        assert counted[agreed.id] == 0
        closed = msgspec.structs.replace(agreed, id=everything.id, types=())
        await keep(node, closed)
        listed = {one.id for one in node.catalogue.offers("", type_words, node.clock())}
        assert everything.id in listed
        assert not [one for one in listed if one.endswith(("Bin", "Patient"))]
        shown = await client.get("/api/v1/catalogue")
        assert shown.status_code == 200
        assert (await client.get("/api/v1/catalogue/check")).json()["valid"]


async def test_catalogues_of_members_should_be_read_as_long_as_they_are_members(
    node: Node,
) -> None:
    members: list[HarvestSource] = []
    harvests = Harvests(lambda: node.store, lambda: members, node.peers)
    async with served_node(whole=True) as other:
        await keep(other.node, OPEN)
        members.append(HarvestSource("urn:peer", "Deventer", other.url))
        await harvests.step(NOW)
        (found,) = harvests.listed()
        assert (found.name, found.peer, found.read_at, found.problem) == (
            "Deventer",
            "urn:peer",
            NOW,
            "",
        )
        assert len(found.datasets) == 2
        assert found.datasets[0].publisher
        with pytest.raises(HarvestNotFound):
            await harvests.remove(OPERATING, found.id, now=NOW)
        again = Harvests(lambda: node.store, lambda: members, node.peers)
        again.load(node.store.registers)
        assert again.listed() == harvests.listed()
        members.clear()
        assert harvests.listed() == ()
        await harvests.step(NOW)
        assert not harvests.kept.all()


NO_CATALOGUES = (
    b"",
    b"<html>",
    b'{"@context": "http://169.254.169.254/", "@graph": []}',
    b'{"@context": [{"@import": "http://a.example/"}]}',
    b'{"a":' * 100 + b"1" + b"}" * 100,
    b"[" * 30 + b"]" * 30,
    b"@prefix a: <http://a.example/> . a:b a a:c .",
)


async def test_what_is_no_catalogue_should_be_refused_and_not_kept(node: Node) -> None:
    async with pretender() as elsewhere:
        for number, body in enumerate(NO_CATALOGUES, 1):
            elsewhere.answer = partial(_answer, body)
            with pytest.raises(CatalogueUnreadable):
                await node.catalogue.harvests.add(OPERATING, elsewhere.url, now=NOW)
            assert len(elsewhere.got) == number
    for url in ("", "file:///etc/passwd", "ftp://a.example/", "https://", "nothing"):
        with pytest.raises(InvalidInput):
            await node.catalogue.harvests.add(OPERATING, url, now=NOW)
    assert node.catalogue.harvests.listed() == ()


def _answer(body: bytes, _request: Request) -> Response:
    return Response(body)
