"""The index answers what `evaluate` means, on generated entities and queries."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.ngsild.context import CORE
from hanze.ngsild.expiry import unexpired
from hanze.ngsild.model import Entity
from hanze.ngsild.query.access import WHOLE, Access, redact, seen_of
from hanze.ngsild.query.evaluate import matches
from hanze.ngsild.query.order import Orderer
from hanze.ngsild.query.tree import EntityQuery
from hanze.store import asked, search, values
from hanze.store.store import Store
from hanze.store.unit import StagedUnit
from tests.store.strategies import NOON, entities, queries


class World:
    """A store, and a fresh tenant for each example."""

    def __init__(self, runner: asyncio.Runner, store: Store) -> None:
        self._runner = runner
        self._tenants = count()
        self.store = store

    def tenant(self) -> str:
        return f"tenant{next(self._tenants)}"

    def put(self, tenant: str, *written: Entity) -> None:
        def unit(uow: StagedUnit) -> None:
            for entity in written:
                uow.put(tenant, entity, CORE)

        self._runner.run(self.store.transact(unit))

    def delete(self, tenant: str, entity_id: str) -> None:
        self._runner.run(self.store.transact(lambda uow: uow.delete(tenant, entity_id, now=NOON)))

    def ask(self, tenant: str, query: EntityQuery) -> tuple[list[str], int | None, bool]:
        found = self._runner.run(self.store.search(tenant, query, NOON))
        ids = [self.store.load(stored).id for stored in found.entities]
        return ids, found.count, found.more


@pytest.fixture(scope="module", params=["usual", "crowded"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A store as it is, and one whose bounds are so low that they are reached here too.

    There dictionaries of strings are full, spatial indexes are asked, and windows hold a few rows.
    """
    with asyncio.Runner() as runner, pytest.MonkeyPatch.context() as patch:
        if request.param == "crowded":
            patch.setattr(values, "MOST_TEXTS", 2)
            patch.setattr(search, "_FEW_ROWS", 0)
            patch.setattr(asked, "_FIRST_WINDOW", 2)
            patch.setattr(asked, "_FIRST_COSTLY", 1)
            patch.setattr(asked, "_TOGETHER", 3)
        store = runner.run(Store.open(None))
        yield World(runner, store)
        runner.run(store.close())


def seen_by(access: Access | None, entity: Entity) -> Entity | None:
    """Leave of an entity what may be read."""
    seen = WHOLE if access is None else seen_of(access, entity)
    return None if seen is None else redact(entity, seen)


def meant(model: dict[str, Entity], query: EntityQuery) -> tuple[list[str], int | None, bool]:
    """Say what a query means, by the functions of the core alone."""
    living = {
        key: there
        for key, entity in model.items()
        if (left := unexpired(entity, NOON)) and (there := seen_by(query.access, left))
    }
    query = replace(query, access=None)
    found = [entity for entity in living.values() if matches(query, entity, living.get)]
    if query.ordering is not None:
        found.sort(key=Orderer(query.ordering).key)
    page = found[query.offset : query.offset + query.limit]
    number = len(found) if query.count else None
    return [entity.id for entity in page], number, len(found) > query.offset + query.limit


steps = st.lists(st.one_of(entities(), entities(), st.sampled_from(["delete"])), max_size=14)


@settings(max_examples=150)
@given(before=steps, questions=st.lists(queries(), min_size=2, max_size=5), after=steps)
def test_search_should_answer_what_evaluate_means(
    world: World,
    before: list[Entity | str],
    questions: list[EntityQuery],
    after: list[Entity | str],
) -> None:
    tenant = world.tenant()
    model: dict[str, Entity] = {}
    # Columns of paths arise with the first queries, and follow the writes after them.
    for written in (before, after):
        for step in written:
            if isinstance(step, Entity):
                world.put(tenant, step)
                model[step.id] = step
            elif model:
                gone = next(iter(model))
                world.delete(tenant, gone)
                del model[gone]
        for query in questions:
            answer = meant(model, query)
            assert world.ask(tenant, query) == answer
            # From memory.
            assert world.ask(tenant, query) == answer
