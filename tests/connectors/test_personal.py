"""The detector of personal fields: what it finds, and what it leaves alone."""

import pytest
from hypothesis import given, strategies

from hanze.connectors.personal import personal_fields, personal_readings
from hanze.connectors.streaming import Reading, Value
from hanze.ngsild.model import AttributeKind, JsonValue

PERSONAL: list[tuple[JsonValue, str]] = [
    ({"email": "jan@example.org"}, "email"),
    ({"contact": {"e-mail": "x"}}, "contact.e-mail"),
    ({"phoneNumber": "0301234567"}, "phoneNumber"),
    ({"telefoon_nummer": "x"}, "telefoon_nummer"),
    ({"BSN": 123456782}, "BSN"),
    ({"citizen": {"burgerservicenummer": "123456782"}}, "citizen.burgerservicenummer"),
    ({"firstName": "Jan"}, "firstName"),
    ({"driver_name": "Jan"}, "driver_name"),
    ({"dateOfBirth": "1980-01-01"}, "dateOfBirth"),
    ({"licensePlate": "x"}, "licensePlate"),
    ({"kenteken": "x"}, "kenteken"),
    ({"clientMac": "00:11:22:33:44:55"}, "clientMac"),
    ({"iban": "x"}, "iban"),
    ({"전화번호": "x"}, "전화번호"),
    ({"note": "jan.jansen@example.org"}, "note"),
    ({"seen": ["da:a1:19:00:00:01"]}, "seen"),
    ({"text": "06-12345678"}, "text"),
    ({"text": "+31 6 12 34 56 78"}, "text"),
    ({"text": "010-1234-5678"}, "text"),
    ({"plate": "12-AB-34"}, "plate"),
    ({"x": "G-123-BB"}, "x"),
    ({"x": "12가 3456"}, "x"),
    ({"x": "900101-1234567"}, "x"),
    ({"x": "NL91 ABNA 0417 1643 00"}, "x"),
]

HARMLESS: list[JsonValue] = [
    {"name": "Roof of the town hall", "deviceName": "lht65-12", "serialNumber": "0612345678"},
    {"temperature": 21.5, "pm25": 3, "batteryVoltage": 3.1, "devEUI": "70B3D57BA0000001"},
    {"address": {"streetAddress": "Markt 1", "addressLocality": "Eindhoven"}},
    {"time": "2026-11-22T04:00:00Z", "day": "2026-11-22", "id": "123456782"},
    {"gateway": "58-A0-CB-FF-FE-80-00-01", "mac": "58:a0:cb:80:00:01"},
    {"phoneCount": 12, "numberOfPhones": 3, "uniquePhonesTotal": 5, "hasEmail": False},
    {"route": "12-34", "platform": "5-B", "trip": "0612-345-678", "code": "AB-1"},
    {"licensePlateCount": 1500, "emailEnabled": True},
    {"phone": None, "email": "", "iban": False},
    {"vehicleType": "truck", "species": "patience", "status": "fullname"},
    {"source": "https://example.org/@city", "license": "https://creativecommons.org/by/4.0/"},
]


@pytest.mark.parametrize(("record", "path"), PERSONAL, ids=str)
def test_personal_fields_should_name_what_looks_personal(record: JsonValue, path: str) -> None:
    (found,) = personal_fields(record)
    assert found.path == path
    assert found.looks_like


@pytest.mark.parametrize("record", HARMLESS, ids=str)
def test_personal_fields_should_leave_alone_what_is_not(record: JsonValue) -> None:
    assert personal_fields(record) == ()


def test_personal_readings_should_look_at_values_and_at_the_thing() -> None:
    place: JsonValue = {"type": "Point", "coordinates": [5.4, 51.4]}
    reading = Reading(
        entity_id="urn:ngsi-ld:Device:1",
        entity_type="Device",
        values={"phone": (Value("0301234567"), Value("0307654321", dataset_id="urn:x:1"))},
        thing={
            "location": Value(place, kind=AttributeKind.GEO_PROPERTY),
            "ownedBy": Value({"firstName": "Jan"}),
        },
    )
    assert [one.path for one in personal_readings([reading, reading])] == [
        "phone",
        "ownedBy.firstName",
    ]


@given(
    strategies.recursive(
        strategies.none()
        | strategies.booleans()
        | strategies.floats(allow_nan=False)
        | strategies.from_regex(r"[0-9a-f]{16}|[A-Z]{2,8}[0-9]{1,12}|[0-9]{1,12}", fullmatch=True),
        lambda inner: (
            strategies.lists(inner)
            | strategies.dictionaries(
                strategies.sampled_from(
                    ["value", "temperature", "deviceId", "rssi", "name", "mac", "address", "count"]
                ),
                inner,
            )
        ),
        max_leaves=15,
    )
)
def test_personal_fields_should_raise_no_alarm_about_measurements(record: JsonValue) -> None:
    found = personal_fields(record)
    assert not [one for one in found if one.looks_like != "a bank account"]
