"""Sinks write what differs, and nothing else."""

import zlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from msgspec import structs

from hanze.connectors.manifest import load_manifest, manifests
from hanze.connectors.sink import DrySink, HttpSink, LocalSink, Sink, WritingDenied, compare
from hanze.errors import ConfigurationError, Unavailable
from hanze.identity.caller import Caller
from hanze.ngsild.model import Attribute, AttributeKind, Entity, JsonValue
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.running import RunningNode, run_hanze, start_node

NOON = "2026-05-04T12:00:00Z"
LATER = "2026-05-04T12:00:00.5Z"


def observed(
    number: JsonValue, observed_at: str | None = NOON, dataset_id: str | None = None
) -> Attribute:
    part = Attribute(kind=AttributeKind.PROPERTY, value=1)
    return Attribute(
        kind=AttributeKind.PROPERTY,
        value=number,
        unit_code="H10",
        observed_at=observed_at,
        dataset_id=dataset_id,
        attributes={HANZE.expand_name("laneId"): (part,)},
    )


def an_entity(*instances: Attribute, key: str = "1") -> Entity:
    place: JsonValue = {"type": "Point", "coordinates": [6.08, 52.51]}
    location = Attribute(kind=AttributeKind.GEO_PROPERTY, value=place)
    return Entity(
        id=f"urn:ngsi-ld:TrafficFlowObserved:test:{key}",
        types=(HANZE.expand_name("TrafficFlowObserved"),),
        attributes={
            HANZE.expand_name("intensity"): instances,
            HANZE.expand_name("location"): (location,),
        },
    )


def stamped(entity: Entity) -> Entity:
    """The entity as a store gives it back."""
    times = {"created_at": NOON, "modified_at": NOON}
    attributes = {
        name: tuple(
            structs.replace(
                one,
                attributes={
                    key: tuple(structs.replace(part, **times) for part in parts)
                    for key, parts in one.attributes.items()
                },
                **times,
            )
            for one in instances
        )
        for name, instances in entity.attributes.items()
    }
    return structs.replace(entity, attributes=attributes, **times)


def test_compare_should_find_nothing_in_what_was_stored() -> None:
    entity = an_entity(observed(60), observed(120, dataset_id="urn:x:lane2"))
    found = compare(stamped(entity), entity)
    assert (found.changes, found.older) == (None, 0)


def test_compare_should_find_only_the_instances_that_differ() -> None:
    present = stamped(an_entity(observed(60), observed(120, dataset_id="urn:x:lane2")))
    fresh = observed(180, LATER, dataset_id="urn:x:lane2")
    changes = compare(present, an_entity(observed(60), fresh)).changes
    assert changes is not None
    assert changes.attributes == {HANZE.expand_name("intensity"): (fresh,)}
    assert changes.types == ()


def test_compare_should_leave_newer_values_alone() -> None:
    present = stamped(an_entity(observed(60, LATER)))
    found = compare(present, an_entity(observed(120, NOON)))
    assert (found.changes, found.older) == (None, 1)


def test_compare_should_notice_sub_attributes_and_types() -> None:
    entity = an_entity(observed(60))
    bare = structs.replace(observed(60), attributes={})
    assert compare(stamped(an_entity(bare)), entity).changes is not None
    changes = compare(stamped(entity), structs.replace(entity, types=("urn:t:Other",))).changes
    assert changes is not None
    assert changes.types == ("urn:t:Other",)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNode]:
    data = tmp_path_factory.mktemp("node")
    running = start_node(["serve", "--dev", "--port", "0", "--data", str(data)])
    yield running
    running.stop()


@pytest.fixture(params=["local", "http"])
async def sink(request: pytest.FixtureRequest) -> AsyncIterator[Sink]:
    """Both sinks must do the same; each test has a tenant of its own."""
    tenant = f"t{zlib.crc32(request.node.name.encode())}"
    if request.param == "local":
        store = await Store.open(None)
        yield LocalSink(store, Caller("test", tenant=tenant), HANZE, lambda: NOON)
        await store.close()
    else:
        running: RunningNode = request.getfixturevalue("node")
        async with httpx.AsyncClient() as client:
            yield HttpSink(client, running.url, HANZE, tenant=tenant)


async def test_a_repeated_upsert_should_change_nothing(sink: Sink) -> None:
    entities = [an_entity(observed(60), key=str(number)) for number in range(250)]
    first = await sink.upsert(entities)
    assert (first.created, first.updated, first.unchanged) == (250, 0, 0)
    assert first.failed == []
    again = await sink.upsert(entities)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 250)


async def test_an_upsert_should_add_and_change_and_keep_the_rest(sink: Sink) -> None:
    lane1, lane2 = "urn:ngsi-ld:Dataset:lane1", "urn:ngsi-ld:Dataset:lane2"
    await sink.upsert([an_entity(observed(60, dataset_id=lane1))])
    second = await sink.upsert(
        [an_entity(observed(90, LATER, lane2)), an_entity(observed(1), key="2")]
    )
    assert (second.created, second.updated, second.unchanged) == (1, 1, 0)
    whole = an_entity(observed(60, dataset_id=lane1), observed(90, LATER, lane2))
    assert (await sink.upsert([whole])).unchanged == 1
    older = await sink.upsert([an_entity(observed(99, NOON, lane2))])
    assert (older.unchanged, older.older, older.stored) == (1, 1, 0)


async def test_an_entity_that_a_node_refuses_should_not_stop_the_others(node: RunningNode) -> None:
    wrong = an_entity(observed(60, "yesterday"), key="wrong")
    async with httpx.AsyncClient() as client:
        sink = HttpSink(client, node.url, HANZE, tenant="refusals")
        report = await sink.upsert([wrong, an_entity(observed(60), key="right")])
    assert report.created == 1
    ((entity_id, reason),) = report.failed
    assert entity_id == wrong.id
    assert reason


async def test_a_dry_sink_should_take_everything() -> None:
    assert (await DrySink().upsert([an_entity(observed(1))])).created == 1


async def test_a_node_that_does_not_answer_should_be_told() -> None:
    async with httpx.AsyncClient() as client:
        sink = HttpSink(client, "http://127.0.0.1:9", HANZE)
        with pytest.raises(Unavailable, match="No node answers at"):
            await sink.upsert([an_entity(observed(1))])


async def test_writing_should_need_a_token_that_the_node_knows(tmp_path: Path) -> None:
    token = run_hanze("token", "new", "importer", "--data", str(tmp_path)).out.split()[-1]
    running = start_node(["serve", "--port", "0", "--data", str(tmp_path)])
    try:
        async with httpx.AsyncClient() as client:
            with pytest.raises(WritingDenied, match="--token-file"):
                await HttpSink(client, running.url, HANZE).upsert([an_entity(observed(1))])
            allowed = HttpSink(client, running.url, HANZE, token=token)
            assert (await allowed.upsert([an_entity(observed(1))])).created == 1
    finally:
        running.stop()


def test_manifests_should_say_whose_data_it_is() -> None:
    found = {manifest.name: manifest for manifest in manifests()}
    assert {"csv", "ndw", "sensor-community"} <= found.keys()
    assert found["ndw"].provenance.license.endswith("/zero/1.0/")
    assert not any(manifest.personal_data for manifest in found.values())
    with pytest.raises(ConfigurationError, match="lorawan"):
        load_manifest("lorawan")
