"""`hanze registration` on a data directory."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from hanze.node.node import close_node, open_node
from hanze.settings import Settings
from tests.in_process_command import hanze
from tests.registering import SOURCE

ID = str(SOURCE["id"])


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A directory in which nothing is registered."""

    async def make() -> None:
        await close_node(await open_node(Settings(data=tmp_path / "data")))

    asyncio.run(make())
    return str(tmp_path / "data")


def listed(data: str, *more: str) -> Any:
    answer = hanze("registration", "list", "--data", data, "--json", *more)
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


@pytest.mark.clause("5.9.2")
def test_a_broker_should_be_registered_shown_and_removed(data: str) -> None:
    said = ("--type", "Vehicle", "--property", "speed", "--mode", "redirect", "--name", "cars")
    added = hanze("registration", "add", "http://a.example", *said, "--data", data, "--json")
    assert added.code == 0, added.err
    name = orjson.loads(added.out)["id"]
    (one,) = listed(data)
    assert one == {
        "id": name,
        "type": "ContextSourceRegistration",
        "endpoint": "http://a.example",
        "information": [{"entities": [{"type": "Vehicle"}], "propertyNames": ["speed"]}],
        "mode": "redirect",
        "registrationName": "cars",
    }
    table = hanze("registration", "list", "--data", data).out.splitlines()
    assert table[1].split("\t") == [
        *(name, "cars", "redirect", "http://a.example", "Vehicle", "0", "0", "")
    ]
    shown = orjson.loads(hanze("registration", "show", name, "--data", data).out)
    assert {**shown, **one} == shown
    gone = hanze("registration", "remove", name, "--yes", "--data", data)
    assert (gone.code, gone.out) == (0, f"{name} is deleted.\n")
    assert listed(data) == []
    missing = hanze("registration", "show", name, "--data", data)
    assert missing.code == 2
    assert "does not exist" in missing.err


def test_names_should_mean_what_they_mean_to_hanze_query_when_no_context_is_named(
    data: str,
) -> None:
    core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"
    for more in ((), ("--context", core)):
        said = ("http://a.example", "--type", "WasteContainer", *more)
        assert hanze("registration", "add", *said, "--data", data).code == 0
    types = [one["information"][0]["entities"][0]["type"] for one in listed(data)]
    assert types == [
        "WasteContainer",
        "https://uri.etsi.org/ngsi-ld/default-context/WasteContainer",
    ]


@pytest.mark.clause("5.9.1")
def test_sources_of_histories_should_be_listed_too(data: str, tmp_path: Path) -> None:
    years = {"startAt": "2020-01-01T00:00:00Z"}
    kinds: list[dict[str, Any]] = [
        {"observationInterval": years},
        {"managementInterval": years},
        {"@context": {}},
    ]
    for number, more in enumerate(kinds):
        file = tmp_path / "registration.json"
        file.write_bytes(orjson.dumps({**SOURCE, "id": f"urn:r:{number}", **more}))
        added = hanze("registration", "add", "--file", str(file), "--data", data)
        assert (added.code, added.out) == (0, f"urn:r:{number} is registered.\n"), added.err
    assert {one["id"] for one in listed(data)} == {"urn:r:0", "urn:r:1", "urn:r:2"}
    tenant = ("--tenant", "city")
    added = hanze("registration", "add", "http://a.example", "--type", "A", "--data", data, *tenant)
    assert added.code == 0, added.err
    assert len(listed(data, *tenant)) == 1


def test_a_registration_should_be_refused_when_it_is_said_wrongly(
    data: str, tmp_path: Path
) -> None:
    (tmp_path / "no.json").write_text("{")
    for arguments in (
        (),
        ("http://a.example",),
        ("http://a.example", "--file", str(tmp_path / "no.json")),
        ("--file", str(tmp_path / "no.json")),
        ("http://a.example", "--entity", "urn:v:1"),
        ("nowhere", "--type", "A"),
    ):
        assert hanze("registration", "add", *arguments, "--data", data).code == 2, arguments
    assert listed(data) == []
