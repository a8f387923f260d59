"""Whatever sequence of operations the broker is asked for, no record breaks the rules of its type.

The machine writes at random, through every operation that NGSI-LD has for writing, and looks at
what is stored after each.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hanze.broker import batch, provision
from hanze.broker.ports import UnitOfWork
from hanze.collaboration.records.entities import attributes_of, read_record, write_record
from hanze.collaboration.records.fields import fields_of
from hanze.collaboration.records.needs import DemandBundle, Membership
from hanze.collaboration.records.projects import (
    QUESTIONS,
    Answer,
    BusinessCase,
    Evaluation,
    Project,
    Replication,
)
from hanze.collaboration.records.record import Record
from hanze.collaboration.records.registry import type_of
from hanze.collaboration.records.residents import Contribution
from hanze.collaboration.rules.bundles import joined
from hanze.collaboration.rules.projects import Move, move_of, scaling_gaps
from hanze.collaboration.rules.replications import evaluation_gaps, open_questions
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.errors import HanzeError
from hanze.ngsild.model import NULL, Attribute, AttributeKind, Entity, Fragment
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.unit.collaboration.flow_records import CASE, TODAY, WRITER, add

ONE, TWO = "urn:ngsi-ld:Municipality:test:1", "urn:ngsi-ld:Municipality:test:2"
T = {"en": "text"}
_MEMBERSHIPS = st.sampled_from(
    [
        tuple(Membership(city=city, decision=one, on=TODAY) for city in cities)
        for cities in ((ONE,), (ONE, TWO), (ONE, ONE))
        for one in ("invited", "joined", "left")
    ]
)
_ANSWERS = st.sampled_from(
    [
        (),
        tuple(Answer(question=one, answer="yes") for one in QUESTIONS),
        tuple(Answer(question=one, answer="unknown") for one in QUESTIONS),
    ]
)
#: By type: fields that its rules look at, and values for them; `None` is absent.
_FIELDS: Final[Mapping[type[Record], Mapping[str, st.SearchStrategy[object]]]] = {
    Project: {
        "stage": st.sampled_from(["idea", "challenge", "pilot", "replicated", "scaled", "stopped"]),
        "stage_reason": st.sampled_from([{}, T]),
        "business_case": st.sampled_from([None, CASE, BusinessCase(value=T)]),
        "lead": st.sampled_from([None, ONE]),
    },
    DemandBundle: {
        "demands": st.sampled_from([("urn:d:1", "urn:d:2"), ("urn:d:1",)]),
        "memberships": _MEMBERSHIPS,
        "members": st.sampled_from([(), (ONE,), (ONE, TWO)]),
        "lead": st.sampled_from([None, ONE, TWO]),
        "status": st.sampled_from(["proposed", "forming", "tendering", "dissolved"]),
    },
    Replication: {
        "status": st.sampled_from(["considered", "adopted", "evaluated", "dropped"]),
        "answers": _ANSWERS,
        "credit_to": st.sampled_from([None, ONE, TWO]),
        "evaluation": st.sampled_from(
            [None, Evaluation(technical="good", behavioural="good", business="good")]
        ),
        "status_reason": st.sampled_from([{}, T]),
    },
    Contribution: {
        "age_group": st.sampled_from(["child", "adult"]),
        "parental_consent_on": st.sampled_from([None, TODAY]),
        "status": st.sampled_from(["received", "adopted"]),
        "outcome": st.sampled_from([{}, T]),
        "became": st.sampled_from([None, "urn:ngsi-ld:Project:test:1"]),
    },
}
_NEEDED: Final[Mapping[type[Record], Mapping[str, object]]] = {
    Project: {"stage": "idea"},
    DemandBundle: {"demands": ("urn:d:1", "urn:d:2")},
    Replication: {"project": "urn:ngsi-ld:Project:test:1", "city": ONE},
}
kinds = st.sampled_from(list(_FIELDS))


def _record(kind: type[Record], values: Mapping[str, object]) -> Record:
    record_id = f"urn:ngsi-ld:{kind.__name__}:test:1"
    fields: dict[str, object] = {"title": T, **_NEEDED.get(kind, {}), **values}
    return kind(id=record_id, **fields)  # type: ignore[arg-type]  # the strategies fit the type


class RulesMachine(RuleBasedStateMachine):
    """Writes anything, anyhow."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.moments = 0
        self.before: dict[str, Record] = {}
        self.wrote_reason = False

    @initialize()
    def open(self) -> None:
        self.store = self.runner.run(Store.open(None, rules=CollectiveRules()))
        for kind in _FIELDS:
            self.runner.run(add(self.store, _record(kind, {})))

    def _now(self) -> str:
        self.moments += 1
        return f"2026-11-22T10:{self.moments // 60:02}:{self.moments % 60:02}Z"

    def _try(self, unit: Callable[[UnitOfWork], object]) -> None:
        try:
            self.runner.run(self.store.transact(unit))
        except HanzeError:
            return

    def _values(self, data: st.DataObject, kind: type[Record]) -> dict[str, object]:
        names = data.draw(st.sets(st.sampled_from(list(_FIELDS[kind])), min_size=1))
        self.wrote_reason = "stage_reason" in names
        return {name: data.draw(_FIELDS[kind][name]) for name in sorted(names)}

    def _fragment(self, data: st.DataObject, kind: type[Record]) -> Fragment:
        values = self._values(data, kind)
        needed = {name: data.draw(made) for name, made in _FIELDS[kind].items()}
        record = _record(kind, {**needed, **values})
        written: dict[str, tuple[Attribute, ...]] = attributes_of(record, list(values))
        for field in fields_of(kind):
            if field.name in values and field.iri not in written:
                written[field.iri] = (Attribute(kind=AttributeKind.PROPERTY, value=NULL),)
        return Fragment(id=record.id, attributes=written)

    @rule(data=st.data(), kind=kinds)
    def create(self, data: st.DataObject, kind: type[Record]) -> None:
        record = _record(kind, {n: data.draw(made) for n, made in _FIELDS[kind].items()})
        now = self._now()
        self._try(
            lambda uow: provision.create_entity(
                uow, WRITER, write_record(record), context=HANZE, now=now
            )
        )

    @rule(
        data=st.data(),
        kind=kinds,
        operation=st.sampled_from(
            [
                provision.update_attributes,
                provision.append_attributes,
                provision.merge_entity,
            ]
        ),
    )
    def patch(self, data: st.DataObject, kind: type[Record], operation: Any) -> None:
        fragment, now = self._fragment(data, kind), self._now()
        record_id = fragment.id or ""
        self._try(lambda uow: operation(uow, WRITER, record_id, fragment, now=now))

    @rule(
        data=st.data(),
        kind=kinds,
        operation=st.sampled_from([provision.update_attribute, provision.replace_attribute]),
    )
    def one_attribute(self, data: st.DataObject, kind: type[Record], operation: Any) -> None:
        fragment, now = self._fragment(data, kind), self._now()
        record_id = fragment.id or ""
        name = data.draw(st.sampled_from(sorted(fragment.attributes)))
        (instance,) = fragment.attributes[name]
        self._try(lambda uow: operation(uow, WRITER, record_id, name, instance, now=now))

    @rule(data=st.data(), kind=kinds)
    def replace(self, data: st.DataObject, kind: type[Record]) -> None:
        record = _record(kind, {n: data.draw(made) for n, made in _FIELDS[kind].items()})
        entity, now = write_record(record), self._now()
        self.wrote_reason = bool(getattr(record, "stage_reason", None))
        self._try(
            lambda uow: provision.replace_entity(
                uow, WRITER, entity.id, entity, context=HANZE, now=now
            )
        )

    @rule(data=st.data(), kind=kinds)
    def delete_attribute(self, data: st.DataObject, kind: type[Record]) -> None:
        name = data.draw(st.sampled_from(list(_FIELDS[kind])))
        iri = next(field.iri for field in fields_of(kind) if field.name == name)
        record_id, now = f"urn:ngsi-ld:{kind.__name__}:test:1", self._now()
        self.wrote_reason = False
        self._try(lambda uow: provision.delete_attribute(uow, WRITER, record_id, iri, now=now))

    @rule(
        data=st.data(),
        kind=kinds,
        operation=st.sampled_from([batch.update_entities, batch.merge_entities]),
    )
    def batches(self, data: st.DataObject, kind: type[Record], operation: Any) -> None:
        fragment = self._fragment(data, kind)
        self.runner.run(operation(self.store, WRITER, [fragment], now=self._now()))

    @rule(data=st.data(), kind=kinds)
    def upsert(self, data: st.DataObject, kind: type[Record]) -> None:
        fragment = self._fragment(data, kind)
        items = [(fragment, HANZE)]
        self.runner.run(batch.upsert_fragments(self.store, WRITER, items, now=self._now()))

    @rule(data=st.data(), kind=kinds)
    def purge(self, data: st.DataObject, kind: type[Record]) -> None:
        name = data.draw(st.sampled_from(list(_FIELDS[kind])))
        iri = next(field.iri for field in fields_of(kind) if field.name == name)
        query = EntityQuery(types=(frozenset((HANZE.expand_name(kind.__name__),)),))
        self.wrote_reason = False
        purging = provision.purge_entities(
            self.store, WRITER, query, drop=frozenset((iri,)), now=self._now()
        )
        try:
            self.runner.run(purging)
        except HanzeError:
            return

    @invariant()
    def every_record_keeps_to_its_rules(self) -> None:
        if not hasattr(self, "store"):
            return
        query = EntityQuery(limit=100)
        found = self.runner.run(self.store.search("", query, "2026-11-22T10:00:00Z"))
        after = {}
        for stored in found.entities:
            entity: Entity = self.store.load(stored)
            assert type_of(entity.types) is not None
            record = read_record(entity)
            _HOLDS[type(record)](record)
            self._check_change(self.before.get(record.id), record)
            after[record.id] = record
        self.before = after

    def _check_change(self, before: Record | None, after: Record) -> None:
        if isinstance(before, Project) and isinstance(after, Project):
            moved = before.stage != after.stage
            if moved and move_of(before.stage, after.stage) is not Move.FORWARD:
                assert self.wrote_reason
                assert after.stage_reason
        if isinstance(before, Replication) and isinstance(after, Replication):
            assert before.credit_to in {None, after.credit_to}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.runner.run(self.store.close())
        self.runner.close()


def _project_holds(record: Any) -> None:
    assert record.stage != "scaled" or not scaling_gaps(record)


def _bundle_holds(record: Any) -> None:
    assert len(set(record.demands)) >= 2
    assert sorted(record.members) == sorted(joined(record))
    assert record.lead is None or record.lead in record.members
    # The machine never gives a bundle a tender.
    assert record.status != "tendering"


def _replication_holds(record: Any) -> None:
    if record.status in {"adopted", "evaluated"}:
        assert not open_questions(record.answers)
    assert record.status != "evaluated" or not evaluation_gaps(record.evaluation)
    assert record.status != "dropped" or record.status_reason


def _contribution_holds(record: Any) -> None:
    assert record.age_group != "child" or record.parental_consent_on is not None
    assert record.status != "adopted" or (record.outcome and record.became)


_HOLDS: Final[Mapping[type[Record], Callable[[Any], None]]] = {
    Project: _project_holds,
    DemandBundle: _bundle_holds,
    Replication: _replication_holds,
    Contribution: _contribution_holds,
}

TestRules = RulesMachine.TestCase
TestRules.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
