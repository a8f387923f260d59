"""Cases, goals, contracts and grants as records: real files and our own, checked by their schemas."""

from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from hanze.collaboration.records.entities import read_record, write_record
from hanze.collaboration.records.needs import Demand
from hanze.collaboration.records.offers import Subsidy
from hanze.collaboration.records.organisations import Organization
from hanze.collaboration.records.places import Country, Municipality
from hanze.collaboration.records.projects import Project
from hanze.collaboration.records.record import Money
from hanze.collaboration.records.themes import Concept
from hanze.connectors import Intake, WrongInput
from hanze.connectors.cases.decode import STAGE_OF
from hanze.connectors.cases.source import innovation_cases
from hanze.connectors.decoded import AS_PUBLISHED, read_table
from hanze.connectors.grants_360.source import grants_package
from hanze.connectors.known import Known, key_of, redirected
from hanze.connectors.manifest import load_manifest
from hanze.connectors.ocds.source import contracting_package
from hanze.connectors.sdg.source import sustainable_goals
from hanze.ngsild.model import Entity

AMSTERDAM = "urn:ngsi-ld:Municipality:NL:GM0363"


def known() -> Known:
    cities = [
        Municipality(id=AMSTERDAM, title={"nl": "Amsterdam"}, country="urn:ngsi-ld:Country:NL"),
        Municipality(
            id="urn:ngsi-ld:Municipality:NL:GM0518",
            title={"nl": "'s-Gravenhage"},
            country="urn:ngsi-ld:Country:NL",
        ),
    ]
    return Known(map(write_record, cities))


def of(intake: Intake) -> dict[str, Entity]:
    found = list(intake.entities())
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def besides(entity: Entity) -> Any:
    return entity.attributes[AS_PUBLISHED][0].value


def test_every_case_should_be_a_project_when_the_real_table_is_read(shared_data: Path) -> None:
    path = shared_data / "collective/projects/ips-x-cases.csv"
    told = read_table(path.read_bytes(), ())
    intake = innovation_cases(path, known(), load_manifest("cases").provenance)
    entities = of(intake)
    projects = {
        besides(one)["id"]: read_record(one) for one in entities.values() if ":Project:" in one.id
    }
    assert projects.keys() == {row.cells["id"] for row in told}
    assert len(projects) == 427
    stages = Counter(STAGE_OF[row.cells["status"]][0] for row in told)
    assert stages == Counter(one.stage for one in projects.values() if isinstance(one, Project))
    assert stages["scaled"] == 0
    for row in told:
        record = projects[row.cells["id"]]
        assert isinstance(record, Project)
        assert record.description.get("en", "") == row.cells["description"]
        assert row.cells["status"] in record.stage_reason["en"]
        kept = besides(entities[record.id])
        assert {name: kept[name] for name in ("status", "type") if row.cells[name]} == {
            name: row.cells[name] for name in ("status", "type") if row.cells[name]
        }
        assert (record.lead is None) == (not row.cells["lead_organisation_name"])
        assert record.lead is None or record.lead in entities or ":Municipality:" in record.lead
    of_amsterdam = [one for one in projects.values() if one.source_city == AMSTERDAM]
    assert len(of_amsterdam) >= 4
    assert intake.refusals.count == 0
    lighting = next(one for one in projects.values() if "lighting" in one.title["en"])
    assert any("lighting" in concept for concept in lighting.concepts)


def test_rows_of_one_case_should_be_one_project(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(
        "id,name,description,lead_organisation_name,status,technology,geocoverage_codes,url\n"
        "1,Smart bins,Bins that call,City of the Hague,Pilot,AI,NL,see https://a.nl/1 and https://b.nl\n"
        "2,smart  bins,Bins that call,City of the Hague,Pilot,Blockchain,NL,\n"
        "3,Other,Text,,Dreamt,AI,NL,\n",
        "utf-8",
    )
    intake = innovation_cases(path, known(), load_manifest("cases").provenance)
    (project,) = [one for one in of(intake).values() if ":Project:" in one.id]
    record = read_record(project)
    assert isinstance(record, Project)
    assert record.lead == record.source_city == "urn:ngsi-ld:Municipality:NL:GM0518"
    assert (record.website, record.see_also) == ("https://a.nl/1", ("https://b.nl",))
    assert besides(project)["technology"] == ["AI", "Blockchain"]
    assert intake.refusals.first == [
        {
            "line": 4,
            "reason": "status must be one of Planned, In development, Pilot, Implemented, "
            'In production, Not in use anymore, not "Dreamt"',
        }
    ]


def test_goals_should_be_concepts_with_their_targets_below(shared_data: Path) -> None:
    path = shared_data / "collective/sdg/sdg.json"
    told = orjson.loads(path.read_bytes())
    entities = of(sustainable_goals(path, load_manifest("sdg").provenance))
    concepts = [read_record(one) for one in entities.values()]
    assert len(concepts) == len(told["goals"]) + len(told["targets"]) == 17 + 169
    notations = {one.notation for one in concepts if isinstance(one, Concept)}
    for one in concepts:
        assert isinstance(one, Concept)
        (number,) = one.sdg
        below = "." in number
        assert (one.broader_concept in notations) == below
        texts = told["targets" if below else "goals"][number]["title"]
        assert (one.title if below else one.description)["en"] == texts["en"]
    eleven = read_record(entities["urn:ngsi-ld:Concept:sdg:11"])
    assert isinstance(eleven, Concept)
    assert eleven.related_concepts
    assert eleven.themes


def ocds_package(*, buyers: int = 2) -> dict[str, Any]:
    """A joint purchase of lamps, told in two releases."""
    parties = [
        {
            "id": f"NL-OIN-{number}",
            "name": name,
            "identifier": {"scheme": "NL-OIN", "id": str(number), "legalName": name},
            "address": {"country": "NL"},
            "contactPoint": {"name": "A. Person", "email": "person@example.org"},
            "roles": ["buyer"],
        }
        for number, name in ((1, "Gemeente Amsterdam"), (2, "Waterschap Testerland"))[:buyers]
    ]
    tender = {
        "id": "t1",
        "title": "Lampen",
        "description": "Zuinige lampen voor straten",
        "status": "active",
        "procurementMethod": "open",
        "mainProcurementCategory": "goods",
        "value": {"amount": 120000.5, "currency": "EUR"},
        "tenderPeriod": {"startDate": "2026-01-05T09:00:00Z", "endDate": "2026-03-01T12:00:00Z"},
        "contractPeriod": {"startDate": "2026-06-01T00:00:00Z", "endDate": "2028-06-01T00:00:00Z"},
        "items": [
            {"id": "1", "quantity": 300, "unit": {"scheme": "UNCEFACT", "id": "C62"}},
            {"id": "2", "quantity": 200, "unit": {"scheme": "UNCEFACT", "id": "C62"}},
        ],
    }
    first: dict[str, Any] = {
        "ocid": "ocds-abcdef-1",
        "id": "r1",
        "date": "2026-01-01T00:00:00Z",
        "tag": ["planning"],
        "initiationType": "tender",
        "language": "nl",
        "planning": {"rationale": "De lampen zijn op"},
    }
    second = first | {
        "id": "r2",
        "date": "2026-01-05T00:00:00Z",
        "tag": ["tender"],
        "parties": parties,
        "buyer": {"id": "NL-OIN-2", "name": "Waterschap Testerland"},
        "tender": tender,
    }
    if buyers < 2:
        second["buyer"] = {"id": "NL-OIN-1", "name": "Gemeente Amsterdam"}
    return {
        "uri": "https://example.org/package",
        "version": "1.1",
        "publishedDate": "2026-01-06T00:00:00Z",
        "publisher": {"name": "Testerland", "uri": "https://example.org/"},
        "license": "https://creativecommons.org/publicdomain/zero/1.0/",
        "releases": [second, {k: v for k, v in first.items() if k != "parties"}],
    }


def schema(path: Path) -> Any:
    """A schema whose references to itself by address are kept, and those elsewhere left out."""
    whole = orjson.loads(path.read_bytes())
    whole.pop("$id", None)
    whole.pop("id", None)
    return whole


def ocds(package: object, folder: Path, there: Known) -> Intake:
    path = folder / "package.json"
    path.write_bytes(orjson.dumps(package))
    return contracting_package(path, there, load_manifest("ocds").provenance)


def test_a_joint_purchase_should_be_a_demand_with_several_buyers(
    shared_data: Path, tmp_path: Path
) -> None:
    package = ocds_package()
    shape = schema(shared_data / "collective/schemas/ocds-release-schema.json")
    for release in package["releases"]:
        jsonschema_rs.validator_for(shape, validate_formats=True).validate(release)
    entities = of(ocds(package, tmp_path, known()))
    assert len(entities) == 2  # Amsterdam is there already
    demand = read_record(entities["urn:ngsi-ld:Demand:ocds:ocds-abcdef-1"])
    assert isinstance(demand, Demand)
    assert demand.title == {"nl": "Lampen"}
    assert demand.problem == {"nl": "De lampen zijn op"}
    assert demand.buyers == ("urn:ngsi-ld:Organization:ocds:nl-oin-2", AMSTERDAM)
    assert demand.source_city == demand.buyers[0]
    assert demand.tender is not None
    assert (demand.tender.ocid, demand.tender.status) == ("ocds-abcdef-1", "active")
    assert demand.budget is not None
    assert (float(demand.budget.amount), demand.budget.currency) == (120000.5, "EUR")
    assert demand.volume is not None
    assert (demand.volume.value, demand.volume.unit) == (500.0, "C62")
    assert [str(d) for d in (demand.deadline, demand.wanted_from)] == ["2026-03-01", "2026-06-01"]
    assert (demand.status, str(demand.source_date)) == ("tendering", "2026-01-05")
    assert (demand.data_provider, demand.provenance) == ("Testerland", "imported")
    assert b"person@example.org" not in orjson.dumps(besides(entities[demand.id]))


def test_a_record_package_and_the_standards_own_example_should_be_read(
    shared_data: Path, tmp_path: Path
) -> None:
    package = ocds_package(buyers=1)
    compiled = {**package["releases"][1], **package["releases"][0]}
    records = {**package, "records": [{"ocid": "ocds-abcdef-1", "compiledRelease": compiled}]}
    del records["releases"]
    found = of(ocds(records, tmp_path, known()))
    assert [one for one in found if ":Demand:" in one] == ["urn:ngsi-ld:Demand:ocds:ocds-abcdef-1"]
    example = shared_data / "collective/schemas/ocds-release_package.json"
    intake = contracting_package(example, Known(), load_manifest("ocds").provenance)
    told = orjson.loads(example.read_bytes())["releases"]
    counted = {release["ocid"] for release in told}
    parties = {party["id"] for release in told for party in release["parties"]}
    entities = of(intake)
    assert len([one for one in entities if ":Demand:" in one]) == len(counted)
    assert len([one for one in entities if ":Organization:" in one]) == len(parties)
    (demand,) = [read_record(one) for one in entities.values() if ":Demand:" in one.id]
    assert isinstance(demand, Demand)
    assert demand.status == "awarded"


def test_a_wrong_release_should_be_told_and_others_kept(tmp_path: Path) -> None:
    package = ocds_package()
    package["releases"].append({"id": "without ocid"})
    intake = ocds(package, tmp_path, known())
    assert any(":Demand:" in one for one in of(intake))
    assert intake.refusals.first[0]["record"] == 3
    with pytest.raises(WrongInput, match="neither releases nor records"):
        list(ocds({"uri": "x"}, tmp_path, known()).entities())


GRANT: dict[str, Any] = {
    "id": "360G-test-1",
    "title": "Bicycle school",
    "description": "Lessons for all",
    "currency": "GBP",
    "amountAwarded": 12500.5,
    "awardDate": "2026-02-03",
    "recipientOrganization": [{"id": "GB-CHC-1", "name": "Wheels"}],
    "fundingOrganization": [{"id": "GB-CHC-2", "name": "Fund", "addressCountry": "GB"}],
    "grantProgramme": [{"code": "C1", "title": "Moving"}],
    "plannedDates": [{"startDate": "2026-03-01", "endDate": "2027-03-01"}],
}
TABLE = (
    "Identifier,Title,Description,Currency,Amount Awarded,Award Date,Recipient Org:Identifier,"
    "Recipient Org:Name,Funding Org:Identifier,Funding Org:Name,Funding Org:Country,"
    "Grant Programme:Code,Grant Programme:Title,Planned Dates:Start Date,Planned Dates:End Date\n"
    "360G-test-1,Bicycle school,Lessons for all,GBP,12500.5,2026-02-03,GB-CHC-1,Wheels,GB-CHC-2,Fund,"
    "GB,C1,Moving,2026-03-01,2027-03-01\n"
)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_grant_should_be_a_project_with_its_money(
    shared_data: Path, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"grants.{form}"
    path.write_bytes(orjson.dumps({"grants": [GRANT]}) if form == "json" else TABLE.encode())
    shape = schema(shared_data / "collective/schemas/360giving-360-giving-schema.json")
    jsonschema_rs.validator_for(shape, validate_formats=True).validate(GRANT)
    entities = of(grants_package(path, Known(), load_manifest("grants_360").provenance))
    records = {one.split(":")[2]: read_record(entity) for one, entity in entities.items()}
    project, subsidy = records["Project"], records["Subsidy"]
    assert isinstance(project, Project)
    assert isinstance(subsidy, Subsidy)
    assert isinstance(project.budget, Money)
    assert (str(project.budget.amount), project.budget.currency) == ("12500.5", "GBP")
    assert project.co_investors == ("urn:ngsi-ld:Organization:360giving:gb-chc-2",)
    assert project.lead == "urn:ngsi-ld:Organization:360giving:gb-chc-1"
    assert (project.stage, str(project.ended_on)) == ("idea", "2027-03-01")
    assert subsidy.funder == project.co_investors[0]
    funder = read_record(entities[subsidy.funder])
    assert isinstance(funder, Organization)
    assert (funder.registration, funder.country) == ("GB-CHC-2", "urn:ngsi-ld:Country:GB")


def test_a_grant_to_a_person_should_be_left_out(tmp_path: Path) -> None:
    path = tmp_path / "grants.json"
    person = {k: v for k, v in GRANT.items() if k != "recipientOrganization"} | {
        "recipientIndividual": {"id": "x", "name": "A. Person"}
    }
    path.write_bytes(orjson.dumps({"grants": [person, GRANT | {"currency": "pounds"}, {}]}))
    intake = grants_package(path, Known(), load_manifest("grants_360").provenance)
    assert of(intake) == {}
    reasons = [str(one["reason"]) for one in intake.refusals.first]
    assert "individual, whose data is not kept" in reasons[0]
    assert "currency must be like GBP" in reasons[1]
    assert "required field" in reasons[2]


def test_references_should_be_turned_when_what_they_name_was_merged() -> None:
    country = write_record(Country(id="urn:x:new", title={"en": "X"}, iso_code="XX"))
    city = write_record(Municipality(id="urn:x:city", title={"en": "Y"}, country="urn:x:old"))
    turned = redirected(city, {"urn:x:old": "urn:x:new"})
    assert turned is not None
    record = read_record(turned)
    assert isinstance(record, Municipality)
    assert record.country == "urn:x:new"
    assert redirected(country, {"urn:x:new": "urn:x:old"}) is None


@pytest.mark.parametrize(
    ("name", "key"),
    [("Zoë & Co. B.V.", "zoe-co-b-v"), ("서울", "%EC%84%9C%EC%9A%B8"), (" A  b ", "a-b")],
)
def test_a_key_should_be_of_letters_digits_and_hyphens(name: str, key: str) -> None:
    assert key_of(name) == key
