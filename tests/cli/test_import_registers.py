"""`hanze import` of registers and cases: the second time nothing changes, also over a running node."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.in_process_command import hanze
from tests.running import start_node

KOREA = "collective/kr/korea_sido_sigungu_2010.csv"
CITIES = "collective/cities/geonames_nl_kr_be_and_world500k.json"


@pytest.fixture(params=["data", "url"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A data directory, or a node that runs on one."""
    data = str(tmp_path / "data")
    if request.param == "data":
        yield "--data", data
        return
    node = start_node(["serve", "--data", data, "--port", "0", "--dev"])
    yield "--url", node.url
    node.stop()


def imported(*arguments: str) -> dict[str, Any]:
    done = hanze("import", *arguments, "--json")
    assert (done.code, done.err) == (0, ""), done.err + done.out
    found: dict[str, Any] = orjson.loads(done.out)
    return found


def test_registers_should_change_nothing_when_they_are_imported_again(
    shared_data: Path, target: tuple[str, str]
) -> None:
    boundaries = str(shared_data / "geo/kr-municipalities-2018.topojson")
    korea = (
        *("municipalities-kr", str(shared_data / KOREA)),
        *("--boundaries", boundaries, *target),
    )
    cities = ("cities", str(shared_data / CITIES), *target)
    first = imported(*korea)
    assert (first["entities"]["created"], first["possibleDuplicates"]) == (293, 0)
    added = imported(*cities)["entities"]
    assert (added["created"], added["updated"] > 0) == (0, True)
    for arguments in (korea, cities):
        again = imported(*arguments)["entities"]
        assert (again["created"], again["updated"], again["failed"]) == (0, 0, 0)
        assert again["unchanged"] == again["read"]


def test_cases_should_change_nothing_when_they_are_imported_again(
    shared_data: Path, tmp_path: Path
) -> None:
    target = ("--data", str(tmp_path / "data"))
    cases = ("cases", str(shared_data / "collective/projects/ips-x-cases.csv"), *target)
    dry = imported(*cases, "--dry-run")
    assert dry["entities"]["created"] == dry["entities"]["read"]
    assert not (tmp_path / "data").exists()
    first = imported(*cases, "--as-of", "2022-06-30")
    assert first["records"]["Project"] == 427
    assert first["possibleDuplicates"] > 0
    again = imported(*cases, "--as-of", "2022-06-30")["entities"]
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, again["read"])
