"""A dictionary as the model of a store: any sequence of units, failures and restarts."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.ngsild.query.tree import EntityQuery
from hanze.store.store import Store
from hanze.store.unit import StagedUnit
from tests.store.strategies import IDS, entities

#: Before anything that the strategies make expires.
EARLY = "2020-01-01T00:00:00Z"

tenants = st.sampled_from(["", "other"])


class StoreMachine(RuleBasedStateMachine):
    """Each rule does the same to the store and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = TemporaryDirectory()
        self.store = self._open()
        self.model: dict[str, dict[str, Entity]] = {"": {}}

    def _open(self) -> Store:
        return self.runner.run(Store.open(Path(self.directory.name)))

    @rule(tenant=tenants, written=st.lists(entities(), min_size=1, max_size=4))
    def put(self, tenant: str, written: list[Entity]) -> None:
        def unit(uow: StagedUnit) -> None:
            for entity in written:
                uow.put(tenant, entity, CORE)
                assert uow.entity(tenant, entity.id) == entity

        self.runner.run(self.store.transact(unit))
        for entity in written:
            self.model.setdefault(tenant, {})[entity.id] = entity

    @rule(tenant=tenants, entity_id=st.sampled_from(IDS))
    def delete(self, tenant: str, entity_id: str) -> None:
        there = self.runner.run(
            self.store.transact(lambda uow: uow.delete(tenant, entity_id, now=EARLY))
        )
        assert there is (self.model.get(tenant, {}).pop(entity_id, None) is not None)

    @rule(tenant=tenants, entity=entities(), gone=st.sampled_from(IDS))
    def fail(self, tenant: str, entity: Entity, gone: str) -> None:
        def unit(uow: StagedUnit) -> None:
            uow.delete(tenant, gone, now=EARLY)
            uow.put(tenant, entity, CORE)
            raise LookupError("on purpose")

        async def tried() -> None:
            done = await asyncio.gather(self.store.transact(unit), return_exceptions=True)
            assert isinstance(done[0], LookupError)

        self.runner.run(tried())

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.store = self._open()

    @invariant()
    def agrees(self) -> None:
        assert set(self.store.tenants()) == set(self.model)
        for tenant, entities_of in self.model.items():
            query = EntityQuery(limit=100, count=True)
            found = self.runner.run(self.store.search(tenant, query, EARLY))
            assert [self.store.load(stored) for stored in found.entities] == [*entities_of.values()]
            counted = {part.types: part.count for part in self.store.summary(tenant)}
            types = [frozenset(entity.types) for entity in entities_of.values()]
            assert counted == {one: types.count(one) for one in types}
            for entity in entities_of.values():
                stored = self.store.stored(tenant, entity.id)
                assert stored is not None
                assert self.store.load(stored) == entity

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()
        self.directory.cleanup()


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=15, stateful_step_count=20)
