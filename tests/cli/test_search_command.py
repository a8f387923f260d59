"""`hanze search` on a data directory: records of every language, in words and in JSON."""

import asyncio
import json
from pathlib import Path

import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.places import Municipality
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.in_process_command import hanze

_UTRECHT = "urn:ngsi-ld:Municipality:NL:GM0344"
_BIKES = "urn:ngsi-ld:Demand:utrecht:bikes"


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    records = (
        Municipality(id=_UTRECHT, title={"nl": "Utrecht", "ko": "위트레흐트"}, cbs_code="GM0344"),
        Demand(
            id=_BIKES,
            title={"nl": "Fietsenstalling bij het station"},
            problem={"nl": "Te weinig plek."},
            source_city=_UTRECHT,
        ),
    )
    store = await Store.open(tmp_path)
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    pairs = [(write_record(record), HANZE) for record in records]
    await create_entities(store, caller, pairs, now="2026-11-22T10:00:00Z")
    await store.close()
    return tmp_path


def test_search_should_say_what_is_found_and_why(data: Path) -> None:
    done = hanze("search", "자전거 보관소", "--lang", "ko", "--data", str(data))
    assert done.code == 0, done.err
    assert "자전거 보관소 = fietsenstalling" in done.out
    assert "위트레흐트" in done.out
    assert _BIKES in done.out


def test_search_should_answer_in_json_and_keep_to_types(data: Path) -> None:
    arguments = ("search", "utrecht", "--type", "Municipality", "--json", "--data", str(data))
    done = hanze(*arguments)
    assert done.code == 0, done.err
    assert [one["id"] for one in json.loads(done.out)["records"]] == [_UTRECHT]


def test_search_should_say_when_nothing_is_found_and_what_is_wrong(tmp_path: Path) -> None:
    asyncio.run(_emptied(tmp_path))
    done = hanze("search", "zzzz", "--data", str(tmp_path))
    assert (done.code, "No record" in done.err) == (0, True)
    done = hanze("search", "x", "--type", "Tree", "--data", str(tmp_path))
    assert done.code == 2, done.err
    assert "Tree" in done.err


async def _emptied(folder: Path) -> None:
    await (await Store.open(folder)).close()
