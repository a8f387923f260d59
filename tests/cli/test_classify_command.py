"""`hanze classify`, `hanze dataset` and `hanze agreement` on a data directory."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.broker.batch import create_entities
from hanze.identity.caller import Caller
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonObject
from hanze.ngsild.representation.parse import parse_entity
from hanze.node.node import close_node, open_node
from hanze.settings import Settings
from tests.in_process_command import hanze

CITY = "urn:ngsi-ld:Organization:zwolle:city"
LAB = "urn:ngsi-ld:Organization:zwolle:lab"
BIN: JsonObject = {
    "id": "urn:ngsi-ld:Bin:1",
    "type": "Bin",
    "level": {"type": "Property", "value": 1},
}
CLOSED = (
    *("--closed", "--owner", CITY, "--ground", "Trade secret of the maker"),
    *("--decided-by", "Municipal executive", "--review-at", "2999-01-01"),
)


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A directory with a bin about which nobody decided."""

    async def make() -> None:
        node = await open_node(Settings(data=tmp_path / "data"))
        writer = Caller("test", roles=frozenset({"writer"}))
        pairs = [(parse_entity(BIN, CORE), CORE)]
        result = await create_entities(node.store, writer, pairs, now=node.clock())
        await close_node(node)
        assert not result.errors

    asyncio.run(make())
    return str(tmp_path / "data")


def run(data: str, *arguments: str) -> Any:
    done = hanze(*arguments, "--data", data, "--json")
    assert done.code == 0, done.err
    return orjson.loads(done.out)


def found_by_doctor(data: str) -> dict[str, str]:
    done = hanze("doctor", "--data", data, "--json")
    return next(one for one in orjson.loads(done.out) if one["check"] == "classification")


def test_doctor_should_list_types_until_they_are_classified(data: str) -> None:
    before = found_by_doctor(data)
    assert before["state"] == "note"
    assert "about Bin;" in before["detail"]
    assert "hanze classify TYPE --public" in before["detail"]
    done = hanze("classify", "Bin", "--public", "--data", data)
    assert done.out.splitlines() == [
        "urn:ngsi-ld:Dataset:own:Bin: open to everybody",
        "  under https://creativecommons.org/publicdomain/zero/1.0/",
    ]
    assert found_by_doctor(data)["state"] == "ok"


def test_classify_should_say_what_is_missing_when_data_are_closed_without_reasons(
    data: str,
) -> None:
    assert hanze("classify", "Bin", "--data", data).code == 2
    without = hanze("classify", "Bin", "--closed", "--data", data)
    assert (without.code, "must have an owner" in without.err) == (2, True)
    no_ground = hanze("classify", "Bin", "--closed", "--owner", CITY, "--data", data)
    assert (no_ground.code, "on which ground" in no_ground.err) == (2, True)
    assert found_by_doctor(data)["state"] == "note"


@pytest.mark.slow
def test_a_dataset_should_be_set_as_it_is_shown(data: str, tmp_path: Path) -> None:
    (made,) = run(data, "classify", "Bin", *CLOSED)
    file = tmp_path / "bin.json"
    file.write_bytes(orjson.dumps(made | {"title": {"nl": "Bakken", "en": "Bins"}}))
    again = run(data, "dataset", "set", made["id"], str(file))
    assert again["title"] == {"nl": "Bakken", "en": "Bins"}
    listed = {one["id"]: one for one in run(data, "dataset", "list")}
    assert listed[made["id"]]["owner"] == CITY
    assert run(data, "dataset", "remove", made["id"], "--yes")["done"]
    assert hanze("dataset", "show", made["id"], "--data", data).code == 2


@pytest.mark.slow
def test_an_agreement_should_be_offered_signed_changed_and_revoked(data: str) -> None:
    (made,) = run(data, "classify", "Bin", *CLOSED)
    terms = ("--dataset", made["id"], "--with", LAB, "--until", "2998-01-01", "--purpose")
    offered = run(data, "agreement", "offer", *terms, "dpv:AcademicResearch")
    name = offered["id"]
    assert offered["waitsFor"] == [CITY, LAB]
    for party in (LAB, CITY):
        signed = run(data, "agreement", "sign", name, "--as", party)
    assert signed["state"] == "active"
    assert run(data, "agreement", "show", name, "--policy")["@type"] == "Agreement"
    changed = run(data, "agreement", "change", name, *terms, "dpv:ScientificResearch")
    assert (changed["version"], changed["state"]) == (2, "offered")
    states = [one["state"] for one in run(data, "agreement", "list")]
    assert states == ["active", "offered"]
    ended = run(data, "agreement", "revoke", name, "--reason", "Done.")
    assert ended["state"] == "revoked"
    refused = hanze("agreement", "sign", name, "--as", CITY, "--data", data)
    assert refused.code != 0
