"""What goes when a data subject is erased: whole entities, single attributes, and their past."""

import msgspec

from hanze.broker.ports import Window
from hanze.broker.subjects import erase_about
from hanze.governance.records.dataset import Dataset
from hanze.ngsild.query.access import ID
from tests.residents_world import ALICE, DATASETS, NS, city_of_residents

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
