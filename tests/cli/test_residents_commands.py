"""`hanze consent`, `request`, `sensors` and `algorithm` on a data directory."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.in_process_command import hanze
from tests.residents_world import ALICE, CARE, CITY, KIM, city_of_residents

pytestmark = pytest.mark.slow

ALGORITHM = {
    "id": "urn:ngsi-ld:Algorithm:hanze:bicycles",
    "name": {"en": "Bicycle parking"},
    "description": {"en": "Foresees how full a bicycle parking will be"},
    "organization": CITY,
    "goal": {"en": "Fewer bicycles in the way"},
    "contact": "algorithms@hanze.example",
}


@pytest.fixture
def data(tmp_path: Path) -> str:
    """The directory of a city with residents."""

    async def make() -> None:
        async with city_of_residents(tmp_path / "data"):
            pass

    asyncio.run(make())
    return str(tmp_path / "data")


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_consent_should_be_given_listed_and_revoked(data: str) -> None:
    where = ("--data", data)
    said = ("--purpose", "dpv:AcademicResearch", "--notice", "A letter", "--subject", ALICE)
    given = _json("consent", "give", CARE, *said, *where)
    receipt = _json("consent", "receipt", given["record_id"], *where)
    assert receipt["pii_principal_id"] == ALICE
    table = hanze("consent", "list", *where).out.splitlines()
    assert table[1].split("\t")[:3] == [given["record_id"], "given", ALICE]
    hanze("consent", "revoke", given["record_id"], "--reason", "A letter came", *where)
    assert _json("consent", "list", *where)[0]["state"] == "revoked"


def test_request_should_be_filed_extended_and_answered(data: str) -> None:
    where = ("--data", data)
    filed = _json("request", "file", "erasure", "--subject", KIM, *where)
    hanze("request", "extend", filed["id"], "--reason", "Holidays", *where)
    told = hanze("request", "answer", filed["id"], "granted", "--yes", *where)
    assert (told.code, told.out.split(":")[0]) == (0, "urn"), told.err
    shown = _json("request", "show", filed["id"], *where)
    assert shown["answer"]["entities"] == 1
    late = hanze("request", "list", "--overdue", *where)
    assert late.out.splitlines()[1:] == []
    parents = _json("request", "parents", *where)
    assert [one["child"] for one in parents] == [KIM]


def test_registers_should_be_listed_and_written_to_files(data: str, tmp_path: Path) -> None:
    where = ("--data", data)
    table = hanze("sensors", "list", *where).out.splitlines()
    assert len(table) == 7
    code, file = tmp_path / "code.svg", tmp_path / "sensors.csv"
    assert hanze("sensors", "qr", "urn:ngsi-ld:AirSensor:1", str(code), *where).code == 0
    assert b"<svg" in code.read_bytes()
    assert hanze("sensors", "export", str(file), "--format", "csv", *where).code == 0
    assert len(file.read_text("utf-8").splitlines()) == 7


def test_algorithm_should_be_set_listed_and_removed(data: str, tmp_path: Path) -> None:
    where, file = ("--data", data), tmp_path / "algorithm.json"
    file.write_bytes(orjson.dumps(ALGORITHM))
    assert hanze("algorithm", "set", str(file), *where).code == 0
    assert _json("algorithm", "list", "--dutch", *where)[0]["name"] == "Bicycle parking"
    name = str(ALGORITHM["id"])
    assert hanze("algorithm", "remove", name, "--yes", *where).code == 0
    assert hanze("algorithm", "show", name, *where).code == 2
