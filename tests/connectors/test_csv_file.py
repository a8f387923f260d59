"""CSV files with a mapping: columns become attributes, and nothing is guessed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.connectors import DamagedInput, WrongInput
from hanze.connectors.csv_file.decode import CsvMapping
from hanze.connectors.csv_file.source import CsvFile, load_mapping
from hanze.errors import ConfigurationError, InvalidInput
from hanze.ngsild.model import Attribute, AttributeKind, Entity
from hanze.ngsild.vocabulary import HANZE

MAPPING = """
source = "ggd"
id = "{station}"
provider = "GGD"
license = "https://creativecommons.org/licenses/by/4.0/"

[file]
delimiter = ";"
decimal = ","
time_zone = "Europe/Amsterdam"
no_value = ["", "-"]
comment = "#"

[time]
columns = ["date", "hour"]
format = "%d-%m-%Y %H"

[location]
latitude = "lat"
longitude = "lon"

[attributes.no2]
column = "NO2"
kind = "number"
unit = "GQ"
no_value = ["-999"]

[attributes.temperature]
column = "temp"
kind = "number"
unit = "CEL"
factor = "0.1"

[attributes.name]
column = "title"
timeless = true

[attributes.ofSite]
column = "station"
kind = "relationship"
prefix = "urn:ngsi-ld:Site:"
"""
HEADER = "station;date;hour;lat;lon;NO2;temp;title\n"
ROW = "A-1;21-07-2026;14;52,37;4,89;12,5;213;Plein\n"


def mapping(folder: Path, text: str = MAPPING) -> CsvMapping:
    path = folder / "map.toml"
    path.write_text(text, "utf-8")
    return load_mapping(path)


def intake(folder: Path, table: str | bytes, text: str = MAPPING) -> CsvFile:
    path = folder / "table.csv"
    path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return CsvFile(
        path, mapping(folder, text), entity_type="AirQualityObserved", expand=HANZE.expand_name
    )


def one(entity: Entity, name: str) -> Attribute:
    (instance,) = entity.attributes[HANZE.expand_name(name)]
    return instance


def test_a_row_should_become_an_entity(tmp_path: Path) -> None:
    (entity,) = intake(tmp_path, "# from the GGD\n" + HEADER + ROW).entities()
    assert entity.id == "urn:ngsi-ld:AirQualityObserved:ggd:A-1"
    no2 = one(entity, "no2")
    assert (no2.value, no2.unit_code, no2.observed_at) == (12.5, "GQ", "2026-07-21T12:00:00Z")
    assert one(entity, "temperature").value == 21.3
    assert one(entity, "name").observed_at is None
    assert one(entity, "location").value == {"type": "Point", "coordinates": [4.89, 52.37]}
    relationship = one(entity, "ofSite")
    assert relationship.kind is AttributeKind.RELATIONSHIP
    assert relationship.value == "urn:ngsi-ld:Site:A-1"
    assert one(entity, "dataProvider").value == "GGD"


def test_texts_for_no_value_should_leave_the_attribute_out(tmp_path: Path) -> None:
    row = ROW.replace("12,5", "-999").replace("213", "-").replace("52,37;4,89", ";")
    (entity,) = intake(tmp_path, HEADER + row).entities()
    present = {HANZE.compact_name(name) for name in entity.attributes}
    assert present == {"name", "ofSite", "dataProvider", "license"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("12,5", "12.5", 'column NO2 must be a number, not "12.5"'),
        ("12,5", "1.234,5", "column NO2 must be a number"),
        ("12,5", "nan", "column NO2 must be a number"),
        ("213", "213;9", "9 columns instead of 8"),
        ("21-07-2026", "2026-07-21", "column date+hour must be a time like %d-%m-%Y %H"),
        ("52,37", "121000", "degrees of WGS 84"),
        ("A-1", "", "column station is empty, and the id needs it"),
        ("21-07-2026;14", "29-03-2026;02", "summer time"),
        ("21-07-2026;14", "25-10-2026;02", "summer time"),
    ],
)
def test_a_row_that_is_not_as_the_mapping_says_should_be_left_out(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    other = ROW.replace("A-1", "B-2")
    run = intake(tmp_path, HEADER + ROW.replace(old, new) + other)
    assert [entity.id[-3:] for entity in run.entities()] == ["B-2"]
    (refusal,) = run.refusals.first
    assert (refusal["line"], refusal["record"]) == (2, 1)
    assert reason in str(refusal["reason"])


def test_of_several_rows_the_newest_should_be_the_present_state(tmp_path: Path) -> None:
    later = ROW.replace(";14;", ";15;").replace("12,5", "99")
    run = intake(tmp_path, HEADER + later + ROW)
    assert [one(entity, "no2").value for entity in run.entities()] == [99.0]
    assert run.details() == {"rows": 2, "olderRows": 1}
    assert run.position == run.size


def test_columns_that_are_missing_or_come_twice_should_be_named(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no column NO2, temp; it has station"):
        list(intake(tmp_path, HEADER.replace("NO2;temp", "O3")).entities())
    with pytest.raises(WrongInput, match="several columns lat"):
        list(intake(tmp_path, HEADER.replace("title", "title;lat")).entities())
    with pytest.raises(WrongInput, match="no line with the names"):
        list(intake(tmp_path, "").entities())


def test_a_table_that_breaks_off_should_give_what_came_before(tmp_path: Path) -> None:
    stream = intake(tmp_path, HEADER + ROW + ROW.replace("A-1", '"B')).entities()
    assert next(stream).id.endswith("A-1")
    with pytest.raises(DamagedInput, match="line 3, record 2"):
        next(stream)


def test_a_byte_that_is_no_text_should_have_its_line(tmp_path: Path) -> None:
    table = (HEADER + ROW).encode() + ROW.replace("Plein", "Caf\xe9").encode("latin-1")
    with pytest.raises(DamagedInput, match=r"not utf-8-sig at character \d+ \(at line 3"):
        list(intake(tmp_path, table).entities())
    text = MAPPING.replace("[file]", '[file]\nencoding = "latin-1"')
    assert one(next(intake(tmp_path, table, text).entities()), "name").value == "Caf\xe9"


def test_lines_before_the_header_should_be_skipped(tmp_path: Path) -> None:
    text = MAPPING.replace("[file]", "[file]\nskip = 2")
    run = intake(tmp_path, 'a "report\n\n' + HEADER + ROW.replace("12,5", "x"), text)
    assert list(run.entities()) == []
    assert run.refusals.first[0]["line"] == 4


def test_a_time_without_a_zone_should_be_refused_where_the_mapping_has_none(tmp_path: Path) -> None:
    text = MAPPING.replace('time_zone = "Europe/Amsterdam"', "")
    run = intake(tmp_path, HEADER + ROW, text)
    assert list(run.entities()) == []
    assert "say its time_zone" in str(run.refusals.first[0]["reason"])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("[file]", "[fiel]", "fiel"),
        ('kind = "number"', 'kind = "nummer"', "nummer"),
        ('factor = "0.1"', 'factor = "a tenth"', "a tenth"),
        ("Europe/Amsterdam", "Europe/Zwolle", "Europe/Zwolle"),
        ('delimiter = ";"', 'delimiter = ";;"', "one character"),
        ('source = "ggd"', "", "source"),
        ('source = "ggd"', 'source = "the GGD"', "source must be"),
        ('id = "{station}"', 'id = "station"', "id must name a column"),
        (
            'column = "NO2"',
            'column = "NO2"\ndataset_id = "nr 1"',
            "dataset_id of no2 must be a URI",
        ),
        ('column = "NO2"', 'column = "NO2"\nattribute = "name"', "dataset_id of its own"),
        ("[file]", "[file", "map.toml"),
    ],
)
def test_a_mapping_that_is_wrong_should_say_what(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        mapping(tmp_path, MAPPING.replace(old, new))


def test_an_encoding_that_does_not_exist_should_be_told(tmp_path: Path) -> None:
    text = MAPPING.replace("[file]", '[file]\nencoding = "utf-9"')
    with pytest.raises(ConfigurationError, match="utf-9"):
        list(intake(tmp_path, HEADER, text).entities())


KINDS = """
source = "s"
id = "{k}"
[attributes.value]
column = "v"
kind = "KIND"
"""


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("integer", "7", 7),
        ("number", "7", 7),
        ("number", "7.0", 7.0),
        ("number", "-1e3", -1000.0),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("text", "007", "007"),
        (
            "datetime",
            "2026-01-01T12:00:00+01:00",
            {"@type": "DateTime", "@value": "2026-01-01T11:00:00Z"},
        ),
    ],
)
def test_kinds(tmp_path: Path, kind: str, text: str, value: object) -> None:
    (entity,) = intake(tmp_path, f"k,v\n1,{text}\n", KINDS.replace("KIND", kind)).entities()
    found = one(entity, "value").value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("integer", "7.5"), ("boolean", "ja"), ("datetime", "1-1-2026"), ("relationship", "x y")],
)
def test_texts_that_are_not_of_their_kind(tmp_path: Path, kind: str, text: str) -> None:
    run = intake(tmp_path, f"k,v\n1,{text}\n", KINDS.replace("KIND", kind))
    assert list(run.entities()) == []
    assert "column v must be" in str(run.refusals.first[0]["reason"])


@given(table=st.binary(max_size=200))
def test_any_bytes_should_end_in_an_error_that_says_what_is_wrong(
    tmp_path_factory: pytest.TempPathFactory, table: bytes
) -> None:
    run = intake(
        tmp_path_factory.mktemp("csv"), b"k,v\n1,2\n" + table, KINDS.replace("KIND", "number")
    )
    try:
        assert len(list(run.entities())) >= 1
    except (DamagedInput, WrongInput) as error:
        assert str(error)


def test_several_columns_should_be_instances_of_one_attribute(tmp_path: Path) -> None:
    text = """
source = "s"
id = "{k}"
[attributes.left]
column = "l"
attribute = "intensity"
dataset_id = "urn:x:left"
[attributes.right]
column = "r"
attribute = "intensity"
dataset_id = "urn:x:right"
"""
    (entity,) = intake(tmp_path, "k,l,r\n1,2,3\n", text).entities()
    instances = entity.attributes[HANZE.expand_name("intensity")]
    assert [instance.dataset_id for instance in instances] == ["urn:x:left", "urn:x:right"]


def test_a_type_that_is_no_name_should_be_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(HEADER + ROW, "utf-8")
    run = CsvFile(path, mapping(tmp_path), entity_type="a b", expand=HANZE.expand_name)
    with pytest.raises(InvalidInput):
        list(run.entities())
