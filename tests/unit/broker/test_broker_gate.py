"""The gate of reading: what is narrowed, what is redacted, and what is said of what is no more."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from hanze.broker.gate import (
    left_out,
    may_be_named,
    readable,
    restricted,
    seen_evolution,
    shown,
)
from hanze.broker.ports import Evolution
from hanze.governance.gate import Gate
from hanze.governance.reasons import AccessDenied, PurposeRequired
from hanze.governance.records.dataset import AccessRights, Dataset
from hanze.governance.rules import Rules
from hanze.identity.caller import ANONYMOUS, NODE
from hanze.ngsild.context import CORE
from hanze.ngsild.model import Entity
from hanze.ngsild.patch import stamp
from hanze.ngsild.query.tree import EntityQuery
from hanze.ngsild.representation.parse import parse_entity
from hanze.store.store import Store

NOW = "2026-06-01T12:00:00Z"
PUBLIC, CLOSED = AccessRights.PUBLIC, AccessRights.NON_PUBLIC
BIN, ROAD, CARE = map(CORE.expand_name, ("Bin", "Road", "Care"))
LEVEL, LOCK = map(CORE.expand_name, ("level", "lock"))


def _dataset(key: str, rights: AccessRights, *types: str, **members: Any) -> Dataset:
    dataset_id = f"urn:ngsi-ld:Dataset:x:{key}"
    return Dataset(id=dataset_id, title={}, types=types, access_rights=rights, **members)


DATASETS = (
    _dataset("bins", PUBLIC, BIN),
    _dataset("locks", CLOSED, BIN, attributes=(LOCK,), owner="urn:x"),
    _dataset("roads", PUBLIC, ROAD),
    _dataset("works", CLOSED, ROAD, scopes=("/works",), owner="urn:x"),
)
RULES = Rules(datasets={one.id: one for one in DATASETS})


def _made(body: dict[str, Any]) -> Entity:
    return stamp(parse_entity(body, CORE), NOW)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with asyncio.Runner() as runner:
        made = runner.run(Store.open(None, gate=Gate(lambda: RULES, lambda: None)))

        def unit(uow: Any) -> None:
            uow.put("", _made({"id": "urn:b:1", "type": "Bin", "level": 1, "lock": "x"}), CORE)
            uow.put("", _made({"id": "urn:r:1", "type": "Road"}), CORE)
            uow.put("", _made({"id": "urn:r:2", "type": "Road", "scope": "/works"}), CORE)
            uow.put("", _made({"id": "urn:c:1", "type": "Care"}), CORE)

        runner.run(made.transact(unit))
        yield made
        runner.run(made.close())


def test_readable_should_give_what_is_seen(store: Store) -> None:
    found = readable(store, ANONYMOUS, "urn:b:1", now=NOW)
    assert found is not None
    assert (found.is_whole, set(store.load(found).attributes)) == (False, {LEVEL})
    whole = readable(store, NODE, "urn:b:1", now=NOW)
    assert whole is not None
    assert set(store.load(whole).attributes) == {LEVEL, LOCK}
    assert readable(store, ANONYMOUS, "urn:r:1", now=NOW) is not None
    assert readable(store, ANONYMOUS, "urn:r:2", now=NOW) is None
    assert readable(store, ANONYMOUS, "urn:c:1", now=NOW) is None
    assert readable(store, ANONYMOUS, "urn:none:1", now=NOW) is None


def test_shown_should_redact_an_entity_at_hand(store: Store) -> None:
    kept = shown(store, ANONYMOUS, _made({"id": "urn:b:9", "type": "Bin", "lock": 1}), now=NOW)
    assert kept is not None
    assert not kept.attributes
    closed = _made({"id": "urn:r:9", "type": "Road", "scope": "/works/a"})
    assert shown(store, ANONYMOUS, closed, now=NOW) is None


def test_restricted_should_make_the_same_of_the_same_query(store: Store) -> None:
    query = EntityQuery(types=(frozenset((BIN,)),))
    narrowed = restricted(store, ANONYMOUS, query, now=NOW)
    assert narrowed.access is store.gate.access(ANONYMOUS, NOW)
    assert restricted(store, ANONYMOUS, query, now=NOW) is narrowed
    assert restricted(store, NODE, query, now=NOW) is query
    assert left_out(store, ANONYMOUS, query, now=NOW) == 1
    assert left_out(store, NODE, query, now=NOW) == 0


@pytest.mark.parametrize(
    "query",
    [
        EntityQuery(types=(frozenset((CARE,)),)),
        EntityQuery(types=(frozenset((BIN,)),), attributes=(LOCK,)),
    ],
)
def test_restricted_should_refuse_what_names_the_closed(store: Store, query: EntityQuery) -> None:
    # Of what is closed a purpose is asked first.
    with pytest.raises((AccessDenied, PurposeRequired)):
        restricted(store, ANONYMOUS, query, now=NOW)


def test_types_should_be_named_when_some_may_be_read(store: Store) -> None:
    access = store.gate.access(ANONYMOUS, NOW)
    assert [may_be_named(access, one) for one in (BIN, ROAD, CARE)] == [True, True, False]


@pytest.mark.parametrize(
    ("entity_id", "kind", "there"),
    [
        ("urn:b:1", BIN, True),
        ("urn:b:gone", BIN, True),
        ("urn:r:1", ROAD, True),
        ("urn:r:2", ROAD, False),
        # It may have been under a scope that is closed.
        ("urn:r:gone", ROAD, False),
        ("urn:c:1", CARE, False),
        ("urn:c:gone", CARE, False),
    ],
)
def test_past_should_be_as_open_as_the_present_and_closed_when_that_cannot_be_told(
    store: Store, entity_id: str, kind: str, there: bool
) -> None:
    evolution = Evolution(1, entity_id, (kind,), NOW, NOW)
    seen = seen_evolution(store, ANONYMOUS, evolution, now=NOW)
    assert (seen is not None) is there
    if kind == BIN:
        assert seen is not None
        assert (seen.shows(LEVEL), seen.shows(LOCK)) == (True, False)
