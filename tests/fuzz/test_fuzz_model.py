"""Sequences of valid operations over HTTP against a model: plain dicts in the simplified form."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.fuzz.fuzzed import Answer, Asker

pytestmark = [pytest.mark.slow, pytest.mark.clause("5.6"), pytest.mark.clause("5.7.2")]

_API = "/ngsi-ld/v1/"
_NULL = "urn:ngsi-ld:null"

Simplified = dict[str, Any]

_IDS = st.integers(0, 4).map(lambda number: f"urn:ngsi-ld:Bin:{number}")
_NAMES = st.sampled_from(["p", "q", "r"])
_VALUES = st.one_of(
    st.integers(-3, 3),
    st.booleans(),
    st.sampled_from(["", "a", "b", 0.5, [1, 2], ["a"]]),
)
_ATTRIBUTES = st.dictionaries(_NAMES, _VALUES, max_size=3)
_SOME = st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=3)
_ENTITIES = st.tuples(_IDS, _ATTRIBUTES).map(lambda pair: {"id": pair[0], "type": "T", **pair[1]})
_BATCHES = st.lists(_ENTITIES, min_size=1, max_size=4, unique_by=lambda entity: str(entity["id"]))


def _normalized(members: Simplified) -> Simplified:
    return {
        name: value if name in {"id", "type"} else {"type": "Property", "value": value}
        for name, value in members.items()
    }


class Bins(RuleBasedStateMachine):
    """A tenant of its own with up to five entities."""

    asker: Asker
    runs = 0

    @initialize()
    def begin(self) -> None:
        Bins.runs += 1
        self.tenant = f"run{Bins.runs}"
        # A tenant comes into being with its first entity, and stays.
        self.model: dict[str, Simplified] = {}
        first = {"id": "urn:ngsi-ld:Bin:0", "type": "T"}
        assert self._send("POST", "entities", first).status == 201
        self.model["urn:ngsi-ld:Bin:0"] = {}

    def _send(self, method: str, path: str, value: object = None) -> Answer:
        if value is not None:
            return self.asker.send(method, _API + path, value, ngsild_tenant=self.tenant)
        headers = {"ngsild-tenant": self.tenant}
        return self.asker.ask(method, (_API + path).encode(), headers=headers)

    def _expect(self, answer: Answer, entity_id: str, change: Callable[[Simplified], int]) -> None:
        """Apply a change to the model where the entity exists; it returns the status."""
        if entity_id in self.model:
            assert answer.status == change(self.model[entity_id])
        else:
            assert answer.status == 404

    @rule(entity=_ENTITIES)
    def create(self, entity: Simplified) -> None:
        answer = self._send("POST", "entities", _normalized(entity))
        if entity["id"] in self.model:
            assert answer.status == 409
        else:
            assert (answer.status, answer.headers["location"]) == (
                201,
                f"{_API}entities/{entity['id']}",
            )
            self.model[entity["id"]] = _attributes(entity)

    @rule(entity_id=_IDS, attributes=_SOME, overwrite=st.booleans())
    def append(self, entity_id: str, attributes: Simplified, overwrite: bool) -> None:
        options = "" if overwrite else "?options=noOverwrite"
        answer = self._send("POST", f"entities/{entity_id}/attrs{options}", _normalized(attributes))

        def change(known: Simplified) -> int:
            new = {name: v for name, v in attributes.items() if overwrite or name not in known}
            known.update(new)
            return 204 if len(new) == len(attributes) else 207

        self._expect(answer, entity_id, change)

    @rule(entity_id=_IDS, attributes=_SOME)
    def update(self, entity_id: str, attributes: Simplified) -> None:
        answer = self._send("PATCH", f"entities/{entity_id}/attrs", _normalized(attributes))

        def change(known: Simplified) -> int:
            # What is not there is appended (5.6.2.4).
            known.update(attributes)
            return 204

        self._expect(answer, entity_id, change)

    @rule(entity_id=_IDS, name=_NAMES, value=_VALUES, method=st.sampled_from(["PATCH", "PUT"]))
    def change_attribute(self, entity_id: str, name: str, value: object, method: str) -> None:
        fragment = {"type": "Property", "value": value}
        answer = self._send(method, f"entities/{entity_id}/attrs/{name}", fragment)

        def change(known: Simplified) -> int:
            if name not in known:
                return 404
            known[name] = value
            return 204

        self._expect(answer, entity_id, change)

    @rule(entity=_ENTITIES)
    def replace(self, entity: Simplified) -> None:
        answer = self._send("PUT", f"entities/{entity['id']}", _normalized(entity))

        def change(known: Simplified) -> int:
            known.clear()
            known.update(_attributes(entity))
            return 204

        self._expect(answer, entity["id"], change)

    @rule(
        entity_id=_IDS,
        attributes=st.dictionaries(_NAMES, st.one_of(st.just(_NULL), _VALUES), min_size=1),
        simplified=st.booleans(),
    )
    def merge(self, entity_id: str, attributes: Simplified, simplified: bool) -> None:
        fragment, options = (
            (attributes, "?format=simplified")
            if simplified
            else (
                _normalized(attributes),
                "",
            )
        )
        answer = self._send("PATCH", f"entities/{entity_id}{options}", fragment)
        self._expect(answer, entity_id, lambda known: _merge(known, attributes))

    @rule(entity_id=_IDS, name=_NAMES)
    def delete_attribute(self, entity_id: str, name: str) -> None:
        answer = self._send("DELETE", f"entities/{entity_id}/attrs/{name}")

        def change(known: Simplified) -> int:
            return 404 if known.pop(name, None) is None else 204

        self._expect(answer, entity_id, change)

    @rule(entity_id=_IDS)
    def delete(self, entity_id: str) -> None:
        answer = self._send("DELETE", f"entities/{entity_id}")
        assert answer.status == (404 if self.model.pop(entity_id, None) is None else 204)

    @rule(entities=_BATCHES)
    def batch_create(self, entities: list[Simplified]) -> None:
        answer = self._send(
            "POST", "entityOperations/create", [_normalized(entity) for entity in entities]
        )
        new = [entity for entity in entities if entity["id"] not in self.model]
        self.model.update({entity["id"]: _attributes(entity) for entity in new})
        self._check_batch(answer, entities, new, 201)

    @rule(entities=_BATCHES, mode=st.sampled_from(["", "?options=replace", "?options=update"]))
    def batch_upsert(self, entities: list[Simplified], mode: str) -> None:
        answer = self._send(
            "POST", f"entityOperations/upsert{mode}", [_normalized(entity) for entity in entities]
        )
        created = [entity["id"] for entity in entities if entity["id"] not in self.model]
        for entity in entities:
            known = self.model.setdefault(entity["id"], {})
            if "update" not in mode:
                known.clear()
            known.update(_attributes(entity))
        assert answer.status == (201 if created else 204)
        assert sorted(answer.json() if created else []) == sorted(created)

    @rule(entities=_BATCHES, overwrite=st.booleans())
    def batch_update(self, entities: list[Simplified], overwrite: bool) -> None:
        options = "" if overwrite else "?options=noOverwrite"
        path = f"entityOperations/update{options}"
        answer = self._send("POST", path, [_normalized(entity) for entity in entities])
        done = [entity for entity in entities if entity["id"] in self.model]
        kept = False
        for entity in done:
            known = self.model[entity["id"]]
            attributes = _attributes(entity)
            kept = kept or (not overwrite and not attributes.keys().isdisjoint(known))
            self.model[entity["id"]] = known | attributes if overwrite else attributes | known
        if not kept:
            self._check_batch(answer, entities, done, 204)

    @rule(entities=_BATCHES)
    def batch_merge(self, entities: list[Simplified]) -> None:
        answer = self._send(
            "POST", "entityOperations/merge", [_normalized(entity) for entity in entities]
        )
        done = [entity for entity in entities if entity["id"] in self.model]
        for entity in done:
            _merge(self.model[entity["id"]], _attributes(entity))
        self._check_batch(answer, entities, done, 204)

    @rule(ids=st.lists(_IDS, min_size=1, max_size=3, unique=True))
    def batch_delete(self, ids: list[str]) -> None:
        answer = self._send("POST", "entityOperations/delete", ids)
        done = [{"id": entity_id} for entity_id in ids if entity_id in self.model]
        for entity in done:
            del self.model[entity["id"]]
        self._check_batch(answer, [{"id": entity_id} for entity_id in ids], done, 204)

    def _check_batch(
        self, answer: Answer, sent: list[Simplified], done: list[Simplified], status: int
    ) -> None:
        if len(done) == len(sent):
            assert answer.status == status
            return
        assert answer.status == 207
        result = answer.json()
        assert result["success"] == [entity["id"] for entity in done]
        failed = {entity["id"] for entity in sent} - {entity["id"] for entity in done}
        assert {error["entityId"] for error in result["errors"]} == failed

    @rule(name=_NAMES, bound=st.integers(-3, 3))
    def query_numbers(self, name: str, bound: int) -> None:
        found = self._send("GET", f"entities?type=T&q={name}%3E{bound}&options=keyValues")
        assert [entity["id"] for entity in found.json()] == [
            entity_id
            for entity_id, attributes in self.model.items()
            if type(attributes.get(name)) in (int, float) and attributes[name] > bound
        ]

    @rule(name=_NAMES)
    def query_existence(self, name: str) -> None:
        found = self._send("GET", f"entities?type=T&q={name}&limit=0&count=true")
        count = sum(name in attributes for attributes in self.model.values())
        assert found.headers["ngsild-results-count"] == str(count)

    @invariant()
    def shows_the_model(self) -> None:
        shown = self._send("GET", "entities?type=T&format=simplified").json()
        assert shown == [
            {"id": entity_id, "type": "T", **attributes}
            for entity_id, attributes in self.model.items()
        ]


def _attributes(entity: Simplified) -> Simplified:
    return {name: value for name, value in entity.items() if name not in {"id", "type"}}


def _merge(known: Simplified, attributes: Simplified) -> int:
    for name, value in attributes.items():
        if value == _NULL:
            known.pop(name, None)
        else:
            known[name] = value
    return 204


def test_operations_should_do_what_a_model_does() -> None:
    with Asker() as asker:

        class OnThisNode(Bins):
            pass

        OnThisNode.asker = asker
        OnThisNode.TestCase.settings = settings(max_examples=150, stateful_step_count=30)
        OnThisNode.TestCase().runTest()
