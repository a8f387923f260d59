"""What goes when a data subject is erased: whole entities, single attributes, and their past."""

import asyncio

import msgspec
import pytest

from hanze.broker import subjects
from hanze.broker.ports import Window
from hanze.broker.subjects import erase_about
from hanze.governance.records.dataset import Dataset
from hanze.ngsild.query.access import ID
from tests.residents_world import ALICE, BOB, DATASETS, NS, city_of_residents, sign_in

CARE = DATASETS[0]
VISIT = "urn:ngsi-ld:HomeVisit:1"


async def test_erase_about_should_empty_attributes_where_the_dataset_names_some() -> None:
    some = msgspec.structs.replace(CARE, attributes=(NS + "minutes",))
    async with city_of_residents() as (node, _):
        done = await erase_about(node.store, "", (some,), ALICE, now=node.clock())
        stored = node.store.stored("", VISIT)
        assert stored is not None
        left = node.store.load(stored)
        evolution = node.store.history.evolution("", VISIT)
        assert evolution is not None
        past, _ = await node.store.history.read("", [evolution], Window())
    assert (done.entities, done.evolutions) == (1, 1)
    assert done.shared == ("urn:ngsi-ld:HomeVisit:4",)
    assert not {NS + "minutes", NS + "person"} & left.attributes.keys()
    assert not any({NS + "minutes", NS + "person"} & one.attributes.keys() for one in past)


async def test_erase_about_should_take_away_entities_that_are_somebody() -> None:
    itself = Dataset(
        id="urn:ngsi-ld:Dataset:hanze:Self",
        title={"en": "Visits"},
        types=(NS + "HomeVisit",),
        subject=ID,
    )
    async with city_of_residents() as (node, _):
        done = await erase_about(node.store, "", (itself,), VISIT, now=node.clock())
        again = await erase_about(node.store, "", (itself,), VISIT, now=node.clock())
        assert node.store.stored("", VISIT) is None
        assert node.store.history.evolution("", VISIT) is None
    assert (done.entities, done.evolutions) == (1, 1)
    assert (again.entities, again.evolutions) == (0, 0)


async def test_erase_about_should_reach_what_comes_after_much_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subjects, "_INSTANCES", 2)
    visit = "urn:ngsi-ld:HomeVisit:2"
    async with city_of_residents() as (node, tokens):
        async with sign_in(node, tokens["writer"]) as client:
            for minutes in (41, 42):
                change = {
                    NS + "person": {"type": "Relationship", "object": ALICE},
                    NS + "minutes": {"type": "Property", "value": minutes},
                }
                # Of another moment than what was there, so that nothing is within its span.
                await asyncio.sleep(0.01)
                answer = await client.patch(f"/ngsi-ld/v1/entities/{visit}", json=change)
                assert answer.status_code == 204, answer.text
        await erase_about(node.store, "", (CARE,), ALICE, now=node.clock())
        evolution = node.store.history.evolution("", visit)
        assert evolution is not None
        (past,) = (await node.store.history.read("", [evolution], Window()))[0]
    said = {name: [one.attribute.value for one in own] for name, own in past.attributes.items()}
    assert said == {NS + "person": [BOB], NS + "minutes": [32]}
