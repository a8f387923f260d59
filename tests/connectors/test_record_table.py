"""Tables of records: what cells may hold, what is refused and why, and mappings."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.collaboration.records.entities import read_record, write_record
from hanze.collaboration.records.fields import Shape, fields_of
from hanze.collaboration.records.missions import Mission, ProgrammeItem
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.connectors import WrongInput
from hanze.connectors.decoded import AS_PUBLISHED
from hanze.connectors.known import Known
from hanze.connectors.record_table.cells import WrongCell, cell_value, read_day
from hanze.connectors.record_table.mapping import RecordMapping, csv_template, toml_template
from hanze.connectors.record_table.source import load_record_mapping, record_table
from hanze.errors import ConfigurationError

BUDGET = next(field for field in fields_of(Demand) if field.name == "budget")
PLAIN = RecordMapping()


def read(
    folder: Path, text: str, mapping: RecordMapping = PLAIN, known: Known | None = None
) -> Any:
    path = folder / ("list.json" if text.startswith(("[", "{")) else "list.csv")
    path.write_text(text, "utf-8")
    intake = record_table(path, Demand, mapping, known or Known())
    entities = list(intake.entities())
    return entities, intake


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("250000 EUR", "250000", "EUR"),
        ("EUR 250000", "250000", "EUR"),
        ("€ 1.234,50", "1234.50", "EUR"),
        ("₩1,234,567", "1234567", "KRW"),
        ("1 250 000,5 EUR", "1250000.5", "EUR"),
        ("12,5 EUR", "12.5", "EUR"),
        ("-3.25 USD", "-3.25", "USD"),
    ],
)
def test_amounts_should_be_read_exactly(text: str, amount: str, currency: str) -> None:
    assert cell_value(BUDGET, text, PLAIN, "b") == Money(Decimal(amount), currency)


@pytest.mark.parametrize("text", ["1.250 EUR", "EUR 1,250", "250000", "veel EUR", "€", "1.2.3 EUR"])
def test_amounts_should_be_refused_when_they_can_be_read_two_ways(text: str) -> None:
    with pytest.raises(WrongCell):
        cell_value(BUDGET, text, PLAIN, "b")
    if text[:1] in "1E":
        told = RecordMapping(decimal=",", currency="EUR")
        if text == "1.250 EUR":
            assert cell_value(BUDGET, text, told, "b") == Money(Decimal(1250), "EUR")


def test_structures_should_be_refused_in_plain_words() -> None:
    programme = next(field for field in fields_of(Mission) if field.name == "programme")
    item = '[{"key": "a", "kind": "visit", "title": {"nl": "x"}, "ends": "%s"}]'
    visit = ProgrammeItem(key="a", kind="visit", title={"nl": "x"}, ends="2026-05-31T09:30")
    assert cell_value(programme, item % visit.ends, PLAIN, "p") == (visit,)
    with pytest.raises(WrongCell, match="what the clock shows"):
        cell_value(programme, item % "half past nine", PLAIN, "p")


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-31",
        "31-05-2026",
        "31/5/2026",
        "31.5.2026",
        "20260531",
        "2026년 5월 31일",
        "2026.05.31",
    ],
)
def test_days_should_be_read_in_several_forms(text: str) -> None:
    assert read_day(text, PLAIN, "d") == date(2026, 5, 31)


@pytest.mark.parametrize(
    "text", ["31-13-2026", "2026-02-30", "5/31/2026", "morgen", "26-05-31", ""]
)
def test_days_that_do_not_exist_should_be_refused(text: str) -> None:
    with pytest.raises(WrongCell):
        read_day(text, PLAIN, "d")


def test_month_first_should_be_said_in_the_mapping() -> None:
    assert read_day("5/31/2026", RecordMapping(dates="month-first"), "d") == date(2026, 5, 31)


@given(st.dates(min_value=date(1000, 1, 1)))
@settings(max_examples=50)
def test_any_day_should_be_read_back(day: date) -> None:
    assert read_day(day.isoformat(), PLAIN, "d") == day
    assert read_day(f"{day.day}-{day.month}-{day.year}", PLAIN, "d") == day


@given(st.text(max_size=30))
@settings(max_examples=100)
def test_any_text_should_be_read_or_refused(text: str) -> None:
    for field in fields_of(Demand):
        if field.shape not in (Shape.LABEL, Shape.REFERENCE):
            try:
                cell_value(field, text, PLAIN, "c")
            except WrongCell as error:
                assert error.field == "c"


def test_a_mapping_should_say_what_columns_mean(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(
        'source = "utrecht"\nid = "nr"\nlanguage = "nl"\nsource_city = "GM0344"\ndecimal = ","\n'
        'currency = "EUR"\nsource_date = "2026-05-01"\nprovider = "Gemeente"\n'
        '[columns]\ntitle = "Naam"\nproblem = "Probleem"\nbudget = "Bedrag"\nstatus = "Stand"\n'
        '[values.status]\nloopt = "open"\n[constants]\nthemes = "Mobiliteit"\n',
        "utf-8",
    )
    entities, intake = read(
        tmp_path,
        "nr,Naam,Probleem,Bedrag,Stand,Zaaknummer\n12,Fietsen,Te vol,1.250,loopt,Z-9\n",
        load_record_mapping(tmp_path / "map.toml"),
    )
    (entity,) = entities
    record = read_record(entity)
    assert isinstance(record, Demand)
    assert record.id == "urn:ngsi-ld:Demand:utrecht:12"
    assert (record.title, record.status) == ({"nl": "Fietsen"}, "open")
    assert record.budget == Money(Decimal(1250), "EUR")
    assert record.source_city == "urn:ngsi-ld:Municipality:NL:GM0344"
    assert record.themes == ("urn:ngsi-ld:Theme:hanze:mobility",)
    assert (record.data_provider, record.source_date) == ("Gemeente", date(2026, 5, 1))
    assert entity.attributes[AS_PUBLISHED][0].value == {"Zaaknummer": "Z-9"}
    assert intake.details()["keptAsPublished"] == ["Zaaknummer"]


def test_references_should_be_found_by_code_name_or_theme(tmp_path: Path) -> None:
    there = Known(
        map(
            write_record,
            [
                Municipality(
                    id="urn:x:busan", title={"en": "Busan", "ko": "부산"}, kostat_code="21"
                ),
                Country(id="urn:x:kr", title={"en": "South Korea"}, iso_code="KR"),
                Organization(id="urn:x:a", title={"en": "Same"}, kind="other"),
                Organization(id="urn:x:b", title={"en": "Same"}, kind="other"),
            ],
        )
    )
    text = "id,title,problem,sourceCity,themes,countries,buyers\n"
    for number, (city, buyer) in enumerate((("21", ""), ("부산", ""), ("Busan", "Same"))):
        text += f"{number},A,B,{city},에너지;water,KR; NL,{buyer}\n"
    entities, intake = read(tmp_path, text, known=there)
    records = [read_record(one) for one in entities]
    assert {one.source_city for one in records} == {"urn:x:busan"}
    first = records[0]
    assert isinstance(first, Demand)
    assert first.countries == ("urn:x:kr", "urn:ngsi-ld:Country:NL")
    assert first.themes == ("urn:ngsi-ld:Theme:hanze:energy", "urn:ngsi-ld:Theme:hanze:water")
    assert "column buyers must be the id, code or name" in intake.refusals.first[0]["reason"]


def test_json_should_be_read_with_its_own_values(tmp_path: Path) -> None:
    entities, intake = read(
        tmp_path,
        orjson.dumps(
            {
                "records": [
                    {
                        "id": "a",
                        "title": {"nl": "Lampen", "en": "Lamps"},
                        "problem": "Het is donker in de straten",
                        "budget": {"amount": 1250.5, "currency": "EUR"},
                        "volume": {"value": 3, "unit": "KMT"},
                        "requirements": ["quiet", "dimmable"],
                        "tender": {"ocid": "ocds-1"},
                        "location": "52.09, 5.12",
                        "launchingCustomer": True,
                    },
                    {"id": "b", "title": "Zonder probleem"},
                    {"id": "c", "title": "x", "problem": "y", "status": "nonsense"},
                    {"id": "a", "title": "x", "problem": "y"},
                ]
            }
        ).decode(),
    )
    (record,) = map(read_record, entities)
    assert isinstance(record, Demand)
    assert record.problem == {"nl": "Het is donker in de straten"}
    assert record.requirements == ("quiet", "dimmable")
    assert record.location == {"type": "Point", "coordinates": [5.12, 52.09]}
    assert record.tender is not None
    reasons = [one["reason"] for one in intake.refusals.first]
    assert [one["record"] for one in intake.refusals.first] == [2, 3, 4]
    assert reasons[0] == "problem is missing"
    assert "must be one of draft, open" in reasons[1]
    assert "is there twice" in reasons[2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("[1]", "neither a JSON array"), ("{", "is no JSON"), ('{"a": 1}', "neither a JSON array")],
)
def test_a_file_should_be_refused_when_it_is_no_list(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(WrongInput, match=reason):
        read(tmp_path, text)


def test_a_mapping_should_be_refused_when_it_names_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="Demand has no field colour"):
        read(tmp_path, "id,a\n1,2\n", RecordMapping(columns={"colour": "a"}))
    with pytest.raises(WrongInput, match="The table has no column Naam"):
        read(tmp_path, "id,a\n1,2\n", RecordMapping(columns={"title": "Naam"}))
    (tmp_path / "map.toml").write_text("colour = 1\n", "utf-8")
    with pytest.raises(ConfigurationError, match="unknown field"):
        load_record_mapping(tmp_path / "map.toml")


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
def test_templates_should_name_every_field(kind: type[Project], tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text(toml_template(kind), "utf-8")
    mapping = load_record_mapping(tmp_path / "map.toml")
    header = csv_template(kind).strip().split(",")
    assert set(mapping.columns) == set(header) - {"id"}
    terms = {column.partition(".")[0] for column in header}
    own = {field.term for field in fields_of(kind)}
    assert own - terms == {"provenance", "mergedFrom", "simulated"}
