"""`hanze matchday` on a data directory."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.classified import classify_directory
from tests.in_process_command import hanze

pytestmark = pytest.mark.slow

_CITY = "urn:ngsi-ld:Municipality:almere"
_SHOP = "urn:ngsi-ld:Organization:almere:shop"
_BUSAN = "urn:ngsi-ld:Municipality:busan"


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("matchday")
    classify_directory(folder / "data")
    where = ("--data", str(folder / "data"))
    for kind, id_, country in (
        ("Municipality", _CITY, "NL"),
        ("Municipality", _BUSAN, "KR"),
        ("Organization", _SHOP, "NL"),
    ):
        record = {"id": id_, "title": {"en": id_.rpartition(":")[2]}}
        record |= {"country": f"urn:ngsi-ld:Country:{country}"}
        record |= {"kind": "company"} if kind == "Organization" else {}
        file = Path(folder) / "record.json"
        file.write_bytes(orjson.dumps(record))
        assert hanze("record", "add", kind, str(file), *where).code == 0
    return where


def _json(*arguments: str) -> Any:
    answer = hanze(*arguments, "--json")
    assert answer.code == 0, answer.err
    return orjson.loads(answer.out)


def test_day_should_be_opened_joined_planned_and_told(where: tuple[str, str]) -> None:
    day = _json(
        *("matchday", "new", "Water day", "--organiser", _CITY, "--on", "2099-03-05"),
        *("--rounds", "2", "--interpreter", "T1=nl,ko", "--venue", "Hall", "--most", "9"),
        *("--place", "Hall=1", "--break", "09:50-10:30", "--break", "12:00-13:00"),
        *("--register-before", "2099-01-01", "--title", "nl=Waterdag", *where),
    )["id"]
    refused = hanze("matchday", "join", day, _CITY, "--away", "07", *where)
    assert refused.code != 0
    assert "away must name slots" in refused.err
    joined = ("--language", "nl", "--most", "5")
    own = _json("matchday", "join", day, _CITY, *joined, *where)["id"]
    shop = _json("matchday", "join", day, _SHOP, "--seeks", "water", *where)["id"]
    busan = _json("matchday", "join", day, _BUSAN, "--language", "ko", "--side", "guest", *where)
    busan = busan["id"]
    asked = hanze("matchday", "ask", own, busan, "--interest", "5", "--why", "Rain", *where)
    assert asked.out == "almere: registered, 1 asked\n"
    assert hanze("matchday", "ask", busan, shop, *where).code == 0
    assert busan in hanze("matchday", "propose", shop, *where).out
    made = hanze("matchday", "plan", day, *where)
    assert made.out.splitlines() == ["Plan 1: 1 meetings; no plan is better."]
    assert "shop" in made.err
    assert "10:00" not in hanze("matchday", "list", "--status", "open", *where).out
    shown = hanze("matchday", "show", day, *where)
    assert "Water day, 2099-03-05 (Europe/Amsterdam): planned" in shown.out
    assert "T1" in shown.out
    again = hanze("matchday", "replan", day, "--interpreter-away", "T1", *where)
    assert "does not take place" in again.out
    calendar = hanze("matchday", "calendar", busan, *where)
    assert "STATUS:CANCELLED" in calendar.out
    table = hanze("matchday", "calendar", day, "--format", "csv", *where)
    assert "cancelled,01" in table.out or "cancelled,02" in table.out
    assert hanze("matchday", "refuse", shop, busan, *where).code == 0
    assert "withdrawn" in hanze("matchday", "withdraw", shop, *where).out
    assert hanze("matchday", "status", day, "over", *where).out == f"{day} is over.\n"


def test_option_should_be_refused_when_it_is_wrong(where: tuple[str, str]) -> None:
    given = ("matchday", "new", "x", "--organiser", _CITY, "--on", "2027-03-05")
    wrong = hanze(*given, "--interpreter", "Anna", *where)
    assert wrong.code == 2
    assert "T1: nl, ko" in wrong.err
    assert hanze(*given, "--interpreter", "T1=nl,ko;23:00", *where).code == 2
    assert hanze(*given, "--break", "soon", *where).code == 2
    assert hanze("matchday", "show", "urn:x:none", *where).code != 0
