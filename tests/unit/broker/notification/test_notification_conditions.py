"""Conditions that can be looked up, and the tables that do it (CIM 009, 5.8.6)."""

import pytest
import re2  # type: ignore[import-untyped]  # publishes no types
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.broker.notification.conditions import (
    Bound,
    Box,
    Equal,
    Found,
    IdFound,
    Present,
    Scoped,
    conditions_of,
)
from hanze.broker.notification.event import Event
from hanze.broker.notification.literals import longest_literal
from hanze.broker.notification.tables import Tables
from hanze.ngsild.context import CORE
from hanze.ngsild.model import JsonValue
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.subscription.trigger import changes_of
from tests.subscribing import read

NAME = "https://uri.etsi.org/ngsi-ld/default-context/"


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("urn:ngsi-ld:Sensor:1", "urn:ngsi-ld:Sensor:1"),
        ("^urn:x:.*-7$", "urn:x:"),
        ("ab.*cdef", "cdef"),
        ("colou?r", "colo"),
        ("ab*c", "a"),
        ("ab+c", "ab"),
        ("a{2}bc", "bc"),
        (r"a\.b", "a.b"),
        (r"ab\d+xyz", "ab"),
        ("[abc]xyz[0-9]", "xyz"),
        ("[[:alpha:]]xyz", ""),
        ("a|b", ""),
        ("(?i)abc", ""),
        ("", ""),
    ],
)
def test_the_longest_literal_should_be_what_every_match_holds(pattern: str, literal: str) -> None:
    found = longest_literal(pattern)
    assert len(found) == len(literal)
    assert found in pattern.replace("\\", "")


pieces = st.sampled_from(["a", "b", "c", ".", "\\.", "[ab]", "[^a]", "\\w", "^", "$"])
repeats = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,1}"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(pieces, repeats).map("".join), max_size=5).map("".join))
def test_a_match_should_hold_the_literal_whatever_the_expression(pattern: str) -> None:
    literal = longest_literal(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        return
    for text in ("", "a", "b", "abc", "aabbcc", "a.b", "ccba", "ab", "aa", "x.c", "bab.cab"):
        assert compiled.search(text) is None or literal in text


def test_conditions_should_come_with_the_most_excluding_first() -> None:
    subscription = read(
        {
            "entities": [{"type": "Sensor", "idPattern": "^urn:s:"}],
            "q": 'level>5;state=="on";name~="x";owner{name}=="y";other!=5;flag',
            "scopeQ": "/City/+/Park|/Other",
            "geoQ": {
                "georel": "near;maxDistance==1000",
                "geometry": "Point",
                "coordinates": [6.0, 52.0],
            },
        }
    )
    found = conditions_of(subscription, subscription.entities[0])
    assert [type(condition[0]) for condition in found] == [
        *(Equal, Box, Scoped, Bound, Found, IdFound),
        *(Present, Present, Present),
    ]
    assert found[2] == (Scoped(("City",)), Scoped(("Other",)))
    box = found[1][0]
    assert isinstance(box, Box)
    west, south, east, north = box.bounds
    assert west < 5.99
    assert south < 51.992
    assert east > 6.01
    assert north > 52.008


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a==1|b==2", 1),
        ("a==1|type==X;createdAt", 1),
        ("a==1|createdAt", 0),
        ("createdAt", 0),
        ("a==1..5", 2),
        ('a=="x".."z"', 2),
        ("a!=5", 1),
        ("|".join(f"a{number}==1" for number in range(100)), 0),
    ],
)
def test_alternatives_should_be_looked_up_together_or_not_at_all(query: str, expected: int) -> None:
    subscription = read({"localOnly": True, "q": query})
    assert len(conditions_of(subscription, None)) == expected


def test_tables_should_be_empty_again_when_all_is_removed() -> None:
    subscription = read(
        {
            "entities": [{"type": "Sensor", "idPattern": "."}],
            "q": 'level>5;level<50;state=="on";name~="tower";flag',
            "scopeQ": "/City/#",
            "geoQ": {
                "georel": "within",
                "geometry": "Polygon",
                "coordinates": [[[5, 51], [7, 51], [7, 53], [5, 53], [5, 51]]],
            },
        }
    )
    atoms = [atom for one in conditions_of(subscription, subscription.entities[0]) for atom in one]
    line: JsonValue = {"type": "LineString", "coordinates": [[-100, -50], [100, 60]]}
    body: dict[str, JsonValue] = {
        "id": "urn:s:1",
        "type": "Sensor",
        "level": 20,
        "state": "on",
        "name": "Eiffel tower",
        "flag": True,
        "scope": "/City/Park",
        "location": {"type": "Point", "coordinates": [6, 52]},
    }
    entities = [parse_entity(one, CORE) for one in (body, {**body, "location": line})]
    tables: Tables[str] = Tables()
    for number, atom in enumerate(atoms):
        tables.add(atom, str(number))
        tables.add(atom, f"{number} again")
    for entity in entities:
        event = Event(entity, changes_of(None, entity))
        assert all(event.holds(atom) for atom in atoms)
        hits = {entry for entries in tables.hits(event) for entry in entries}
        assert len(hits) == 2 * len(atoms)
    for number, atom in enumerate(atoms):
        tables.remove(atom, str(number))
        tables.remove(atom, f"{number} again")
    for entity in entities:
        assert not any(list(tables.hits(Event(entity, changes_of(None, entity)))))


def test_a_long_text_should_be_searched_no_further_than_it_is_worth() -> None:
    subscription = read({"localOnly": True, "q": 'name~="needle"'})
    (condition,) = conditions_of(subscription, None)
    tables: Tables[str] = Tables()
    tables.add(condition[0], "one")
    long = parse_entity({"id": "urn:s:1", "type": "T", "name": "x" * 5000}, CORE)
    assert [list(hit) for hit in tables.hits(Event(long, changes_of(None, long)))] == [["one"]]
