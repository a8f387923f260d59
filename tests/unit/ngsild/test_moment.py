import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanze.errors import InvalidInput
from hanze.ngsild.moment import (
    format_datetime,
    normalise_datetime,
    parse_date,
    parse_datetime,
    parse_time,
)

pytestmark = pytest.mark.clause("4.6.3")


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T00:00:01,000001Z", 1_000_001),
        ("1969-12-31T23:59:59Z", -1_000_000),
        ("2026-05-04T12:30:00.123Z", 1_777_897_800_123_000),
    ],
)
def test_parse_datetime_should_count_microseconds(text: str, microseconds: int) -> None:
    assert parse_datetime(text) == microseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-05-04",
        "2026-05-04T12:30Z",
        "2026-05-04T12:30:00",
        "2026-05-04T12:30:00+00:00",
        "2026-05-04T12:30:00.1234567Z",
        "2026-05-04T12:30:00.Z",
        "2026-02-30T12:30:00Z",
        "2026-05-04T25:30:00Z",
        "2026-05-04 12:30:00Z",
        "٢٠٢٦-05-04T12:30:00Z",
        "2026-05-04T12:30:00Z\n",
        17,
        None,
    ],
)
def test_parse_datetime_should_refuse_what_is_no_complete_datetime(text: object) -> None:
    with pytest.raises(InvalidInput, match="observedAt must be a DateTime"):
        parse_datetime(text, field="observedAt")


def test_normalise_datetime_should_put_a_point_for_a_comma() -> None:
    assert normalise_datetime("2026-05-04T12:30:00,5Z") == "2026-05-04T12:30:00.5Z"
    assert normalise_datetime("2026-05-04T12:30:00.500Z") == "2026-05-04T12:30:00.500Z"


def test_parse_date_and_time_should_read_their_own_kind_only() -> None:
    assert parse_date("1970-01-02") == 86_400_000_000
    assert parse_time("00:00:01.25Z") == 1_250_000
    for text in ("1970-01-32", "1970-1-2", "1970-01-02T00:00:00Z"):
        with pytest.raises(InvalidInput, match="Date"):
            parse_date(text)
    for text in ("00:00:61Z", "24:00:00Z", "00:00Z", "00:00:00"):
        with pytest.raises(InvalidInput, match="Time"):
            parse_time(text)


@given(st.integers(min_value=-62_135_596_800_000_000, max_value=253_402_300_799_999_999))
def test_format_datetime_should_be_read_back(microseconds: int) -> None:
    assert parse_datetime(format_datetime(microseconds)) == microseconds
