"""The query language q, every operator with every kind of attribute (CIM 009, 4.9)."""

from typing import Any

import httpx
import pytest

URN = "urn:ngsi-ld:"
CONTEXT = {
    "@vocab": "http://example.org/",
    "Male": "http://example.org/terms/Male",
    "Female": "http://example.org/terms/Female",
}
LD = {"Content-Type": "application/ld+json"}

ENTITY: dict[str, Any] = {
    "n": {"type": "Property", "value": 20, "unitCode": "CEL", "observedAt": "2026-01-02T12:00:00Z"},
    "float": {"type": "Property", "value": 2.5},
    "text": {"type": "Property", "value": "Mercurius"},
    "empty": {"type": "Property", "value": ""},
    "yes": {"type": "Property", "value": True},
    "no": {"type": "Property", "value": False},
    "colours": {"type": "Property", "value": ["blue", "red", "green"]},
    "numbers": {"type": "Property", "value": [1, 2, 3]},
    "address": {
        "type": "Property",
        "value": {
            "city": "Zwolle",
            "number": 7,
            "deep": {"er": "x"},
            "list": ["a", "b"],
            "flag": True,
        },
    },
    "when": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-03-01T00:00:00Z"}},
    "whenText": {"type": "Property", "value": "2026-03-01T00:00:00Z", "valueType": "DateTime"},
    "day": {"type": "Property", "value": {"@type": "Date", "@value": "2026-03-01"}},
    "clock": {"type": "Property", "value": {"@type": "Time", "@value": "12:30:00Z"}},
    "homepage": {"type": "Property", "value": "http://example.com/red"},
    "parked": {
        "type": "Relationship",
        "object": "urn:ngsi-ld:Parking:1",
        "objectType": "Parking",
        "since": {"type": "Property", "value": 5},
        "by": {"type": "Relationship", "object": "urn:ngsi-ld:Person:Aleid"},
    },
    "friends": {"type": "Relationship", "object": ["urn:ngsi-ld:P:1", "urn:ngsi-ld:P:2"]},
    "route": {
        "type": "ListRelationship",
        "objectList": [{"object": "urn:ngsi-ld:C:1"}, {"object": "urn:ngsi-ld:C:2"}],
    },
    "street": {
        "type": "LanguageProperty",
        "languageMap": {"fr": "Place du Port", "nl": "Havenplein", "en": ["Square", "Place"]},
    },
    "gender": {"type": "VocabProperty", "vocab": "Male"},
    "genders": {"type": "VocabProperty", "vocab": ["Male", "Female"]},
    "ticket": {
        "type": "JsonProperty",
        "json": {"id": "t-12", "value": "Moored too long", "n": {"m": 3}},
    },
    "depths": {"type": "ListProperty", "valueList": [300, 300, 120]},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [4, 52]}},
    "sensor": {
        "type": "Property",
        "value": 40,
        "rawdata": {"type": "Property", "value": {"airquality": {"particulate": 40}}},
        "name": {"type": "LanguageProperty", "languageMap": {"en": "probe"}},
    },
    "speed": [
        {"type": "Property", "value": 55, "datasetId": "urn:ngsi-ld:d:1"},
        {"type": "Property", "value": 54.5, "datasetId": "urn:ngsi-ld:d:2"},
    ],
}


@pytest.fixture
async def broker(api: httpx.AsyncClient) -> httpx.AsyncClient:
    added = await api.post("/jsonldContexts", json={"@context": CONTEXT})
    url = "http://localhost" + added.headers["location"]
    api.headers["Link"] = f'<{url}>; rel="http://www.w3.org/ns/json-ld#context"'
    body = {"id": URN + "T:1", "type": "T", **ENTITY}
    created = await api.post("/entities", json=body)
    assert created.status_code == 201, created.text
    return api


async def found(api: httpx.AsyncClient, q: str, **params: str) -> bool:
    response = await api.get("/entities", params={"q": q, "type": "T", **params})
    assert response.status_code == 200, f"{q}: {response.text}"
    body = {"type": "Query", "entities": [{"type": "T"}], "q": q, **params}
    posted = await api.post("/entityOperations/query", json=body)
    assert posted.json() == response.json()
    return bool(response.json())


# A path alone asks whether the element is there, whatever its value.
PRESENT = (
    *ENTITY,
    *("n.observedAt", "n.unitCode", "n.createdAt", "createdAt", "modifiedAt"),
    *("address[city]", "address[deep.er]", "address[deep]", "sensor.rawdata", "parked.by"),
    *("sensor.rawdata[airquality.particulate]", "parked.objectType", "street[en]", "street[*]"),
    *("ticket[value]", "ticket[n.m]", "speed.datasetId", "whenText.valueType", "sensor.name[en]"),
    *("(n)", "n;text", "n|nothing", "nothing|n", "(nothing|n);text"),
)
ABSENT = (
    *("nothing", "nothing.observedAt", "text.observedAt", "text.unitCode", "n.rawdata"),
    *("address[town]", "address[deep.none]", "address[city.x]", "street[de]", "text[city]"),
    *("colours[length]", "ticket[none]", "n;nothing", "nothing|other", "expiresAt", "rawdata"),
    *("parked[object]", "n.datasetId", "scope"),
)

TRUE = (
    # Numbers.
    *("n==20", "n==20.0", "n==2e1", "n!=21", "n>19", "n>=20", "n<21", "n<=20", "n==10..20"),
    *("n==20..30", "n!=21..30", "n==1,20", "n!=1,2", "float==2.5", "float>2", "n>-1"),
    *('n!="20"', "n!=true", 'n!="a".."z"', "float==2..3", "n!=2026-01-01"),
    # Strings.
    *('text=="Mercurius"', "text==Mercurius", 'text!="mercurius"', 'text>"Audi"', 'text<"Volvo"'),
    *('text>="Mercurius"', 'text<="Mercurius"', 'text=="A".."Z"', 'text!="N".."Z"'),
    *('text=="Audi","Mercurius"', 'text!="Audi","Opel"', 'text=="Mercuriu\\u0073"', 'empty==""'),
    *("text~=Merc", 'text~="^Mer.*s$"', "text~=(Audi|Mercurius)", "text!~=Audi", 'empty!="a"'),
    *("text~=^M[a-z]+$", "text!~=^[0-9]+$", "text!=5", "text!=true"),
    # Booleans.
    *("yes==true", "no==false", "yes!=false", "no!=true", "yes!=1", 'yes!="true"', "no!=0"),
    # Arrays: included in the target value.
    *('colours=="red"', 'colours!="black"', 'colours=="black","red"', 'colours!="black","pink"'),
    *("numbers==2", "numbers!=4", "numbers==4,3", 'numbers!="2"'),
    # Objects and trailing paths.
    *('address[city]=="Zwolle"', "address[city]==Zwolle", "address[number]>=7", "address!=5"),
    *('address[deep.er]=="x"', 'address[list]=="b"', "address[flag]==true", "address[city]~=^Z"),
    *('address[city]!="Paris"', "address[number]==1..7", "address[number]!=8,9"),
    "sensor.rawdata[airquality.particulate]==40",
    "sensor.rawdata[airquality.particulate]<41",
    # Dates and times.
    *("when==2026-03-01T00:00:00Z", "when>2026-02-28T23:59:59Z", "when!=2026-03-02T00:00:00Z"),
    *("whenText>=2026-03-01T00:00:00Z", "whenText<2026-03-01T00:00:00.001Z"),
    *("when==2026-01-01T00:00:00Z..2026-12-31T00:00:00Z", "day==2026-03-01", "day>2026-02-28"),
    *("day<=2026-03-01", "clock==12:30:00Z", "clock>12:00:00Z", "clock<13:00:00Z"),
    *("n.observedAt>=2017-12-24T12:00:00Z", "n.observedAt==2026-01-02T12:00:00Z"),
    *("createdAt>2020-01-01T00:00:00Z", "n.modifiedAt>2020-01-01T00:00:00Z"),
    *('n.unitCode=="CEL"', 'n.unitCode!="FAH"', "n.unitCode==CEL"),
    # Relationships.
    *("parked==urn:ngsi-ld:Parking:1", 'parked=="urn:ngsi-ld:Parking:1"'),
    *("parked!=urn:ngsi-ld:Parking:2", 'parked!="urn:ngsi-ld:Parking:2"', "parked!=5"),
    "parked==urn:ngsi-ld:Parking:0,urn:ngsi-ld:Parking:1",
    *('parked=="urn:ngsi-ld:Parking:0","urn:ngsi-ld:Parking:1"', "parked.since==5"),
    *("friends==urn:ngsi-ld:P:2", "friends!=urn:ngsi-ld:P:3", 'friends=="urn:ngsi-ld:P:1"'),
    *("route==urn:ngsi-ld:C:2", 'route=="urn:ngsi-ld:C:1"', "route!=urn:ngsi-ld:C:3"),
    *("parked.by==urn:ngsi-ld:Person:Aleid", "parked.objectType==Parking"),
    # LanguageProperty.
    *('street[fr]=="Place du Port"', 'street[nl]!="Place du Port"', 'street[*]=="Havenplein"'),
    *(
        'street=="Place du Port"',
        'street[en]=="Place"',
        'street[en]=="Square"',
        "street[nl]~=plein",
    ),
    *('street!="Market"', 'street[*]!="Market"', 'street[en]!="Markt"', "street~=^Hav"),
    *('street[fr]=="a","Place du Port"', 'sensor.name[en]=="probe"', 'sensor.name=="probe"'),
    *('street[nl]>"Groot"', 'street[FR]=="Place du Port"'),
    # VocabProperty: its value is expanded, the operand only where expandValues says so.
    *("gender==http://example.org/terms/Male", 'gender=="http://example.org/terms/Male"'),
    *("gender!=http://example.org/terms/Female", "genders==http://example.org/terms/Female"),
    *("gender!=Male", 'genders=="a","http://example.org/terms/Male"'),
    # ListProperty, JsonProperty, instances, strings that are URIs.
    *("depths==120", "depths!=121", "depths==7,300", "ticket[n.m]==3", 'ticket[id]=="t-12"'),
    *('ticket[value]=="Moored too long"', "speed==55", "speed>54.7", "speed<55", "speed!=55"),
    *("speed.datasetId==urn:ngsi-ld:d:2", "homepage==http://example.com/red"),
    *('homepage=="http://example.com/red"', "homepage==HTTP://EXAMPLE.com/red"),
    # Associations; and binds closer than or.
    *("n>50|n==20;text==Mercurius", "n==20|n>50;text==Audi", "((n>50|n==20);(text==Mercurius))"),
    *("(n>=20;n<=25)|float<=0", "n==20;(float==1|float==2.5);yes==true"),
)

FALSE = (
    *("n==21", "n!=20", "n>20", "n<20", "n>=20.5", "n==21..30", "n!=10..20", "n!=19,20"),
    *('n=="20"', 'n>"1"', "n==true", "n~=20", "n!~=x", "n>2020-01-01T00:00:00Z", "n==a"),
    *('text=="mercurius"', "text!=Mercurius", "text>5", "text<5", "text==5", 'text!="A".."Z"'),
    *('text!="Audi","Mercurius"', "text~=^merc", "text!~=Merc", "text==true", "empty~=a"),
    *("yes==1", 'yes=="true"', "yes==false", "yes!=true", "yes~=true", "yes>0", "no<1"),
    *('colours!="red"', 'colours=="black"', 'colours!="red","black"', "colours==1", 'colours>"a"'),
    *("colours~=red", "colours!~=pink", "address==Zwolle", "address>1", "address~=Zwolle"),
    *('address[city]!="Zwolle"', 'address[town]!="x"', "address[number]>7", "address[city]>5"),
    *("when<2026-03-01T00:00:00Z", "day>2026-03-01", "clock>12:30:00Z", "day==12:30:00Z"),
    *("n.observedAt<2017-12-24T12:00:00Z", "text.observedAt!=2017-12-24T12:00:00Z"),
    *("parked!=urn:ngsi-ld:Parking:1", "parked>=5", 'parked~="urn"'),
    *('parked!~="x"', 'parked<"z"', 'parked>="urn:ngsi-ld:Parking:1"', "parked==5"),
    *("friends!=urn:ngsi-ld:P:1", "friends==urn:ngsi-ld:P:3", 'friends>"a"', "route~=C"),
    *("route!=urn:ngsi-ld:C:2", 'route>="urn:ngsi-ld:C:1"', "route!=urn:x:1,urn:ngsi-ld:C:1"),
    *('street[fr]=="Havenplein"', 'street[nl]!="Havenplein"', 'street!="Place du Port"'),
    *('street[*]!="Havenplein"', 'street[en]!="Square"', 'street[de]!="x"', "street!~=Port"),
    *("gender==Male", 'gender=="Male"', "gender!=http://example.org/terms/Male"),
    *("genders!=http://example.org/terms/Female", "gender~=Male"),
    *("depths==5", "depths!=120", "ticket[n.m]==4", "ticket[value]!~=long", "speed>55", "speed==1"),
    *("nothing==1", "nothing!=1", "nothing!~=a", "location==1", 'location~="Point"'),
    *("n==20;text==Audi", "n==1|text==Audi", "(n==20|n==1);text==Audi"),
)


@pytest.mark.clause("4.9")
async def test_q_should_match_by_operator_and_kind(broker: httpx.AsyncClient) -> None:
    wrong = [
        (q, expected)
        for queries, expected in ((PRESENT, True), (ABSENT, False), (TRUE, True), (FALSE, False))
        for q in queries
        if await found(broker, q) is not expected
    ]
    assert wrong == []


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("q", "params", "expected"),
    [
        ("gender==Male", {"expandValues": "gender"}, True),
        ('gender=="Male"', {"expandValues": "gender"}, True),
        ("gender!=Male", {"expandValues": "gender"}, False),
        ("gender==Female,Male", {"expandValues": "gender"}, True),
        ("genders==Female", {"expandValues": "genders,gender"}, True),
        ("gender==Female", {"expandValues": "gender"}, False),
        ("gender==Male", {"expandValues": "genders"}, False),
        ('ticket[value]=="Moored too long"', {"jsonKeys": "ticket"}, True),
        ("ticket[n.m]==3", {"jsonKeys": "ticket,address"}, True),
        ("ticket[n.m]!=3", {"jsonKeys": "ticket"}, False),
    ],
)
async def test_values_should_expand_as_told(
    broker: httpx.AsyncClient, q: str, params: dict[str, str], expected: bool
) -> None:
    assert await found(broker, q, **params) is expected


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    "q",
    [
        *("", ";", "n==", "n=20", "n=>20", "==20", "n==20;", "|n", "n;;text", "(n", "n)", "()"),
        *("n~=", "n>1..2", "n>1,2", "n<true", "n>urn:a:b", "n==1..", "n==..2", 'n=="a', "n~=[a"),
        *("a[b", "a]b[", "a[]", "a..b", "a.", ".a", "a{", "a{}", "a{b", "a}b", "n ==20", "1n==2"),
        *("n==20 ", "n==01", "n==+1", "n==1,", "n==2026-13-01T00:00:00Z", "n==99:00:00Z", "n!20"),
    ],
)
async def test_a_query_that_breaks_the_grammar_should_be_refused(
    broker: httpx.AsyncClient, q: str
) -> None:
    response = await broker.get("/entities", params={"q": q, "type": "T"})
    assert response.status_code == 400, response.text
    assert response.json()["type"].endswith("/BadRequestData")
    body = {"type": "Query", "q": q}
    posted = await broker.post("/entityOperations/query", json=body)
    assert posted.status_code == 400, posted.text


@pytest.mark.clause("4.9")
async def test_reserved_characters_should_be_percent_encoded(broker: httpx.AsyncClient) -> None:
    for encoded in (
        "n%3E%3D20%3Btext%3D%3D%22Mercurius%22",
        "n>=20;text==%22Mercurius%22",
        "street%5Bfr%5D==%22Place%20du%20Port%22",
        "street%5Bfr%5D==%22Place+du+Port%22",
        "n==2|n==20",
        "n%3D%3D20&count=true",
    ):
        response = await broker.get(f"/entities?type=T&q={encoded}")
        assert response.status_code == 200, response.text
        assert len(response.json()) == 1, encoded


LINKED = (
    {"id": URN + "W:1", "type": "W", "sensor": {"type": "Relationship", "object": URN + "D:1"}},
    {"id": URN + "W:2", "type": "W", "sensor": {"type": "Relationship", "object": URN + "D:2"}},
    {
        "id": URN + "W:3",
        "type": "W",
        "sensors": {
            "type": "ListRelationship",
            "objectList": [{"object": URN + "D:1"}, {"object": URN + "D:2"}],
        },
        "many": {"type": "Relationship", "object": [URN + "D:2", URN + "D:none"]},
    },
    {
        "id": URN + "D:1",
        "type": "Device",
        "humidity": {"type": "Property", "value": 40},
        "owner": {"type": "Relationship", "object": URN + "P:1"},
        "place": {"type": "Property", "value": {"room": "a"}},
    },
    {"id": URN + "D:2", "type": "Device", "humidity": {"type": "Property", "value": 50}},
    {"id": URN + "P:1", "type": "Person", "name": {"type": "Property", "value": "Ann"}},
)


@pytest.mark.clause("4.9")
@pytest.mark.parametrize(
    ("q", "level", "expected"),
    [
        ("sensor{humidity}==40", 1, ["W:1"]),
        ("sensor{humidity}", 1, ["W:1", "W:2"]),
        ("sensor{Device:humidity}==40", 1, ["W:1"]),
        ("sensor{Device,Person:humidity}==40", 1, ["W:1"]),
        ("sensor{Person:humidity}==40", 1, []),
        ("sensor{humidity}!=40", 1, ["W:2"]),
        ("sensor{humidity}>=40;sensor{humidity}<45", 1, ["W:1"]),
        ("sensors{humidity}==50", 1, ["W:3"]),
        ("many{humidity}==50", 1, ["W:3"]),
        ("sensor{place[room]}==a", 1, ["W:1"]),
        ("sensor{owner{name}}==Ann", 2, ["W:1"]),
        ("sensor{owner{Person:name}}==Ann", 2, ["W:1"]),
        ("sensor{Device:owner{Person:name}}~=^A", 3, ["W:1"]),
        ("sensor{owner{name}}==Ann", 1, None),
        ("sensor{humidity}==40", 0, None),
    ],
)
async def test_linked_queries_should_follow_relationships(
    api: httpx.AsyncClient, q: str, level: int, expected: list[str] | None
) -> None:
    await api.post("/entityOperations/create", json=list(LINKED))
    join = {"join": "inline", "joinLevel": str(level)} if level else {}
    response = await api.get("/entities", params={"type": "W", "q": q, **join})
    if expected is None:
        assert response.status_code == 400, response.text
        assert response.json()["type"].endswith("/BadRequestData")
    else:
        assert response.status_code == 200, response.text
        assert [entity["id"].removeprefix(URN) for entity in response.json()] == expected
