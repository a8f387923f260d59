"""Type, scope, geo, language and ordering parameters (CIM 009, 4.10, 4.15, 4.17, 4.19, 4.23)."""

from typing import Any

import httpx
import pytest

URN = "urn:ngsi-ld:E:"


async def stored(api: httpx.AsyncClient, *members: dict[str, Any]) -> None:
    body = [{"id": f"{URN}{key}", "type": "E", **one} for key, one in enumerate(members)]
    response = await api.post("/entityOperations/create", json=body)
    assert response.status_code == 201, response.text


async def found(api: httpx.AsyncClient, **params: str) -> str | None:
    response = await api.get("/entities", params={"local": "true", "limit": "100", **params})
    if response.status_code == 400:
        assert response.json()["type"].endswith("/BadRequestData")
        return None
    assert response.status_code == 200, response.text
    return " ".join(entity["id"].removeprefix(URN) for entity in response.json())


@pytest.mark.clause("4.17")
async def test_types_should_select(api: httpx.AsyncClient) -> None:
    await stored(api, {"type": "A"}, {"type": ["A", "B"]}, {"type": "C"}, {"type": ["B", "C", "D"]})
    cases = {
        **{"A": "0 1", "B": "1 3", "A|C": "0 1 2 3", "A,C": "0 1 2 3", "(A;B)": "1"},
        **{
            "(A;B)|C": "1 2 3",
            "(A;B),D": "1 3",
            "(B;C;D)": "3",
            "(A;D)": "",
            "Z": "",
            "(A)": "0 1",
        },
        **{"https://uri.etsi.org/ngsi-ld/default-context/A": "0 1", "*": "0 1 2 3"},
        **{"A;B": None, "(A;B": None, "A|": None, "|A": None, "": None, "A B": None, "(A|B)": None},
    }
    for text, expected in cases.items():
        assert await found(api, type=text) == expected, text


@pytest.mark.clause("4.19")
async def test_scopes_should_select(api: httpx.AsyncClient) -> None:
    scopes = ("/a", "/a/b", "/a/b/c", ["/a/b", "/c"], "/c")
    await stored(api, *({"scope": scope} for scope in scopes), {})
    cases = {
        **{"/a": "0", "/a/b": "1 3", "/a/#": "0 1 2 3", "/a/+": "1 3", "/#": "0 1 2 3 4"},
        **{"/+/b": "1 3", "(/a/b;/c)": "3", "/a/b,/c": "1 3 4", "/a/b|/c": "1 3 4", "/x": ""},
        **{"(/a/b;/c),/a": "0 3", "(/a/b;/c)|/a/b/#": "1 2 3", "/+": "0 3 4", "/a/+/c": "2"},
        **{'"/a/b,/c"': "1 3 4", "a/b": "1 3", "/+/#": "0 1 2 3 4", "/A": ""},
        **dict.fromkeys(("", "/", "#", "/a/", "/a//b", "/a#", "/a;/c", "(/a", "/a|", "/1"), None),
    }
    for text, expected in cases.items():
        assert await found(api, scopeQ=text) == expected, text


def geo(kind: str, *coordinates: Any) -> dict[str, Any]:
    return {"type": "GeoProperty", "value": {"type": kind, "coordinates": list(coordinates)}}


SQUARE = "[[[0,0],[10,0],[10,10],[0,10],[0,0]]]"


@pytest.mark.clause("4.10")
@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "expected"),
    [
        ("near;maxDistance==1000", "Point", "[5,5]", "0"),
        ("near;maxDistance==200000", "Point", "[6,5]", "0"),
        ("near;minDistance==1000", "Point", "[5,5]", "1 2"),
        ("near;maxDistance==1e7", "Point", "[5,5]", "0 1 2 3"),
        ("within", "Polygon", SQUARE, "0 2"),
        ("contains", "Point", "[1,1]", "2"),
        ("contains", "Point", "[3,3]", ""),
        ("intersects", "Polygon", SQUARE, "0 2 3"),
        ("disjoint", "Polygon", SQUARE, "1"),
        ("overlaps", "Polygon", "[[[1,1],[3,1],[3,3],[1,3],[1,1]]]", "2"),
        ("equals", "Point", "[5,5]", "0"),
        ("equals", "LineString", "[[15,5],[-5,5]]", "3"),
        ("within", "MultiPolygon", f"[{SQUARE}]", "0 2"),
        ("intersects", "LineString", "[[5,0],[5,10]]", "0 3"),
        ("intersects", "MultiPoint", "[[5,5],[20,20]]", "0 1 3"),
        *(("near" + tail, "Point", "[5,5]", None) for tail in ("", ";maxDistance==0", ";x==1")),
        ("near;maxDistance==-1", "Point", "[5,5]", None),
        ("near;maxDistance=1", "Point", "[5,5]", None),
        ("near;maxDistance==1;minDistance==1", "Point", "[5,5]", None),
        ("beside", "Point", "[5,5]", None),
        ("within", "Polygon", "[5,5]", None),
        ("within", "Polygon", "[[[0,0],[10,0],[10,10],[0,10]]]", None),
        ("within", "GeometryCollection", "[]", None),
        ("within", "Circle", "[5,5]", None),
        ("within", "Point", "5,5", None),
        ("within", "Point", "[500,5]", None),
        ("within", "Point", "", None),
    ],
)
async def test_places_should_select(
    api: httpx.AsyncClient, georel: str, geometry: str, coordinates: str, expected: str | None
) -> None:
    triangle = [[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]
    await stored(
        api,
        {"location": geo("Point", 5, 5), "name": "a"},
        {"location": geo("Point", 20, 20)},
        {"location": geo("Polygon", triangle)},
        {"location": geo("LineString", [-5, 5], [15, 5])},
        {"name": "nowhere"},
    )
    place = {"georel": georel, "geometry": geometry, "coordinates": coordinates}
    assert await found(api, **place) == expected
    assert await found(api, **place, local="false") == expected
    if expected is not None:
        assert await found(api, **place, geoproperty="other") == ""


@pytest.mark.clause("6.4.3.2")
async def test_the_parts_of_a_geoquery_should_go_together(api: httpx.AsyncClient) -> None:
    instances = [
        geo("Point", 1, 1),
        {**geo("Point", 5, 5), "datasetId": "urn:d:1"},
    ]
    await stored(api, {"place": instances})
    whole = {"georel": "equals", "geometry": "Point", "coordinates": "[5,5]"}
    assert await found(api, **whole, geoproperty="place") == "0"
    for name in whole:
        assert await found(api, **{key: whole[key] for key in whole.keys() - {name}}) is None
    assert await found(api, geoproperty="place") == "0"
    assert await found(api, **whole, geoproperty="a b") is None


@pytest.mark.clause("4.15")
@pytest.mark.parametrize(
    ("lang", "value", "language"),
    [
        ("en", "harbour", "en"),
        ('"en"', "harbour", "en"),
        ("EN", "harbour", "en"),
        ("nl", ["haven", "kade"], "nl"),
        ("fr", "port", "fr-CH"),
        ("fr-CH,en", "port", "fr-CH"),
        ("de,en;q=0.5", "harbour", "en"),
        ("en;q=0.1,nl;q=0.9", ["haven", "kade"], "nl"),
        ("de,*;q=0.1", "Hafen?", "@none"),
        ("de", "Hafen?", "@none"),
        ("*", "Hafen?", "@none"),
        ("fr-CH,fr;q=0.9,en;q=0.8,*;q=0.5", "port", "fr-CH"),
    ],
)
async def test_lang_should_choose(
    api: httpx.AsyncClient, lang: str, value: object, language: str
) -> None:
    names = {"en": "harbour", "nl": ["haven", "kade"], "fr-CH": "port", "@none": "Hafen?"}
    one = {"languageMap": names, "observedAt": "2026-01-01T00:00:00Z"}
    await stored(api, {"name": one, "n": {"value": 1, "label": {"languageMap": {"en": "one"}}}})
    response = await api.get(f"/entities/{URN}0", params={"lang": lang})
    shown = response.json()
    assert shown["name"] == {
        "type": "Property",
        "value": value,
        "lang": language,
        "observedAt": "2026-01-01T00:00:00Z",
    }
    assert shown["n"]["label"] == {"type": "Property", "value": "one", "lang": "en"}
    simple = await api.get("/entities", params={"type": "E", "lang": lang, "format": "simplified"})
    assert simple.json()[0]["name"] == value
    concise = await api.get("/entities", params={"type": "E", "lang": lang, "format": "concise"})
    assert concise.json()[0]["name"]["lang"] == language


@pytest.mark.clause("4.15")
async def test_a_wrong_lang_should_be_refused(api: httpx.AsyncClient) -> None:
    await stored(api, {})
    for lang in ("", "!!", "en;q=2", "en;q=x", "en,,nl"):
        assert await found(api, type="E", lang=lang) is None, lang


def typed(kind: str, value: str) -> dict[str, Any]:
    return {"type": "Property", "value": {"@type": kind, "@value": value}}


@pytest.mark.clause("4.23.2")
async def test_values_should_be_ordered_by_sort_then_value(api: httpx.AsyncClient) -> None:
    values = ("b", 3, True, {"x": 1}, [1], "A", "a", -1.5, False, "é")
    await stored(
        api,
        *({"v": {"type": "Property", "value": value}} for value in values),
        {"v": typed("DateTime", "2020-01-01T00:00:00Z")},
        {"v": typed("Date", "2020-01-01")},
        {"v": typed("Time", "10:00:00Z")},
        {"n": 1},
    )
    assert await found(api, orderBy="v") == "7 1 6 5 0 9 3 4 8 2 12 11 10 13"
    assert await found(api, orderBy="v;asc") == await found(api, orderBy="v")
    assert await found(api, orderBy="v;desc") == "1 7 9 0 5 6 3 4 2 8 12 11 10 13"


@pytest.mark.clause("4.23.3")
async def test_terms_should_order_in_sequence(api: httpx.AsyncClient) -> None:
    people = (("Bo", 3, "c"), ("al", 2, "b"), ("Al", 9, "a"), ("Bo", 1, "d"))
    await stored(
        api,
        *(
            {
                "name": {"value": name, "observedAt": f"2026-01-0{5 - key}T00:00:00Z"},
                "age": age,
                "address": {"value": {"city": city}},
                "location": {"type": "Point", "coordinates": [age, 40]},
            }
            for key, (name, age, city) in enumerate(people)
        ),
    )
    cases = {
        **{"name,age": "1 2 3 0", "name,age;desc": "1 2 0 3", "age": "3 1 0 2"},
        **{"age;desc": "2 0 1 3", "address[city]": "2 1 0 3", "name.observedAt": "3 2 1 0"},
        **{"id;desc": "3 2 1 0", "type,id": "0 1 2 3", "nothing": "0 1 2 3"},
        **{"scope,age": "3 1 0 2", "createdAt,id": "0 1 2 3"},
        **dict.fromkeys(("", "age;up", "age;", "age,,id", ",age", "age desc", "location;dist-asc")),
    }
    for text, expected in cases.items():
        assert await found(api, orderBy=text) == expected, text
    near = {"orderBy": "location;dist-asc", "orderFrom": "[3,40]"}
    assert await found(api, **near) == "0 1 3 2"
    assert await found(api, **{**near, "orderBy": "location;dist-desc"}) == "2 3 1 0"
    line = {**near, "orderFrom": "[[8,40],[9,42]]", "orderGeometry": "LineString"}
    assert await found(api, **line) == "2 0 1 3"
    for wrong in ({"orderFrom": "[3]"}, {"orderFrom": "x"}, {"orderGeometry": "Line"}):
        assert await found(api, **{**near, **wrong}) is None, wrong
    assert await found(api, orderBy="name,age", collation="de-u-co-phonebk") == "1 2 3 0"
    assert await found(api, orderBy="name,age", collation="und-u-ks-level1") == "1 2 3 0"
    for collation in ("", "no collation", "!"):
        assert await found(api, orderBy="name", collation=collation) is None, collation
    assert await found(api, type="E", orderBy="name", local="false") is None
    assert await found(api, type="*", orderBy="age", limit="2") == "3 1"
    assert await found(api, orderBy="age", offset="1", limit="2") == "1 0"
