"""`hanze match` on a data directory: who fits whom, in words and in JSON."""

import json
from pathlib import Path

import pytest

from hanze.broker.batch import create_entities
from hanze.collaboration.records.entities import write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Solution
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.rules.rules import CollectiveRules
from hanze.identity.caller import Caller
from hanze.ngsild.vocabulary import HANZE
from hanze.store.store import Store
from tests.in_process_command import hanze

_NOW = "2026-11-22T10:00:00Z"
_DEMAND = "urn:ngsi-ld:Demand:test:bikes"
_CITIES = [f"urn:ngsi-ld:Municipality:test:{number}" for number in range(3)]


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    store = await Store.open(tmp_path, rules=CollectiveRules())
    caller = Caller(actor="test", roles=frozenset({"writer"}))
    records = (
        Country(id="urn:ngsi-ld:Country:NL", title={"en": "Netherlands"}, iso_code="NL"),
        *(
            Municipality(
                id=name,
                title={"en": f"City {number}"},
                population=10_000 * (number + 1),
                country="urn:ngsi-ld:Country:NL",
            )
            for number, name in enumerate(_CITIES)
        ),
        Demand(
            id=_DEMAND,
            title={"nl": "Fietsen"},
            problem={"nl": "Te weinig plek in de fietsenstalling."},
        ),
        Solution(
            id="urn:ngsi-ld:Solution:test:parking",
            title={"en": "Bicycle parking guide"},
            what_it_does={"en": "Shows free places in bicycle parking."},
        ),
    )
    pairs = [(write_record(record), HANZE) for record in records]
    result = await create_entities(store, caller, pairs, now=_NOW)
    await store.close()
    assert result.errors == []
    return tmp_path


def test_rank_should_name_who_fits_and_why(data: Path) -> None:
    done = hanze("match", "rank", _DEMAND, "--data", str(data), "--lang", "nl")
    assert done.code == 0, done.err
    assert "Bicycle parking guide" in done.out
    assert "Beide gaan over: fiets" in done.out
    assert "1 were looked at" in done.err


def test_rank_should_answer_in_json_with_the_weights_that_were_set(data: Path) -> None:
    done = hanze(*("match", "rank", _DEMAND, "--data", str(data), "--json", "--weight", "text=9"))
    found = json.loads(done.out)
    assert found["weights"]["text"] == 9
    assert found["matches"][0]["parts"][0]["criterion"] == "text"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("urn:x:nobody",), "is no record of the collective"),
        ((_DEMAND, "--weight", "beauty=1"), "beauty is no criterion"),
        ((_DEMAND, "--weight", "text"), "must be like text=3"),
    ],
)
def test_rank_should_say_what_is_wrong(
    data: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = hanze("match", "rank", *arguments, "--data", str(data))
    assert done.code == 2
    assert message in done.err


def test_programme_should_plan_from_a_file(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "programme.json"
    file.write_text(json.dumps({"kind": "city-city", "ones": _CITIES, "method": "optimal"}))
    pytest.importorskip("ortools")
    done = hanze("match", "programme", str(file), "--data", str(data))
    assert done.code == 0, done.err
    assert "1 pairs" in done.err
    assert "no plan is better" in done.err
    file.write_text("[]")
    assert hanze("match", "programme", str(file), "--data", str(data)).code == 2
