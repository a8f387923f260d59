"""`hanze catalogue`: shown, checked, and read elsewhere."""

from pathlib import Path

import orjson

from tests.classified import classify_directory
from tests.in_process_command import hanze

TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
<https://a.example/> a dcat:Catalog ; dct:title "A" .
"""


def test_catalogue_should_be_written_and_checked(tmp_path: Path) -> None:
    classify_directory(tmp_path / "d")
    data = ("--data", str(tmp_path / "d"))
    shown = hanze("catalogue", "show", *data)
    assert shown.code == 0, shown.err
    document = orjson.loads(shown.out)
    assert any("dcat:Dataset" in one["@type"] for one in document["@graph"])
    checked = hanze("catalogue", "validate", "--json", *data)
    assert orjson.loads(checked.out)["valid"], checked.err


def test_validate_should_name_what_a_file_lacks(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text(TURTLE, encoding="utf-8")
    checked = hanze("catalogue", "validate", "--file", str(tmp_path / "a.ttl"))
    assert checked.code == 1
    assert "contactPoint" in checked.out
