"""The register as JSON-LD and as a table."""

import csv
import io

from pyld import jsonld  # type: ignore[import-untyped]  # publishes no types

from hanze.catalogue.sensor_files import SENSRNET, sensor_csv, sensor_json_ld
from hanze.catalogue.sensors import Sensor

BASE = "https://hanze.example"
SENSOR = Sensor(
    id="urn:ngsi-ld:CrowdCounter:a/b",
    types=("https://example.org/ns#CrowdCounter",),
    name={"nl": "=Dam", "en": "Dam"},
    location={"type": "Point", "coordinates": [5.1, 52.1]},
    datasets=("urn:ngsi-ld:Dataset:hanze:Crowd",),
    title={"en": "People walking by"},
    owner="urn:ngsi-ld:Organization:hanze",
    provider="Hanze",
    purposes=("https://w3id.org/dpv#PublicBenefit",),
    legal_basis="https://w3id.org/dpv/legal/eu/gdpr#A6-1-e",
    personal=True,
    open=False,
    contact="privacy@hanze.example",
    review_at="2027-01-01",
)


def test_json_ld_should_name_everything_with_terms_of_its_own_context() -> None:
    document = sensor_json_ld([SENSOR], base_url=BASE, language="en")
    quads = jsonld.to_rdf(document)["@default"]
    said = {(one["predicate"]["value"], one["object"]["value"]) for one in quads}
    assert (SENSRNET + "ContainsPIData", "true") in said
    assert (SENSRNET + "IsOpenData", "false") in said
    assert (SENSRNET + "LegalGround", SENSOR.legal_basis) in said
    assert (SENSRNET + "ContactDetails", "privacy@hanze.example") in said
    assert ("https://w3id.org/dpv#hasPurpose", SENSOR.purposes[0]) in said
    kinds = {value for name, value in said if name.endswith("#type")}
    assert {SENSRNET + "Device", SENSRNET + "Datastream", SENSRNET + "ObservationGoal"} < kinds


def test_table_should_hold_no_formula_and_addresses_that_can_be_followed() -> None:
    text = sensor_csv([SENSOR], base_url=BASE, language="nl")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'=Dam"
    assert row["page"] == f"{BASE}/sensor/urn:ngsi-ld:CrowdCounter:a%2Fb"
    assert (row["longitude"], row["containsPIData"]) == ("5.1", "true")
