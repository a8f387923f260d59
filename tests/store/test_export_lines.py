"""Rows as lines of JSON: what is read back is what was written, to the byte."""

import json

import apsw
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanze.store.moving.lines import Columns, ExportDamaged, columns_of, line_of, row_of

COLUMNS = Columns(("id", "body", "other"), frozenset({"body", "other"}))

blobs = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.text(max_size=40).map(str.encode),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
    .filter(lambda value: not isinstance(value, int) or abs(value) < 1 << 63)
    .map(json.dumps)
    .map(str.encode),
    st.sampled_from([b"1.50", b" 1 ", b"null", b'{"a":1}\n', b'{"a": 1.0e5}', b"[1,]", b'"\xff"']),
)
plain = st.one_of(
    st.none(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.text(max_size=40),
    st.floats(allow_nan=False, allow_infinity=False),
)


@settings(max_examples=100)
@given(plain, blobs, blobs)
def test_row_should_be_read_back_as_it_was(
    first: int | float | str | None, body: bytes | None, other: bytes | None
) -> None:
    line = line_of(COLUMNS, (first, body, other))
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert row_of(COLUMNS, line) == (first, body, other)


def test_json_should_stand_as_json() -> None:
    line = line_of(COLUMNS, (1, b'{"level":1.50}', b"hanze-1"))
    assert line == b'{"id":1,"body":{"level":1.50},"other:text":"hanze-1"}\n'
    assert orjson.loads(line)["body"] == {"level": 1.5}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"id":',
        b'{"id":[1]}',
        b'{"id":1,"strange":2}',
        b'{"id":1,"body:base64":"?"}',
    ],
)
def test_line_should_be_refused_when_it_is_no_row(line: bytes) -> None:
    with pytest.raises(ExportDamaged):
        row_of(COLUMNS, line)


def test_columns_should_be_those_of_the_table() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY, name TEXT, body BLOB)")
    assert columns_of(connection, "one") == Columns(("id", "name", "body"), frozenset({"body"}))
