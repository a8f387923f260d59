"""`hanze record` and the imports of records, over a data directory and a running node."""

from pathlib import Path
from time import monotonic
from typing import Any

import apsw
import httpx
import orjson
import pytest

from tests.in_process_command import hanze
from tests.running import Finished, start_node

DEMANDS = """id,title.nl,problem.nl,sourceCity,budget,deadline,themes,launchingCustomer
1,Fietsen stallen,Te weinig rekken bij het station,GM0344,250000 EUR,31-12-2026,mobility,ja
2,Slimme lantaarns,Het is donker,GM0344,EUR 1.250,2026-05-01,energie,nee
3,Afval scheiden,Containers zijn vol,Utrecht,"€ 90000",20260601,circular-economy,
"""
CITIES = """gm_code,name,pv_code,province,population
GM0344,Utrecht,PV26,Utrecht,357597
"""


@pytest.fixture
def data(tmp_path: Path) -> str:
    """A data directory with a city."""
    (tmp_path / "cities.csv").write_text(CITIES, "utf-8")
    folder = str(tmp_path / "data")
    done = hanze("import", "municipalities-nl", str(tmp_path / "cities.csv"), "--data", folder)
    assert (done.code, done.err) == (0, "")
    return folder


def said(done: Finished) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(done.out)
    return found


def test_a_table_should_be_imported_but_for_rows_that_are_wrong(data: str, tmp_path: Path) -> None:
    table = tmp_path / "demands.csv"
    table.write_text(DEMANDS, "utf-8")
    arguments = ("import", "records", str(table), "--type", "Demand", "--data", data)
    dry = hanze(*arguments, "--dry-run", "--json")
    assert said(dry)["entities"]["read"] == 2
    assert said(hanze("record", "list", "--type", "Demand", "--data", data, "--json"))["total"] == 0
    first = hanze(*arguments)
    assert first.code == 1
    assert (
        "Left out: line 3, record 2: column budget must be a number whose decimal mark" in first.err
    )
    assert "  created: 2" in first.out
    again = said(hanze(*arguments, "--json"))["entities"]
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    shown = said(hanze("record", "show", "urn:ngsi-ld:Demand:demands:1", "--data", data, "--json"))
    entity = shown["entity"]
    assert entity["budget"] == {"value": 250000, "unitCode": "EUR"}
    assert entity["deadline"] in ("2026-12-31", {"value": "2026-12-31"})
    assert entity["provenance"] in ("imported", {"value": "imported"})
    assert shown["sourceCity"]["id"] == "urn:ngsi-ld:Municipality:NL:GM0344"


def test_what_was_merged_should_stay_merged_when_it_is_imported_again(
    data: str, tmp_path: Path
) -> None:
    table = tmp_path / "ideas.csv"
    table.write_text(
        "id,title.nl,title.en,problem.nl,sourceCity,website\n"
        "a,Fietsen stallen bij het station,,Te weinig rekken bij het station,GM0344,\n"
        "b,Fietsen stallen bij station,Bicycle parking,Te weinig rekken bij station,GM0344,"
        "https://example.org/plan/1\n",
        "utf-8",
    )
    arguments = ("import", "records", str(table), "--type", "Demand", "--data", data)
    first = hanze(*arguments)
    assert (first.code, first.err) == (0, "")
    assert "possibleDuplicates: 1 (`hanze record duplicates` lists them)" in first.out
    one, other = "urn:ngsi-ld:Demand:ideas:a", "urn:ngsi-ld:Demand:ideas:b"
    (pair,) = said(hanze("record", "duplicates", "--data", data, "--json"))["pairs"]
    assert {pair["one"]["id"], pair["other"]["id"]} == {one, other}
    assert {reason["kind"] for reason in pair["reasons"]} == {"title", "city"}
    comment = (
        "about",
        f"about={other}",
        "text.nl=Goed plan",
        "title.nl=Opmerking",
        "kind=question",
    )
    sets = [part for field in comment[1:] for part in ("--set", field)]
    assert hanze("record", "add", "Comment", *sets, "--id", "c", "--data", data).code == 0

    unasked = hanze("record", "merge", one, other, "--data", data)
    assert (unasked.code, "Stopped." in unasked.err) == (1, True)
    done = hanze("record", "merge", one, other, "--yes", "--data", data)
    assert (done.code, done.err) == (0, "")
    kept = said(hanze("record", "show", one, "--data", data, "--json"))
    assert kept["entity"]["title"]["languageMap"] == {
        "nl": "Fietsen stallen bij het station",
        "en": "Bicycle parking",
    }
    assert other in orjson.dumps(kept["entity"]["mergedFrom"]).decode()
    assert [named["id"] for named in kept["referring"]] == ["urn:ngsi-ld:Comment:entered:c"]
    assert hanze("record", "show", other, "--data", data).code == 2

    again = said(hanze(*arguments, "--json"))
    assert (again["entities"]["created"], again["mergedBefore"]) == (0, 1)


@pytest.mark.slow
def test_records_should_be_added_and_exported_over_a_running_node(
    data: str, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(hanze("token", "new", "officer", "--data", data).out, "utf-8")
    node = start_node(["serve", "--data", data, "--port", "0"])
    try:
        sets = ("--set", "title.nl=Stille straten", "--set", "problem.nl=Het is te luid")
        arguments = (
            "record",
            "add",
            "Demand",
            *sets,
            "--set",
            "sourceCity=Utrecht",
            "--url",
            node.url,
        )
        denied = hanze(*arguments)
        assert (denied.code, "bearer token" in denied.err) == (2, True)
        done = hanze(*arguments, "--token-file", str(token), "--json")
        assert (done.code, done.err) == (0, "")
        assert said(done)["id"] == "urn:ngsi-ld:Demand:entered:stille-straten"
        wrong = hanze("record", "add", "Demand", "--set", "title.nl=x", "--url", node.url)
        assert "problem is missing" in wrong.err
        file = tmp_path / "demands.csv"
        assert hanze("record", "export", str(file), "--type", "Demand", "--url", node.url).code == 0
        assert "Stille straten" in file.read_text("utf-8-sig")
        until = monotonic() + 20
        while True:  # Texts are read in the background; a busy machine takes a while.
            listed = hanze("record", "list", "--q", "stille", "--url", node.url, "--lang", "nl")
            if "Stille straten\tUtrecht\topen" in listed.out:
                break
            assert monotonic() < until, listed.out
        table = httpx.get(f"{node.url}/api/v1/platforms.csv")
        assert table.text.startswith("platform,operators,product,part,reusable")
    finally:
        node.stop()


@pytest.mark.parametrize("kind", ["Demand", "Project", "Organization"])
def test_a_template_should_be_a_table_that_can_be_imported(kind: str, tmp_path: Path) -> None:
    table = hanze("record", "template", kind)
    mapping = hanze("record", "template", kind, "--format", "toml")
    assert (table.code, mapping.code) == (0, 0)
    (tmp_path / "t.csv").write_text(table.out, "utf-8")
    (tmp_path / "t.toml").write_text(mapping.out, "utf-8")
    done = hanze(
        *("import", "records", str(tmp_path / "t.csv"), "--type", kind, "--dry-run"),
        *("--map", str(tmp_path / "t.toml"), "--data", str(tmp_path / "none")),
    )
    assert (done.code, done.err) == (0, "")


def test_a_field_that_the_type_lacks_should_be_refused_with_the_one_that_is_meant(
    data: str,
) -> None:
    given = ("--set", "titel.nl=Bankjes", "--set", "problem.nl=Moe", "--set", "sourceCity=GM0344")
    done = hanze("record", "add", "Demand", *given, "--data", data)
    assert done.code == 2
    assert "a Demand has no field titel; is it title?" in done.err


def test_a_record_should_go_to_members_and_have_a_key_of_its_own(data: str) -> None:
    given = ("--set", "title.nl=Bankjes", "--set", "problem.nl=Moe", "--set", "sourceCity=GM0344")
    add = ("record", "add", "Demand", *given, "--data", data)
    lost = hanze(*add, "--tenant", "utrecth")
    assert lost.code == 2
    assert "No city takes part as tenant utrecth (there are: none)" in lost.err
    assert hanze(*add).code == 0
    again = hanze(*add)
    assert (again.code, "--id gives this one a key of its own" in again.err) == (2, True)
    wrong = hanze(*add, "--set", "status=frozen", "--id", "b")
    assert wrong.err.startswith("Error: Demand: status must be one of")
    assert 'not "frozen"' in wrong.err
    nothing = hanze("record", "list", "--theme", "magic", "--data", data)
    assert (nothing.code, "No record is found" in nothing.err) == (0, True)


def test_a_table_of_something_else_should_be_refused(data: str, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("article,price\na,1\n", "utf-8")
    done = hanze(
        "import", "records", str(tmp_path / "prices.csv"), "--type", "Demand", "--data", data
    )
    assert done.code == 1
    assert "No column of the table is a field of Demand; it has article, price" in done.err


def test_doctor_should_tell_which_records_count_for_nothing(data: str, tmp_path: Path) -> None:
    def records() -> dict[str, str]:
        found = orjson.loads(hanze("doctor", "--data", data, "--json").out)
        return next(one for one in found if one["check"] == "records")

    assert records()["state"] == "ok"
    (tmp_path / "own.toml").write_text(
        '[[concept]]\nid = "huifkar"\nbroader = "cycling"\nnl = ["huifkar"]\n', "utf-8"
    )
    load = ("vocabulary", "load", str(tmp_path / "own.toml"), "--city", "utrecht")
    assert hanze(*load, "--data", data).code == 0
    told = records()
    assert (told["state"], "all readable" in told["detail"]) == ("ok", True)
    _damage(Path(data) / "hanze.db")
    told = records()
    assert told["state"] == "note"
    assert (
        "1 cannot be read and are shown nowhere: urn:ngsi-ld:Municipality:NL:GM0344"
        in (told["detail"])
    )
    assert "concepts of cities do not fit: utrecht:huifkar" in told["detail"]


def _damage(database: Path) -> None:
    """Write what an older version may have let pass: no operation of this one would."""
    connection = apsw.Connection(str(database))
    connection.execute(
        """UPDATE entity SET body = CAST(replace(CAST(body AS TEXT), '357597', '"many"') AS BLOB)
        WHERE id = 'urn:ngsi-ld:Municipality:NL:GM0344'"""
    )
    connection.execute(
        """UPDATE entity SET body = CAST(replace(CAST(body AS TEXT), '"cycling"', '"cyclin"') AS BLOB)
        WHERE id LIKE 'urn:ngsi-ld:Concept:%'"""
    )
    connection.close()


def test_an_import_should_tell_what_it_writes_over(data: str, tmp_path: Path) -> None:
    corrected = CITIES.replace("357597", "367984")
    (tmp_path / "newer.csv").write_text(corrected, "utf-8")
    again = hanze("import", "municipalities-nl", str(tmp_path / "newer.csv"), "--data", data)
    assert "  updated: 3" in again.out
    assert "changed: 3\n" in again.out
    assert "  urn:ngsi-ld:Municipality:NL:GM0344: population\n" in again.out
