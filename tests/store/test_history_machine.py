"""Lists as the model of the history: any sequence of steps, flushes, compactions and restarts."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import replace

from hanze.broker.ports import Evolution, Window
from hanze.errors import InvalidInput
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Attribute, Entity
from hanze.ngsild.moment import format_datetime
from hanze.ngsild.query.members import SCOPE
from hanze.ngsild.temporal.aggregate import aggregate
from hanze.ngsild.temporal.model import (
    Aggregation,
    Instance,
    Method,
    TemporalEntity,
    TemporalQuery,
    TimeProperty,
    Timerel,
)
from hanze.store.store import Store
from hanze.store.unit import StagedUnit
from tests.store.history_model import Line, Recorded, seen
from tests.store.strategies import IDS, NAMES, NOON_US, TYPES, attributes, entities

SECOND = 1_000_000
SOME = IDS[:3]
DATASET = "urn:ngsi-ld:Dataset:1"
MONTH = 31 * 86_400 * SECOND

tenants = st.sampled_from(["", "", "other"])
moments = st.one_of(
    st.integers(-3, 40).map(lambda number: NOON_US + number * SECOND // 2),
    st.just(NOON_US - MONTH),
)
temporals = st.builds(
    lambda timerel, start, length, timeproperty: TemporalQuery(
        timerel, start, start + length if timerel is Timerel.BETWEEN else None, timeproperty
    ),
    st.sampled_from(Timerel),
    moments,
    st.integers(0, 20).map(lambda number: number * SECOND),
    st.sampled_from(TimeProperty),
)
windows = st.builds(
    Window,
    names=st.one_of(st.none(), st.frozensets(st.sampled_from([*NAMES, SCOPE]), min_size=1)),
    datasets=st.one_of(
        st.none(), st.none(), st.frozensets(st.sampled_from([None, DATASET]), min_size=1)
    ),
    temporal=st.one_of(st.none(), temporals),
    last_n=st.one_of(st.none(), st.integers(1, 3)),
    most=st.one_of(st.none(), st.integers(1, 8)),
)
aggregations = st.builds(
    Aggregation,
    st.lists(st.sampled_from(Method), min_size=1, max_size=8, unique=True).map(tuple),
    st.sampled_from([0, 0, 1]),
    st.sampled_from([0, SECOND, 3 * SECOND, 86_400 * SECOND]),
)


@st.composite
def evolutions(draw: st.DrawFn) -> TemporalEntity:
    found: dict[str, tuple[Instance, ...]] = {}
    for name in draw(st.lists(st.sampled_from(NAMES[:3]), unique=True)):
        sent = draw(st.lists(attributes(), min_size=1, max_size=3))
        found[name] = tuple(Instance(one) for one in sent)
    return TemporalEntity(
        id=draw(st.sampled_from(SOME)),
        types=tuple(draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))),
        attributes=found,
    )


class HistoryMachine(RuleBasedStateMachine):
    """Each rule does the same to the store and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = TemporaryDirectory()
        self.store = self._open()
        self.present: dict[tuple[str, str], Entity] = {}
        self.lines: dict[tuple[str, str], Line] = {}
        self.now = NOON_US

    def _open(self) -> Store:
        return self.runner.run(Store.open(Path(self.directory.name)))

    def _transact(self, unit: Any) -> Any:
        return self.runner.run(self.store.transact(unit))

    def _evolution(self, tenant: str, entity_id: str) -> Evolution | None:
        return self.store.history.evolution(tenant, entity_id)

    def _line(self, tenant: str, entity_id: str, types: tuple[str, ...]) -> Line:
        line = self.lines.setdefault((tenant, entity_id), Line(set(), self.now, self.now))
        line.types.update(types)
        line.modified = max(line.modified, self.now)
        return line

    @rule(step=st.sampled_from([0, 1, 250_000, SECOND, -SECOND]))
    def tick(self, step: int) -> None:
        self.now += step

    @rule(
        tenant=tenants,
        new=entities(),
        entity_id=st.sampled_from(SOME),
        kept=st.sets(st.sampled_from(NAMES)),
    )
    def put(self, tenant: str, new: Entity, entity_id: str, kept: set[str]) -> None:
        now = format_datetime(self.now)
        steps: list[tuple[Entity | None, Entity]] = []

        def unit(uow: StagedUnit) -> None:
            before = uow.entity(tenant, entity_id)
            old = {} if before is None else before.attributes
            left = {name: old[name] for name in kept if name in old}
            after = Entity(
                id=entity_id,
                types=new.types,
                attributes={**new.attributes, **left},
                scope=new.scope,
                created_at=now,
                modified_at=now,
            )
            uow.put(tenant, after, CORE)
            steps.append((before, after))

        self._transact(unit)
        before, after = steps[-1]
        line = self._line(tenant, entity_id, after.types)
        line.deleted = None if before is None else line.deleted
        line.step(before, after, self.now)
        self.present[tenant, entity_id] = after

    @rule(tenant=tenants, entity_id=st.sampled_from(SOME))
    def delete(self, tenant: str, entity_id: str) -> None:
        now = format_datetime(self.now)
        there = self._transact(lambda uow: uow.delete(tenant, entity_id, now=now))
        assert there is (self.present.pop((tenant, entity_id), None) is not None)
        line = self.lines.get((tenant, entity_id))
        if there and line is not None:
            line.deleted = self.now
            line.modified = max(line.modified, self.now)

    @rule(tenant=tenants, new=entities(), added=evolutions())
    def fail(self, tenant: str, new: Entity, added: TemporalEntity) -> None:
        now = format_datetime(self.now)

        def unit(uow: StagedUnit) -> None:
            uow.put(tenant, new, CORE)
            uow.history.add(tenant, added, now=now)
            uow.history.remove(tenant, SOME[0])
            raise LookupError("on purpose")

        with pytest.raises(LookupError):
            self._transact(unit)

    @rule(tenant=tenants, added=evolutions())
    def add(self, tenant: str, added: TemporalEntity) -> None:
        now = format_datetime(self.now)
        new = self._transact(lambda uow: uow.history.add(tenant, added, now=now))
        assert new is ((tenant, added.id) not in self.lines)
        line = self._line(tenant, added.id, added.types)
        for name, instances in added.attributes.items():
            for instance in instances:
                line.place += 1
                line.record(name, instance.attribute, self.now)

    @rule(tenant=tenants, entity_id=st.sampled_from(SOME), new=attributes(), at=st.integers(0, 30))
    def replace_instance(self, tenant: str, entity_id: str, new: Attribute, at: int) -> None:
        found = self._pick(tenant, entity_id, at)
        if found is None:
            return
        one, instance_id, line = found
        now = format_datetime(self.now)
        new = replace(new, dataset_id=one.dataset)
        assert self._transact(
            lambda uow: uow.history.replace(
                tenant, entity_id, one.name, instance_id, Instance(new), now=now
            )
        )
        one.attribute = new
        one.modified = self.now
        one.deleted = False
        line.modified = max(line.modified, self.now)

    @rule(tenant=tenants, entity_id=st.sampled_from(SOME), at=st.integers(0, 30))
    def remove_instance(self, tenant: str, entity_id: str, at: int) -> None:
        found = self._pick(tenant, entity_id, at)
        if found is None:
            return
        one, instance_id, line = found

        def unit(uow: StagedUnit) -> tuple[bool, bool]:
            first = uow.history.remove_instance(tenant, entity_id, one.name, instance_id)
            again = uow.history.remove_instance(tenant, entity_id, one.name, instance_id)
            return first, again

        assert self._transact(unit) == (True, False)
        line.instances.remove(one)

    @rule(
        tenant=tenants,
        entity_id=st.sampled_from(SOME),
        name=st.sampled_from([*NAMES, SCOPE]),
        dataset=st.sampled_from([None, DATASET]),
        every=st.booleans(),
    )
    def remove_attribute(
        self, tenant: str, entity_id: str, name: str, dataset: str | None, every: bool
    ) -> None:
        removed = self._transact(
            lambda uow: uow.history.remove_attribute(tenant, entity_id, name, dataset, every=every)
        )
        line = self.lines.get((tenant, entity_id))
        gone = [
            one
            for one in ([] if line is None else line.instances)
            if one.name == name and (every or one.dataset == dataset)
        ]
        assert removed is bool(gone)
        if line is not None:
            line.instances = [one for one in line.instances if one not in gone]

    @rule(tenant=tenants, entity_id=st.sampled_from(SOME))
    def remove(self, tenant: str, entity_id: str) -> None:
        removed = self._transact(lambda uow: uow.history.remove(tenant, entity_id))
        assert removed is (self.lines.pop((tenant, entity_id), None) is not None)

    @rule()
    def flush(self) -> None:
        self.runner.run(self.store.history.flush())

    @rule()
    def compact(self) -> None:
        self.runner.run(self.store.history.compact(NOON_US + 2 * MONTH))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.store = self._open()

    @rule(tenant=tenants, window=windows)
    def look(self, tenant: str, window: Window) -> None:
        listed = self.store.history.evolutions(tenant)
        lines = [self.lines[tenant, one.id] for one in listed]
        expected, expected_cut = seen(lines, window, self.store.history.names.find_slot)
        found, cut = self.runner.run(self.store.history.read(tenant, listed, window))
        assert cut is expected_cut
        assert [_shown(entity) for entity in found] == [_expected(line) for line in expected]
        whole = Window(names=window.names, datasets=window.datasets, temporal=window.temporal)
        active = self.runner.run(self.store.history.active(tenant, listed, whole))
        read, _ = self.runner.run(self.store.history.read(tenant, listed, whole))
        assert [one.id for one in active] == [entity.id for entity in read]

    @rule(tenant=tenants, window=windows, aggregation=aggregations)
    def reckon(self, tenant: str, window: Window, aggregation: Aggregation) -> None:
        narrow = Window(window.names, window.datasets, window.temporal)
        listed = self.store.history.evolutions(tenant)
        read, _ = self.runner.run(self.store.history.read(tenant, listed, narrow))
        requested = window.names or frozenset()
        try:
            expected = [
                aggregate(entity, window.temporal, aggregation, requested=requested)
                for entity in read
            ]
        except InvalidInput:
            with pytest.raises(InvalidInput):
                self.runner.run(self.store.history.aggregate(tenant, listed, narrow, aggregation))
            return
        found = self.runner.run(self.store.history.aggregate(tenant, listed, narrow, aggregation))
        assert [_reckoned(one) for one in found] == [_reckoned(one) for one in expected]

    @invariant()
    def agrees(self) -> None:
        for tenant in ("", "other"):
            listed = self.store.history.evolutions(tenant)
            assert {one.id for one in listed} == {
                entity_id for own, entity_id in self.lines if own == tenant
            }
            for one in listed:
                line = self.lines[tenant, one.id]
                assert set(one.types) == line.types
                assert one.created_at == format_datetime(line.created)
                assert one.deleted_at == (
                    None if line.deleted is None else format_datetime(line.deleted)
                )

    def teardown(self) -> None:
        self.look("", Window())
        self.runner.run(self.store.close())
        self.runner.close()
        self.directory.cleanup()

    def _pick(self, tenant: str, entity_id: str, at: int) -> tuple[Recorded, str, Line] | None:
        """Pick an instance, in the model and in the store, where they stand in the same order."""
        line = self.lines.get((tenant, entity_id))
        evolution = self._evolution(tenant, entity_id)
        if line is None or evolution is None:
            return None
        read, _ = self.runner.run(self.store.history.read(tenant, [evolution], Window()))
        (expected,), _ = (
            seen([line], Window(), self.store.history.names.find_slot)
            if read
            else (
                ([],),
                False,
            )
        )
        if not expected:
            return None
        one = expected[at % len(expected)]
        place = [other for other in expected if other.name == one.name].index(one)
        instance_id = read[0].attributes[one.name][place].instance_id
        assert instance_id is not None
        return one, instance_id, line


def _shown(entity: TemporalEntity) -> dict[str, list[str]]:
    return {
        name: [repr((one.attribute, one.deleted_at)) for one in instances]
        for name, instances in sorted(entity.attributes.items())
    }


def _expected(instances: list[Recorded]) -> dict[str, list[str]]:
    names = sorted({one.name for one in instances})
    return {name: [one.shown() for one in instances if one.name == name] for name in names}


def _reckoned(entity: Any) -> Any:
    return {
        name: [
            (
                one.kind,
                one.dataset_id,
                {
                    method: [(_near(value), start, end) for value, start, end in buckets]
                    for method, buckets in one.values.items()
                },
            )
            for one in series
        ]
        for name, series in entity.attributes.items()
    }


def _near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, int | float) else value


TestHistory = HistoryMachine.TestCase
TestHistory.settings = settings(max_examples=8, stateful_step_count=20, deadline=None)
