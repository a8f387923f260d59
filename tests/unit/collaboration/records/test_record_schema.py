"""The JSON Schema of a record type says what the rule says, to an independent reader."""

import re
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from hanze.collaboration.records.entities import InvalidRecord, read_record, write_record
from hanze.collaboration.records.fields import Field, Shape, fields_of
from hanze.collaboration.records.record import Code, Money, Quantity, Record, Web
from hanze.collaboration.records.registry import RECORD_TYPES
from hanze.collaboration.records.schema import schema_of
from hanze.errors import InvalidInput
from hanze.ngsild.representation.parse import parse_entity
from hanze.ngsild.representation.render import concise
from hanze.ngsild.vocabulary import HANZE

_TEXT = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.strip()))
_LABEL = st.dictionaries(
    st.sampled_from(["nl", "en", "ko", "pt-BR"]), _TEXT, min_size=1, max_size=2
)
_MONEY = st.builds(Money, st.decimals(0, 10**9, places=2), st.sampled_from(["EUR", "KRW"]))
_POINT = {"type": "Point", "coordinates": [5.1, 52.1]}
_WEB = next(mark.pattern for mark in get_args(Web) if isinstance(mark, Meta))
_ID = st.sampled_from(["urn:ngsi-ld:Thing:x:1", "urn:ngsi-ld:도시:x:2"])


@cache
def _validator(kind: type[Record]) -> Any:
    return jsonschema_rs.validator_for(dict(schema_of(kind)), validate_formats=True)


def _value(field: Field) -> st.SearchStrategy[Any]:
    whole = {
        Shape.LABEL: _LABEL,
        Shape.MONEY: _MONEY,
        Shape.QUANTITY: st.builds(Quantity, st.floats(0, 1e6), st.sampled_from(["C62", "KMK"])),
        Shape.GEOMETRY: st.just(_POINT),
    }.get(field.shape)
    if field.shape is Shape.STRUCTURE:
        whole = _structure(field.structure)
    if whole is not None:
        return whole
    one = _plain(field)
    return st.lists(one, min_size=1, max_size=2).map(tuple) if field.many else one


def _plain(field: Field) -> st.SearchStrategy[Any]:
    least = field.least if field.least is not None else -1_000
    most = field.most if field.most is not None else 1_000
    return {
        Shape.TEXT: st.from_regex(field.pattern, fullmatch=True) if field.pattern else _TEXT,
        Shape.CODE: st.sampled_from(field.codes or ("",)),
        Shape.URL: st.sampled_from(["https://example.org/a?b=c", "http://example.org"]),
        Shape.INTEGER: st.integers(int(least), int(most)),
        Shape.NUMBER: st.floats(least, most),
        Shape.FLAG: st.booleans(),
        Shape.DATE: st.dates(),
        Shape.REFERENCE: _ID,
    }[field.shape]


def _structure(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is tuple:
        return st.lists(_structure(get_args(kind)[0]), min_size=1, max_size=2).map(tuple)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        found = {one.name: _member(one.type) for one in fields if one.required}
        return st.fixed_dictionaries(found).map(lambda values: kind(**values))
    return _member(kind)


def _member(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Annotated:
        return _marked(kind)
    if kind is Decimal:
        return st.decimals(-(10**6), 10**6, places=2)
    if kind is float:
        return st.floats(-1e6, 1e6)
    if get_origin(kind) is Mapping:
        return st.dictionaries(_TEXT, _member(get_args(kind)[1]), max_size=2)
    if get_origin(kind) is UnionType:
        return st.one_of([_member(one) for one in get_args(kind)])
    return st.from_type(kind)


def _marked(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type within what is marked at it."""
    plain, *marks = get_args(kind)
    codes = [value for mark in marks if isinstance(mark, Code) for value in mark.values]
    bounds = next((mark for mark in marks if isinstance(mark, Meta)), Meta())
    if codes:
        return st.sampled_from(codes)
    if bounds.pattern == _WEB:
        return st.just("https://example.org/a?b=c")
    if bounds.pattern:
        return st.from_regex(re.compile(bounds.pattern, re.ASCII), fullmatch=True)
    if plain is int and (bounds.ge is not None or bounds.le is not None):
        return st.integers(int(bounds.ge or 0), int(bounds.le or 1_000))
    return _member(plain)


@cache
def _records(kind: type[Record]) -> st.SearchStrategy[Record]:
    required = {one.name: _value(one) for one in fields_of(kind) if one.required}
    optional = {one.name: _value(one) for one in fields_of(kind) if not one.required}
    record_id = st.just(f"urn:ngsi-ld:{kind.__name__}:test:1")
    fields = st.fixed_dictionaries({"id": record_id, **required}, optional=optional)
    return fields.map(lambda values: kind(**values))


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
def test_schema_should_be_one_of_the_dialect_that_it_names(kind: type[Record]) -> None:
    schema = dict(schema_of(kind))
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"] == f"https://w3id.org/hanze/schema/{kind.__name__}.json"
    properties = schema["properties"]
    assert isinstance(properties, dict)
    for field in fields_of(kind):
        assert "description" in properties[field.term], f"{field.name} is not described"


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
@settings(max_examples=5)
@given(data=st.data())
def test_what_is_written_should_meet_the_schema(kind: type[Record], data: st.DataObject) -> None:
    record = data.draw(_records(kind))
    json = concise(write_record(record), HANZE)
    _validator(kind).validate(json)
    assert read_record(parse_entity(json, HANZE)) == _comparable(record)


@pytest.mark.parametrize("kind", RECORD_TYPES.values(), ids=RECORD_TYPES)
@settings(max_examples=5)
@given(data=st.data())
def test_what_is_wrong_should_be_refused_by_rule_and_schema(
    kind: type[Record], data: st.DataObject
) -> None:
    json = concise(write_record(data.draw(_records(kind))), HANZE)
    wrong: dict[str, Any] = deepcopy(dict(json))
    present = [one for one in fields_of(kind) if one.term in wrong]
    field = data.draw(st.sampled_from(present))
    if field.required and data.draw(st.booleans()):
        del wrong[field.term]
    else:
        wrong[field.term] = data.draw(st.sampled_from(_nonsense(field)))
    assert not _validator(kind).is_valid(wrong), field.term
    with pytest.raises(InvalidInput):
        read_record(parse_entity(wrong, HANZE))


def _nonsense(field: Field) -> list[Any]:
    """Values that no field of a shape may have."""
    link = {"type": "Relationship", "object": "urn:x:1"}
    nonsense: dict[Shape, list[Any]] = {
        Shape.LABEL: [{"languageMap": {}}, {"languageMap": {"en": " "}}, "plain", 3, link],
        Shape.TEXT: [3, "  ", True, link, {"languageMap": {"en": "x"}}],
        Shape.CODE: ["no such code", 3, link, True],
        Shape.URL: ["javascript:alert(1)", "no address", 3, "https://", link],
        Shape.INTEGER: ["3", 3.5, True, link],
        Shape.NUMBER: ["3", True, link],
        Shape.FLAG: ["true", 1, link],
        Shape.DATE: ["yesterday", "2026-02-30", 3, link],
        Shape.MONEY: [3, {"value": 3}, {"value": "3", "unitCode": "EUR"}, link],
        Shape.QUANTITY: ["3", {"value": "3"}, link],
        Shape.REFERENCE: ["urn:x:1", {"value": "urn:x:1"}, 3],
        Shape.GEOMETRY: ["here", 3, link],
        Shape.STRUCTURE: ["x", 3, {"json": 3}, {"json": "x"}, link],
    }
    return nonsense[field.shape]


def _comparable(record: Record) -> Record:
    """Numbers as JSON gives them back."""
    changed: dict[str, Any] = {}
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        if isinstance(value, Money):
            changed[field.name] = Money(
                type(value.amount)(repr(_number(value.amount))), value.currency
            )
        elif isinstance(value, Quantity):
            changed[field.name] = Quantity(_number(value.value), value.unit)
    return msgspec.structs.replace(record, **changed)


def _number(value: Any) -> Any:
    return int(value) if value == int(value) else float(value)


def test_members_should_have_the_codes_and_patterns_of_their_lists() -> None:
    item: dict[str, Any] = {"key": "a", "kind": "visit", "title": {"en": "x"}}
    json: Any = {
        "id": "urn:x:1",
        "type": "Mission",
        "title": {"languageMap": {"en": "x"}},
        "direction": "outgoing",
        "organiser": {"object": "urn:x:2"},
        "country": {"object": "urn:x:3"},
        "starts": "2027-01-01",
        "ends": "2027-01-02",
        "timezone": "Asia/Seoul",
        "homeTimezone": "Europe/Amsterdam",
        "programme": {"json": [item]},
    }
    validator = _validator(RECORD_TYPES["Mission"])
    validator.validate(json)
    for wrong in ({"kind": "party"}, {"ends": "at nine"}, {"ends": "2027-01-01T09:00\n"}):
        assert not validator.is_valid(json | {"programme": {"json": [item | wrong]}})
    with pytest.raises(InvalidRecord, match="what the clock shows"):
        read_record(parse_entity(json | {"programme": {"json": [item | {"ends": "9"}]}}, HANZE))


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_an_amount_that_is_no_number_should_be_refused(amount: str) -> None:
    budget = {"year": 2026, "amount": amount, "currency": "EUR"}
    json: Any = {
        "id": "urn:x:1",
        "type": "Organization",
        "title": {"languageMap": {"en": "x"}},
        "kind": "ministry",
        "budgets": {"json": [budget]},
    }
    assert not _validator(RECORD_TYPES["Organization"]).is_valid(json)
    with pytest.raises(InvalidRecord):
        read_record(parse_entity(json, HANZE))


def test_an_invalid_record_should_name_its_field() -> None:
    json: Any = {
        "id": "urn:x:1",
        "type": "Standard",
        "title": {"languageMap": {"en": "x"}},
        "identifier": 3,
    }
    with pytest.raises(InvalidRecord) as caught:
        read_record(parse_entity(json, HANZE))
    assert caught.value.field == "identifier"
